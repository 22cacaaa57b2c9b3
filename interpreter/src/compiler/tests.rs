use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::*;
use crate::bytecode::{Const, Field, Flags, Op, Word, disassemble};

fn module(source: &str) -> Proto {
    compile(source, "test.py", Mode::Exec).unwrap_or_else(|e| panic!("{source}: {e}"))
}

/// The function that `source` defines first.
fn function(source: &str) -> Proto {
    let code = module(source).consts.into_iter().find_map(|c| match c {
        Const::Code(proto) => Some(*proto),
        _ => None,
    });
    code.expect("a function")
}

fn error(source: &str) -> String {
    match compile(source, "test.py", Mode::Exec) {
        Ok(_) => "ok".into(),
        Err(e) => format!("{}:{} {}", e.line, e.column, e.message),
    }
}

fn ops(proto: &Proto) -> Vec<Op> {
    let mut at = 0;
    let mut ops = Vec::new();
    while at < proto.code.len() {
        let op = Op::from_code(proto.code[at] as u8).expect("an op");
        ops.push(op);
        at += op.len_words();
    }
    ops
}

/// Checks what the machine relies on: operands inside the frame and the pools, jumps to instructions.
fn verify(proto: &Proto) {
    let mut starts = Vec::new();
    let mut at = 0;
    while at < proto.code.len() {
        starts.push(at as i64);
        at += Op::from_code(proto.code[at] as u8).expect("an op").len_words();
    }
    assert_eq!(at, proto.code.len(), "{}: the last instruction is cut off", proto.qualname);
    let text = || {
        let mut text = String::new();
        disassemble(proto, &mut text).unwrap();
        text
    };
    let is_start =
        |target: i64| assert!(starts.contains(&target), "{}: jump to {target}\n{}", proto.qualname, text());
    for &start in &starts {
        let word = proto.code[start as usize];
        let op = Op::from_code(word as u8).expect("an op");
        let bx = (word >> 16) as u16;
        for (i, field) in op.fields().into_iter().enumerate() {
            let byte = (word >> (8 * (i + 1))) as u8;
            match field {
                Field::D | Field::S | Field::B => {
                    assert!(u16::from(byte / 4) < proto.slots, "{op:?} at {start}\n{}", text());
                }
                Field::K => assert!(usize::from(bx) < proto.consts.len(), "{op:?}"),
                Field::G => assert!(usize::from(bx) < proto.names.len(), "{op:?}"),
                Field::J => is_start(start + i64::from(bx as i16)),
                _ => {}
            }
        }
        for (i, word) in op.words().iter().enumerate() {
            let value = proto.code[start as usize + 1 + i];
            match word {
                Word::Jump => is_start(start + i64::from(value as i32) / 4),
                Word::Name => assert!(((value & 0xffff) as usize) < proto.names.len()),
                Word::Const => assert!((value as usize) < proto.consts.len()),
                Word::Cache | Word::Raw => {}
            }
        }
    }
    // Control must not run off the end.
    let last = starts.last().map(|&s| Op::from_code(proto.code[s as usize] as u8).expect("an op"));
    assert!(
        matches!(
            last,
            Some(
                Op::Return
                    | Op::ReturnNone
                    | Op::Jump
                    | Op::Raise
                    | Op::RaiseFrom
                    | Op::RaiseAgain
                    | Op::Reraise
            )
        ),
        "{} ends with {last:?}\n{}",
        proto.qualname,
        text()
    );
    for handler in &proto.handlers {
        is_start(handler.handler.into());
        assert!(handler.start < handler.end && u16::from(handler.slot) < proto.slots);
    }
    assert!(proto.lines.windows(2).all(|w| w[0].0 < w[1].0), "{:?}", proto.lines);
    for c in &proto.consts {
        if let Const::Code(inner) = c {
            verify(inner);
        }
    }
}

const PROGRAM: &str = r#"
import a, b.c as d
from ..e import f as g, h
from i import *
X = const(3)
_Y = const(X + 4)
def plain(a, /, b=1, *args, c, d=X, **kw):
    global gl
    gl = a if b else c
    x, (y, *z) = w = args
    x += 1; x -= 2; x *= y; w.v -= 1; w[0] |= 2
    del x, w[1], w.v
    assert a, "m"
    return {**kw, 'k': [*z, 1], 's': {1, *z}, 't': (*z,)}
