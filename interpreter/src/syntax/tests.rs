use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::ast::*;
use super::*;

/// The first error of `source` as "line:column message", or "ok".
fn first_error(source: &str) -> String {
    let mut parser = match Parser::new(source) {
        Ok(parser) => parser,
        Err(error) => return describe(source, &error),
    };
    loop {
        match parser.next_piece() {
            Ok(Some(_)) => {}
            Ok(None) => return "ok".into(),
            Err(error) => return describe(source, &error),
        }
    }
}

fn describe(source: &str, error: &SyntaxError) -> String {
    let d = error.locate(source);
    format!("{}:{} {}", d.line, d.column, d.message)
}

fn statements(source: &str) -> Vec<Stmt<'_>> {
    let mut parser = Parser::new(source).unwrap();
    let mut all = Vec::new();
    while let Some(piece) = parser.next_piece().unwrap() {
        match piece {
            Piece::Block(block) => all.extend(block),
            other => panic!("{other:?}"),
        }
    }
    all
}

fn expression(source: &str) -> ExprKind<'_> {
    Parser::expression_only(source).unwrap().kind
}

#[test]
fn accepts_the_whole_grammar() {
    for source in [
        "",
        "\n\n# only a comment",
        "x = 1 if y else 2\n",
        "if a:\n  pass\nelif b: pass\nelse:\n\tpass\n",
        "while x: break\nelse: y",
        "for i, *j in a, *b: continue\nelse:\n  pass",
        "async def f():\n  async for x in y:\n    await z\n  async with a as b, c: pass\n  return [x async for x in y]",
        "with (a as b, c as d,): pass\nwith (a, b): pass\nwith (a): pass\nwith (yield): pass\nwith (a)() as b: pass",
        "try: pass\nexcept (A, B) as e: pass\nexcept C: pass\nexcept: pass\nelse: pass\nfinally: pass",
        "def f(a, b: int = 1, /, c=2, *args: int, d, e=3, **kw) -> list[int]: return a, *b",
        "def f(*, a): pass\ndef g(a, *): pass",
        "lambda: 0\nlambda x, *y, z=1, **k: (x, y)\nlambda *, a: a",
        "@a.b[c](d)\n@e\nclass C(B, *bs, metaclass=M, **kw):\n  x: int\n  y: int = 2",
        "from . import a\nfrom ...a.b import (c as d, e,)\nfrom x import *\nimport a.b.c as d, e",
        "print(x for x in y)\nf(a, *b, c=1, **d)\nf(*a, *b, c)\nf(a)(b)[c].d",
        "x = *a, b\nx, *y = z\n[x, *y] = z\nx = y = z\n(x) = 1\nx.y, z[0] = 1, 2",
        "a[1:2, ::3, ...]\na[:]\na[*b]\na[b:=1]",
        "x += yield\nx = yield y, z\nx: int = yield\nyield from a",
        "(y := f(x)) and [y, y**2]\nif (n := 1) > 0: pass\nwhile chunk := read(): pass",
        "{1: 2, **a, 3: 4}\n{1, *a}\n{x: y for x, y in z if x if y}\n{x for x in y}\n{}\n{*a}",
        "del a, b[0], (c, d)\ndel (e)\nassert a, b\nraise A from b\nglobal a, b\nraise",
        "1if x else 2\n0xFFor 1\n1_000 + 0b1_0 + 0o17 + 1_0.5e-1_0 + .5j + 1.e5",
        "x = '''a\nb''' \"c\" r'\\d' b\n",
        "match x:\n  case 1 | -2 | 3+4j | 'a' 'b' | None: pass\n  case [a, *_, b] if a: pass\n  case {'k': v, **rest}: pass\n  case A.B(c, d=e) as f: pass\n  case (1, 2) | [] : pass\n  case a.b: pass\n  case x, y: pass\n  case _: pass",
        "match = 1\nmatch.x = 2\nmatch(x)\nmatch[x] = 1\nprint(match)\ncase = type = 3\ntype(x)\nmatch - 1",
        "type X = int\ntype L[T] = list[T]\ndef f[T](x: T): pass\nclass C[T, *Ts]: pass",
        "x = (\n1,\n # c\n2)\ny = [1,\n2]\nx = a + \\\n  b",
        "if x:\r\n  y\r\nelse:\r\n  z\r\n",
        "class A: pass; x = 1;\n",
        "not a in b\na not in b is not c < d\nnot not a\n-a ** -b",
        "héllo = 'ünïcode'\nπ = 3",
        "\u{FEFF}x = 1",
        "for x in *a, b: pass\nreturn *a, b",
        "print('a' 'b'\n 'c')",
        "if 1:\n  a\n\n # c\n  b\n# d\nc",
        "x = yield",
        "def f():\n    x\n\n\n",
        "try:\n  pass\nfinally:\n  pass",
        "async def f(): return (await a) ** await b",
        "f(a for a in b)\nf((a for a in b), c)\nf(a for a in b, )",
        "x = a if b else lambda: c",
        "[lambda: x for x in y]\n[x for x in lambda: y, 1]",
    ] {
        // Three sources hold one error each to prove that this test can fail.
        let result = first_error(source);
        match source {
            s if s.contains("g(a, *)") => {
                assert!(result.contains("named arguments must follow bare *"), "{result}")
            }
            s if s.contains("r'\\d' b") => assert!(result.contains("invalid syntax"), "{result}"),
            s if s.ends_with("lambda: y, 1]") => assert!(result.contains("invalid syntax"), "{result}"),
            _ => assert_eq!(result, "ok", "{source}"),
        }
    }
}

