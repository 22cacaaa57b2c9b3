//! The board as a whole: its prompt, display, sensors, buses and memory.

use emulator::air;
use emulator::clock::Time;
use emulator::cpu::debug::{Halt, Orders, Watch, WatchKind};
use emulator::machine::{HistoryOptions, Machine, MachineOptions, Stop};
use emulator::trace::SharedTrace;

use crate::rig::{append, board, display, eval, expect, firmware, wait};

#[test]
fn it_boots_to_its_prompt_and_computes() {
    let Some((mut board, _)) = board("", MachineOptions::default()) else { return };
    assert_eq!(eval(&mut board, "6*7"), "42");
    assert_eq!(eval(&mut board, "import os; os.uname().machine"), "'micro:bit with nRF51822'");
    let started = eval(&mut board, "running_time()").parse::<u64>().unwrap();
    eval(&mut board, "sleep(500)");
    let later = eval(&mut board, "running_time()").parse::<u64>().unwrap();
    assert!((500..600).contains(&(later - started)), "{started} {later}");
}

#[test]
fn the_display_shows_and_scrolls() {
    let Some((mut board, trace)) = board("", MachineOptions::default()) else { return };
    eval(&mut board, "display.show(Image.HEART)");
    board.run_for(Time::from_millis(100));
    assert_eq!(display(&trace), [".#.#.", "#####", "#####", ".###.", "..#.."]);
    assert_eq!(board.console_write(b"display.scroll('I')\r"), 20);
    let mut seen = Vec::new();
    for _ in 0..60 {
        board.run_for(Time::from_millis(40));
        let shown = display(&trace);
        if seen.last() != Some(&shown) {
            seen.push(shown);
        }
    }
    let letter = [".###.", "..#..", "..#..", "..#..", ".###."];
    assert!(seen.iter().any(|shown| shown[..] == letter), "{seen:#?}");
    assert!(seen.iter().any(|shown| shown[..] == ["###..", ".#...", ".#...", ".#...", "###.."]));
}

#[test]
fn buttons_sensors_and_pins_are_read() {
    let knob = "[[part]]\ntype = \"potentiometer\"\npins = { wiper = \"P1\" }\ninputs.position = 25\n";
    let Some((mut board, _)) = board(knob, MachineOptions::default()) else { return };
    assert_eq!(eval(&mut board, "button_a.is_pressed(), button_b.is_pressed()"), "(False, False)");
    board.set_input("button_a", "pressed", 1.0).unwrap();
    board.run_for(Time::from_millis(200));
    assert_eq!(eval(&mut board, "button_a.is_pressed(), button_b.is_pressed()"), "(True, False)");
    for (axis, value) in [("x", 0.25), ("y", -0.5), ("z", -0.75)] {
        board.set_input("accelerometer", axis, value).unwrap();
    }
    board.run_for(Time::from_millis(100));
    eval(&mut board, "accelerometer.get_values()");
    board.run_for(Time::from_millis(100));
    assert_eq!(eval(&mut board, "accelerometer.get_values()"), "(256, -512, -768)");
    board.set_input("chip", "temperature", 31.0).unwrap();
    board.run_for(Time::from_millis(1500));
    assert_eq!(eval(&mut board, "temperature()"), "31");
    let read: i32 = eval(&mut board, "pin1.read_analog()").parse().unwrap();
    assert!((250..262).contains(&read), "{read}");
    eval(&mut board, "pin0.write_digital(1)");
    assert_eq!(board.world_mut().pin_levels(Time::ZERO) >> 3 & 1, 1);
}

#[test]
fn notes_lights_and_radio_leave_their_traces() {
    let strip = "[[part]]\ntype = \"neopixel\"\nname = \"strip\"\npins = { data = \"P1\" }\n";
    let Some((mut board, trace)) = board(strip, MachineOptions::default()) else { return };
    let from = board.now();
    eval(&mut board, "import music; music.pitch(440, 200)");
    let edges = trace.read(|trace| {
        let (id, _) = trace.channels().find(|(_, channel)| channel.name == "P0").unwrap();
        trace.edges(id, from, board.now()).count()
    });
    // 88 periods in 200 ms, and the pin's way in and out of the mode.
    assert!((170..=182).contains(&edges), "{edges}");
    eval(&mut board, "import neopixel; n = neopixel.NeoPixel(pin1, 2)");
    eval(&mut board, "n[0] = (255, 0, 0); n[1] = (0, 64, 255); n.show()");
    board.run_for(Time::from_millis(50));
    let picture = trace.read(|trace| trace.picture("strip").unwrap());
    assert_eq!(picture.rgb[..2], [[255, 0, 0], [0, 64, 255]]);
    eval(&mut board, "import radio; radio.on(); radio.send('hi'); radio.off()");
    let sent = trace.read(|trace| {
        let (id, _) = trace.channels().find(|(_, channel)| channel.name == "radio").unwrap();
        let pieces = trace.texts(id, Time::ZERO, Time::NEVER);
        String::from_utf8(pieces.flat_map(|(_, text)| text.to_vec()).collect()).unwrap()
    });
    assert!(sent.starts_with("2407 MHz: ") && sent.contains(" 68 69"), "{sent}");
}