def closures(n):
    m = n
    def inner(k=m, *, j=m):
        nonlocal n
        n += 1
        return [lambda q: q + n + i for i in range(k) if i for j in (i,)]
    class C(inner.B, metaclass=M):
        z = m
        def meth(self): return super().meth(__class__, m)
        y = [z for _ in range(3)]
    return inner, C, (a + n for a in n), {a: b for a, b in m}, {a for a in m}
def control(a, b):
    while a < b and not (a is None or b == 3):
        if a > 127: break
        elif 1 < a <= b < 9: continue
        for i in range(a):
            for j in b:
                try:
                    if i: return j
                    if j: break
                    if a: continue
                except (A, B) as e:
                    raise C from e
                except D:
                    continue
                else: pass
                finally:
                    print(i)
                    for k in a: break
            else: return
    else:
        raise
    with a as x, b() as (y, z):
        return x
    with c: pass
    while True:
        if (q := a): break
    try: return a
    finally: a = 1
def generator():
    x = yield
    y = yield x, 1
    z = yield from y
    try: yield
    finally: yield 2
    return z
async def coroutine(a):
    async with a as b, c: await b
    async for d in a:
        if d: break
    else: pass
    return [await e async for e in a if await e]
def matching(v):
    match v:
        case 1 | "a" | None | -3.5: return 1
        case [a, *_, b] if a: return 2
        case [] | (_, _): return 0
        case {"k": w, **rest}: return 3
        case {}: pass
        case P(x, y=1) as p: return 4
        case a.b: return 5
        case [x, [y, z]] | {"x": x, "y": y, "z": z}: pass
        case other: return 6
@dec(1)
@micropython.native
@other.one
def decorated(): return f"{a!r:>{w}} {b} {c=}" f"{'x'}"
@dec
class K: "doc"; x: int = 1; y: str
print(*a, k=1, **b); obj.m(*a); obj.m(1, k=2); f(1, k=2)
v = a[1:2, ::3] or b and not c or -d ** ~e
long = [1, 2, 3, 4, 5, (6, 7), 'x', None]
many = f(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, d0, d1, d2, d3, d4, d5, d6, d7, d8, d9, e0, e1, e2, e3, e4, e5, e6, e7, e8, e9, f0, f1, f2)
lam = lambda *a, k=1: (yield)
"#;

#[test]
fn code_is_well_formed() {
    verify(&module(PROGRAM));
    for mode in [Mode::Single, Mode::ExecIn, Mode::SingleIn] {
        verify(&compile(PROGRAM, "x", mode).unwrap());
    }
    verify(&compile(" a + [b for b in c] ", "x", Mode::Eval).unwrap());
    verify(&compile("lambda: a", "x", Mode::EvalIn).unwrap());
    verify(&module(""));
}

#[test]
fn unreachable_ends_are_well_formed() {
    for source in [
        "def f(): return [] == ()",
        "def f():\n try: raise A\n finally: return 0\n print(1)",
        "def f():\n try:\n  try: raise A\n  finally: return 1\n  print(1)\n finally: return 2\n print(3)",
        "def f():\n try: raise A\n except B: pass\n finally: return 0\n g()",
        "def f():\n try:\n  try: raise A\n  except: raise\n  g()\n finally: return 0",
        "def f():\n while True: pass",
        "def f():\n while True:\n  try: return\n  except A: continue",
        "def f():\n for i in a:\n  try: break\n  finally: return\n return",
        "def f():\n if a: return\n else: raise b\n if c: pass",
        "def f():\n with a: return\n return 2\n with b: raise c",
        "def f():\n raise a\n for i in b: pass\n else: return",
        "def f():\n match a:\n  case 1: return\n  case _: raise b",
        "def f():\n return\n while a:\n  if b: break\n  continue",
        "def f():\n return a if b else c\n x = a and b or c",
        "def f():\n try: return\n except A as e: return\n except B: return\n else: return",
    ] {
        verify(&module(source));
    }
}

