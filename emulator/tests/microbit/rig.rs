//! A micro:bit with MicroPython, and what one does with it.

use std::path::Path;

use emulator::bench::Bench;
use emulator::clock::Time;
use emulator::image::{Image, Segment};
use emulator::machine::{Machine, MachineOptions, Stop};
use emulator::trace::SharedTrace;

/// The bench file's beginning.
pub const BOARD: &str = "[board]\ntype = \"microbit\"\n";

/// Where a script lies that was appended to the firmware.
const SCRIPT: u32 = 0x3E000;

/// MicroPython as Debian installs it, with the bench it is for; `None` when it is not installed.
pub fn firmware(parts: &str) -> Option<(Bench, Image)> {
    let bench = Bench::parse(&format!("{BOARD}{parts}"), Path::new("bench.toml")).unwrap();
    let places = bench.board.firmware.as_ref().unwrap().paths;
    let Some(path) = places.iter().map(Path::new).find(|path| path.is_file()) else {
        eprintln!("not run: {} is not there (apt install firmware-microbit-micropython)", places[0]);
        return None;
    };
    let image = Image::load(path).unwrap();
    Some((bench, image))
}

/// Puts a script into an image as uflash does: "MP", its length, its text.
pub fn append(image: &mut Image, script: &str) {
    let mut bytes = b"MP".to_vec();
    bytes.extend((script.len() as u16).to_le_bytes());
    bytes.extend(script.as_bytes());
    image.segments.push(Segment { address: SCRIPT, bytes });
}

/// A board at its first prompt, with parts around it.
pub fn board(parts: &str, options: MachineOptions) -> Option<(Machine, SharedTrace)> {
    let (bench, image) = firmware(parts)?;
    let trace = SharedTrace::default();
    let mut board = Machine::on_bench(&bench, &image, trace.clone(), options).unwrap();
    expect(&mut board, ">>> ");
    Some((board, trace))
}

/// A board that starts with a script, at power-on.
pub fn program(parts: &str, script: &str) -> Option<(Machine, SharedTrace)> {
    let (bench, mut image) = firmware(parts)?;
    append(&mut image, script);
    let trace = SharedTrace::default();
    let board = Machine::on_bench(&bench, &image, trace.clone(), MachineOptions::default()).unwrap();
    Some((board, trace))
}

/// Lets time pass.
pub fn wait(board: &mut Machine, ms: u64) {
    match board.run_for(Time::from_millis(ms)) {
        Stop::Deadline | Stop::Debug(..) => {}
        Stop::Fault(report) => panic!("{report}"),
        Stop::Halted(halt) => panic!("{halt}"),
    }
}

/// Runs until the board has said `text`; gives everything it said.
pub fn expect(board: &mut Machine, text: &str) -> String {
    let mut said = Vec::new();
    let end = board.now() + Time::from_secs(20);
    while board.now() < end {
        wait(board, 1);
        said.extend(board.console_read());
        if said.windows(text.len()).any(|window| window == text.as_bytes()) {
            return String::from_utf8(said).unwrap();
        }
    }
    panic!("no {text:?} in {:?}", String::from_utf8_lossy(&said));
}

/// Evaluates an expression at the prompt.
pub fn eval(board: &mut Machine, line: &str) -> String {
    assert_eq!(board.console_write(line.as_bytes()), line.len());
    assert_eq!(board.console_write(b"\r"), 1);
    let said = expect(board, "\r\n>>> ");
    let answer = said.split_once("\r\n").map_or("", |(_, answer)| answer);
    answer.strip_suffix(">>> ").unwrap_or(answer).trim().to_owned()
}

/// How long the LEDs are lit, as a share of the time, row by row.
pub fn light(trace: &SharedTrace) -> [[f32; 5]; 5] {
    trace.read(|trace| {
        let value = |x: usize, y: usize| {
            let id = trace.find(&format!("display.led{x}{y}")).unwrap();
            trace.last_value(id).unwrap_or(0.0)
        };
        std::array::from_fn(|y| std::array::from_fn(|x| value(x, y)))
    })
}

/// What the display shows, row by row: `.` dark, `#` more than half lit.
pub fn display(trace: &SharedTrace) -> Vec<String> {
    let dot = |value: &f32| if *value > 0.5 { '#' } else { '.' };
    light(trace).iter().map(|row| row.iter().map(dot).collect()).collect()
}

/// A pin's rising edges between two instants.
pub fn rises(trace: &SharedTrace, pin: &str, from: Time, to: Time) -> Vec<Time> {
    trace.read(|trace| {
        let id = trace.find(pin).unwrap();
        trace.edges(id, from, to).filter(|edge| edge.1).map(|edge| edge.0).collect()
    })
}