#[test]
fn two_boards_talk_by_radio() {
    let Some((first, _)) = board("", MachineOptions::default()) else { return };
    let Some((second, _)) = board("", MachineOptions::default()) else { return };
    let mut boards = [first, second];
    for board in &mut boards {
        eval(board, "import radio; radio.config(channel=11, group=3); radio.on()");
    }
    let together = |boards: &mut [Machine], ms| {
        let now = boards.iter().map(Machine::now).max().unwrap();
        assert!(air::run_together(boards, now + Time::from_millis(ms)).is_none());
    };
    together(&mut boards, 10);
    assert_eq!(eval(&mut boards[1], "radio.receive() is None"), "True");
    // Each sends while the other's prompt waits for it.
    together(&mut boards, 10);
    let line = b"radio.send('hello'); radio.send_bytes(bytes(32))\r";
    assert_eq!(boards[0].console_write(line), line.len());
    together(&mut boards, 100);
    assert_eq!(eval(&mut boards[1], "radio.receive()"), "'hello'");
    assert_eq!(eval(&mut boards[1], "radio.receive_bytes() == bytes(32)"), "True");
    together(&mut boards, 10);
    let line = b"radio.send('and back')\r";
    assert_eq!(boards[1].console_write(line), line.len());
    together(&mut boards, 100);
    expect(&mut boards[0], ">>> ");
    let received = eval(&mut boards[0], "r = radio.receive_full(); (r[0], r[1])");
    assert_eq!(received, "(b'\\x01\\x00\\x01and back', -50)");
    // Another group does not listen.
    eval(&mut boards[0], "radio.config(group=4)");
    together(&mut boards, 10);
    let line = b"radio.send('nobody')\r";
    assert_eq!(boards[1].console_write(line), line.len());
    together(&mut boards, 100);
    assert_eq!(eval(&mut boards[0], "radio.receive() is None"), "True");
}

#[test]
fn a_peer_s_measurements_arrive() {
    let peer = "[[part]]\ntype = \"radio_peer\"\nname = \"garden\"\nperiod = 0.5\ninputs.value = 12.5\n";
    let Some((mut board, _)) = board(peer, MachineOptions::default()) else { return };
    eval(&mut board, "import radio; radio.on(); sleep(600)");
    assert_eq!(eval(&mut board, "radio.receive()"), "'12.5'");
    eval(&mut board, "radio.send('7')");
    board.run_for(Time::from_millis(100));
    let heard: Vec<_> =
        board.bench().unwrap().outputs().map(|(part, name, value)| (part.to_owned(), name, value)).collect();
    assert!(heard.contains(&("garden".to_owned(), "last", 7.0)), "{heard:?}");
}

#[test]
fn the_compass_measures_the_field() {
    let Some((mut board, _)) = board("", MachineOptions::default()) else { return };
    for (axis, value) in [("x", 12.0), ("y", -30.0), ("z", -45.5)] {
        board.set_input("compass", axis, value).unwrap();
    }
    board.run_for(Time::from_millis(500));
    eval(&mut board, "compass.get_x()");
    board.run_for(Time::from_millis(500));
    let field = eval(&mut board, "compass.get_x(), compass.get_y(), compass.get_z()");
    assert_eq!(field, "(12000, -30000, -45500)");
}

#[test]
fn scripts_live_on_flash() {
    let dir = std::env::temp_dir().join(format!("solderless-microbit-{}", std::process::id()));
    let options = MachineOptions { flash_file: Some(dir.join("flash")), ..MachineOptions::default() };
    let Some((mut first, _)) = board("", options.clone()) else { return };
    eval(&mut first, "f = open('main.py', 'w'); f.write(\"print('from', 'flash')\"); f.close()");
    assert_eq!(eval(&mut first, "import os; os.listdir()"), "['main.py']");
    drop(first);
    let Some((bench, mut image)) = firmware("") else { return };
    let mut next = Machine::on_bench(&bench, &image, SharedTrace::default(), options).unwrap();
    assert!(expect(&mut next, ">>> ").contains("from flash"));
    next.reset();
    assert!(expect(&mut next, ">>> ").contains("from flash"));
    append(&mut image, "print('appended')\n");
    let options = MachineOptions::default();
    let mut other = Machine::on_bench(&bench, &image, SharedTrace::default(), options).unwrap();
    assert!(expect(&mut other, ">>> ").contains("appended"));
    std::fs::remove_dir_all(&dir).unwrap();
}

