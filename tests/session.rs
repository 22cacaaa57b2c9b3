//! Sessions on the emulated board, as the window holds them.

use std::time::{Duration, Instant};

use solderless::session::{
    BenchSource, Command, Emulated, Event, RunEnd, Script, Session, Speed, State, Stats, Target, Travel,
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

/// Waits until this has been printed; gives the board's clock then.
fn printed_at(session: &Session, text: &str) -> Duration {
    let (mut clock, mut all) = (Duration::ZERO, String::new());
    wait_for(session, |event| {
        match event {
            Event::At(at) => clock = at,
            Event::Output(bytes) => all.push_str(&String::from_utf8_lossy(&bytes)),
            _ => {}
        }
        all.contains(text).then_some(clock)
    })
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

/// The board's clock where it went back to, and how far it had come.
fn went_back(event: Event) -> Option<(Duration, Duration)> {
    if let Event::WentBack { at, until } = event { Some((at, until)) } else { None }
}

const COUNTER: &str =
    "import time\nfor i in range(60):\n    print('line', i, 'end')\n    time.sleep_ms(10)\n1 // 0\n";

#[test]
fn going_back_repeats_what_was_done_until_somebody_acts() {
    let session = open("");
    start(&session, COUNTER);
    let middle = printed_at(&session, "line 30 end");
    let first = wait_for(&session, ended);
    assert!(first.traceback.contains("File \"main.py\", line 5") && first.traceback.contains("ZeroDivision"));

    // Into the middle of the program: it goes on to the same end, told in the same way.
    session.send(Command::Travel(Travel::To(middle)));
    let (at, until) = wait_for(&session, went_back);
    assert!(at >= middle && at < middle + Duration::from_millis(40) && until > middle, "{at:?} {until:?}");
    wait_for(&session, |event| (event == Event::State(State::Running)).then_some(()));
    printed(&session, "line 50 end");
    assert_eq!(wait_for(&session, ended), first);

    // There again, and this time Ctrl-C: things take another course, and the session follows it.
    session.send(Command::SetSpeed(Speed::Paused));
    session.send(Command::Travel(Travel::To(middle)));
    wait_for(&session, went_back);
    session.send(Command::Stop);
    wait_for(&session, |event| matches!(event, Event::NewCourse { .. }).then_some(()));
    session.send(Command::SetSpeed(Speed::Max));
    assert!(wait_for(&session, ended).stopped);
    session.send(Command::Input(b"i < 59\r".to_vec()));
    let prompt = printed_at(&session, "True");

    // Out of a running program to the prompt before it, and on with something else.
    start(&session, "while True:\n    pass\n");
    wait_for(&session, |event| (event == Event::State(State::Running)).then_some(()));
    session.send(Command::SetSpeed(Speed::Paused));
    session.send(Command::Travel(Travel::To(prompt)));
    wait_for(&session, went_back);
    session.send(Command::SetSpeed(Speed::Max));
    session.send(Command::Input(b"print('other' + 'wise')\r".to_vec()));
    printed(&session, "otherwise");
    start(&session, "print('and', 'a', 'program')\n");
    printed(&session, "and a program");
    assert!(wait_for(&session, ended).ok);
}

#[test]
fn instructions_are_stepped_both_ways_and_a_recording_is_told() {
    let session = open("");
    start(&session, "n = 0\nwhile True:\n    n += 1\n    if n == 1000: print('there')\n");
    printed(&session, "there");
    session.send(Command::SetSpeed(Speed::Paused));
    wait_for(&session, |event| (event == Event::State(State::Paused)).then_some(()));
    let step = |back| {
        session.send(Command::Travel(Travel::Step { from: None, back }));
        wait_for(&session, |event| if let Event::Stepped { place, .. } = event { Some(place) } else { None })
    };
    step(false);
    let places: Vec<String> = (0..4).map(|_| step(false)).collect();
    assert!(places[0].starts_with("pc 0x"), "{places:?}");
    assert_ne!(places[0], places[3]);
    let back: Vec<String> = (0..3).map(|_| step(true)).collect();
    assert_eq!(back, [places[2].clone(), places[1].clone(), places[0].clone()]);
    session.send(Command::TellRecording);
    let text = wait_for(&session, |event| if let Event::Recording(text) = event { Some(text) } else { None });
    assert!(text.starts_with("solderless recording 1\nboard pico\n") && text.ends_with(" end\n"), "{text}");
    session.send(Command::SetSpeed(Speed::Max));
    session.send(Command::Stop);
    assert!(wait_for(&session, ended).stopped);
}
