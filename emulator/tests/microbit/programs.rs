//! Small programs of the kinds that come with MicroPython for the micro:bit: what they show, play and send must be what
//! their text says.

use emulator::clock::Time;

use crate::rig::{display, expect, light, program, rises, wait};

#[test]
fn an_image_s_brightness_is_light_of_nine_steps() {
    // As a clock does that draws one hand dimly over the other.
    let script = "from microbit import *\n\
                  steps = Image('12345:67890:00000:00000:00000')\n\
                  display.show(steps)\n\
                  sleep(1000)\n\
                  display.show(Image('90000:').crop(0, 0, 5, 5) * (1/9) + Image('50000:').crop(0, 0, 5, 5))\n\
                  sleep(9000)\n";
    let Some((mut board, trace)) = program("", script) else { return };
    wait(&mut board, 700);
    let shown = light(&trace);
    let steps: Vec<f32> = shown[0].iter().chain(&shown[1]).copied().collect();
    // Each step is nearly twice as bright as the one before; the last is all that an LED can do.
    assert!(steps[..9].windows(2).all(|pair| (1.6..2.3).contains(&(pair[1] / pair[0]))), "{steps:?}");
    assert!(steps[0] > 0.004 && steps[8] > 0.98 && steps[9] == 0.0, "{steps:?}");
    let sixth = steps[5];
    wait(&mut board, 1000);
    let sum = light(&trace)[0][0];
    assert!((sum / sixth - 1.0).abs() < 0.05, "1 + 5 looks like 6: {sum} {sixth}");
}

#[test]
fn a_bubble_follows_gravity() {
    let script = "from microbit import *\n\
                  while True:\n    \
                      x, y, z = accelerometer.get_values()\n    \
                      display.clear()\n    \
                      display.set_pixel(2 - max(-2, min(2, x // 200)), 2 - max(-2, min(2, y // 200)), 9)\n    \
                      sleep(50)\n";
    let Some((mut board, trace)) = program("", script) else { return };
    wait(&mut board, 500);
    for (x, y, row, wanted) in
        [(0.05, 0.05, 2, "..#.."), (0.3, 0.05, 2, ".#..."), (1.0, 0.3, 1, "#...."), (-0.15, -0.9, 4, "...#.")]
    {
        board.set_input("accelerometer", "x", x).unwrap();
        board.set_input("accelerometer", "y", y).unwrap();
        wait(&mut board, 200);
        let shown = display(&trace);
        assert_eq!(shown[row], wanted, "{x} {y}: {shown:?}");
        assert_eq!(shown.concat().matches('#').count(), 1, "{shown:?}");
    }
}

#[test]
fn a_tune_has_its_notes_and_lengths() {
    let script =
        "import music\nmusic.set_tempo(ticks=4, bpm=120)\nmusic.play(['e3:3', 'r:1', 'a4:2', 'c5:4'])\n";
    let Some((mut board, trace)) = program("", script) else { return };
    expect(&mut board, ">>> ");
    let rises = rises(&trace, "P0", Time::ZERO, board.now());
    // Runs of equal periods are notes: their frequency, and how long they sounded.
    let mut notes: Vec<(f64, f64)> = Vec::new();
    let mut from = 0;
    for n in 1..rises.len() {
        let period = |n: usize| rises[n].nanos().abs_diff(rises[n - 1].nanos());
        let ends = n + 1 == rises.len() || period(n + 1).abs_diff(period(n)) > period(n) / 10;
        if ends && n - from > 10 {
            let seconds = (rises[n].nanos() - rises[from].nanos()) as f64 * 1e-9;
            notes.push(((n - from) as f64 / seconds, seconds));
        }
        if ends {
            from = n;
        }
    }
    // The firmware's periods are whole multiples of 16 µs.
    let wanted = [(164.8, 0.375), (440.0, 0.25), (523.3, 0.5)];
    assert_eq!(notes.len(), wanted.len(), "{notes:?}");
    for ((hz, seconds), (wanted_hz, wanted_seconds)) in notes.iter().zip(wanted) {
        assert!((hz / wanted_hz - 1.0).abs() < 0.01, "{notes:?}");
        assert!((seconds - wanted_seconds).abs() < 0.03, "{notes:?}");
    }
}

#[test]
fn a_firefly_answers_a_firefly() {
    let peer = "[[part]]\ntype = \"radio_peer\"\nname = \"peer\"\nsends = \"echo\"\n";
    let script = "import radio\n\
                  from microbit import *\n\
                  radio.on()\n\
                  while True:\n    \
                      if button_a.was_pressed():\n        \
                          radio.send('glow')\n    \
                      if radio.receive() == 'glow':\n        \
                          for level in range(9, -1, -1):\n            \
                              display.show(Image(':'.join([str(level) * 5] * 5)))\n            \
                              sleep(100)\n    \
                      sleep(10)\n";
    let Some((mut board, trace)) = program(peer, script) else { return };
    wait(&mut board, 1000);
    assert_eq!(light(&trace)[2][2], 0.0);
    board.set_input("button_a", "pressed", 1.0).unwrap();
    wait(&mut board, 150);
    board.set_input("button_a", "pressed", 0.0).unwrap();
    let mut seen = Vec::new();
    for _ in 0..40 {
        wait(&mut board, 50);
        seen.push(light(&trace)[2][2]);
    }
    let brightest = seen.iter().position(|light| *light > 0.9).expect("it glows");
    assert!(seen[brightest..].windows(2).all(|pair| pair[1] <= pair[0] * 1.02), "it fades: {seen:?}");
    assert_eq!(seen.last(), Some(&0.0));
}

#[test]
fn a_sampled_sine_is_in_the_pulses_widths() {
    let script = "import audio, math\n\
                  frame = audio.AudioFrame()\n\
                  for i in range(32):\n    \
                      frame[i] = int(128.5 + 100 * math.sin(math.pi * i / 16))\n\
                  def repeated():\n    \
                      for i in range(60):\n        \
                          yield frame\n\
                  audio.play(repeated())\n";
    let Some((mut board, trace)) = program("", script) else { return };
    expect(&mut board, ">>> ");
    let edges: Vec<(Time, bool)> = trace.read(|trace| {
        let id = trace.find("P0").unwrap();
        trace.edges(id, Time::ZERO, board.now()).collect()
    });
    let pulses: Vec<(u64, u64)> = edges
        .windows(3)
        .filter(|window| window[0].1)
        .map(|window| {
            let at = |n: usize| window[n].0.nanos();
            (at(2) - at(0), at(1) - at(0))
        })
        .collect();
    // 60 frames of 32 samples, four pulses of 32 µs a sample.
    let middle = &pulses[pulses.len() / 4..pulses.len() * 3 / 4];
    assert!(middle.iter().all(|(period, _)| period.abs_diff(32_000) <= 2_000), "{:?}", &middle[..8]);
    let duty: Vec<f64> = middle.iter().map(|(period, high)| *high as f64 / *period as f64).collect();
    let (low, high) =
        duty.iter().fold((1.0f64, 0.0f64), |(low, high), duty| (low.min(*duty), high.max(*duty)));
    // The firmware makes a sample of 256 a pulse of 448 ticks, of 512.
    let share = |sample: f64| sample * 1.75 / 512.0;
    assert!((low - share(28.0)).abs() < 0.01 && (high - share(228.0)).abs() < 0.01, "{low} {high}");
    // A period of the sine is 128 pulses: half a period later it has turned around.
    let turned = duty.iter().zip(&duty[64..]).all(|(now, later)| (now + later - share(256.0)).abs() < 0.03);
    assert!(turned, "{:?}", &duty[..128]);
}
