//! The machine as its host sees it: results, tracebacks, interrupts, modules, limits. The language itself is tested
//! by the scripts in `tests/cases`.

use super::{Loader, Out, Vm};
use crate::hal::Console;
use crate::hal::host::Host;
use crate::objects::native::ExcKind;
use crate::value::Val;
use alloc::boxed::Box;
use alloc::string::String;

fn vm() -> Vm {
    Vm::new(256 * 1024, Box::new(Host::new(16))).expect("memory")
}

fn global(vm: &mut Vm, name: &str) -> Val {
    let main = vm.main_module();
    vm.getattr(main, name).expect("a global")
}

fn traceback(vm: &mut Vm) -> String {
    let exc = vm.take_exc();
    let mut out = Out::text();
    vm.print_exception(exc, &mut out).expect("printed");
    out.finish(vm).expect("memory")
}

#[test]
fn runs_a_script_in_main() {
    let mut vm = vm();
    vm.run_source("a.py", "def f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\nx = f(15)\n").unwrap();
    assert_eq!(global(&mut vm, "x"), Val::small(610));
    vm.run_source("b.py", "y = x + 1").unwrap();
    assert_eq!(global(&mut vm, "y"), Val::small(611));
}

#[test]
fn a_traceback_names_file_line_and_function() {
    let mut vm = vm();
    let source = "def f():\n    g()\n\ndef g():\n    [1][2]\n\nf()\n";
    assert!(vm.run_source("t.py", source).is_err());
    assert_eq!(
        traceback(&mut vm),
        "Traceback (most recent call last):\n  File \"t.py\", line 7, in <module>\n  File \"t.py\", line 2, in f\n  \
         File \"t.py\", line 5, in g\nIndexError: list index out of range\n"
    );
}

#[test]
fn a_traceback_shows_lines_of_files_that_are_there() {
    const SOURCE: &str = "def f():\n    g()\n\ndef g():\n    return lst\n\nlist_ = f()\n";
    let mut vm = vm();
    vm.loader =
        Loader { kind: |_, path| (path == "t.py").then_some(false), read: |_, _| Ok(Some(SOURCE.into())) };
    assert!(vm.run_source("t.py", SOURCE).is_err());
    assert_eq!(
        traceback(&mut vm),
        "Traceback (most recent call last):\n  File \"t.py\", line 7, in <module>\n    list_ = f()\n  \
         File \"t.py\", line 2, in f\n    g()\n  File \"t.py\", line 5, in g\n    return lst\n           ^^^\n\
         NameError: name 'lst' is not defined. Did you mean: 'list'?\n"
    );
}

#[test]
fn an_attribute_that_is_not_there_brings_the_nearest_to_mind() {
    for (source, last) in [
        ("[].apend(1)", "'list' object has no attribute 'apend'. Did you mean: 'append'?"),
        ("import time\ntime.slep(1)", "module 'time' has no attribute 'slep'. Did you mean: 'sleep'?"),
        (
            "class A:\n def __init__(self): self.colour = 1\nA().color",
            "'A' object has no attribute 'color'. Did you mean: 'colour'?",
        ),
        (
            "class A:\n def start(self): pass\nA.strat",
            "type object 'A' has no attribute 'strat'. Did you mean: 'start'?",
        ),
        ("[].banana", "'list' object has no attribute 'banana'"),
        ("raise AttributeError(\"x has no attribute 'y'\")", "x has no attribute 'y'"),
    ] {
        let mut vm = vm();
        assert!(vm.run_source("t.py", source).is_err());
        let text = traceback(&mut vm);
        assert_eq!(text.lines().last(), Some(&*alloc::format!("AttributeError: {last}")), "{source}");
    }
}

#[test]
fn a_chain_of_exceptions_is_printed_whole() {
    let mut vm = vm();
    assert!(
        vm.run_source("t.py", "try:\n    {}['k']\nexcept KeyError as e:\n    raise ValueError('v') from e\n")
            .is_err()
    );
    let text = traceback(&mut vm);
    let cause = text.find("KeyError: 'k'").expect("the cause");
    let result = text.find("ValueError: v").expect("the exception");
    assert!(cause < text.find("direct cause").unwrap() && cause < result);
}

#[test]
fn a_syntax_error_says_where() {
    let mut vm = vm();
    assert!(vm.run_source("s.py", "x = 1\ny = = 2\n").is_err());
    let text = traceback(&mut vm);
    assert!(text.contains("File \"s.py\", line 2") && text.contains("    y = = 2\n        ^"), "{text}");
}

#[test]
fn exit_codes_follow_system_exit() {
    for (source, code) in [("raise SystemExit", Some(0)), ("raise SystemExit(3)", Some(3)), ("1/0", None)] {
        let mut vm = vm();
        assert!(vm.run_source("e.py", source).is_err());
        let exc = vm.take_exc();
        assert_eq!(vm.exit_code(exc), code);
    }
}

