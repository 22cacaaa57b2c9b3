"""Runs MicroPython's own test suite on Solderless and counts by folder.

    suite.py board CHECKOUT SOLDERLESS [--firmware F] [run-tests.py's arguments]
    suite.py host CHECKOUT RUNNER [FOLDER ...]
    suite.py cpydiff CHECKOUT RUNNER

CHECKOUT is a source tree of MicroPython; its tests are not part of this repository. `board` lets the
suite's own run-tests.py drive an emulated board over a pseudo-terminal. `host` gives every script of the
folders to the interpreter built for this machine and compares what it prints as run-tests.py does: with the
`.exp` file if there is one, else with CPython's output. `cpydiff` runs the scripts that each show one
difference of MicroPython from CPython, and counts the ones on which there is none here.
"""

import argparse
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

# What run-tests.py picks for sys.platform rp2 (the target's features decide about some of them).
FOLDERS = ["basics", "micropython", "misc", "extmod", "stress", "thread", "float", "unicode", "import"]

# How long one script may take before it counts as failed, in seconds.
PATIENCE = 60


def report(results, seconds):
    """Prints the table by folder and every failure's name. Returns the number of failures."""
    table = defaultdict(lambda: defaultdict(int))
    for name, outcome in results:
        for folder in (os.path.dirname(name), "total"):
            table[folder][outcome] += 1
    print(f"{'folder':<20}{'performed':>10}{'passed':>8}{'failed':>8}{'skipped':>9}")
    for folder in sorted(table, key=lambda f: (f == "total", f)):
        row = table[folder]
        performed = row["pass"] + row["fail"]
        print(f"{folder:<20}{performed:>10}{row['pass']:>8}{row['fail']:>8}{row['skip']:>9}")
    failed = sorted(name for name, outcome in results if outcome == "fail")
    print(f"{seconds:.0f} s; failed: {' '.join(failed) if failed else 'none'}")
    return len(failed)


def board(options, rest):
    """Drives run-tests.py; its arguments are passed on."""
    serve = f"{Path(options.program).resolve()} serve --pty --speed max"
    if options.firmware:
        serve += f" --firmware {Path(options.firmware).resolve()}"
    tests = Path(options.checkout, "tests")
    with tempfile.TemporaryDirectory() as results:
        started = time.monotonic()
        command = [sys.executable, "run-tests.py", "-t", f"execpty:{serve}", "-j1", "--result-dir", results]
        done = subprocess.run(command + rest, cwd=tests, stdout=sys.stderr)
        summary = Path(results, "_results.json")
        if not summary.exists():
            sys.exit(f"run-tests.py gave up (exit code {done.returncode}); its message is above")
        listed = json.loads(summary.read_text())["results"]
    outcomes = {"pass": "pass", "fail": "fail", "ignored": "fail"}
    results = [(name, outcomes.get(outcome, "skip")) for name, outcome, *_ in listed]
    return report(results, time.monotonic() - started)


def output_of(command, folder, errors=subprocess.PIPE):
    """What a command prints, or None if it takes too long. Line ends are made those of this machine."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout.replace(b"\r\n", b"\n")


def matches(expected, got):
    """Is the output the expected one? A line `########` stands for any lines, as in run-tests.py."""
    if b"########\n" not in expected:
        return expected == got
    pattern = b"(?:.*\n)*".join(re.escape(part) for part in expected.split(b"########\n"))
    return re.fullmatch(pattern, got) is not None


def host_test(script, runner):
    """Runs one script on this machine."""
    script = script.resolve()
    got = output_of([str(Path(runner).resolve()), str(script)], script.parent)
    if got is None:
        return "fail"
    last = got.strip().rsplit(b"\n", 1)[-1]
    if last in (b"SKIP", b"SKIP-TOO-LARGE"):
        return "skip"
    exp = script.with_suffix(".py.exp")
    if exp.exists():
        expected = exp.read_bytes().replace(b"\r\n", b"\n")
    elif b"\nRan " in b"\n" + got:
        # A script for unittest says itself how it went.
        return "pass" if last.startswith(b"OK") else "fail"
    else:
        expected = output_of([sys.executable, str(script)], script.parent)
    return "pass" if expected is not None and matches(expected, got) else "fail"


def host(options, rest):
    """Runs the folders on this machine, as many scripts at a time as it has processors."""
    tests = Path(options.checkout, "tests")
    scripts = [s for folder in rest or FOLDERS for s in sorted((tests / folder).glob("*.py"))]
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = list(pool.map(lambda s: host_test(s, options.program), scripts))
    names = [str(s.relative_to(tests)) for s in scripts]
    return report(list(zip(names, outcomes)), time.monotonic() - started)


def without_carets(output):
    """A traceback's lines of carets are left out: their style changes with CPython's versions."""
    return output and re.sub(rb"(?m)^ *[~^]+\n", b"", output)


def cpydiff(options, _rest):
    """Counts the documented differences that are none here, tracebacks included."""
    scripts = sorted(Path(options.checkout, "tests", "cpydiff").glob("*.py"))
    same = []
    for script in scripts:
        script = script.resolve()
        ours, theirs = (
            without_carets(output_of([program, str(script)], script.parent, subprocess.STDOUT))
            for program in (str(Path(options.program).resolve()), sys.executable)
        )
        if ours is not None and ours == theirs:
            same.append(script.stem)
        else:
            print(f"differs: {script.stem}")
    print(f"as CPython {sys.version.split()[0]}: {len(same)} of {len(scripts)}")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("where", choices=["board", "host", "cpydiff"])
    parser.add_argument("checkout", help="a source tree of MicroPython")
    parser.add_argument("program", help="solderless (board), or interpreter's example `run` (host, cpydiff)")
    parser.add_argument("--firmware", help="another image than the program's own (board)")
    options, rest = parser.parse_known_args()
    if not Path(options.checkout, "tests", "run-tests.py").exists():
        parser.error(f"{options.checkout} is no source tree of MicroPython: it has no tests/run-tests.py")
    run = {"board": board, "host": host, "cpydiff": cpydiff}[options.where]
    sys.exit(1 if run(options, rest) else 0)


if __name__ == "__main__":
    main()
