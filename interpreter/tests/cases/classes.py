# Classes: inheritance, super, properties, operators, attribute hooks, native bases.
class A:
    kind = "a"
    def __init__(self, x=0): self.x = x
    def who(self): return "A%s" % self.x
    def __repr__(self): return "A(%r)" % self.x
    @classmethod
    def make(cls, x): return cls(x)
    @staticmethod
    def add(a, b): return a + b
    @property
    def double(self): return self.x * 2
    @double.setter
    def double(self, v): self.x = v // 2
    @double.deleter
    def double(self): self.x = None
class B(A):
    kind = "b"
    def __init__(self, x, y): super().__init__(x); self.y = y
    def who(self): return "B+" + super().who() + str(self.y)
a = A(3); b = B(1, 2)
print(a, a.who(), b.who(), B.make.__name__ if False else "make", A.make(5), A.add(1, 2), a.add(3, 4), a.double, b.kind, A.kind, a.kind)
a.double = 10; print(a.x); del a.double; print(a.x); a.kind = "own"; print(a.kind, A.kind); del a.kind; print(a.kind); A.kind = "A!"; print(a.kind, b.kind)
print(isinstance(b, A), isinstance(b, (int, B)), issubclass(B, A), issubclass(A, B), type(b) is B, type(b).__name__, b.__class__ is B, B.__bases__, hasattr(a, "zz"), getattr(a, "zz", 7), a.__dict__ if False else {"x": None})
try:
    a.double2
except AttributeError as e:
    print(e)
try:
    a.zz
except AttributeError as e:
    print(e)
class M1:
    def f(self): return ["M1"]
class M2(M1):
    def f(self): return ["M2"] + super().f()
class M3(M1):
    def f(self): return ["M3"] + super().f()
class M4(M2, M3):
    def f(self): return ["M4"] + super().f()
print(M4().f())
class V:
    def __init__(self, x, y): self.x, self.y = x, y
    def __add__(s, o): return V(s.x + o.x, s.y + o.y)
    def __radd__(s, o): return "radd" if o else s
    def __sub__(s, o): return NotImplemented
    def __rsub__(s, o): return "rsub"
    def __mul__(s, k): return V(s.x * k, s.y * k)
    __rmul__ = __mul__
    def __iadd__(s, o): s.x += o; return s
    def __neg__(s): return V(-s.x, -s.y)
    def __abs__(s): return abs(s.x) + abs(s.y)
    def __eq__(s, o): return isinstance(o, V) and (s.x, s.y) == (o.x, o.y)
    def __lt__(s, o): return s.x < o.x
    def __hash__(s): return s.x * 31 + s.y
    def __bool__(s): return bool(s.x or s.y)
    def __len__(s): return 2
    def __getitem__(s, i): return (s.x, s.y)[i]
    def __setitem__(s, i, v): setattr(s, "xy"[i], v)
    def __delitem__(s, i): print("del", i)
    def __contains__(s, v): return v in (s.x, s.y)
    def __iter__(s): yield s.x; yield s.y
    def __call__(s, *a, **k): return ("called", a, k)
    def __str__(s): return "<%d,%d>" % (s.x, s.y)
    def __repr__(s): return "V(%d, %d)" % (s.x, s.y)
    def __format__(s, spec): return "fmt:" + spec
    def __int__(s): return s.x
    def __float__(s): return s.x + 0.5
    def __index__(s): return s.y
    def __invert__(s): return "inv"
    def __matmul__(s, o): return "matmul"
    def __floordiv__(s, o): return "floordiv"
    def __mod__(s, o): return "mod"
    def __pow__(s, o): return "pow"
    def __lshift__(s, o): return "lshift"
    def __and__(s, o): return "and"
    def __or__(s, o): return "or"
    def __xor__(s, o): return "xor"