#[test]
fn an_interrupt_ends_an_endless_loop() {
    const CLASS: &str = "class A:\n __lt__ = lambda s, o: True\n __add__ = lambda s, o: s\n __getitem__ = lambda s, i: i\n \
        __iter__ = lambda s: s\n __next__ = lambda s: 1\n p = property(lambda s: 1)\ndef g():\n while 1: yield 0\na = A()\n";
    for source in [
        "while True: pass",
        "while True:\n    x = 1\n",
        "for i in iter(int, 1): pass",
        "sum(iter(int, 1))",
        "while a < 1: pass",
        "while 1: a + 1; a[0]; a.p",
        "for i in a: pass",
        "sum(g())",
        "any(x for x in g())",
        "max(g())",
        "set(x for x in g())",
        "{1}.update(g())",
        "sum(x for x in a)",
    ] {
        let source = &[CLASS, source].concat();
        let mut host = Host::new(16);
        host.set_interrupt_char(Some(3));
        host.type_in(b"\x03");
        let mut vm = Vm::new(256 * 1024, Box::new(host)).unwrap();
        assert!(vm.run_source("l.py", source).is_err(), "{source}");
        assert!(vm.exc_is(ExcKind::KeyboardInterrupt), "{source}");
        vm.take_exc();
        vm.run_source("n.py", "ok = 1").unwrap();
    }
}

#[test]
fn modules_come_from_the_loader() {
    fn source(path: &str) -> Option<&'static str> {
        Some(match path {
            "m.py" => "value = 7\ndef f(): return value\n_hidden = 1\n",
            "p/__init__.py" => "from . import a\nname = __name__\n",
            "p/a.py" => "from .b import deep\nfrom m import *\nown = value\n",
            "p/b.py" => "deep = __name__\n",
            "broken.py" => "1/0\n",
            _ => return None,
        })
    }
    let mut vm = vm();
    vm.loader = Loader {
        kind: |_, path| match path {
            "p" => Some(true),
            _ => source(path).map(|_| false),
        },
        read: |_, path| Ok(source(path).map(|text| text.as_bytes().to_vec())),
    };
    let script = "import m, p.b as b, sys\nfrom p import a\nm.value = 8\nx = m.f() + a.own\n\
                  ok = b.deep == 'p.b' and p.name == 'p' and not hasattr(a, '_hidden')\n"
        .replace("import m,", "import p\nimport m,");
    vm.run_source("main.py", &script).unwrap_or_else(|_| panic!("{}", traceback(&mut vm)));
    assert_eq!(global(&mut vm, "x"), Val::small(15));
    assert_eq!(global(&mut vm, "ok"), Val::TRUE);
    // A module that fails is not kept, and may be tried again.
    for _ in 0..2 {
        assert!(vm.run_source("main.py", "import broken").is_err());
        assert!(vm.exc_is(ExcKind::ZeroDivisionError));
        vm.take_exc();
    }
    assert!(vm.run_source("main.py", "import nothing_there").is_err());
    assert!(vm.exc_is(ExcKind::ModuleNotFoundError));
}

#[test]
fn limits_are_exceptions_and_the_machine_goes_on() {
    let mut vm = vm();
    let script = "
def deep(n): return deep(n + 1)
class R:
    def __repr__(self): return repr(self)
def fill():
    l = []
    while True: l.append('x' * 100 + str(len(l)))
seen = []
for f in (lambda: deep(0), lambda: repr(R()), fill, lambda: [0] * (1 << 28), fill):
    try: f()
    except (RecursionError, MemoryError) as e: seen.append(type(e).__name__)
n = len(seen)
";
    vm.run_source("l.py", script).unwrap_or_else(|_| panic!("{}", traceback(&mut vm)));
    assert_eq!(global(&mut vm, "n"), Val::small(5));
}

#[test]
fn calls_between_rust_and_python() {
    let mut vm = vm();
    vm.run_source("c.py", "def f(a, b=2, *, c=3): return (a, b, c)\ndef fail(): raise OSError(5)\n").unwrap();
    let f = global(&mut vm, "f");
    let c = vm.new_str("c").unwrap();
    let v = vm.call_kw(f, &[Val::ONE], &[(c, Val::small(9))]).unwrap();
    assert_eq!(vm.heap.tuple(v), [Val::ONE, Val::small(2), Val::small(9)]);
    let fail = global(&mut vm, "fail");
    assert!(vm.call(fail, &[]).is_err());
    assert!(vm.exc_is(ExcKind::OSError));
    vm.take_exc();
    assert!(vm.call(f, &[]).is_err());
    let exc = vm.take_exc();
    assert_eq!(vm.str_text(exc).unwrap(), "f() missing 1 required positional argument: 'a'");
}