#[test]
fn says_what_cpython_says() {
    for (source, message) in [
        ("if x\n  pass", "1:5 expected ':'"),
        ("if x y: pass", "1:6 invalid syntax"),
        ("else: pass", "1:1 invalid syntax"),
        ("for x in y\n  pass", "1:11 expected ':'"),
        ("def f()\n  pass", "1:8 expected ':'"),
        ("def f:\n  pass", "1:6 expected '('"),
        ("class A\n  pass", "1:8 expected ':'"),
        ("if x:\npass", "2:1 expected an indented block after 'if' statement on line 1"),
        ("def f():\n\nx", "3:1 expected an indented block after function definition on line 1"),
        ("class A:\n", "1:9 expected an indented block after class definition on line 1"),
        ("try:\n  x\nexcept:\ny", "4:1 expected an indented block after 'except' statement on line 3"),
        ("  x", "1:3 unexpected indent"),
        ("x\n  y", "2:3 unexpected indent"),
        ("if x:\n    a\n  b", "3:3 unindent does not match any outer indentation level"),
        ("if x:\n        a\n\tb", "3:2 inconsistent use of tabs and spaces in indentation"),
        ("x = 'abc", "1:5 unterminated string literal (detected at line 1)"),
        ("x = '''abc\n\n", "1:5 unterminated triple-quoted string literal (detected at line 2)"),
        ("print(f'{x)", "1:11 f-string: unmatched ')'"),
        ("f'{x!z}'", "1:6 f-string: invalid conversion character 'z': expected 's', 'r', or 'a'"),
        ("f'{}'", "1:4 f-string: valid expression required before '}'"),
        ("f'a}'", "1:4 f-string: single '}' is not allowed"),
        ("f'{a b}'", "1:6 f-string: expecting '=', or '!', or ':', or '}'"),
        ("print(1, (2)\nx = 1\n", "1:6 '(' was never closed"),
        ("x = [1, 2", "1:5 '[' was never closed"),
        ("x = (1]", "1:7 closing parenthesis ']' does not match opening parenthesis '('"),
        ("x = (1,\n2]", "2:2 closing parenthesis ']' does not match opening parenthesis '(' on line 1"),
        ("x)", "1:2 unmatched ')'"),
        ("f() = 1", "1:1 cannot assign to function call here. Maybe you meant '==' instead of '='?"),
        ("1 = x", "1:1 cannot assign to literal here. Maybe you meant '==' instead of '='?"),
        ("a + 1 = 2", "1:1 cannot assign to expression here. Maybe you meant '==' instead of '='?"),
        ("None = 1", "1:1 cannot assign to None"),
        ("(a, 1) = 2", "1:5 cannot assign to literal"),
        ("for f() in x: pass", "1:5 cannot assign to function call"),
        ("del f()", "1:5 cannot delete function call"),
        ("f() += 1", "1:1 'function call' is an illegal expression for augmented assignment"),
        ("(a, b) += 1", "1:1 'tuple' is an illegal expression for augmented assignment"),
        ("if x = 3: pass", "1:4 invalid syntax. Maybe you meant '==' or ':=' instead of '='?"),
        ("if x.a = 3: pass", "1:4 cannot assign to attribute here. Maybe you meant '==' instead of '='?"),
        ("[a b]", "1:2 invalid syntax. Perhaps you forgot a comma?"),
        ("f(a, b c)", "1:6 invalid syntax. Perhaps you forgot a comma?"),
        ("print 'x'", "1:1 Missing parentheses in call to 'print'. Did you mean print(...)?"),
        ("whlie True: pass", "1:1 invalid syntax. Did you mean 'while'?"),
        ("imprt os", "1:1 invalid syntax. Did you mean 'import'?"),
        ("form os import path", "1:6 invalid syntax"),
        ("fro x import y", "1:1 invalid syntax. Did you mean 'from'?"),
        ("import x from y", "1:10 Did you mean to use 'from ... import ...' instead?"),
        ("if x => 3: pass", "1:6 invalid syntax"),
        ("f'{a'", "1:5 f-string: expecting '}'"),
        ("t'{a!r'", "1:6 t-string: expecting '}'"),
        ("f(a=1, 2)", "1:8 positional argument follows keyword argument"),
        ("f(**a, 2)", "1:8 positional argument follows keyword argument unpacking"),
        ("f(a=1, a=2)", "1:8 keyword argument repeated: a"),
        ("f(a.b=1)", "1:3 expression cannot contain assignment, perhaps you meant \"==\"?"),
        ("f(True=1)", "1:3 cannot assign to True"),
        ("f(x for x in y, 1)", "1:3 Generator expression must be parenthesized"),
        ("def f(a=1, b): pass", "1:12 parameter without a default follows parameter with a default"),
        ("def f(a, a): pass", "1:10 duplicate argument 'a' in function definition"),
        ("def f(*): pass", "1:7 named arguments must follow bare *"),
        (
            "012",
            "1:1 leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers",
        ),
        ("(0o\u{feff}8\n", "1:2 invalid octal literal"),
        ("0o8", "1:1 invalid digit '8' in octal literal"),
        ("0xg", "1:1 invalid hexadecimal literal"),
        ("1__0", "1:2 invalid decimal literal"),
        ("1abc", "1:1 invalid decimal literal"),
        ("x = 1 €", "1:7 invalid character '€' (U+20AC)"),
        ("x = 1\u{a0}", "1:6 invalid non-printable character U+00A0"),
        ("x = a $ b", "1:7 invalid syntax"),
        ("x = \\ 1", "1:5 unexpected character after line continuation character"),
        ("x = 1 +", "1:8 invalid syntax"),
        ("try: pass\nx", "2:1 expected 'except' or 'finally' block"),
        ("try: pass\nexcept: pass\nexcept A: pass", "2:1 default 'except:' must be last"),
        ("try: pass\nexcept A, B: pass", "2:8 multiple exception types must be parenthesized"),
        ("*a = 1", "1:1 starred assignment target must be in a list or tuple"),
        ("*a, *b = 1", "1:1 multiple starred expressions in assignment"),
        ("x = *a", "1:5 can't use starred expression here"),
        ("(*a)", "1:2 cannot use starred expression here"),
        ("[*a for a in b]", "1:2 iterable unpacking cannot be used in comprehension"),
        ("x = 1 if y", "1:5 expected 'else' after 'if' expression"),
        ("a, b: int", "1:1 only single target (not tuple) can be annotated"),
        ("from a import b,", "1:17 trailing comma not allowed without surrounding parentheses"),
        ("b'é'", "1:3 bytes can only contain ASCII literal characters"),
        ("'a' b'c'", "1:1 cannot mix bytes and nonbytes literals"),
        (
            "'\\x1'",
            "1:2 (unicode error) 'unicodeescape' codec can't decode bytes in position 0-2: truncated \\xXX escape",
        ),
        ("match x:\n  case _ | 1: pass", "2:8 wildcard makes remaining patterns unreachable"),
        ("{1:}", "1:3 expression expected after dictionary key and ':'"),
        ("x = y z", "1:7 invalid syntax"),
        ("a.1", "1:2 invalid syntax"),
        ("(a.b := 1)", "1:2 cannot use assignment expressions with attribute"),
    ] {
        assert_eq!(first_error(source), message, "{source}");
    }
}

