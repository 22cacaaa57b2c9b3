//! Programs on the emulated board, from the command line: those that end well, and those that do not.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::cli::{output, script, solderless, stderr, stdout};

/// Runs a script; gives the exit code and both streams.
fn run(source: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let (_place, path) = script(source);
    let out = output(&[&["run", &path], arguments].concat());
    (out.status.code(), stdout(&out), stderr(&out))
}

#[test]
fn a_program_prints_and_ends_with_0() {
    let (code, out, err) = run("import sys\nprint('hello', sys.platform)\nprint('ä' * 3)\n", &[]);
    assert_eq!((code, out.as_str()), (Some(0), "hello rp2\näää\n"), "{err}");
}

#[test]
fn an_uncaught_exception_ends_with_1_and_a_traceback_on_stderr() {
    let (code, out, err) = run("def f(n):\n    return 1 // n\nprint('before')\nf(0)\n", &[]);
    assert_eq!((code, out.as_str()), (Some(1), "before\n"));
    let lines: Vec<&str> = err.lines().collect();
    assert_eq!(lines[0], "Traceback (most recent call last):");
    assert_eq!(lines[1..3], ["  File \"main.py\", line 4, in <module>", "    f(0)"]);
    assert_eq!(lines[3..5], ["  File \"main.py\", line 2, in f", "    return 1 // n"]);
    assert_eq!(lines[5], "           ~~^^~~");
    assert!(lines[6].starts_with("ZeroDivisionError: "), "{err}");
}

/// Float arithmetic, the search in tables and the loop itself are assembly on the chip, so what the interpreter's own
/// tests see on the host says nothing about them.
#[test]
fn what_is_written_by_hand_for_the_chip_agrees_with_cpython() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../interpreter/tests/cases");
    for name in ["float_bits", "table_keys", "long_ints"] {
        let script = std::fs::read_to_string(cases.join(name).with_extension("py")).expect("a case");
        let expected = std::fs::read_to_string(cases.join(name).with_extension("out")).expect("its output");
        let (code, printed, errors) = run(&script, &["--for", "60s"]);
        assert_eq!((code, printed.as_str()), (Some(0), expected.as_str()), "{name}: {errors}");
    }
}

#[test]
fn a_program_that_is_still_running_when_its_time_is_over_ended_well() {
    let (code, out, err) = run(
        "import time\nn = 0\nwhile True:\n    print(n)\n    n += 1\n    time.sleep(1)\n",
        &["--for", "3.5s"],
    );
    assert_eq!((code, out.as_str()), (Some(0), "0\n1\n2\n3\n"), "{err}");
}

#[test]
fn json_tells_output_and_end() {
    let (code, out, _) = run("print('a')\nraise ValueError('b')\n", &["--json"]);
    assert_eq!(code, Some(1));
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["text"], "a\n");
    let end = lines.last().unwrap();
    assert_eq!((&end["ok"], &end["stopped"]), (&false.into(), &false.into()));
    assert!(end["traceback"].as_str().unwrap().contains("ValueError: b"));
    assert!(end["virtual_seconds"].as_f64().unwrap() > 0.0);
}

#[test]
fn two_runs_are_the_same_to_the_last_edge() {
    let (place, path) = script(
        "from machine import Pin\nimport time\np = Pin(3, Pin.OUT)\nfor i in range(20):\n    p.toggle()\n    time.sleep_us(700 + 13 * i)\n    print(time.ticks_us())\n",
    );
    let once = |name: &str| {
        let vcd = place.path().join(name);
        let out = output(&["run", &path, "--vcd", vcd.to_str().unwrap()]);
        assert_eq!(out.status.code(), Some(0), "{}", stderr(&out));
        (stdout(&out), std::fs::read_to_string(vcd).unwrap())
    };
    let first = once("a.vcd");
    assert!(first.1.lines().count() > 50, "{}", first.1);
    assert_eq!(first, once("b.vcd"));
}

