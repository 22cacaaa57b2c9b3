use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::*;

const BANNER: &str = "Solderless";
const GREETING: &str = "Solderless; board\r\nType \"help()\" for more information.\r\n>>> ";

#[derive(Default)]
struct Screen(Vec<u8>);

impl Terminal for Screen {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
    fn complete(&mut self, text: &str) -> Completion {
        let choices = ["machine", "math", "micropython"];
        let found: Vec<String> =
            choices.iter().filter(|c| c.starts_with(text)).map(|c| c.to_string()).collect();
        match &found[..] {
            [one] => Completion { insert: one[text.len()..].into(), choices: Vec::new() },
            _ => Completion { insert: String::new(), choices: found },
        }
    }
}

/// A prompt and its screen; `Run` answers with a fixed output, so that the framing shows.
struct Bench {
    repl: Repl,
    screen: Screen,
    ran: Vec<(String, Input)>,
    resets: usize,
}

impl Bench {
    fn new() -> Bench {
        let mut bench = Bench {
            repl: Repl::new(BANNER, "board", false),
            screen: Screen::default(),
            ran: Vec::new(),
            resets: 0,
        };
        bench.repl.start(&mut bench.screen);
        assert_eq!(bench.seen(), GREETING);
        bench
    }

    fn raw() -> Bench {
        let mut bench = Bench::new();
        assert_eq!(bench.send(b"\x01"), "\r\nraw REPL; CTRL-B to exit\r\n>");
        bench
    }

    fn seen(&mut self) -> String {
        String::from_utf8(core::mem::take(&mut self.screen.0)).unwrap()
    }

    fn send(&mut self, bytes: &[u8]) -> String {
        for &byte in bytes {
            match self.repl.feed(byte, &mut self.screen) {
                Action::None => {}
                Action::Run { source, input, framed } => {
                    self.ran.push((source, input));
                    self.screen.write(b"out\r\n");
                    if framed {
                        self.screen.write(b"\x04\x04");
                    }
                    self.repl.ready(&mut self.screen);
                }
                Action::SoftReset => {
                    self.resets += 1;
                    self.screen.write(b"MPY: soft reboot\r\n");
                    self.repl.start(&mut self.screen);
                }
            }
        }
        self.seen()
    }

    /// The last source handed over.
    fn last(&self) -> &str {
        &self.ran.last().expect("something ran").0
    }
}

#[test]
fn a_line_runs_and_prompts_again() {
    let mut b = Bench::new();
    assert_eq!(b.send(b"1+2\r"), "1+2\r\nout\r\n>>> ");
    assert_eq!(b.ran, [("1+2".to_string(), Input::Single)]);
    assert_eq!(b.send(b"\r\n\r\n"), "\r\n>>> \r\n>>> ", "CR LF is one line end, nothing is run");
    assert_eq!(b.ran.len(), 1);
}

#[test]
fn a_function_is_typed_with_the_offered_indentation() {
    let mut b = Bench::new();
    assert_eq!(b.send(b"def f():\r"), "def f():\r\n...     ");
    assert_eq!(b.send(b"if 1:\r"), "if 1:\r\n...         ");
    assert_eq!(b.send(b"pass\r"), "pass\r\n...         ");
    assert_eq!(b.send(b"\x7f"), "\x1b[4D\x1b[K", "a step back");
    assert_eq!(b.send(b"return 1\r"), "return 1\r\n...     ");
    assert_eq!(b.send(b"\r"), "\r\nout\r\n>>> ", "a line left blank ends it");
    assert_eq!(b.last(), "def f():\n    if 1:\n        pass\n    return 1\n");
}

#[test]
fn a_function_may_be_typed_with_its_own_indentation() {
    let mut b = Bench::new();
    b.send(b"def blink_led():\r    print('LED ist jetzt: ON')\r    time.sleep(0.5)\r\r");
    assert_eq!(b.last(), "def blink_led():\n    print('LED ist jetzt: ON')\n    time.sleep(0.5)\n");
    b.send(b"def g():\r  if x:\r    y()\r  z()\r\r");
    assert_eq!(b.last(), "def g():\n  if x:\n    y()\n  z()\n");
}

#[test]
fn strings_and_brackets_continue_over_blank_lines() {
    let mut b = Bench::new();
    assert_eq!(b.send(b"x = (1,\r"), "x = (1,\r\n... ");
    b.send(b"\r2)\r");
    assert_eq!(b.last(), "x = (1,\n\n2)");
}

#[test]
fn keys_edit_the_line() {
    let mut b = Bench::new();
    b.send(b"abd\x1b[Dc\x1b[Fe\x1b[Hx\x7f\x1b[3~\x05!\r");
    assert_eq!(b.last(), "bcde!");
    b.send("grün\x02\x02\x7fö\r".as_bytes());
    assert_eq!(b.last(), "göün");
    b.send(b"one two three\x17four\x01\x06\x06\x0b\r");
    assert_eq!(b.last(), "on");
    b.send(b"abc xyz\x1b[1;5DX\x15\r");
    assert_eq!(b.last(), "xyz");
}