#[test]
fn many_variables_share_a_list() {
    let names: Vec<String> = (0..150).map(|i| format!("v{i}")).collect();
    let mut body = String::from("def f(a):\n");
    for name in &names {
        body += &format!(" {name} = a\n {name} += 1\n");
    }
    body += &format!(" del v149\n return {}\n", names.join(" + "));
    let proto = function(&body);
    verify(&proto);
    assert!(proto.slots < 64);
}

#[test]
fn loops_and_conditions_are_fused() {
    let proto = function("def f(n):\n for i in range(n):\n  pass");
    let code = ops(&proto);
    assert_eq!(code[code.len() - 2..], [Op::ForRange, Op::ReturnNone]);
    let code = ops(&function("def f(n):\n i = 0\n while i < n: i += 1\n return i"));
    assert_eq!(code, [Op::LoadInt, Op::Jump, Op::IAddImm, Op::JLt, Op::Return]);
    let code = ops(&function("def f(a, b):\n if a is None or b == 5: return a"));
    assert_eq!(code, [Op::JNone, Op::JNEqImm, Op::Return, Op::ReturnNone]);
    let code = ops(&function("def f(a, b):\n a, b = b, a + b\n return a"));
    assert_eq!(code, [Op::Move, Op::Add, Op::Move, Op::Return]);
    let code = ops(&function("def f(s):\n return s.a.m(s.b)"));
    assert_eq!(code, [Op::GetAttr, Op::GetAttr, Op::CallMethod, Op::Return]);
}

#[test]
fn constants_are_folded() {
    let proto =
        module("a = -(2 + 3) * 4 // 3\nb = (1, (2, 'x'))\nc = 0xFFFFFFFFFFFFFFFFFF\nd = -1.5\ne = 3 - 2j");
    assert!(proto.code.contains(&(Op::LoadInt as u32 | (-7i16 as u16 as u32) << 16)));
    assert!(proto.consts.contains(&Const::BigInt("4722366482869645213695".to_string())));
    assert!(proto.consts.contains(&Const::Float(-1.5)));
    assert!(proto.consts.contains(&Const::Complex(3.0, -2.0)));
    let proto = module("_A = const(1 << 4)\nB = const(_A + 1)\ndef f(): return _A + B");
    assert_eq!(proto.names.iter().filter(|n| *n == "_A").count(), 0, "a private constant is not stored");
    assert!(proto.names.contains(&"B".to_string()));
}

#[test]
fn top_level_classes_need_no_whole_tree() {
    let source = "@d\nclass A(B, metaclass=M):\n x = 1\n def f(self): return super().f() + __class__.x\n \
                  _K = const(3)\n y = [_K for _ in x]\nclass E: pass\n";
    verify(&module(source));
    let body = function(source);
    assert!(body.flags.has(Flags::CLASS));
    assert_eq!(ops(&body).last(), Some(&Op::Return), "the cell of __class__ is returned");
    assert!(!body.names.contains(&"_K".to_string()), "{:?}", body.names);
    assert_eq!(ops(&function("class A:\n x = 1\n")).last(), Some(&Op::ReturnNone));
    for (source, message) in [
        ("class A:\n x = 1\n return x", "3:2 'return' outside function"),
        ("class A:\n from x import *", "2:2 import * only allowed at module level"),
        ("A = const(x)", "1:11 not a constant"),
        ("A = const(1)\nA = const(2)", "2:5 constant redefined"),
        ("@micropython.x\ndef f(): pass", "1:2 invalid micropython decorator"),
    ] {
        assert_eq!(error(source), message, "{source}");
    }
}

