//! The command line's contracts: exit codes, what goes to which stream, JSON.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::fake_board::{FakeBoard, Fault};

/// The program with these arguments.
pub fn solderless(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_solderless"));
    command.args(arguments).stdin(Stdio::null()).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    command
}

/// Runs to its end.
pub fn output(arguments: &[&str]) -> Output {
    solderless(arguments).output().expect("the program starts")
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// A script in a folder that lasts as long as the first value.
pub fn script(source: &str) -> (tempfile::TempDir, String) {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("main.py");
    std::fs::write(&path, source).unwrap();
    let path = path.to_str().unwrap().to_string();
    (place, path)
}

#[test]
fn without_a_display_the_headless_command_is_named() {
    let out = output(&[]);
    assert_eq!(out.status.code(), Some(1));
    assert!(stderr(&out).contains("solderless run"), "{}", stderr(&out));
}

#[test]
fn a_syntax_error_has_line_column_and_caret_and_nothing_boots() {
    let (_place, path) = script("x = 1\nprint(x))\n");
    // The firmware does not exist: had anything booted, that would be the message.
    let out = output(&["run", &path, "--firmware", "/no/such.uf2"]);
    assert_eq!(out.status.code(), Some(1));
    let lines: Vec<String> = stderr(&out).lines().map(str::to_string).collect();
    assert_eq!(lines[..3], ["  File \"main.py\", line 2, column 9", "    print(x))", "            ^"]);
    assert!(lines[3].starts_with("SyntaxError: unmatched ')'"), "{}", lines[3]);
    let out = output(&["run", &path, "--json"]);
    let error: Value = serde_json::from_str(&stdout(&out)).unwrap();
    assert_eq!(
        (&error["event"], &error["line"], &error["column"]),
        (&"syntax_error".into(), &2.into(), &9.into())
    );
}

#[test]
fn a_missing_script_is_named() {
    let out = output(&["run", "/no/such.py"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(stderr(&out).contains("/no/such.py"), "{}", stderr(&out));
}

#[test]
fn wrong_arguments_are_refused_with_code_2() {
    for arguments in
        [["run"].as_slice(), &["run", "x.py", "--speed", "fast"], &["run", "x.py", "--for", "5 apples"]]
    {
        assert_eq!(output(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn exec_prints_and_its_exit_code_tells_of_exceptions() {
    let board = FakeBoard::plug_in(Fault::None);
    let out = output(&["exec", "print('hello')", "--port", board.port()]);
    assert_eq!((out.status.code(), stdout(&out).as_str()), (Some(0), "hello\n"));
    let out = output(&["exec", "raise ValueError('no')\n", "--port", board.port()]);
    assert_eq!((out.status.code(), stdout(&out).as_str()), (Some(1), ""));
    assert!(stderr(&out).ends_with("ValueError('no')\n"), "{}", stderr(&out));
    let out = output(&["exec", "print('hello')", "--json", "--port", board.port()]);
    let lines: Vec<Value> = stdout(&out).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["text"], "hello\n");
    assert_eq!((&lines[1]["event"], &lines[1]["ok"]), (&"end".into(), &true.into()));
}

#[test]
fn files_go_to_a_board_and_come_back() {
    let board = FakeBoard::plug_in(Fault::None);
    let (place, path) = script("print('on the board')\n");
    std::fs::create_dir(place.path().join("lib")).unwrap();
    std::fs::write(place.path().join("lib/util.py"), "u = 1\n").unwrap();
    let lib = place.path().join("lib");
    let upload = ["upload", &path, lib.to_str().unwrap(), "--port", board.port()];
    let out = output(&upload);
    assert_eq!(out.status.code(), Some(0), "{}", stderr(&out));
    assert_eq!(stdout(&out), "wrote   /main.py\nwrote   /lib/util.py\n");
    assert_eq!(stdout(&output(&upload)), "has it  /main.py\nhas it  /lib/util.py\n");
    let out = output(&["cat", "/main.py", "--port", board.port()]);
    assert_eq!(stdout(&out), "print('on the board')\n");
    let out = output(&["ls", "--json", "--port", board.port()]);
    let entries: Value = serde_json::from_str(&stdout(&out)).unwrap();
    assert_eq!((&entries[0]["name"], &entries[0]["folder"]), (&"lib".into(), &true.into()));
    assert_eq!((&entries[1]["name"], &entries[1]["size"]), (&"main.py".into(), &22.into()));
    let out = output(&["rm", "/main.py", "--port", board.port()]);
    assert_eq!(out.status.code(), Some(0), "{}", stderr(&out));
    let out = output(&["cat", "/main.py", "--port", board.port()]);
    assert_eq!(out.status.code(), Some(1));
    assert!(stderr(&out).contains("/main.py: there is no such file on the board"), "{}", stderr(&out));
}

#[test]
fn put_writes_standard_input_under_the_name_given() {
    let board = FakeBoard::plug_in(Fault::None);
    let mut child = solderless(&["put", "-", "/notes.txt", "--port", board.port()])
        .stdin(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().unwrap().write_all(b"it's \\ \x00 here\n").unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(board.file("/notes.txt").as_deref(), Some(b"it's \\ \x00 here\n".as_slice()));
}

#[test]
fn a_failed_upload_exits_with_1_and_says_what_to_do() {
    let board = FakeBoard::plug_in(Fault::VanishAfter(0));
    let (_place, path) = script("print('on the board')\n");
    let out = output(&["upload", &path, "--port", board.port()]);
    assert_eq!(out.status.code(), Some(1));
    assert!(stderr(&out).contains("vanished") && stderr(&out).contains("try again"), "{}", stderr(&out));
}

#[test]
fn ports_as_json_is_an_array() {
    let out = output(&["ports", "--json"]);
    assert_eq!(out.status.code(), Some(0), "{}", stderr(&out));
    assert!(serde_json::from_str::<Value>(&stdout(&out)).unwrap().is_array());
}
