//! Scripts on a micro:bit bench, from the command line. Without Debian's firmware for it
//! (firmware-microbit-micropython) the tests say so and do nothing.

use std::fs;
use std::path::Path;

use crate::cli::{output, script, stderr, stdout};

const FIRMWARE: &str = "/usr/share/firmware-microbit-micropython/firmware.hex";

/// A project around a script; `None` without the firmware.
fn project(source: &str, bench: &str) -> Option<(tempfile::TempDir, String)> {
    if !Path::new(FIRMWARE).is_file() {
        eprintln!("not run: {FIRMWARE} is not there (apt install firmware-microbit-micropython)");
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
