//! Real firmware on the emulated board, through its USB console.

use std::path::{Path, PathBuf};

use emulator::bench::Bench;
use emulator::clock::Time;
use emulator::image::Image;
use emulator::machine::{Machine, MachineOptions, Stats, Stop};
use emulator::trace::{BusData, SharedTrace, Trace};

fn board(options: MachineOptions) -> Machine {
    on_bench(&Bench::pico(), SharedTrace::new(Trace::default()), options)
}

fn on_bench(bench: &Bench, trace: SharedTrace, options: MachineOptions) -> Machine {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../assets/solderless-rp2040.uf2");
    let image = Image::load(&path).unwrap();
    Machine::on_bench(bench, &image, trace, options).unwrap()
}

/// Runs until the console shows `text`, for at most five seconds of virtual time.
fn expect(board: &mut Machine, text: &str) -> String {
    let end = board.now() + Time::from_secs(5);
    let mut seen = Vec::new();
    while board.now() < end {
        assert!(matches!(board.run_for(Time::from_millis(1)), Stop::Deadline));
        seen.extend(board.console_read());
        if String::from_utf8_lossy(&seen).contains(text) {
            return String::from_utf8_lossy(&seen).into_owned();
        }
    }
    panic!("no {text:?} in {:?}", String::from_utf8_lossy(&seen));
}

/// Types text, each piece as soon as the board takes it.
fn send(board: &mut Machine, text: &str) {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let taken = board.console_write(rest);
        rest = &rest[taken..];
        assert!(matches!(board.run_for(Time::from_millis(1)), Stop::Deadline));
    }
}

/// Enters the raw REPL, runs a program, and gives what it printed.
fn run(board: &mut Machine, program: &str) -> String {
    send(board, "\r\x03\x01");
    expect(board, "raw REPL; CTRL-B to exit\r\n>");
    send(board, program);
    send(board, "\x04");
    expect(board, "\x04>")
}

fn ready(board: &mut Machine) {
    while !board.console_ready() {
        assert!(board.now() < Time::from_secs(2), "the board does not enumerate");
        assert!(matches!(board.run_for(Time::from_millis(1)), Stop::Deadline));
    }
}

#[test]
fn a_large_paste_loses_no_byte() {
    let mut board = board(MachineOptions::default());
    ready(&mut board);
    let mut program = String::from("s = 0\n");
    for n in 0..1_000 {
        program += &format!("s += {n}\n");
    }
    let printed = run(&mut board, &(program + "print('sum', s)\n"));
    assert!(printed.contains("sum 499500"), "{printed:?}");
}

#[test]
fn files_survive_power_off() {
    let dir = std::env::temp_dir().join(format!("solderless-files-{}", std::process::id()));
    let options = MachineOptions { flash_file: Some(dir.join("flash")), ..MachineOptions::default() };
    let mut first = board(options.clone());
    ready(&mut first);
    let printed = run(&mut first, "f = open('kept.txt', 'w')\nf.write('still here')\nf.close()\n");
    assert!(!printed.contains("Traceback"), "{printed:?}");
    drop(first);
    let mut second = board(options);
    ready(&mut second);
    let printed = run(&mut second, "print(open('kept.txt').read())\n");
    assert!(printed.contains("still here"), "{printed:?}");
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn the_same_session_repeats_exactly() {
    let session = || -> (String, Stats) {
        let mut board = board(MachineOptions::default());
        ready(&mut board);
        let program = "import time\nt = time.ticks_us()\nx = [i * i for i in range(500)]\n\
                       time.sleep(0.05)\nprint(time.ticks_diff(time.ticks_us(), t), sum(x))\n";
        let printed = run(&mut board, program);
        (printed, board.stats())
    };
    let first = session();
    assert!(first.0.contains("41541750"), "{first:?}");
    assert_eq!(first, session());
}

/// What is printed leaves on the UART too, and what arrives there is input: a receiver types a sentence.
#[test]
fn a_uart_can_be_a_second_console() {
    let bench = "[board]\ntype = \"pico\"\n\n[[part]]\ntype = \"gps_nmea\"\nname = \"gps\"\nbaud = 9600\n\
                 pins = { tx = \"GP1\", rx = \"GP0\" }\n";
    let bench = Bench::parse(bench, Path::new("bench.toml")).unwrap();
    let trace = SharedTrace::new(Trace::default());
    let mut board = on_bench(&bench, trace.clone(), MachineOptions::default());
    ready(&mut board);
    let printed = run(
        &mut board,
        "import os, sys\nfrom machine import UART\nos.dupterm(UART(0, 9600))\n\
         print('said')\nline = sys.stdin.readline()\nos.dupterm(None)\nprint('heard', line)\n",
    );
    assert!(printed.contains("heard $GP"), "{printed:?}");
    let sent: Vec<u8> = trace.read(|trace| {
        let channel = trace.find("UART GP0").expect("bytes on the transmit pin");
        let bytes = trace.items(channel, Time::ZERO, trace.now()).filter_map(|item| match item.what {
            BusData::Uart { byte, .. } => Some(byte),
            _ => None,
        });
        bytes.collect()
    });
    assert_eq!(String::from_utf8_lossy(&sent), "said\r\n");
}