/// Why the chip was reset: RESETREAS.
fn reasons(board: &mut Machine) -> String {
    eval(board, "import machine; hex(machine.mem32[0x40000400])")
}

#[test]
fn the_off_mode_ends_with_a_button() {
    let Some((mut board, _)) = board("", MachineOptions::default()) else { return };
    eval(&mut board, "import machine; machine.mem32[0x40000400] = 0x7fffffff");
    // Button A's pin senses a low level.
    eval(&mut board, "machine.mem32[0x50000744] = 0x30000");
    assert_eq!(board.console_write(b"machine.mem32[0x40000500] = 1\r"), 30);
    wait(&mut board, 100);
    let before = board.stats().instructions;
    wait(&mut board, 5000);
    assert_eq!(board.stats().instructions, before, "it is off");
    board.set_input("button_a", "pressed", 1.0).unwrap();
    expect(&mut board, ">>> ");
    assert_eq!(reasons(&mut board), "'0x10000'");
}

#[test]
fn a_watchdog_that_nobody_feeds_resets_the_chip() {
    let Some((mut board, _)) = board("", MachineOptions::default()) else { return };
    eval(&mut board, "import machine; machine.mem32[0x40000400] = 0x7fffffff");
    eval(&mut board, "machine.mem32[0x40010504] = 32767");
    let from = board.now();
    assert_eq!(board.console_write(b"machine.mem32[0x40010000] = 1\r"), 30);
    expect(&mut board, "MicroPython");
    assert!((1.0..1.5).contains(&(board.now() - from).as_secs_f64()));
    expect(&mut board, ">>> ");
    assert_eq!(reasons(&mut board), "'0x2'");
}

#[test]
fn it_goes_back_in_time() {
    let Some((mut board, trace)) = board("", MachineOptions::default()) else { return };
    board.keep_history(HistoryOptions::default());
    assert_eq!(board.console_write(b"display.scroll('Hello')\r"), 24);
    let mut seen = Vec::new();
    for _ in 0..20 {
        board.run_for(Time::from_millis(100));
        seen.push((board.now(), board.registers(), display(&trace)));
    }
    for (at, registers, shown) in [&seen[12], &seen[3]] {
        board.go_back_to(*at).unwrap();
        assert_eq!((board.now(), board.registers()), (*at, *registers));
        assert_eq!(display(&trace), *shown);
    }
}

#[test]
fn a_debugger_steps_both_ways_and_changes_nothing() {
    let scroll = |board: &mut Machine| assert_eq!(board.console_write(b"display.scroll('Hello')\r"), 24);
    let run_to_end = |board: &mut Machine, end| while !matches!(board.run_until(end), Stop::Deadline) {};
    let Some((mut straight, _)) = board("", MachineOptions::default()) else { return };
    scroll(&mut straight);
    let end = straight.now() + Time::from_millis(700);
    run_to_end(&mut straight, end);

    let Some((mut board, trace)) = board("", MachineOptions::default()) else { return };
    scroll(&mut board);
    board.attach_debugger().unwrap();
    board.run_for(Time::from_millis(150));
    let pc = |board: &Machine| board.core_registers(0)[15];
    let step = || [Orders { step: true, ..Orders::default() }, Orders::default()];
    let mut places = Vec::new();
    for _ in 0..100 {
        board.order(step());
        let stop = board.run_until(end);
        assert!(matches!(stop, Stop::Debug(0, Halt::Step)), "{stop:?}");
        places.push(pc(&board));
    }
    let different: std::collections::BTreeSet<_> = places.iter().collect();
    assert!(different.len() > 10, "{different:x?}");
    for place in places.iter().rev().skip(1) {
        assert_eq!(board.run_back(&step()).unwrap(), Some((0, Halt::Step)));
        assert_eq!(pc(&board), *place);
    }
    // A store to the pins, with the place that made it; registers read as they are.
    let watch = Watch { address: 0x5000_0504, len: 12, kind: WatchKind::Write };
    board.order([Orders { watches: vec![watch], ..Orders::default() }, Orders::default()]);
    let stop = board.run_until(end);
    assert!(matches!(stop, Stop::Debug(0, Halt::Watch { .. })), "{stop:?}");
    let mut word = [0; 4];
    assert_eq!((board.peek(0xF000_0FE0, &mut word), word), (4, [1, 0, 0, 0]));
    assert_eq!(board.peek(0x3000_0000, &mut word), 0);
    board.order(Default::default());
    run_to_end(&mut board, end);
    assert_eq!((board.now(), board.registers()), (straight.now(), straight.registers()));
    assert_eq!(board.stats(), straight.stats());
    let other = straight.world().trace().clone();
    assert_eq!(display(&trace), display(&other));
}
