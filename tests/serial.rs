//! Sessions with a (fake) board on a serial port, above all those that go wrong.

use std::time::{Duration, Instant};

use solderless::session::{Command, Event, RunEnd, Script, Session, State, Target, Upload, UploadSummary};

use crate::fake_board::{FakeBoard, Fault};

/// Longer than anything here takes; a hang fails the test instead of the build server.
const PATIENCE: Duration = Duration::from_secs(30);

fn open(port: &str) -> Session {
    Session::open(Target::Serial { port: port.to_string() }, || {})
}

/// The first event that `pick` accepts.
fn wait_for<T>(session: &Session, mut pick: impl FnMut(Event) -> Option<T>) -> T {
    let mut seen = Vec::new();
    let until = Instant::now() + PATIENCE;
    loop {
        match session.receiver().recv_deadline(until) {
            Ok(event) if Instant::now() < until => {
                seen.push(format!("{event:?}"));
                if let Some(found) = pick(event) {
                    return found;
                }
            }
            _ => panic!("what was waited for did not come; what came: {seen:#?}"),
        }
    }
}

fn script(name: &str, source: &str) -> Script {
    Script { name: name.into(), source: source.into(), folder: None }
}

fn ended(event: Event) -> Option<RunEnd> {
    if let Event::RunEnded(end) = event { Some(end) } else { None }
}

fn failure(event: Event) -> Option<String> {
    if let Event::Failed { why, .. } = event { Some(why) } else { None }
}

fn uploaded(event: Event) -> Option<UploadSummary> {
    match event {
        Event::Uploaded(summary) => Some(summary),
        Event::Failed { why, .. } => panic!("{why}"),
        _ => None,
    }
}

fn lost(event: Event) -> Option<String> {
    if let Event::State(State::Lost { why }) = event { Some(why) } else { None }
}

fn run(session: &Session, source: &str) -> (RunEnd, String) {
    session.send(Command::Run(script("main.py", source)));
    let mut output = Vec::new();
    let end = wait_for(session, |event| {
        if let Event::Output(bytes) = &event {
            output.extend_from_slice(bytes);
        }
        ended(event)
    });
    (end, String::from_utf8(output).unwrap())
}

/// A file of this size, content of all byte values, in a folder that lasts as long as the first value.
fn file(size: usize) -> (tempfile::TempDir, Upload, Vec<u8>) {
    let place = tempfile::tempdir().unwrap();
    let content: Vec<u8> = (0..size).map(|at| (at * 7 + at / 256) as u8).collect();
    let from = place.path().join("data.bin");
    std::fs::write(&from, &content).unwrap();
    (place, Upload { from, to: "/data.bin".into() }, content)
}

#[test]
fn a_program_runs_and_its_traceback_names_the_script() {
    for fault in [Fault::None, Fault::NoPaste] {
        let board = FakeBoard::plug_in(fault);
        let session = open(board.port());
        let (end, output) = run(&session, "print('hello')\n");
        assert!(end.ok, "{end:?}");
        assert_eq!(output, "hello\r\n>>> ");
        let (end, _) = run(&session, "raise ValueError('no')\n");
        assert!(!end.ok);
        assert!(end.traceback.contains("File \"main.py\", line 1"), "{}", end.traceback);
        assert!(end.traceback.ends_with("ValueError('no')\n"), "{}", end.traceback);
    }
}

#[test]
fn an_endless_loop_is_stopped_and_the_next_program_runs() {
    let board = FakeBoard::plug_in(Fault::None);
    let session = open(board.port());
    session.send(Command::Run(script("loop.py", "while True: pass\n")));
    wait_for(&session, |event| {
        matches!(&event, Event::Output(bytes) if bytes.starts_with(b"looping")).then_some(())
    });
    session.send(Command::Stop);
    let end = wait_for(&session, ended);
    assert_eq!(end, RunEnd { ok: false, stopped: true, traceback: String::new() });
    assert!(run(&session, "print('again')\n").0.ok);
}

