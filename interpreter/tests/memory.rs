//! What values cost. The limits are reckoned from the layouts of the official firmware's objects in its 16-byte
//! blocks (not measured on it), or are what we spend where that is less; none may be exceeded.

use interpreter::hal::host::Host;
use interpreter::vm::Vm;

/// Measures bytes per value as a program would: with three of each, the second of which is counted.
const HARNESS: &str = "
import gc
class C:
    def __init__(self):
        self.a = 1; self.b = 2; self.c = 3
    def m(self):
        pass
def gen():
    x = 1
    yield x
def closure():
    y = 1
    def f():
        return y
    return f
c = C()
s = 'abcdefghij'
def cost(make):
    kept = [None] * 3
    kept[0] = make()
    kept[1] = make()
    gc.collect()
    before = gc.mem_alloc()
    kept[2] = make()
    gc.collect()
    return gc.mem_alloc() - before
";

/// Name, expression, and the most bytes that one may cost.
const TABLE: &[(&str, &str, i64)] = &[
    ("float", "[1.5][0] * 2.5", 0),
    ("float out of the unboxed range", "[1.5][0] * 1e30", 16),
    ("40-bit int", "[1][0] << 40", 16),
    ("instance with 3 attributes", "C()", 16),
    ("list of 1000 ints", "list(range(1000))", 4112),
    ("list of 1000 floats", "[i * 0.5 for i in range(1000)]", 4112),
    ("dict of 100 str to int", "{'k%d' % i: i for i in range(100)}", 3072),
    ("dict of 100 int to int", "{i: i for i in range(100)}", 1032),
    ("set of 10 ints", "set(range(10))", 64),
    ("set of 100 ints", "set(range(100))", 640),
    ("empty list", "[]", 16),
    ("empty dict", "{}", 16),
    ("tuple of 3", "tuple([1, 2, 3])", 16),
    ("generator", "gen()", 48),
    ("bound method", "c.m", 16),
    // As much as the official firmware's, measured on it.
    ("closure", "closure()", 48),
    ("str of 20", "s + s", 48),
    ("str of 8", "s[:8]", 16),
    ("bytearray of 100", "bytearray(100)", 128),
    ("range", "range(2, 10)", 16),
];

#[test]
fn no_value_costs_more_than_its_limit() {
    let mut vm = Vm::new(256 * 1024, Box::new(Host::new(64))).expect("memory");
    let mut script = String::from(HARNESS);
    for (i, (_, expression, _)) in TABLE.iter().enumerate() {
        script.push_str(&format!("r{i} = cost(lambda: {expression})\n"));
    }
    assert!(vm.run_source("memory.py", &script).is_ok(), "the script fails");
    let globals = vm.globals();
    let mut over = Vec::new();
    for (i, (name, _, limit)) in TABLE.iter().enumerate() {
        let key = vm.heap.intern(&format!("r{i}")).expect("memory");
        let bytes = vm.heap.dict_get_qstr(globals, key).and_then(|v| vm.heap.as_i64(v)).expect("a number");
        println!("{name:32} {bytes:6} (limit {limit})");
        if bytes > *limit {
            over.push(*name);
        }
    }
    assert!(over.is_empty(), "too big: {over:?}");
}

