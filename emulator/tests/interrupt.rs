//! Ctrl-C stops long native operations of the shipped firmware within 10 ms of the board's time.

use std::path::PathBuf;

use emulator::bench::Bench;
use emulator::clock::Time;
use emulator::image::Image;
use emulator::machine::{Machine, MachineOptions, Stop};
use emulator::trace::{SharedTrace, Trace};

/// What is to be stopped: preparation, and an operation that takes far longer than the bound (or is repeated, the pause
/// between two of them being short).
const OPERATIONS: &[(&str, &str)] = &[
    ("s, n = 'a' * 50000, 'a' * 5000 + 'b'", "s.find(n)"),
    ("s, n = b'a' * 50000, b'b' + b'a' * 5000", "s.count(n)"),
    ("s, n = 'a' * 50000, 'a' * 5000 + 'b'", "s.replace(n, '')"),
    ("s, n = 'a' * 50000, 'a' * 5000 + 'b'", "s.split(n)"),
    ("s = 'äö ' * 10000", "s[::-1]"),
    ("s = 'ab ' * 10000", "s.title()"),
    ("s = ['ab'] * 15000", "','.join(s)"),
    ("s = 'a\\n' * 8000", "repr(s)"),
    ("s = list(range(4000))", "repr(s)"),
    ("s = [i * 7919 % 4001 for i in range(4000)]", "sorted(s)"),
    ("s = set(range(2000))", "s & s"),
    ("s = {i: i for i in range(2000)}", "s == dict(s)"),
    ("s = bytes(20000)", "s.hex()"),
    ("import hashlib; s = bytes(60000)", "hashlib.sha256(s)"),
    ("import binascii; s = bytes(20000)", "binascii.b2a_base64(s)"),
    ("import re; s = 'ab ' * 3000", "re.sub('b', 'x', s)"),
    ("import json; s = json.dumps(list(range(1500)))", "json.loads(s)"),
    ("import struct; s = bytes(8000)", "struct.unpack('8000B', s)"),
    ("s = 3 ** 20000", "s * s // 7 ** 5000"),
    ("s = 3 ** 6000", "str(s)"),
    ("import io; s = io.StringIO('ab\\n' * 2000)", "s.seek(0), s.readlines()"),
    ("from framebuf import *; s = FrameBuffer(bytearray(60000), 200, 150, RGB565)", "s.scroll(1, 1)"),
    ("import os", "os.urandom(40000)"),
    ("from ulab import numpy as np; s = np.ones(2000)", "np.convolve(s, s)"),
    ("s = 'a=1\\n' * 800", "compile(s, 'f', 'exec')"),
    ("s = 'def f():\\n' + ' a = b + 1\\n' * 300", "compile(s, 'f', 'exec')"),
    ("s = 'a = b + 1\\n' * 1000", "exec(s, {'b': 1})"),
    ("s = 0", "import datetime; s = datetime.datetime(2020, 1, 1).isoformat()"),
    ("s = [[i] for i in range(4000)]", "gc.collect()"),
    ("s = [(i, i) for i in range(5000)]", "[(i,) for i in range(300)]"),
    ("s = list(range(3000))", "set(s)"),
    ("s = {str(i): i for i in range(3000)}", "dict(s)"),
    ("s = 'a' * 20000", "'{:>30000}'.format(s)"),
    ("s = 1", "'{:020000,d}'.format(s)"),
    ("s = '12' * 20", "s.zfill(45000)"),
    ("s = 'a' * 100000", "s.isprintable()"),
    ("s = bytearray(80000)", "s[::2] = bytes(40000)"),
    ("s = bytearray(80000)", "s[::-1]"),
    ("s = bytes(60000)", "int.from_bytes(s, 'little')"),
    ("import array; s = array.array('i', range(20000))", "s[::2]"),
    ("import re; s = 'a,' * 4000", "re.split(',', s)"),
    ("import re; s = 'a' * 1000", "re.compile(s)"),
    ("import random; s = list(range(3000))", "random.shuffle(s)"),
    ("from framebuf import *; s = FrameBuffer(bytearray(60000), 200, 150, RGB565)", "s.fill(7)"),
    ("from ulab import numpy as np; s = np.ones(20000)", "np.sum(s)"),
    ("from ulab import numpy as np; s = np.ones(20000)", "np.median(s)"),
    ("from ulab import numpy as np; s = np.ones(10000)", "np.sort(s)"),
    ("from ulab import numpy as np; s = np.ones(4096)", "np.fft.fft(s)"),
    ("from ulab import numpy as np; s = np.ones(8000)", "s.tolist()"),
    ("from ulab import numpy as np; s = np.ones(8000)", "np.delete(s, [1, 2])"),
];

