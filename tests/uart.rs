//! A UART of the emulated board as a pseudo-terminal, opened as any serial program would.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Stdio};

use nix::sys::termios::{BaudRate, SetArg, cfmakeraw, cfsetspeed, tcgetattr, tcsetattr};

use crate::cli::{output, script, solderless, stderr, stdout};

/// A serial port at a rate: raw, as serial libraries open it.
fn port(path: &str, rate: BaudRate) -> File {
    let port = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut settings = tcgetattr(&port).unwrap();
    cfmakeraw(&mut settings);
    cfsetspeed(&mut settings, rate).unwrap();
    tcsetattr(&port, SetArg::TCSANOW, &settings).unwrap();
    port
}

fn start(arguments: &[&str]) -> (Child, String) {
    let mut child = solderless(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One byte at a time: what follows the line is for whoever reads on.
    let mut line = Vec::new();
    let mut byte = [0];
    while line.last() != Some(&b'\n') {
        child.stderr.as_mut().unwrap().read_exact(&mut byte).unwrap();
        line.push(byte[0]);
    }
    let line = String::from_utf8(line).unwrap();
    let path = line.trim_end().strip_prefix("the UART is at ").expect(&line).to_owned();
    (child, path)
}

const ECHO: &str = "\
from machine import UART, Pin
import time
uart = UART(1, 9600, tx=Pin(4), rx=Pin(5), rxbuf=512)
print('listening')
heard = b''
while not heard.endswith(b'\\n'):
    if uart.any():
        if not heard:
            start = time.ticks_us()
        heard += uart.read()
print(len(heard), time.ticks_diff(time.ticks_us(), start) // 1000)
uart.write(heard.upper())
uart.flush()
time.sleep_ms(300)
";

#[test]
fn a_uart_is_a_serial_port_at_its_own_rate_and_replays() {
    let (place, path) = script(ECHO);
    let recording = place.path().join("r.txt").to_string_lossy().into_owned();
    let arguments = ["run", &path, "--uart-pty", "GP4,GP5", "--speed", "real", "--record", &recording];
    let (mut child, uart) = start(&arguments);
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert_eq!(line, "listening\n");
    let mut port = port(&uart, BaudRate::B9600);
    let text = format!("{}\n", "abcdefghij".repeat(12));
    port.write_all(text.as_bytes()).unwrap();
    let mut answer = vec![0; text.len()];
    port.read_exact(&mut answer).unwrap();
    assert_eq!(String::from_utf8(answer).unwrap(), text.to_uppercase());
    line.clear();
    out.read_line(&mut line).unwrap();
    assert!(child.wait().unwrap().success());
    // 121 frames of ten bits take 126 ms; the clock starts with the first, and the computer may pause between them.
    let (count, millis) = line.trim().split_once(' ').unwrap();
    let millis: u32 = millis.parse().unwrap();
    assert_eq!(count, "121");
    assert!(millis >= 115, "{millis} ms: faster than the wire");

    let text = std::fs::read_to_string(&recording).unwrap();
    assert!(text.contains("uart pins GP4 GP5\n") && text.matches(" serial 9600 \"").count() > 50, "{text}");
    let again = output(&["run", "--replay", &recording]);
    assert!(
        stdout(&again).contains(&line.replace('\n', "\r\n")) || stdout(&again).contains(&line),
        "{}",
        stdout(&again)
    );
}

#[test]
fn a_port_at_another_rate_is_told_and_pins_that_are_none_are_refused() {
    let source = "from machine import UART, Pin\nimport time\nuart = UART(0, 9600, tx=Pin(0), rx=Pin(1))\n\
                  uart.write(b'hello')\nuart.flush()\ntime.sleep_ms(500)\n";
    let (_place, path) = script(source);
    let (child, _) = start(&["run", &path, "--uart-pty"]);
    let out = child.wait_with_output().unwrap();
    assert!(stderr(&out).contains("listens at 115200 baud, the board sends at 9600"), "{}", stderr(&out));
    let out = output(&["run", &path, "--uart-pty", "GP4,GP77"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(stderr(&out).contains("no pin \"GP77\""), "{}", stderr(&out));
}