#[test]
fn unset_variables_are_checked_only_where_needed() {
    let count = |source: &str| ops(&function(source)).iter().filter(|op| **op == Op::CheckBound).count();
    assert_eq!(count("def f(a):\n x = a\n return x"), 0);
    assert_eq!(count("def f(a):\n if a: x = 1\n else: x = 2\n return x"), 0);
    assert_eq!(count("def f(a):\n if a: x = 1\n return x"), 1);
    assert_eq!(count("def f(a):\n if a: x = 1\n else: raise a\n return x"), 0);
    assert_eq!(count("def f(a):\n for x in a: x\n return x"), 1);
    assert_eq!(count("def f(a):\n while True:\n  x = a\n  if x: break\n return x"), 0);
    assert_eq!(count("def f(a):\n try: x = a\n except B: return\n return x"), 0);
    assert_eq!(count("def f(a):\n try: x = a\n except B: pass\n return x"), 1);
    assert_eq!(count("def f(a):\n with a: x = a\n return x"), 1);
    assert_eq!(count("def f(a):\n del a\n return a"), 2);
    assert_eq!(count("def f(a):\n a and (x := a)\n return x"), 1);
    assert_eq!(ops(&function("def f(a):\n if a: x = 1\n return x"))[0], Op::Unbind);
}

#[test]
fn scopes_become_cells_and_globals() {
    let proto = function("def f(a):\n b = 1\n def g():\n  nonlocal b\n  b = a\n return g");
    assert_eq!(proto.slot_names, ["a", "b", "g"]);
    let inner = proto.consts.iter().find_map(|c| match c {
        Const::Code(p) => Some(p),
        _ => None,
    });
    let inner = inner.unwrap();
    assert_eq!(inner.free_names, ["b", "a"]);
    assert_eq!(inner.qualname, "f.<locals>.g");
    let proto = function("class C:\n def f(self): self.__x = __y\n def __g(self): pass");
    assert!(proto.flags.has(Flags::CLASS));
    assert!(proto.names.contains(&"_C__g".to_string()), "{:?}", proto.names);
    assert_eq!(function("async def f(): pass").flags, Flags::GENERATOR | Flags::COROUTINE);
}

#[test]
fn meaning_is_checked_as_in_cpython() {
    for (source, message) in [
        ("return 1", "1:1 'return' outside function"),
        ("class A:\n return", "2:2 'return' outside function"),
        ("break", "1:1 'break' outside loop"),
        ("while 1:\n def f(): continue", "2:11 'continue' not properly in loop"),
        ("yield", "1:1 'yield' outside function"),
        ("await x", "1:1 'await' outside function"),
        ("def f(): await x", "1:10 'await' outside async function"),
        ("def f():\n async for x in y: pass", "2:2 'async for' outside async function"),
        ("def f():\n x = 1\n global x", "3:9 name 'x' is assigned to before global declaration"),
        ("def f():\n print(x)\n global x", "3:9 name 'x' is used prior to global declaration"),
        ("def f(x):\n global x", "2:9 name 'x' is parameter and global"),
        ("def f():\n nonlocal x", "2:11 no binding for nonlocal 'x' found"),
        ("nonlocal x", "1:10 nonlocal declaration not allowed at module level"),
        ("def f():\n from a import *", "2:2 import * only allowed at module level"),
        (
            "[(x := 1) for x in y]",
            "1:3 assignment expression cannot rebind comprehension iteration variable 'x'",
        ),
        (
            "[1 for x in (y := z)]",
            "1:14 assignment expression cannot be used in a comprehension iterable expression",
        ),
        (
            "class A:\n [(y := x) for x in z]",
            "2:4 assignment expression within a comprehension cannot be used in a class body",
        ),
        (
            "match x:\n case a: pass\n case b: pass",
            "2:7 name capture 'a' makes remaining patterns unreachable",
        ),
        ("match x:\n case [a] | [b]: pass", "2:7 alternative patterns bind different names"),
        ("x = (", "1:5 '(' was never closed"),
        ("if 1:\n  x = 1\n y = 2", "3:2 unindent does not match any outer indentation level"),
    ] {
        assert_eq!(error(source), message, "{source}");
    }
    let e = compile("x = 1\n  y = (2\n", "f", Mode::Exec).unwrap_err();
    assert_eq!((e.kind, e.line, e.text.as_str()), (ErrorKind::Indentation, 2, "  y = (2"));
}

#[test]
fn every_prefix_compiles_or_fails_cleanly() {
    for end in (0..PROGRAM.len()).step_by(7) {
        if let Ok(proto) = compile(&PROGRAM[..end], "x", Mode::Exec) {
            verify(&proto);
        }
    }
}