#[test]
fn the_echo_matches_the_line() {
    let mut b = Bench::new();
    assert_eq!(b.send(b"ab"), "ab");
    assert_eq!(b.send(b"\x1b[D"), "\x08");
    assert_eq!(b.send(b"x"), "xb\x08");
    assert_eq!(b.send(b"\x7f"), "\x08b\x1b[K\x08");
    assert_eq!(b.send(b"\x0c"), "\r>>> ab\x1b[K\x08");
}

#[test]
fn the_arrows_recall_lines() {
    let mut b = Bench::new();
    b.send(b"first\rsecond\rsecond\r");
    assert_eq!(b.send(b"draft\x1b[A"), "draft\x1b[5Dsecond\x1b[K");
    b.send(b"\x1b[A\x1b[A\x1b[B\x1b[B");
    b.send(b"ed\r");
    assert_eq!(b.last(), "drafted");
    b.send(b"\x10\x10\x10\r");
    assert_eq!(b.last(), "first");
}

#[test]
fn tab_completes_or_lists() {
    let mut b = Bench::new();
    assert_eq!(b.send(b"mac\t"), "machine");
    b.send(b"\x15");
    assert_eq!(b.send(b"ma\t"), "ma\r\nmachine  math\r\n\r>>> ma\x1b[K");
    b.send(b"\x15");
    assert_eq!(b.send(b"\tx\r"), "    x\r\nout\r\n>>> ");
}

#[test]
fn control_keys_at_the_empty_prompt() {
    let mut b = Bench::new();
    assert_eq!(b.send(b"\x03"), "\r\n>>> ");
    assert_eq!(b.send(b"abc\x03"), "abc\r\n>>> ");
    assert_eq!(b.send(b"\x02"), ["\r\n", GREETING].concat());
    assert_eq!(b.send(b"if 1:\r\x03"), "if 1:\r\n...     \r\n>>> ");
    assert_eq!(b.send(b"\x04"), ["\r\nMPY: soft reboot\r\n", GREETING].concat());
    assert_eq!(b.resets, 1);
    assert!(b.ran.is_empty());
}

#[test]
fn paste_mode_takes_a_program() {
    let mut b = Bench::new();
    assert_eq!(b.send(b"\x05"), "\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== ");
    assert_eq!(b.send(b"for i in x:\r\n  y\r"), "for i in x:\r\n=== \x20\x20y\r\n=== ");
    assert_eq!(b.send(b"\x04"), "\r\nout\r\n>>> ");
    assert_eq!(b.ran, [("for i in x:\n  y\n".to_string(), Input::File)]);
    b.send(b"\x05junk");
    assert_eq!(b.send(b"\x03"), "\r\n>>> ");
    assert_eq!(b.ran.len(), 1);
}

#[test]
fn raw_mode_frames_the_output() {
    let mut b = Bench::raw();
    assert_eq!(b.send(b"print('out')\r\n\x04"), "OKout\r\n\x04\x04>");
    assert_eq!(b.last(), "print('out')\r\n");
    assert_eq!(b.send(b"junk\x03x=1\x04"), "OKout\r\n\x04\x04>");
    assert_eq!(b.last(), "x=1");
    assert_eq!(b.send(b"junk\x01"), "raw REPL; CTRL-B to exit\r\n>");
    assert_eq!(b.send(b"\x02"), ["\r\n", GREETING].concat());
}

#[test]
fn raw_mode_survives_a_soft_reset() {
    let mut b = Bench::raw();
    assert_eq!(b.send(b"\x04"), "OK\r\nMPY: soft reboot\r\nraw REPL; CTRL-B to exit\r\n>");
    assert!(!b.repl.is_friendly());
}

#[test]
fn the_official_tools_enter_this_way() {
    let mut b = Bench::new();
    b.send(b"\r\x03");
    assert!(b.send(b"\r\x01").ends_with("raw REPL; CTRL-B to exit\r\n>"));
    assert!(b.send(b"\r\x01").ends_with("raw REPL; CTRL-B to exit\r\n>"));
}

#[test]
fn raw_paste_grants_windows() {
    let mut b = Bench::raw();
    assert_eq!(b.send(b"\x05A\x01"), "R\x01\x00\x01\x01");
    let program = "x = 1\n".repeat(100);
    let (first, rest) = program.as_bytes().split_at(255);
    assert_eq!(b.send(first), "");
    assert_eq!(b.send(&rest[..1]), "\x01");
    assert_eq!(b.send(&rest[1..]), "\x01");
    assert_eq!(b.send(b"\x04"), "\x04out\r\n\x04\x04>");
    assert_eq!(b.last(), program);
    assert_eq!(
        b.send(b"\x05A\x01ab\x03"),
        "R\x01\x00\x01\x01\x04\x04Traceback (most recent call last):\r\nKeyboardInterrupt: \r\n\x04>"
    );
    assert_eq!(b.send(b"\x05B\x01"), "R\0>");
    assert_eq!(b.ran.len(), 1);
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    let mut b = Bench::raw();
    assert!(b.send(b"x = '\xff'\x04").contains("UnicodeError"));
    assert_eq!(b.send(b"x=1\x04"), "OKout\r\n\x04\x04>");
}