#[test]
fn ctrl_c_stops_an_endless_loop() {
    let (_place, path) = script("print('on')\nwhile True:\n    pass\n");
    let mut child =
        solderless(&["run", &path]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "on\n");
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
    assert_eq!(wait(&mut child), Some(130));
}

#[test]
fn ctrl_c_stops_a_program_that_refuses_to() {
    let (_place, path) = script(
        "print('on')\nwhile True:\n    try:\n        while True:\n            pass\n    except KeyboardInterrupt:\n        pass\n",
    );
    let mut child =
        solderless(&["run", &path]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
    assert_eq!(wait(&mut child), Some(130));
}

/// The exit code; a child that hangs is killed and fails the test.
fn wait(child: &mut std::process::Child) -> Option<i32> {
    let until = Instant::now() + Duration::from_secs(60);
    while Instant::now() < until {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    panic!("it does not end");
}

#[test]
fn standard_input_is_the_programs() {
    let (_place, path) = script("name = input('who? ')\nprint('hello', name)\n");
    let mut child = solderless(&["run", &path]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(b"ada\n").unwrap();
    let out = child.wait_with_output().unwrap();
    assert_eq!(stdout(&out), "who? ada\nhello ada\n");
}

#[test]
fn memory_that_is_exhausted_is_an_exception_and_the_board_goes_on() {
    let source = "hoard = []\ntry:\n    while True:\n        hoard.append(bytearray(4096))\nexcept MemoryError:\n    hoard = None\n    print('full')\nprint(sum(list(range(1000))))\n";
    let (code, out, err) = run(source, &[]);
    assert_eq!((code, out.as_str()), (Some(0), "full\n499500\n"), "{err}");
}

#[test]
fn unbounded_recursion_is_a_runtime_error() {
    let (code, _, err) = run("def f(n):\n    return f(n + 1)\nf(0)\n", &[]);
    assert_eq!(code, Some(1));
    let last = err.lines().last().unwrap_or("");
    // CPython's RecursionError is one kind of RuntimeError.
    assert!(last.starts_with("RuntimeError: ") || last.starts_with("RecursionError: "), "{err}");
    let (code, out, err) =
        run("def f():\n    f()\ntry:\n    f()\nexcept RuntimeError:\n    print('deep enough')\n", &[]);
    assert_eq!((code, out.as_str()), (Some(0), "deep enough\n"), "{err}");
}

#[test]
fn a_guest_that_jumps_to_nowhere_gives_a_report() {
    let place = tempfile::tempdir().unwrap();
    // A boot loader with a valid checksum whose code is: ldr r0, [pc, #0]; bx r0; .word 0x70000001
    let mut flash = vec![0u8; 512];
    flash[..8].copy_from_slice(&[0x00, 0x48, 0x00, 0x47, 0x01, 0x00, 0x00, 0x70]);
    let checksum = emulator::image::boot2_checksum(&flash[..252]);
    flash[252..256].copy_from_slice(&checksum.to_le_bytes());
    let image = place.path().join("wild.bin");
    std::fs::write(&image, &flash).unwrap();
    let (code, _, err) = run("print(1)\n", &["--firmware", image.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    for word in ["HardFault", "PC", "LR", "70000000"] {
        assert!(err.to_lowercase().contains(&word.to_lowercase()), "no {word} in: {err}");
    }
}

#[test]
fn images_that_are_none_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let whole =
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/solderless-rp2040.uf2")).unwrap();
    let mut foreign = whole[..512].to_vec();
    // The family field: an ESP32's.
    foreign[28..32].copy_from_slice(&0x1c5f_21b0u32.to_le_bytes());
    for (name, bytes) in [
        ("cut.uf2", whole[..700].to_vec()),
        ("foreign.uf2", foreign),
        ("notes.uf2", b"just a text file, long enough to be looked at".to_vec()),
        ("empty.uf2", Vec::new()),
    ] {
        let path = place.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let (code, out, err) = run("print(1)\n", &["--firmware", path.to_str().unwrap()]);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{name}");
        assert!(err.contains(name), "{name}: {err}");
    }
    let (code, _, err) = run("print(1)\n", &["--firmware", "/no/such.uf2"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("/no/such.uf2"), "{err}");
}

#[test]
fn a_bench_that_makes_no_sense_is_explained_by_line() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("data.csv"), "time_s,temp\n0,20\n1,21\n").unwrap();
    let cases = [
        (
            "[board]\ntype = \"pico\"\n[[part]]\ntype = \"bme820\"\nname = \"x\"\n",
            ["bench.toml:4:", "bme820", "bme280"].as_slice(),
        ),
        (
            "[board]\ntype = \"pico\"\n[[part]]\ntype = \"potentiometer\"\nname = \"a\"\npins = { wiper = \"GP26\" }\n\
             [[part]]\ntype = \"potentiometer\"\nname = \"b\"\npins = { wiper = \"GP26\" }\n",
            ["bench.toml:10:", "GP26"].as_slice(),
        ),
        (
            "[board]\ntype = \"pico\"\n[[part]]\ntype = \"potentiometer\"\nname = \"a\"\npins = { wiper = \"GP26\" }\n\
             inputs.position = { csv = \"data.csv\", column = \"tmp\", time = \"time_s\" }\n",
            ["bench.toml:7:", "tmp", "temp"].as_slice(),
        ),
    ];
    for (text, words) in cases {
        let bench = place.path().join("bench.toml");
        std::fs::write(&bench, text).unwrap();
        let (code, out, err) = run("print(1)\n", &["--bench", bench.to_str().unwrap()]);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{text}");
        for word in words {
            assert!(err.contains(word), "no `{word}` in: {err}");
        }
    }
}

#[test]
fn a_full_filesystem_is_oserror_28_and_loses_nothing() {
    let source = "import os\nwith open('kept.txt', 'w') as f:\n    f.write('still here')\nblock = bytes(8192)\ntry:\n    with open('big', 'wb') as f:\n        while True:\n            f.write(block)\nexcept OSError as e:\n    print('errno', e.args[0])\nos.remove('big')\nprint(open('kept.txt').read())\nwith open('new.txt', 'w') as f:\n    f.write('and there is room')\nprint(open('new.txt').read())\n";
    let (code, out, err) = run(source, &[]);
    assert_eq!((code, out.as_str()), (Some(0), "errno 28\nstill here\nand there is room\n"), "{err}");
}

#[test]
fn a_kill_while_flash_is_written_leaves_a_filesystem_that_mounts() {
    let place = tempfile::tempdir().unwrap();
    let flash = place.path().join("flash.bin");
    let keep = ["--flash", flash.to_str().unwrap()];
    let (code, _, err) = run("f = open('kept.txt', 'w')\nf.write('still here')\nf.close()\n", &keep);
    assert_eq!(code, Some(0), "{err}");
    let (_script, path) = script(
        "n = 0\nwhile True:\n    with open('log%d' % (n % 7), 'w') as f:\n        f.write('x' * 6000)\n    n += 1\n    print(n)\n",
    );
    let mut child =
        solderless(&[["run", &path].as_slice(), &keep].concat()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // Well into it, at no particular moment.
    lines.nth(20);
    child.kill().unwrap();
    child.wait().unwrap();
    let (code, out, err) =
        run("import os\nprint(open('kept.txt').read())\nprint(len(os.listdir()) >= 1)\n", &keep);
    assert_eq!((code, out.as_str()), (Some(0), "still here\nTrue\n"), "{err}");
}

#[test]
fn modules_beside_the_script_are_there_to_import() {
    let (place, path) = script("import helper\nprint(helper.answer())\n");
    std::fs::write(place.path().join("helper.py"), "def answer():\n    return 42\n").unwrap();
    let out = output(&["run", &path]);
    assert_eq!((out.status.code(), stdout(&out).as_str()), (Some(0), "42\n"), "{}", stderr(&out));
}

#[test]
fn a_served_board_is_there_for_one_client_after_the_other() {
    let mut child = solderless(&["serve", "--pty", "--speed", "max"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let port = line.trim();
    assert!(port.starts_with("/dev/pts/"), "{line}");
    let exec = |code: &str| output(&["exec", code, "--port", port]);
    let out = exec("print(6 * 7)");
    assert_eq!((out.status.code(), stdout(&out).as_str()), (Some(0), "42\n"), "{}", stderr(&out));
    // A client that dies in the middle of a program.
    let mut rude = solderless(&["exec", "print('on')\nwhile True: print('.')", "--port", port])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(rude.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
    rude.kill().unwrap();
    rude.wait().unwrap();
    let out = exec("print('still here')");
    assert_eq!((out.status.code(), stdout(&out).as_str()), (Some(0), "still here\n"), "{}", stderr(&out));
    let (_place, path) = script("print('from a file')\n");
    assert!(output(&["upload", &path, "--port", port]).status.success());
    assert_eq!(stdout(&output(&["cat", "/main.py", "--port", port])), "print('from a file')\n");
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
    assert_eq!(wait(&mut child), Some(0));
}

#[test]
fn a_program_that_faults_gives_the_report_and_ends_with_1() {
    let (code, out, err) =
        run("import machine, time\nprint('before')\ntime.sleep(0.1)\nmachine.mem32[0x70000000] = 1\n", &[]);
    assert_eq!((code, out.lines().next()), (Some(1), Some("before")), "{err}");
    assert!(err.contains("HardFault") && err.contains("0x70000000"), "{err}");
}

#[test]
fn a_board_that_restarts_ends_the_program() {
    let (code, out, err) = run("import machine\nprint('before')\nmachine.reset()\n", &[]);
    assert_eq!((code, out.lines().next()), (Some(1), Some("before")), "{err}");
    assert!(err.contains("restarted"), "{err}");
}

#[test]
fn a_recorded_session_replays_to_the_last_edge() {
    let (place, path) = script(
        "from machine import Pin, Timer\nimport time\nled = Pin(15, Pin.OUT)\n\
         Timer(period=3, callback=lambda t: led.toggle())\nprint('hello', input())\ntime.sleep_ms(200)\n",
    );
    let at = |name: &str| place.path().join(name).to_string_lossy().into_owned();
    let [recording, first, second] = ["r.txt", "1.vcd", "2.vcd"].map(at);
    let mut child = solderless(&["run", &path, "--record", &recording, "--vcd", &first])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"Anna\n").unwrap();
    assert!(stdout(&child.wait_with_output().unwrap()).contains("hello Anna"));

    let out = output(&["run", "--replay", &recording, "--vcd", &second]);
    assert!(stdout(&out).contains("hello Anna"), "{}", stderr(&out));
    let [first, second] = [first, second].map(|path| std::fs::read(path).unwrap());
    assert!(first == second && first.len() > 1000);

    let text = std::fs::read_to_string(&recording).unwrap();
    assert!(text.contains("\nscript file main.py\n"), "{text}");
    assert!(text.contains(" type \"Anna\\r\"\n") && text.ends_with(" end\n"), "{text}");
    std::fs::write(&recording, text.replace("flash sha256 ", "flash sha256 0")).unwrap();
    let out = output(&["run", "--replay", &recording]);
    assert_eq!(out.status.code(), Some(1));
    let message = stderr(&out);
    assert!(message.contains("other files in flash") && message.contains("record anew"), "{message}");
    assert_eq!(message.matches("recorded with").count(), 1, "{message}");
}

#[test]
fn a_recording_names_and_holds_all_that_it_needs() {
    let (place, path) =
        script("import os\nfrom machine import ADC\nprint(os.listdir(), ADC(26).read_u16() >> 8)\n");
    let at = |name: &str| place.path().join(name).to_string_lossy().into_owned();
    let bench = "[board]\ntype = \"pico\"\n[[part]]\ntype = \"potentiometer\"\nname = \"knob\"\n\
                 pins = { wiper = \"GP26\" }\ninputs.position = 50\n";
    std::fs::write(at("bench.toml"), bench).unwrap();
    let [flash, recording] = ["flash.bin", "r.txt"].map(at);
    std::fs::write(at("before.py"), "open('kept.txt', 'w').write('x' * 3000)\n").unwrap();
    assert!(output(&["run", &at("before.py"), "--flash", &flash]).status.success());
    let out = output(&["run", &path, "--flash", &flash, "--record", &recording]);
    let line = stdout(&out);
    assert!(line.contains("kept.txt") && line.contains("] 12"), "{line}{}", stderr(&out));

    // Elsewhere, with nothing but the recording.
    let replayed = solderless(&["run", "--replay", &recording]).current_dir("/").output().unwrap();
    assert!(stdout(&replayed).contains(line.trim()), "{}{}", stdout(&replayed), stderr(&replayed));
    let text = std::fs::read_to_string(&recording).unwrap();
    for sign in ["board pico\n", "bench file bench.toml\n", "script file main.py\n", "\nflash holds 0x"] {
        assert!(text.contains(sign), "{sign}");
    }

    std::fs::write(at("bench.toml"), bench.replace("50", "60")).unwrap();
    let message = stderr(&output(&["run", "--replay", &recording]));
    assert!(message.contains("another bench") && message.contains("with --bench"), "{message}");
    std::fs::write(at("old.toml"), bench).unwrap();
    let out = output(&["run", "--replay", &recording, "--bench", &at("old.toml")]);
    assert!(stdout(&out).contains(line.trim()), "{}", stderr(&out));
    std::fs::remove_file(at("bench.toml")).unwrap();
    let message = stderr(&output(&["run", "--replay", &recording]));
    assert!(message.contains("bench.toml, which is not there: give it with --bench"), "{message}");
}

#[test]
fn firmware_runs_by_itself() {
    let image = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/solderless-rp2040.uf2");
    let mut child = solderless(&["run", image, "--for", "1s"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"print(6 * 7)\n").unwrap();
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(0), "{}", stderr(&out));
    assert!(stdout(&out).contains("42\n>>> "), "{}", stdout(&out));
}

#[test]
fn files_go_in_and_out_of_a_board_that_is_off() {
    let (place, path) = script("import os\nprint(os.listdir('/'), open('/in.txt').read())\n");
    let at = |name: &str| place.path().join(name).to_string_lossy().into_owned();
    let (flash, file) = (at("flash.bin"), at("in.txt"));
    let (_other, writer) =
        script("import os\nos.mkdir('/d')\nwith open('/d/out.txt', 'w') as f: f.write('x' * 3000)\n");
    assert_eq!(output(&["run", &writer, "--flash", &flash]).status.code(), Some(0));
    assert!(stdout(&output(&["flash", "ls", &flash, "/d"])).contains("3000  out.txt"));
    assert_eq!(output(&["flash", "get", &flash, "d/out.txt", "-"]).stdout, [b'x'; 3000]);

    std::fs::write(&file, "from outside").unwrap();
    assert_eq!(output(&["flash", "put", &flash, &file]).status.code(), Some(0));
    let out = output(&["run", &path, "--flash", &flash]);
    assert!(
        stdout(&out).contains("'in.txt'") && stdout(&out).ends_with("from outside\n"),
        "{}",
        stdout(&out)
    );
    assert!(stdout(&output(&["flash", "df", &flash])).starts_with("littlefs at 0x150000, 704 KiB: "));
    let out = output(&["flash", "rm", &flash, "/nothing"]);
    assert_eq!(
        (out.status.code(), stderr(&out).contains("no such file")),
        (Some(1), true),
        "{}",
        stderr(&out)
    );
}