#[test]
fn literals_have_their_values() {
    assert!(matches!(expression("0x7fff_ffff"), ExprKind::Int(0x7fff_ffff)));
    assert!(matches!(expression("0b1_01"), ExprKind::Int(5)));
    assert!(matches!(expression("0xDEADBEEF1"), ExprKind::BigInt(d, 16) if &*d == "DEADBEEF1"));
    assert!(matches!(expression("1_0.5e-1_0"), ExprKind::Float(d) if &*d == "10.5e-10"));
    assert!(matches!(expression("1_0j"), ExprKind::Imaginary(d) if &*d == "10"));
    let text = |source| match expression(source) {
        ExprKind::Str(text) => text.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(text(r#"'a\n\x41\u20ac\101\'\q' "b" r'\n'"#), "a\nA€A'\\qb\\n");
    assert_eq!(text("'''a\r\nb\\\nc'''"), "a\nbc");
    assert!(matches!(expression(r"b'\xff\0a\q'"), ExprKind::Bytes(b) if *b == *b"\xff\0a\\q"));
}

#[test]
fn fstrings_come_in_pieces() {
    let ExprKind::Joined(parts) = expression("f'a{{{x!r:>{w}}}}b' 'c{' f'{y = }'") else { panic!() };
    let [FPart::Text(a), FPart::Field(x), FPart::Text(b), FPart::Field(y)] = &parts[..] else {
        panic!("{parts:?}")
    };
    assert_eq!((&**a, &**b), ("a{", "}bc{y = "));
    assert_eq!(x.conversion, Some(Conversion::Repr));
    assert!(matches!(&x.spec[..], [FPart::Text(t), FPart::Field(_)] if &**t == ">"));
    assert_eq!(y.conversion, Some(Conversion::Repr));
    for nested in [
        "f'{x['a']}'",
        "f'{f\"{1}\" + '}'}'",
        "f'''{\n1}'''",
        "f'{lambda_}{(lambda: 1)()}{x:=5}{x!=y}'",
        "rf'\\{x}'",
    ] {
        assert!(matches!(expression(nested), ExprKind::Joined(_)), "{nested}");
    }
}

#[test]
fn operators_bind_as_in_python() {
    let ExprKind::Binary(BinaryOp::Add, _, right) = expression("1 + 2 * 3") else { panic!() };
    assert!(matches!(right.kind, ExprKind::Binary(BinaryOp::Multiply, ..)));
    let ExprKind::Unary(UnaryOp::Negative, inner) = expression("-a ** b ** c") else { panic!() };
    let ExprKind::Binary(BinaryOp::Power, _, right) = inner.kind else { panic!() };
    assert!(matches!(right.kind, ExprKind::Binary(BinaryOp::Power, ..)));
    assert!(matches!(expression("a or b and not c == d"), ExprKind::Bool(BoolOp::Or, v) if v.len() == 2));
    assert!(matches!(expression("a < b <= c"), ExprKind::Compare(_, v) if v.len() == 2));
    assert!(
        matches!(expression("a if b else c if d else e"), ExprKind::If(p) if matches!(p.orelse.kind, ExprKind::If(_)))
    );
}

#[test]
fn one_line_may_hold_several_statements() {
    let all = statements("a; b = 1\nc");
    assert_eq!(all.len(), 3);
    assert_eq!((all[1].span.start, all[1].span.end), (3, 8));
}

#[test]
fn check_finds_every_error() {
    let lines = |source| check(source).iter().map(|d| d.line).collect::<Vec<_>>();
    assert_eq!(lines("x = \ny = 1\nz = )\n"), [1, 3]);
    assert_eq!(
        lines("def f(:\n    x = 1\n    y = (\n    z = 2\n\nif a\n  b\nelse:\n  c\nw = 1 1"),
        [1, 3, 6, 10]
    );
    assert_eq!(lines("if x:\n  a = = 1\n  b\nelse:\n  c = \nd"), [2, 5]);
    assert_eq!(lines("x = 'a\ny = 1\nz = '''b\n"), [1, 3]);
    assert_eq!(lines("  x = 1\ny = 2"), [1]);
    assert_eq!(lines("if x:\n        a\n    b\n\nc = 1\n"), [3]);
    assert_eq!(lines("x = 1\n"), []);
    let d = &check("π = (1 2)")[0];
    assert_eq!((d.line, d.column, d.end_column), (1, 6, 9));
}

#[test]
fn nesting_is_bounded() {
    for open in ["(", "[", "-", "not ", "lambda: ", "f(", "a[", "{1:", "2**", "await "] {
        let source = open.repeat(5000);
        assert_ne!(first_error(&source), "ok", "{open}");
        check(&source);
    }
    let blocks: String = (0..300).map(|i| format!("{}if x:\n", " ".repeat(i))).collect();
    assert!(first_error(&blocks).contains("too many"), "{}", first_error(&blocks));
    assert!(first_error(&format!("x{}", "+x".repeat(5000))).contains("too many"));
    assert!(first_error(&"f'{".repeat(2000)).contains("too many"));
}

#[test]
fn nothing_panics_on_broken_text() {
    let source = "@d\nasync def f(a, *b, **c) -> 'x':\n  with (a as b): yield f'{x!r:>{w}}' 'é\\x41'\n  match x:\n    case {'a': [1, *_]} | A(b=2): return\n\ttry: x = 0x1F if 1e5j else ...\n  finally: del (a)[::2]\n";
    for end in 0..=source.len() {
        for start in [0, 3, 20, 40, 80] {
            if start <= end && source.is_char_boundary(start) && source.is_char_boundary(end) {
                check(&source[start..end]);
            }
        }
    }
    // Each byte replaced in turn by one that means something.
    for at in 0..source.len() {
        for with in ["(", ")", "'", "\n", "{", "\\", ":", " ", "\t", "é"] {
            if source.is_char_boundary(at) && source.is_char_boundary(at + 1) {
                check(&format!("{}{with}{}", &source[..at], &source[at + 1..]));
            }
        }
    }
}

#[test]
fn top_level_classes_come_in_pieces() {
    let source = "@d\nclass A(B):\n  x = 1; y = 2\n  def f(self):\n    class C:\n      pass\n  z = 3\nclass D: pass\nclass E:\n  w = 1";
    let mut parser = Parser::new(source).unwrap();
    let mut shape = String::new();
    while let Some(piece) = parser.next_piece().unwrap() {
        shape += match piece {
            Piece::ClassStart(class) => {
                assert!(class.body.is_empty());
                "("
            }
            Piece::ClassEnd => ")",
            Piece::Block(block) => ["0", "1", "2"][block.len()],
        };
    }
    assert_eq!(shape, "(211)1(1)");
    assert_eq!(first_error("class A:\n  x = 1\n   y = 2"), "3:4 unexpected indent");
    assert_eq!(first_error("class A:\n  x = (1\n  y = 2\n"), "2:7 '(' was never closed");
    assert_eq!(first_error("@d\ndef f():\n  class A:\n    x = 1\n  return\nx = 1"), "ok");
}
