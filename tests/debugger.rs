//! A debugger at the emulated board: the remote protocol spoken by hand, and by GDB itself where it is installed.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::cli::solderless;

const IMAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/solderless-rp2040.uf2");

/// A board that waits for a debugger, and the port it waits at.
struct Board {
    process: Child,
    port: u64,
}

impl Board {
    fn start() -> Board {
        Board::start_with(&["run", IMAGE, "--gdb", "0", "--json"])
    }

    fn start_with(arguments: &[&str]) -> Board {
        let mut process = solderless(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).unwrap();
        Board { port: told["port"].as_u64().unwrap(), process }
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The debugger's end of the line.
struct Line(TcpStream);

impl Line {
    fn send(&mut self, packet: &str) {
        let sum = packet.bytes().fold(0u8, |sum, byte| sum.wrapping_add(byte));
        write!(self.0, "${packet}#{sum:02x}").unwrap();
    }

    fn receive(&mut self) -> String {
        let mut packet = String::new();
        let mut byte = [0];
        loop {
            self.0.read_exact(&mut byte).unwrap();
            match byte[0] {
                b'$' => packet.clear(),
                b'#' => break,
                b'+' if packet.is_empty() => {}
                byte => packet.push(byte.into()),
            }
        }
        self.0.read_exact(&mut [0; 2]).unwrap();
        self.0.write_all(b"+").unwrap();
        packet
    }

    fn ask(&mut self, packet: &str) -> String {
        self.send(packet);
        self.receive()
    }

    fn pc(&mut self) -> u32 {
        let word = self.ask("pf");
        u32::from_str_radix(&word, 16).unwrap().swap_bytes()
    }
}

#[test]
fn steps_breakpoints_and_the_way_back() {
    let board = Board::start();
    let mut line = Line(TcpStream::connect(("127.0.0.1", board.port as u16)).unwrap());
    let features = line.ask("qSupported:multiprocess+;swbreak+;hwbreak+;vContSupported+");
    for feature in ["ReverseStep+", "ReverseContinue+", "qXfer:memory-map:read+"] {
        assert!(features.contains(feature), "{features}");
    }
    assert!(line.ask("?").starts_with('T'));
    // The second-stage boot loader, which the boot ROM has copied to the end of memory.
    let start = line.pc();
    assert_eq!(start, 0x2004_1F00);
    let mut places = vec![start];
    for _ in 0..12 {
        assert!(line.ask("vCont;s:p1.1").starts_with('T'));
        places.push(line.pc());
    }
    // Into the program, whose vector table names its entry.
    let vector = line.ask("m10000104,4");
    let entry = (u32::from_str_radix(&vector, 16).unwrap().swap_bytes()) & !1;
    assert_eq!(line.ask(&format!("Z1,{entry:x},2")), "OK");
    assert!(line.ask("vCont;c").contains("hwbreak"));
    assert_eq!(line.pc(), entry);
    assert_eq!(line.ask(&format!("z1,{entry:x},2")), "OK");
    // Back to a place in the boot loader, and step by step to the beginning.
    assert_eq!(line.ask(&format!("Z1,{:x},2", places[12])), "OK");
    assert!(line.ask("bc").contains("hwbreak"));
    for place in places.iter().rev() {
        assert_eq!(line.pc(), *place);
        line.ask("bs");
    }
    assert!(line.ask("bs").contains("replaylog:begin"));
    // Memory can be written; what the program then does with it is its affair.
    assert_eq!(line.ask("M20000000,4:78563412"), "OK");
    assert_eq!(line.ask("m20000000,4"), "78563412");
}

#[test]
fn the_microbit_is_debugged_the_same_way() {
    const FIRMWARE: &str = "/usr/share/firmware-microbit-micropython/firmware.hex";
    if !std::path::Path::new(FIRMWARE).is_file() {
        eprintln!("not run: {FIRMWARE} is not there (apt install firmware-microbit-micropython)");
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let bench = place.path().join("bench.toml");
    std::fs::write(&bench, "[board]\ntype = \"microbit\"\n").unwrap();
    let arguments = ["run", FIRMWARE, "--bench", bench.to_str().unwrap(), "--gdb", "0", "--json"];
    let board = Board::start_with(&arguments);
    let mut line = Line(TcpStream::connect(("127.0.0.1", board.port as u16)).unwrap());
    line.ask("qSupported:multiprocess+;swbreak+;hwbreak+;vContSupported+");
    let map = line.ask("qXfer:memory-map:read::0,400");
    // Zeros in a row are shortened on the line.
    assert!(map.contains("type=\"flash\" start=\"0x0\" length=\"0x40") && !map.contains("rom"), "{map}");
    assert!(map.contains("\"blocksize\">0x400<") && map.contains("type=\"ram\" start=\"0x40"), "{map}");
    let start = line.pc();
    let vector = line.ask("m4,4");
    assert_eq!(start, u32::from_str_radix(&vector, 16).unwrap().swap_bytes() & !1);
    let mut places = vec![start];
    for _ in 0..30 {
        assert!(line.ask("vCont;s:p1.1").starts_with('T'));
        places.push(line.pc());
    }
    for place in places.iter().rev() {
        assert_eq!(line.pc(), *place);
        line.ask("bs");
    }
    // A store to the pins.
    assert_eq!(line.ask("Z2,50000504,c"), "OK");
    let stop = line.ask("vCont;c");
    assert!(stop.contains("watch:5"), "{stop}");
}

#[test]
fn gdb_itself_gets_along() {
    if Command::new("gdb-multiarch").arg("--version").output().is_err() {
        eprintln!("skipped: gdb-multiarch is not installed");
        return;
    }
    let board = Board::start();
    let commands = [
        format!("target remote 127.0.0.1:{}", board.port),
        "info threads".into(),
        "stepi 5".into(),
        "print/x $pc".into(),
        "reverse-stepi 5".into(),
        "print/x $pc".into(),
        "hbreak *(*(unsigned*)0x10000104 & ~1)".into(),
        "continue".into(),
        "print $pc == (*(unsigned*)0x10000104 & ~1)".into(),
        "monitor time".into(),
        "monitor reset".into(),
    ];
    let arguments: Vec<&str> = commands.iter().flat_map(|command| ["-ex", command]).collect();
    let out = Command::new("gdb-multiarch").args(["-q", "-nx", "-batch"]).args(arguments).output().unwrap();
    let (text, errors) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    for sign in
        ["core 0", "$2 = 0x20041f00", "$3 = 1", "reverse execution reaches back", "the board was reset"]
    {
        assert!(text.contains(sign) || errors.contains(sign), "{sign}:\n{text}\n{errors}");
    }
    assert!(!text.contains("$1 = 0x20041f00"), "{text}");
}