#[test]
fn a_new_run_takes_the_place_of_the_old_one() {
    let board = FakeBoard::plug_in(Fault::None);
    let session = open(board.port());
    session.send(Command::Run(script("loop.py", "while True: pass\n")));
    wait_for(&session, |event| {
        matches!(&event, Event::Output(bytes) if bytes.starts_with(b"looping")).then_some(())
    });
    session.send(Command::Run(script("b.py", "print('second')\n")));
    assert!(wait_for(&session, ended).stopped);
    assert!(wait_for(&session, ended).ok);
}

#[test]
fn files_are_listed_read_and_removed() {
    let board = FakeBoard::plug_in(Fault::None);
    board.put("/main.py", b"print(1)\n");
    board.put("/lib/a.py", b"");
    let session = open(board.port());
    session.send(Command::List("/".into()));
    let names = wait_for(&session, |event| match event {
        Event::Files { entries, .. } => Some(entries),
        _ => None,
    });
    assert_eq!(
        names.iter().map(|entry| (entry.name.as_str(), entry.folder)).collect::<Vec<_>>(),
        [("lib", true), ("main.py", false)]
    );
    session.send(Command::Read("/main.py".into()));
    let bytes =
        wait_for(&session, |event| if let Event::File { bytes, .. } = event { Some(bytes) } else { None });
    assert_eq!(bytes, b"print(1)\n");
    session.send(Command::Remove("/gone.py".into()));
    assert!(wait_for(&session, failure).contains("/gone.py: there is no such file on the board"));
    session.send(Command::Remove("/main.py".into()));
    wait_for(&session, |event| (event == Event::FilesChanged).then_some(()));
    assert_eq!(board.file("/main.py"), None);
}

#[test]
fn what_the_board_has_is_not_sent_again() {
    for fault in [Fault::None, Fault::NoHash, Fault::NoPaste] {
        let board = FakeBoard::plug_in(fault);
        let (_place, upload, content) = file(3000);
        let session = open(board.port());
        session.send(Command::Upload(vec![upload.clone()]));
        let first = wait_for(&session, uploaded);
        assert_eq!((first.written, first.bytes), (vec!["/data.bin".to_string()], 3000));
        assert_eq!(board.file("/data.bin").as_ref(), Some(&content));
        assert_eq!(board.file("/data.bin.part"), None);
        let before = board.times_written();
        session.send(Command::Upload(vec![upload]));
        let second = wait_for(&session, uploaded);
        assert_eq!((second.written.len(), second.skipped.len()), (0, 1));
        assert_eq!(board.times_written(), before, "nothing was written the second time");
    }
}

#[test]
fn a_changed_byte_of_the_same_size_is_sent() {
    let board = FakeBoard::plug_in(Fault::NoHash);
    let (_place, upload, mut content) = file(500);
    content[200] ^= 1;
    board.put("/data.bin", &content);
    let session = open(board.port());
    session.send(Command::Upload(vec![upload]));
    assert_eq!(wait_for(&session, uploaded).written.len(), 1);
}

#[test]
fn progress_counts_up_to_the_whole() {
    let board = FakeBoard::plug_in(Fault::None);
    let (_place, upload, _) = file(5000);
    let session = open(board.port());
    session.send(Command::Upload(vec![upload]));
    let mut steps = Vec::new();
    wait_for(&session, |event| {
        if let Event::UploadProgress(progress) = &event {
            assert_eq!(progress.total, 5000);
            steps.push(progress.done);
        }
        uploaded(event)
    });
    assert!(steps.len() > 4 && steps.is_sorted(), "{steps:?}");
    assert_eq!((steps[0], steps.last()), (0, Some(&5000)));
}

#[test]
fn garbled_bytes_are_noticed_and_the_old_file_stays() {
    let board = FakeBoard::plug_in(Fault::Garble);
    board.put("/data.bin", b"old");
    let (_place, upload, _) = file(100);
    let session = open(board.port());
    session.send(Command::Upload(vec![upload]));
    let why = wait_for(&session, failure);
    assert!(why.contains("/data.bin: what arrived on the board differs"), "{why}");
    assert_eq!(board.file("/data.bin").as_deref(), Some(b"old".as_slice()));
    assert_eq!(board.file("/data.bin.part"), None, "no debris");
    assert!(run(&session, "print('fine')\n").0.ok, "the session goes on");
}

