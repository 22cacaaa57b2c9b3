# Everything else: match, walrus, f-strings, unpacking targets, del, global, chained comparison, loops with else.
def m(x):
    match x:
        case 0: return "zero"
        case 1 | 2: return "small"
        case -5: return "minus five"
        case "a" | "b" as s: return "str " + s
        case None: return "none"
        case True: return "true"
        case [a]: return "one %r" % a
        case [a, b]: return "two %r %r" % (a, b)
        case [first, *rest] if first == "go": return "go %r" % rest
        case (1.5, *_, last): return "last %r" % last
        case {"k": v, **rest}: return "map %r %r" % (v, rest)
        case Point(x=0, y=y): return "on y %r" % y
        case Point(a, b): return "point %r %r" % (a, b)
        case int(n): return "int %d" % n
        case str(): return "other str"
        case [*_]: return "long"
        case _: return "other"
class Point:
    __match_args__ = ("x", "y")
    def __init__(self, x, y): self.x, self.y = x, y
for x in (0, 2, -5, "b", None, True, [7], (1, 2), ["go", 1, 2], [1.5, 2, 3], {"k": 1, "z": 2}, Point(0, 3), Point(4, 5), 77, "zz", [3, 4, 5], {1}, {"q": 1}):
    print(m(x))
class Color: RED = 1; BLUE = 2
def c(v):
    match v:
        case Color.RED: return "red"
        case Color.BLUE: return "blue"
        case {"a": [1, {"b": b}]}: return b
        case ([1, x] | [2, x, _]): return x
    return None
print(c(1), c(2), c({"a": [1, {"b": "deep"}]}), c([2, 8, 0]), c(3))
name = "x"; width = 8; val = 3.5; d = {"k": [1, 2]}
print(f"{name} {name!r:>5} {val:.2f} {val:{width}.{1}f}| {d['k'][0]} {'nested ' + f'{1 + 1}'} {{}} {name=} {val = :.1f} {1 if val else 2} {(lambda q: q * 2)(4)} {[i for i in range(3)]}" f" and {name}" " plain")
print(f"{'a' 'b'}", f"{1,2}", f"{3!s:4}|", rf"\n{1}", f"{val:<{width}}|", f"{True}", f"{None!r}", f'{"q"}', f"{'''t'''}", f"{{{name}}}", f"{2**10:,}", f"{255:#06x}", f"{-7:+d}")
print(f"""multi {
    name
} line""")
if (n := len("abc")) > 2 and (k := n * 2): print(n, k)
print([last := i for i in range(4)], last)
while (n := n - 1) > 0: print(n, end=" ")
else: print("while else")
for i in range(3):
    if i == 5: break
else: print("for else")
for i in range(3):
    if i == 1: break
else: print("never")
print(1 < 2 < 3 < 4, 1 < 3 < 2, 1 == 1 != 2, not 1 > 2, 1 if 0 else 2, 0 or "x", 1 and "y", None or 0 or [], not not "a", (1, 2) < (1, 3) < (2,))
calls = []
def f(x): calls.append(x); return x
f(1) < f(5) < f(3) < f(9); print(calls); calls.clear()
f(0) and f(1) or f(2); print(calls); calls.clear()
l = [0] * 5; d = {}
l[f(1)] = f(2); (l[0], d["a"]), *l[2:4] = (f(7), f(8)), 9, 10; print(l, d, calls)
l[1] += 5; d["a"] -= 3; l[2:3] = [1, 2]; print(l, d)
x = y = z = [1]; x += [2]; print(y is x, z)
a, (b, *c), d = 1, "xyz", 2; print(a, b, c, d); [p, q] = 1, 2; print(p, q); (r) = 5; print(r)
del x, (y, z)
try: x
except NameError as e: print(e)
class T: pass
t = T(); t.a = t.b = 3; t.a += 1; del t.b; print(t.a, hasattr(t, "b"))
for t.i, (u, v) in [(0, (1, 2)), (3, (4, 5))]: print(t.i, u, v)
for i in (x := [1, 2]): pass
print([x for x in range(3)], x, {i: j for i, j in zip("ab", [1, 2])}, {a for a in "aab"} == {"a", "b"}, [(i, j) for i in range(3) if i for j in range(i)], [[j for j in range(i)] for i in range(3)], [(lambda: i)() for i in range(3)])
def g():
    global made
    made = 42
g(); print(made)
print(eval("1 + 2 * 3"), eval(" 7 "), eval("[i for i in range(3)]"), eval("a + z", {"a": 1, "z": 2}), eval("q", {"q": 1}, {"q": 2}))
exec("ex = 5\nfor i in range(2):\n ex += i"); print(ex); ns = {}; exec("def fn(a): return a + 1\nb = fn(1)", ns); print(ns["b"], ns["fn"](5))
pass; ...; print(Ellipsis is ..., ..., NotImplemented, __name__)
if True: print("one line"); print("two")
x: int = 5; y: "str"; print(x)
def annotated(a: int, b: str = "x", *c: list, **d: dict) -> None: return b
print(annotated(1))
print(1_000, 0xFF_FF, 1e3, .5, 5., 1j * 1j if False else -1, 10 // 3 * 3 + 10 % 3, 2 ** 3 ** 2, -2 ** 2, (1, ), not True == False, 5 & 3 | 4 ^ 1, ~5 + 1 << 2, "a" "b" * 2)
print(*(i for i in range(3)), sep=", ", end=".\n"); print(); print("a", "b", sep=""); print("x", end=""); print("y")
i = 0
while True:
    i += 1
    if i % 2: continue
    if i > 6: break
    print(i, end=" ")
print()
lines = """
  indented
    more
""".split("\n"); print(lines)
print(abs(-3), all([1, 1]), bin(5), bool([]), chr(65), divmod(7, 3), hex(255), isinstance(1, (int, str)), len("abc"), oct(8), ord("a"), pow(2, 5), repr("x"), round(3.7), sorted([2, 1]), type(5).__name__, callable(len), id(x) == id(x), hash("a") == hash("a"))
print(getattr(5, "real", None), (5).real if hasattr(5, "real") else 5, slice(1, 2), slice(None, None, -1).step, [1, 2, 3][slice(0, 2)], type(None).__name__, type(print).__name__ != "", object() is None)
print(list(zip()), list(zip([1], [2], [3])), [*map(str, [1, 2])], list(map(max, [1, 5], [3, 2])), dict(zip("ab", [1, 2])), sum(range(101)), min(3, 1, 2), max([[1], [2]]), sorted("bA", key=str.lower), list(filter(lambda x: x > 1, [1, 2, 3])), next(iter([5])))
print(int.__name__, str(int), str(type("")), [].__class__.__name__, isinstance(int, type), type(type).__name__, issubclass(bool, int), int is type(5), str.upper("abc"), list.append.__name__ if hasattr(list.append, "__name__") else "append")