/// The keystroke's way to the board and the answer's way back: a USB frame of 1 ms each, and the time to print.
const LINE: Time = Time::from_millis(3);
const BOUND: Time = Time::from_millis(10);

/// Runs until the console shows `text`, for at most `patience`; gives what it showed.
fn expect(board: &mut Machine, text: &str, patience: Time) -> Result<String, String> {
    let end = board.now() + patience;
    let mut seen = Vec::new();
    while board.now() < end {
        assert!(matches!(board.run_for(Time::from_micros(250)), Stop::Deadline));
        seen.extend(board.console_read());
        if String::from_utf8_lossy(&seen).contains(text) {
            return Ok(String::from_utf8_lossy(&seen).into_owned());
        }
    }
    Err(String::from_utf8_lossy(&seen).into_owned())
}

fn send(board: &mut Machine, text: &str) {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let taken = board.console_write(rest);
        rest = &rest[taken..];
        assert!(matches!(board.run_for(Time::from_millis(1)), Stop::Deadline));
    }
}

#[test]
fn ctrl_c_stops_long_native_operations_in_time() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../assets/solderless-rp2040.uf2");
    let image = Image::load(&path).expect("the board's image");
    let trace = SharedTrace::new(Trace::default());
    let mut board =
        Machine::on_bench(&Bench::pico(), &image, trace, MachineOptions::default()).expect("a board");
    while !board.console_ready() {
        assert!(board.now() < Time::from_secs(2), "the board does not enumerate");
        assert!(matches!(board.run_for(Time::from_millis(1)), Stop::Deadline));
    }
    send(&mut board, "\r\x03\x01");
    expect(&mut board, "raw REPL; CTRL-B to exit\r\n>", Time::from_secs(2)).expect("a prompt");
    let mut slow = Vec::new();
    // Others can be tried: lines of `preparation|operation` in a file.
    let others = std::env::var("INTERRUPT_OPERATIONS").ok();
    let others = others.map(|path| std::fs::read_to_string(path).expect("operations"));
    let operations: Vec<(&str, &str)> = match &others {
        Some(text) => text.lines().filter_map(|line| line.split_once('|')).collect(),
        None => OPERATIONS.to_vec(),
    };
    for (number, (prepare, operation)) in operations.iter().enumerate() {
        let program = format!(
            "import gc\n{prepare}\ngc.collect()\nprint('now')\ntry:\n while True: {operation}\n\
             except KeyboardInterrupt: print('stopped')\ns = n = t = None\n\x04"
        );
        send(&mut board, &program);
        expect(&mut board, "now\r\n", Time::from_secs(20))
            .unwrap_or_else(|seen| panic!("{operation}: {seen}"));
        // At another place of the operation each time.
        board.run_for(Time::from_micros(20_000 + 1_370 * number as u64));
        let pressed = board.now();
        assert_eq!(board.console_write(b"\x03"), 1);
        // With it come the end of the program and the next prompt.
        let seen = expect(&mut board, "\x04>", Time::from_secs(5));
        let took = board.now() - pressed;
        println!("{:>7} us: {prepare}|{operation}", took.nanos() / 1000);
        if !seen.as_ref().is_ok_and(|seen| seen.contains("stopped\r\n\x04\x04>")) || took > BOUND + LINE {
            slow.push(format!("{operation}: {took} {seen:?}"));
        }
        if seen.is_err() {
            break;
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}
