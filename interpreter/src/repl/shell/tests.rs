//! Whole sessions on the board in memory: bytes in, bytes out.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::*;
use crate::hal::host::Host;

const PROMPT: &str = ">>> ";

/// Feeds a session that ends with a soft reset; gives all output, and whether the mode was raw.
fn session_on(host: Host, input: &[u8], raw: bool) -> (String, bool, Vec<u8>) {
    let mut vm = Vm::new(256 * 1024, Box::new(host)).expect("the heap is large enough");
    Host::of(&mut *vm.hal).unwrap().type_in(input);
    let raw = session(&mut vm, raw);
    let host = Host::of(&mut *vm.hal).unwrap();
    (String::from_utf8(host.take_output()).unwrap(), raw, core::mem::take(&mut host.flash))
}

fn run_session(input: &str) -> String {
    session_on(Host::new(64), input.as_bytes(), false).0
}

/// What a program prints in raw mode, and its error output.
fn raw(program: &str) -> (String, String) {
    let mut input = b"\x01".to_vec();
    input.extend(program.as_bytes());
    input.extend(b"\x04\x04");
    let (output, ..) = session_on(Host::new(64), &input, false);
    let answer = output.split_once(">OK").expect("the program was taken").1;
    let mut parts = answer.split('\x04');
    (parts.next().unwrap().replace("\r\n", "\n"), parts.next().unwrap().replace("\r\n", "\n"))
}

#[test]
fn greets_runs_and_restarts() {
    let output = run_session("1+2\r\x04");
    let end = "3\r\n>>> \r\nMPY: soft reboot\r\n";
    assert!(output.starts_with("Solderless v"), "{output:?}");
    assert!(output.contains("\r\n>>> 1+2\r\n"), "{output:?}");
    assert!(output.ends_with(end), "{output:?}");
}

#[test]
fn a_function_typed_line_by_line_blinks() {
    let program = "import time\rdef blink_led():\r    print('LED ist jetzt: ON')\r    time.sleep(0.5)\r    \
                   print('LED ist jetzt: OFF')\r    time.sleep(0.5)\r\rblink_led()\r\x04";
    let output = run_session(program);
    assert!(
        output.contains(&["blink_led()\r\nLED ist jetzt: ON\r\nLED ist jetzt: OFF\r\n", PROMPT].concat()),
        "{output}"
    );
}

#[test]
fn boot_and_main_run_before_the_prompt() {
    let write = "f = open('boot.py', 'w')\rf.write('print(\"boot\")\\n')\rf.close()\r\
                 f = open('main.py', 'w')\rf.write('import sys\\nprint(\"main\", __name__)\\n')\rf.close()\r\x04";
    let (_, _, flash) = session_on(Host::new(64), write.as_bytes(), false);
    let mut host = Host::new(64);
    host.flash.clone_from(&flash);
    let (output, ..) = session_on(host, b"\x04", false);
    assert!(output.starts_with("boot\r\nmain __main__\r\nSolderless"), "{output:?}");
    // Tools in raw mode do not want main.py.
    let mut host = Host::new(64);
    host.flash = flash;
    let (output, raw, _) = session_on(host, b"\x04", true);
    assert!(raw);
    assert_eq!(output, "boot\r\nraw REPL; CTRL-B to exit\r\n>OK\r\nMPY: soft reboot\r\n");
}

#[test]
fn errors_are_framed_apart_from_output() {
    assert_eq!(raw("print('a')"), ("a\n".into(), "".into()));
    let (out, err) = raw("print('b')\n1/0\n");
    assert_eq!(out, "b\n");
    assert!(err.starts_with("Traceback (most recent call last):\n  File \"<stdin>\", line 2"), "{err}");
    assert!(err.ends_with("ZeroDivisionError: division by zero\n"), "{err}");
    let (_, err) = raw("x = (\n");
    assert!(err.contains("SyntaxError"), "{err}");
}

#[test]
fn ctrl_c_ends_an_endless_loop() {
    let mut host = Host::new(64);
    host.later.push_back((50_000, b"\x03".to_vec()));
    host.later.push_back((90_000, b"\x04".to_vec()));
    let (output, ..) = session_on(host, b"import time\rwhile True: time.ticks_us()\r\r", false);
    assert!(output.contains("KeyboardInterrupt"), "{output}");
    assert!(output.ends_with("MPY: soft reboot\r\n"), "{output}");
}

#[test]
fn exit_restarts_the_interpreter() {
    let output = run_session("import sys\rsys.exit()\r");
    assert!(output.ends_with("sys.exit()\r\nMPY: soft reboot\r\n"), "{output}");
}

#[test]
fn tab_completes_names_of_the_running_program() {
    let output = run_session("import machine\rledger = 7\rledg\t\rmachine.Pi\t\r\x04");
    assert!(output.contains(">>> ledger\r\n7\r\n"), "{output}");
    assert!(output.contains(">>> machine.Pin\r\n<class 'Pin'>"), "{output}");
}

#[test]
fn timers_and_pin_interrupts_call_back_while_the_program_sleeps() {
    let program = "
import machine, time
hits = []
t = machine.Timer(period=100, callback=lambda t: hits.append('t'))
machine.Timer(mode=machine.Timer.ONE_SHOT, period=250, callback=lambda t: hits.append('once'))
time.sleep_ms(450)
t.deinit()
time.sleep_ms(300)
print(hits)
import micropython
micropython.schedule(print, 'scheduled')
time.sleep_ms(1)
";
    assert_eq!(raw(program), ("['t', 't', 'once', 't', 't']\nscheduled\n".into(), "".into()));
}

#[test]
fn files_are_written_and_read() {
    let program = "
import os
os.mkdir('d')
with open('d/a.txt', 'w') as f:
    print(f.write('grün\\nzwei\\n'), f.tell())
with open('/d/a.txt') as f:
    print(f.readline(), f.read(3), f.readlines())
with open('d/a.txt', 'rb') as f:
    print(f.read(4), f.seek(-2, 2), f.read())
os.chdir('d')
print(os.listdir(), os.getcwd(), os.stat('a.txt')[6])
try:
    open('missing')
except OSError as e:
    print(e.errno)
import io
s = io.StringIO('ab\\ncd')
print([line for line in s], s.getvalue())
b = io.BytesIO(b'123')
b.seek(0, 2); b.write(b'45'); print(b.getvalue())
";
    let (out, err) = raw(program);
    assert_eq!(err, "");
    assert_eq!(
        out,
        "10 11\ngrün\n zwe ['i\\n']\nb'gr\\xc3\\xbc' 9 b'i\\n'\n['a.txt'] /d 11\n2\n['ab\\n', 'cd'] ab\ncd\nb'12345'\n"
    );
}
