//! Scripts on a micro:bit and on other boards than the Pico, from the command line. Without Debian's firmware for it
//! (firmware-microbit-micropython) the tests say so and do nothing.

use std::fs;
use std::path::Path;

use crate::cli::{output, script, stderr, stdout};

const FIRMWARE: &str = "/usr/share/firmware-microbit-micropython/firmware.hex";

fn installed() -> bool {
    let installed = Path::new(FIRMWARE).is_file();
    if !installed {
        eprintln!("not run: {FIRMWARE} is not there (apt install firmware-microbit-micropython)");
    }
    installed
}

/// A project around a script; `None` without the firmware.
fn project(source: &str, bench: &str) -> Option<(tempfile::TempDir, String)> {
    if !installed() {
        return None;
    }
    let (place, path) = script(source);
    fs::write(place.path().join("bench.toml"), format!("[board]\ntype = \"microbit\"\n{bench}")).unwrap();
    Some((place, path))
}

#[test]
fn a_script_runs_with_the_sensors_that_the_bench_feeds() {
    let source = "from microbit import *\n\
                  accelerometer.get_x()\n\
                  sleep(100)\n\
                  print(accelerometer.get_x(), button_b.is_pressed())\n\
                  1 // 0\n";
    let bench = "[[part]]\ntype = \"mma8653\"\nname = \"accelerometer\"\ninputs.x = 0.5\n\
                 [[part]]\ntype = \"button\"\nname = \"button_b\"\ninputs.pressed = 1\n";
    let Some((_place, path)) = project(source, bench) else { return };
    let out = output(&["run", &path]);
    assert_eq!((out.status.code(), stdout(&out).as_str()), (Some(1), "512 True\n"), "{}", stderr(&out));
    assert!(stderr(&out).contains("ZeroDivisionError"), "{}", stderr(&out));
}

#[test]
fn an_image_for_another_chip_is_refused() {
    let Some((place, path)) = project("print(1)\n", "") else { return };
    let uf2 = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/solderless-rp2040.uf2");
    let out = output(&["run", &path, "--firmware", uf2]);
    drop(place);
    assert_eq!(out.status.code(), Some(1));
    let wanted = "does not fit this board: it has";
    assert!(
        stderr(&out).contains(wanted) && stderr(&out).contains("flash is 256 KiB at 0x00000000"),
        "{}",
        stderr(&out)
    );
}

#[test]
fn the_step_counter_counts_the_steps_of_its_log() {
    if !installed() {
        return;
    }
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/examples/08-step-counter");
    let out = output(&["run", example, "--for", "42s"]);
    assert_eq!(out.status.code(), Some(0), "{}", stderr(&out));
    let lines: Vec<String> = stdout(&out).lines().map(str::to_owned).collect();
    let doing = |second: usize| lines[second].rsplit(' ').next().unwrap();
    assert_eq!([doing(2), doing(15), doing(38)], ["standing", "walking", "running"], "{lines:#?}");
    // The log's author counted 68.
    let steps: u32 = lines.last().unwrap()["steps:".len()..].split(' ').next().unwrap().parse().unwrap();
    assert!((64..=72).contains(&steps), "{lines:#?}");
}

#[test]
fn a_script_s_cost_is_measured_in_cycles() {
    if !installed() {
        return;
    }
    let (_place, path) = script("for i in range(1000): pass\n");
    let cycles = |args: &[&str]| {
        let out = output(&[&["bench", "--json", "--no-heap", &path], args].concat());
        assert_eq!(out.status.code(), Some(0), "{}", stderr(&out));
        let row: serde_json::Value = serde_json::from_str(stdout(&out).lines().next().unwrap()).unwrap();
        (row["cycles"].as_u64().unwrap(), row["virtual_seconds"].as_f64().unwrap())
    };
    let (cost, seconds) = cycles(&["--board", "microbit"]);
    assert_eq!((cost, seconds), cycles(&["--board", "microbit"]));
    assert!((50_000..2_000_000).contains(&cost), "{cost}");
    assert!((seconds * 16e6 - cost as f64).abs() < 1.0, "{seconds}");
}

#[test]
fn a_board_of_another_maker_blinks_with_the_built_in_firmware() {
    let (_place, path) = script("from machine import Pin\nled = Pin(25, Pin.OUT, value=0)\nprint(led())\n");
    let out = output(&["run", &path, "--board", "xiao-rp2040"]);
    assert_eq!((out.status.code(), stdout(&out).as_str()), (Some(0), "0\n"), "{}", stderr(&out));
    let out = output(&["run", &path, "--board", "arduino"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(stderr(&out).contains("boards: pico, xiao-rp2040, microbit"), "{}", stderr(&out));
}
