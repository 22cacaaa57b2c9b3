//! The language on the board: its loop is assembly there, which the interpreter's own tests on the host do not run.

use std::fs;
use std::path::PathBuf;

use crate::cli::{output, stderr, stdout};

fn place(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../interpreter/tests").join(name)
}

/// The interpreter's cases about what the loop does by hand, and those that come past much else.
const CASES: [&str; 17] = [
    "arguments",
    "classes",
    "coroutines",
    "evaluation_order",
    "exceptions",
    "float_bits",
    "floats",
    "generators",
    "ints",
    "lists",
    "loops_and_slices",
    "numbers",
    "quick_paths",
    "dict_items",
    "table_keys",
    "vm_calls_arranged",
    "vm_special_frames",
];

#[test]
fn scripts_print_on_the_board_what_cpython_prints() {
    for case in CASES {
        let out = output(&["run", place(&format!("cases/{case}.py")).to_str().unwrap()]);
        let expected = fs::read_to_string(place(&format!("cases/{case}.out"))).expect("what the case prints");
        let printed = stdout(&out);
        let differs = printed.lines().zip(expected.lines()).position(|(a, b)| a != b);
        assert!(
            printed == expected,
            "{case}: {}, line {differs:?}: {}",
            stderr(&out),
            differs.and_then(|i| printed.lines().nth(i)).unwrap_or("")
        );
        assert_eq!(out.status.code(), Some(0), "{case}: {}", stderr(&out));
    }
}

#[test]
fn every_limit_is_an_exception_on_the_board_too() {
    let out = output(&["run", place("limits/limits.py").to_str().unwrap()]);
    let printed = stdout(&out);
    let (limits, last) = printed.trim_end().rsplit_once('\n').expect("lines");
    assert_eq!(last, "and on 45 [1, {'a': 2}]", "{}", stderr(&out));
    for line in limits.lines() {
        assert!(line.ends_with("Error"), "{line}");
    }
}