v = V(1, 2); w = V(3, 4)
print(v + w, 5 + v, sum([v, w], V(0, 0)), 3 - v, v * 3, 3 * v, -v, abs(V(-1, -2)), v == V(1, 2), v != w, v < w, v > w, bool(V(0, 0)), len(v), v[1], 2 in v, list(v), v(1, k=2), str(v), repr(v), "%s %r" % (v, v), f"{v:abc}", int(v), float(v), [10, 20, 30][v], ~v, v @ w, v // 1, v % 1, v ** 2, v << 1, v & 1, v | 1, v ^ 1)
v[0] = 9; del v[1]; v += 5; print(v, {V(1, 1): "k"}[V(1, 1)], sorted([w, V(1, 0)]), max(v, w), x if False else "")
try:
    v - 1
except TypeError as e:
    print(e)
try:
    v << "a" if False else object() + 1
except TypeError as e:
    print(e)
class Dyn:
    def __init__(self): self.log = []
    def __getattr__(self, n):
        if n.startswith("dyn_"): return n[4:]
        raise AttributeError(n)
    def __setattr__(self, n, v): object.__setattr__(self, n, v) if n == "log" else self.log.append((n, v))
    def __delattr__(self, n): self.log.append(("del", n))
d = Dyn(); d.a = 1; d.b = 2; del d.c; print(d.dyn_x, d.log, hasattr(d, "other"))
class Desc:
    def __get__(self, obj, owner): return ("get", obj is None)
    def __set__(self, obj, v): obj.stored = v
class HasDesc:
    d = Desc()
h = HasDesc(); h.d = 5; print(h.d, HasDesc.d, h.stored)
class L(list):
    def total(self): return sum(self)
    def append(self, x): super().append(x * 10)
l = L([1, 2]); l.append(3); print(l, l.total(), len(l), isinstance(l, list), l[2], l + [1], [x for x in l], l == [1, 2, 30])
class D(dict):
    def __missing__(self, k): return "missing"
    def __getitem__(self, k): return super().__getitem__(k) if k in self else "none"
dd = D(a=1); dd["b"] = 2; print(dd["a"], dd["zz"], len(dd), sorted(dd), dd.get("b"))
class I(int):
    def half(self): return self // 2
print(I(10).half(), I(3) + 4, I(5) == 5, isinstance(I(1), int))
class S(str):
    def shout(self): return self.upper() + "!"
print(S("abc").shout(), S("a") + "b", len(S("xyz")))
class E(ValueError):
    def __init__(self, code): super().__init__("code %d" % code); self.code = code
try:
    raise E(7)
except ValueError as e:
    print(e, e.code, e.args, type(e).__name__, repr(e))
class Meta:
    subs = []
    def __init_subclass__(cls, **kw): Meta.subs.append((cls.__name__, kw))
class Sub(Meta, tag=1): pass
print(Meta.subs)
class N:
    def __new__(cls, *a): o = super().__new__(cls); o.made = a; return o
    def __init__(self, *a): self.inited = len(a)
n = N(1, 2); print(n.made, n.inited)
class Outer:
    class Inner: val = 5
    def get(self): return self.Inner.val
print(Outer().get(), Outer.Inner.__name__)
T = type("T", (A,), {"z": 26, "m": lambda self: self.z}); print(T(1).m(), T.__name__, T(4))
m = b.who; print(m(), A.who(a), list(map(a.add, [1], [2])))
class Slots:
    __slots__ = ("p", "q")
s = Slots(); s.p = 1; print(s.p)
class Many: pass
o = Many()
for i in range(40): setattr(o, "attr%d" % i, i)
print(sum(getattr(o, "attr%d" % i) for i in range(40)), o.attr39)
for i in range(0, 40, 2): delattr(o, "attr%d" % i)
print(hasattr(o, "attr2"), o.attr3, sorted(n for n in dir(o) if n.startswith("attr"))[:3])
class CountDown:
    def __init__(self, n): self.n = n
    def __iter__(self): return self
    def __next__(self):
        if self.n <= 0: raise StopIteration
        self.n -= 1
        return self.n + 1
print(list(CountDown(3)), [*CountDown(2)], max(CountDown(4)), 2 in CountDown(3))
class GetItemOnly:
    def __getitem__(self, i):
        if i > 2: raise IndexError
        return i * i
print(list(GetItemOnly()), 4 in GetItemOnly())
class Ctx:
    def __enter__(self): print("enter"); return self
    def __exit__(self, t, v, tb): print("exit", t.__name__ if t else None, v); return t is ValueError
with Ctx() as c, Ctx(): print("body")
with Ctx(): raise ValueError("swallowed")
try:
    with Ctx(): raise KeyError("out")
except KeyError as e: print("KeyError", e)