/// A function as programs have them: eight lines with attributes, calls, a loop and a branch.
const FUNCTION: &str = "
def step_NN(self, items, limit=10):
    total = 0
    for i, item in enumerate(items):
        if item.weight > limit and not item.hidden:
            total += item.weight * self.scale[i]
        else:
            self.skipped.append(len(item.name))
    return total, self.result(total // 2)
";

/// Runs what [`code_costs_no_more_than_its_limit`] measures.
const COST_OF_CODE: &str = "
import gc
class Item:
    weight = 20; hidden = False; name = 'abc'
class Owner:
    scale = [1, 2]
    skipped = []
    def result(self, x):
        return x
owner, item, names = Owner(), Item(), {}
exec(text.replace('step_', 'once_'), names)
owner.result(1)
names = {}
gc.collect()
before = gc.mem_alloc()
exec(text, names)
gc.collect()
uncalled = gc.mem_alloc() - before
for name in list(names):
    if name.startswith('step_'):
        names[name](owner, [item])
name = None
gc.collect()
called = gc.mem_alloc() - before
";

/// What compiled code costs, in bytes a line: of functions that were not called yet, and of the same when they were. (The
/// official firmware keeps 25.8 a line of its `perf_bench` sources.)
#[test]
fn code_costs_no_more_than_its_limit() {
    const FUNCTIONS: usize = 20;
    let text: String = (0..FUNCTIONS).map(|i| FUNCTION.replace("NN", &i.to_string())).collect();
    let lines = text.lines().filter(|line| !line.is_empty()).count() as i64;
    let mut vm = Vm::new(256 * 1024, Box::new(Host::new(64))).expect("memory");
    let script = format!("text = '''{text}'''\n{COST_OF_CODE}");
    if vm.run_source("code.py", &script).is_err() {
        let e = vm.take_exc();
        panic!("{}", vm.repr_text(e).unwrap_or_default());
    }
    let globals = vm.globals();
    for (name, limit) in [("uncalled", 31), ("called", 42)] {
        let key = vm.heap.intern(name).expect("memory");
        let bytes = vm.heap.dict_get_qstr(globals, key).and_then(|v| vm.heap.as_i64(v)).expect("a number");
        println!("{name}: {bytes} for {lines} lines, {:.1} a line", bytes as f64 / lines as f64);
        assert!(bytes <= limit * lines, "{name}: {bytes} bytes for {lines} lines");
    }
}

/// Functions whose code is made ready between garbage do not part the memory for good.
#[test]
fn first_calls_between_garbage_leave_the_memory_whole() {
    let script = r"
import gc
text = ''.join('def f%d(x):\n    return [x, x + %d, len(str(x))]\n' % (i, i) for i in range(40))
exec(text)
functions = [globals()['f%d' % i] for i in range(40)]
kept = []
for f in functions:
    garbage = bytearray(3000)
    kept.append(f(3))
garbage = None
big = bytearray(gc.mem_free() * 9 // 10)
";
    let mut vm = Vm::new(200 * 1024, Box::new(Host::new(64))).expect("memory");
    if vm.run_source("calls.py", script).is_err() {
        let e = vm.take_exc();
        panic!("{}", vm.repr_text(e).unwrap_or_default());
    }
}

/// A million steps with buffers of mixed sizes; then half of what is free is still to be had in one piece.
#[test]
fn long_use_does_not_fragment_the_memory() {
    let script = "
import gc
kept = [None] * 50
x = 12345
for i in range(200000):
    x = (x * 1103515245 + 12345) & 0x3fffffff
    kept[x % 50] = bytearray((x >> 8) % 1500)
    kept[(x >> 4) % 50] = [x] * (x % 40)
gc.collect()
big = bytearray(gc.mem_free() // 2)
";
    let mut vm = Vm::new(200 * 1024, Box::new(Host::new(64))).expect("memory");
    if vm.run_source("fragment.py", script).is_err() {
        let e = vm.take_exc();
        let text = vm.repr_text(e).unwrap_or_default();
        panic!("{text}");
    }
}

/// Frozen modules cost what is used of them: these nine together leave most of a board's memory.
#[test]
fn frozen_modules_fit_together() {
    let script = "
import gc
import datetime, csv, argparse, enum, statistics, logging, json, asyncio, unittest
from datetime import datetime as d, timedelta
import io
w = csv.writer(io.StringIO())
w.writerow([str(d(2024, 1, 31) + timedelta(days=1)), statistics.mean([1, 2, 3])])
p = argparse.ArgumentParser()
p.add_argument('--n', type=int)
assert p.parse_args(['--n', '3']).n == 3
gc.collect()
left = gc.mem_free()
";
    let mut vm = Vm::new(238 * 1024, Box::new(Host::new(64))).expect("memory");
    if vm.run_source("frozen.py", script).is_err() {
        let e = vm.take_exc();
        let text = vm.repr_text(e).unwrap_or_default();
        panic!("{text}");
    }
    let globals = vm.globals();
    let key = vm.heap.intern("left").expect("memory");
    let left = vm.heap.dict_get_qstr(globals, key).and_then(|v| vm.heap.as_i64(v)).expect("a number");
    assert!(left > 120 * 1024, "{left} bytes left");
}