#[test]
fn a_full_filesystem_loses_nothing() {
    let board = FakeBoard::plug_in(Fault::Full(4000));
    board.put("/data.bin", b"old");
    let (_place, upload, _) = file(8000);
    let session = open(board.port());
    session.send(Command::Upload(vec![upload]));
    let why = wait_for(&session, failure);
    assert!(why.contains("/data.bin: the board's filesystem is full"), "{why}");
    assert_eq!(board.file("/data.bin").as_deref(), Some(b"old".as_slice()));
    assert_eq!(board.file("/data.bin.part"), None, "its room is given back");
}

#[test]
fn a_port_that_vanishes_in_an_upload_is_named_and_the_next_try_works() {
    let (_place, upload, content) = file(8000);
    let board = FakeBoard::plug_in(Fault::VanishAfter(3));
    let session = open(board.port());
    session.send(Command::Upload(vec![upload.clone()]));
    let why = wait_for(&session, failure);
    assert!(why.contains("vanished") && why.contains(board.port()), "{why}");
    assert!(wait_for(&session, lost).contains(board.port()));
    drop(session);
    let board = FakeBoard::plug_in(Fault::None);
    let session = open(board.port());
    session.send(Command::Upload(vec![upload]));
    wait_for(&session, uploaded);
    assert_eq!(board.file("/data.bin"), Some(content));
}

#[test]
fn a_board_that_answers_nothing_is_told_from_one_that_is_no_micropython() {
    let cases = [(Fault::Silent, "answers nothing"), (Fault::Modem, "does not answer as MicroPython")];
    // Both take their time: side by side.
    let sessions = cases.map(|(fault, words)| {
        let board = FakeBoard::plug_in(fault);
        let session = open(board.port());
        session.send(Command::List("/".into()));
        (board, session, words)
    });
    for (_board, session, words) in sessions {
        let why = wait_for(&session, failure);
        assert!(why.contains(words) && why.contains("reset"), "{why}");
    }
}

#[test]
fn a_port_in_use_is_said_to_be_and_works_once_free() {
    let board = FakeBoard::plug_in(Fault::None);
    let first = open(board.port());
    assert!(run(&first, "print('mine')\n").0.ok);
    let why = wait_for(&open(board.port()), lost);
    assert!(why.contains("in use by another program"), "{why}");
    first.send(Command::Close);
    // The handle of a closed session gets no more events.
    while first.receiver().recv_timeout(PATIENCE).is_ok() {}
    assert!(run(&open(board.port()), "print('mine')\n").0.ok);
}

#[test]
fn a_missing_port_is_said_to_be() {
    let why = wait_for(&open("/dev/ttyNoSuch"), lost);
    assert!(why.contains("/dev/ttyNoSuch: there is no such port"), "{why}");
}

#[test]
fn a_program_deaf_to_ctrl_c_on_a_real_board_is_reported() {
    let board = FakeBoard::plug_in(Fault::Deaf);
    let session = open(board.port());
    session.send(Command::Run(script("loop.py", "while True: pass\n")));
    wait_for(&session, |event| {
        matches!(&event, Event::Output(bytes) if bytes.starts_with(b"looping")).then_some(())
    });
    session.send(Command::Stop);
    let why = wait_for(&session, failure);
    assert!(why.contains("does not heed Ctrl-C") && why.contains("reset button"), "{why}");
}

#[test]
fn files_cannot_be_looked_at_while_a_program_runs() {
    let board = FakeBoard::plug_in(Fault::None);
    let session = open(board.port());
    session.send(Command::Run(script("loop.py", "while True: pass\n")));
    wait_for(&session, |event| {
        matches!(&event, Event::Output(bytes) if bytes.starts_with(b"looping")).then_some(())
    });
    session.send(Command::List("/".into()));
    assert!(wait_for(&session, failure).contains("stop it first"));
    session.send(Command::Stop);
    assert!(wait_for(&session, ended).stopped);
}
