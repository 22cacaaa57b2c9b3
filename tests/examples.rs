//! The examples, as the README runs them: each works, and shows what it is meant to show.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use crate::cli::{output, stderr, stdout};

fn example(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../assets/examples").join(name)
}

/// What an example prints in so much virtual time.
fn printed(name: &str, time: &str) -> Vec<String> {
    let out = output(&["run", example(name).to_str().unwrap(), "--for", time]);
    assert_eq!(out.status.code(), Some(0), "{name}: {}", stderr(&out));
    stdout(&out).lines().map(str::to_string).collect()
}

/// The number after `name:` in a line such as `temp:12.50 avg:12.10`.
fn value(line: &str, name: &str) -> f64 {
    let start =
        line.find(&format!("{name}:")).unwrap_or_else(|| panic!("no {name} in: {line}")) + name.len() + 1;
    let rest = line[start..].trim_start();
    let end = rest.find(|char: char| !(char.is_ascii_digit() || "+-.".contains(char))).unwrap_or(rest.len());
    rest[..end].parse().unwrap_or_else(|_| panic!("{name} is no number in: {line}"))
}

#[test]
fn blink_has_a_period_of_one_second_for_an_independent_reader() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("blink.vcd");
    let out = output(&[
        "run",
        example("01-blink").to_str().unwrap(),
        "--for",
        "5s",
        "--vcd",
        path.to_str().unwrap(),
    ]);
    assert_eq!(out.status.code(), Some(0), "{}", stderr(&out));
    assert!(stdout(&out).starts_with("blinks: 1\nblinks: 2\n"), "{}", stdout(&out));
    let mut reader = vcd::Parser::new(BufReader::new(File::open(path).unwrap()));
    let header = reader.parse_header().unwrap();
    let (factor, unit) = header.timescale.unwrap();
    assert_eq!((factor, unit), (1, vcd::TimescaleUnit::NS));
    let pin = header.find_var(&["board", "GP15"]).expect("the pin is there").code;
    let (mut now, mut rising) = (0, Vec::new());
    for command in reader {
        match command.unwrap() {
            vcd::Command::Timestamp(time) => now = time,
            vcd::Command::ChangeScalar(code, vcd::Value::V1) if code == pin => rising.push(now),
            _ => {}
        }
    }
    assert!(rising.len() >= 4, "{rising:?}");
    for pair in rising.windows(2) {
        let period = pair[1] - pair[0];
        assert!(period.abs_diff(1_000_000_000) < 5_000_000, "{rising:?}");
    }
}

#[test]
fn the_button_bounces_and_is_counted_once() {
    let lines = printed("02-button", "8s");
    let last = lines.last().unwrap();
    let (presses, edges) = (value(last, "presses"), value(last, "edges"));
    assert!((4.0..=6.0).contains(&presses) && edges > presses, "{last}");
}

#[test]
fn the_analogue_plot_follows_its_knob() {
    let lines = printed("03-analog-plot", "5s");
    assert!(lines.len() > 60, "{}", lines.len());
    let volts: Vec<f64> = lines.iter().map(|line| value(line, "volts")).collect();
    let (low, high) = (volts.iter().copied().fold(9.0, f64::min), volts.iter().copied().fold(0.0, f64::max));
    assert!(low > 0.2 && high < 3.1 && high - low > 1.5, "{low} to {high}");
}

#[test]
fn the_weather_station_reads_what_the_data_set_says() {
    let lines = printed("04-weather-station", "6s");
    assert!(lines.len() >= 10, "{lines:?}");
    for line in &lines {
        assert!((-20.0..45.0).contains(&value(line, "temp")), "{line}");
        assert!((5.0..=100.0).contains(&value(line, "humidity")), "{line}");
        assert!((900.0..1100.0).contains(&value(line, "pressure")), "{line}");
    }
}

#[test]
fn the_spi_converter_gives_its_signals() {
    let lines = printed("05-spi-adc", "5s");
    assert!(lines.len() > 40, "{}", lines.len());
    let sine: Vec<f64> = lines.iter().map(|line| value(line, "sine")).collect();
    let (low, high) = (sine.iter().copied().fold(9.0, f64::min), sine.iter().copied().fold(0.0, f64::max));
    assert!((low - 0.3).abs() < 0.05 && (high - 3.0).abs() < 0.05, "{low} to {high}");
}

#[test]
fn the_gps_track_adds_up() {
    let lines = printed("06-gps-track", "12s");
    assert!(lines.len() >= 8, "{lines:?}");
    let distance: Vec<f64> = lines.iter().map(|line| value(line, "distance")).collect();
    assert!(distance.is_sorted(), "{distance:?}");
    assert!((3.0..60.0).contains(distance.last().unwrap()), "a walker's pace: {distance:?}");
}

#[test]
fn the_vibration_watch_hears_the_bearing() {
    let lines = printed("07-vibration", "6s");
    assert!(lines.len() >= 16, "{lines:?}");
    // The motor turns at 29.4 Hz all the time; the bearing goes bad after four seconds.
    assert!(lines.iter().all(|line| (value(line, "peak") - 29.4).abs() < 4.0), "{lines:?}");
    let heard: Vec<bool> = lines.iter().map(|line| line.contains("look at the bearing")).collect();
    assert!(heard.is_sorted() && !heard[11] && heard[lines.len() - 1], "{lines:?}");
}
