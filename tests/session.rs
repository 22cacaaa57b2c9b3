//! Sessions on the emulated board, as the window holds them.

use std::time::{Duration, Instant};

use solderless::session::{
    BenchSource, Command, Emulated, Event, RunEnd, Script, Session, Speed, State, Stats, Target,
};

const PATIENCE: Duration = Duration::from_secs(60);

fn open(bench: &str) -> Session {
    let bench =
        BenchSource::Text { text: format!("[board]\ntype = \"pico\"\n{bench}"), path: "bench.toml".into() };
    let emulated = Emulated { bench: Some(bench), ..Emulated::default() };
    Session::open(Target::Emulated(emulated), || {})
}

fn wait_for<T>(session: &Session, mut pick: impl FnMut(Event) -> Option<T>) -> T {
    let mut seen = Vec::new();
    let until = Instant::now() + PATIENCE;
    loop {
        match session.receiver().recv_deadline(until) {
            Ok(event) if Instant::now() < until => {
                if !matches!(event, Event::Stats(_)) {
                    seen.push(format!("{event:?}"));
                }
                if let Some(found) = pick(event) {
                    return found;
                }
            }
            _ => panic!("what was waited for did not come; what came: {seen:#?}"),
        }
    }
}

fn start(session: &Session, source: &str) {
    session.send(Command::Run(Script { name: "main.py".into(), source: source.into(), folder: None }));
}

/// Waits until this has been printed.
fn printed(session: &Session, text: &str) {
    let mut all = String::new();
    wait_for(session, |event| {
        if let Event::Output(bytes) = event {
            // A loop at full speed prints megabytes: only the end matters.
            all = all.split_off(all.floor_char_boundary(all.len().saturating_sub(text.len())));
            all.push_str(&String::from_utf8_lossy(&bytes));
        }
        all.contains(text).then_some(())
    });
}

fn ended(event: Event) -> Option<RunEnd> {
    if let Event::RunEnded(end) = event { Some(end) } else { None }
}

fn stats(session: &Session) -> Stats {
    wait_for(session, |event| if let Event::Stats(stats) = event { Some(stats) } else { None })
}

#[test]
fn an_endless_loop_is_stopped_and_the_board_goes_on() {
    let session = open("");
    start(&session, "print('on')\nwhile True:\n    pass\n");
    printed(&session, "on");
    session.send(Command::Stop);
    assert!(wait_for(&session, ended).stopped);
    start(&session, "print('next')\n");
    assert!(wait_for(&session, ended).ok);
    // And the prompt lives.
    session.send(Command::Input(b"6*7\r".to_vec()));
    printed(&session, "42");
}

#[test]
fn a_program_deaf_to_ctrl_c_is_ended_by_a_reset() {
    let session = open("");
    start(
        &session,
        "print('on')\nwhile True:\n    try:\n        while True:\n            pass\n    except KeyboardInterrupt:\n        pass\n",
    );
    printed(&session, "on");
    session.send(Command::Stop);
    assert!(wait_for(&session, ended).stopped);
    start(&session, "print('next')\n");
    assert!(wait_for(&session, ended).ok);
}

#[test]
fn time_stands_still_while_paused_and_stop_works_even_then() {
    let session = open("");
    start(&session, "print('on')\nwhile True:\n    pass\n");
    printed(&session, "on");
    session.send(Command::SetSpeed(Speed::Paused));
    wait_for(&session, |event| (event == Event::State(State::Paused)).then_some(()));
    let before = stats(&session).virtual_time;
    assert_eq!(stats(&session).virtual_time, before);
    session.send(Command::Stop);
    assert!(wait_for(&session, ended).stopped);
}

#[test]
fn an_input_set_by_hand_reaches_the_program_and_can_be_released() {
    let session = open(
        "[[part]]\ntype = \"potentiometer\"\nname = \"knob\"\npins = { wiper = \"GP26\" }\ninputs.position = { generator = \"sine\", min = 24.8, max = 25.2, period = \"1s\" }\n",
    );
    start(
        &session,
        "from machine import ADC, Pin\nimport time\na = ADC(Pin(26))\nwhile True:\n    print('at', round(a.read_u16() / 655.35), '%')\n    time.sleep_ms(50)\n",
    );
    printed(&session, "at 25 %");
    session.send(Command::SetInput { part: "knob".into(), input: "position".into(), value: 80.0 });
    printed(&session, "at 80 %");
    session.send(Command::ReleaseInput { part: "knob".into(), input: "position".into() });
    printed(&session, "at 25 %");
    session.send(Command::SetInput { part: "nob".into(), input: "position".into(), value: 80.0 });
    let why =
        wait_for(&session, |event| if let Event::Failed { why, .. } = event { Some(why) } else { None });
    assert!(why.contains("knob"), "{why}");
}

#[test]
fn a_bench_that_makes_no_sense_is_lost_with_its_line() {
    let session = open("[[part]]\ntype = \"teapot\"\nname = \"x\"\n");
    let why =
        wait_for(
            &session,
            |event| {
                if let Event::State(State::Lost { why }) = event { Some(why) } else { None }
            },
        );
    assert!(why.contains("bench.toml:4") && why.contains("teapot"), "{why}");
}

#[test]
fn what_happens_is_recorded_for_the_window() {
    let session = open("");
    start(
        &session,
        "from machine import Pin\np = Pin('LED', Pin.OUT)\nfor i in range(10):\n    p.toggle()\n",
    );
    assert!(wait_for(&session, ended).ok);
    assert!(session.trace().generation() > 0);
    assert!(session.trace().read(|trace| trace.channels().any(|(_, channel)| channel.name == "GP25")));
}
