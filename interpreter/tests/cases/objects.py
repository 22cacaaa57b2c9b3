# classes
class Base:
    count = 0
    def __init_subclass__(cls, **kw):
        print('init_subclass', cls.__name__, kw)
        super().__init_subclass__()
    def hello(self): return 'base'
class D(Base, tag=1):
    def hello(self): return 'd+' + super().hello()
    @property
    def p(self): return self._p
    @p.setter
    def p(self, v): self._p = v * 2
    @p.deleter
    def p(self): del self._p
    @classmethod
    def make(cls, *a): return cls(*a)
    @staticmethod
    def st(x): return x + 1
d = D.make(); print(d.hello()); d.p = 4; print(d.p); del d.p
try: d.p
except AttributeError as e: print(e)
print(D.st(3), d.st(4), D.__mro__, D.__name__, D.__bases__)
class Meta: pass
class X:
    def __getattr__(self, n): 
        if n.startswith('z'): return n
        raise AttributeError(n)
    def __setattr__(self, n, v): print('set', n, v); super().__setattr__(n, v)
    def __delattr__(self, n): print('del', n); object.__delattr__(self, n)
x = X(); x.a = 1; print(x.a, x.zz); del x.a
print(hasattr(x, 'a'), hasattr(x, 'zq'), getattr(x, 'b', 7))
class Desc:
    def __set_name__(self, o, n): self.n = n; print('set_name', o.__name__, n)
    def __get__(self, i, o): return ('get', i is None, self.n)
    def __set__(self, i, v): print('dset', v)
class H: 
    f = Desc()
h = H(); print(h.f, H.f); h.f = 3
class N:
    def __new__(cls, *a, **k): print('new', a, k); o = super().__new__(cls); o.t = 1; return o
    def __init__(self, *a, **k): print('init', a, k)
n = N(1, b=2); print(n.t)
class V:
    def __init__(s, x): s.x = x
    def __add__(s, o): return V(s.x + (o.x if isinstance(o, V) else o))
    __radd__ = __add__
    def __iadd__(s, o): s.x += 100; return s
    def __eq__(s, o): return isinstance(o, V) and s.x == o.x
    def __lt__(s, o): return s.x < o.x
    def __repr__(s): return f'V({s.x})'
    def __hash__(s): return hash(s.x)
    def __call__(s, *a, **k): return (s.x, a, k)
    def __len__(s): return s.x
    def __getitem__(s, i): 
        if isinstance(i, int) and i > 3: raise IndexError(i)
        return i
    def __contains__(s, i): return i == 9
    def __neg__(s): return V(-s.x)
    def __bool__(s): return s.x != 0
    def __enter__(s): print('enter'); return s
    def __exit__(s, *a): print('exit', a[0]); return True
    def __index__(s): return s.x
v = V(3); print(v + 1, 1 + v, v + V(4), v == V(3), v != V(3), v < V(4), v > V(4))
v += 1; print(v, v(1, k=2), len(V(5)), list(V(1)), 9 in v, -v, bool(V(0)), [1,2,3,4][V(2)])
with v as q: raise ValueError('x')
print({V(1): 'a'}[V(1)], sorted([V(3), V(1)]), v[1:2])
class L(list):
    def append(self, x): super().append(x * 2)
    def __len__(self): return 42
l = L([1, 2]); l.append(5); print(l, len(l), l[2], isinstance(l, list), list.__len__(l))
class DD(dict):
    def __missing__(self, k): return k + '!'
dd = DD(a=1); print(dd['a'], dd['q'], dd)
class I(int):
    def __add__(self, o): return I(int(self) * o)
print(I(5) + 3, I(7) - 2, type(I(5) + 3))
class S(str):
    def shout(self): return self.upper() + '!'
print(S('abc').shout(), S('x') + 'y', len(S('four')))
class E(Exception):
    def __init__(self, a, b): super().__init__(a); self.b = b
    def __str__(self): return 'E:' + str(self.b)
try: raise E(1, 2)
except E as e: print(e, e.args, e.b, repr(e))
try:
    try: 1/0
    except ZeroDivisionError as e: raise KeyError('k') from e
except KeyError as e: print(repr(e.__cause__), e, e.__suppress_context__)
def f():
    try: return 1
    finally: print('fin')
print(f())
def g():
    for i in range(3):
        try:
            if i == 1: continue
            if i == 2: break
        finally: print('f', i)
g()
def gen():
    try:
        while True:
            x = yield
            print('got', x)
    except GeneratorExit: print('closed')
    finally: print('gfin')
k = gen(); next(k); k.send(3); k.close()
def sub(): 
    r = yield 1
    print('r', r)
    return 'ret'
def top(): 
    v = yield from sub()
    print('v', v); yield 2
t = top(); print(next(t), t.send('s'))
print([ (a, b) for a in range(3) for b in 'xy' if a != 1], {a: a*a for a in range(3)}, {a % 2 for a in range(5)})
a, *b, c = range(5); print(a, b, c)
def kw(a, /, b, *, c=3, **d): return a, b, c, d
print(kw(1, 2), kw(1, b=3, c=4, z=5))
for bad in (lambda: kw(), lambda: kw(1), lambda: kw(1, 2, 3), lambda: kw(a=1, b=2), lambda: kw(1, 2, b=3), lambda: f(1), lambda: [].append(), lambda: len(), lambda: len(1,2), lambda: V(), lambda: D(1), lambda: object(1), lambda: 'a'+1, lambda: 1+'a', lambda: [1]+(2,), lambda: None.x, lambda: X.q, lambda: [1][5], lambda: {}['a'], lambda: int('x'), lambda: 1<'a', lambda: iter(1), lambda: {[]:1}, lambda: next(iter([])), lambda: (yield_undefined)):
    try: bad(); print('no')
    except Exception as e: print(type(e).__name__, e)
def outer():
    n = 0
    def inc():
        nonlocal n
        n += 1
        return n
    return inc
i = outer(); i(); print(i())
match (1, [2, 3], {'k': 4}):
    case (1, [a, *r], {'k': z}) if z == 4: print('m', a, r, z)
    case _: print('no')
print(type(d).__name__, type(3), type(None), str(type(V)), isinstance(True, int), issubclass(bool, int))
async def co(): return 5
async def main(): print(await co())
m = main()
try: m.send(None)
except StopIteration: pass
class It:
    def __init__(s): s.i = 0
    def __iter__(s): return s
    def __next__(s):
        s.i += 1
        if s.i > 3: raise StopIteration
        return s.i
print(list(It()), sum(It()), max(It()), [*It(), *It()], dict(zip('ab', It())))
def rec(n): return 0 if n == 0 else 1 + rec(n - 1)
try: rec(100000)
except RecursionError as e: print('RecursionError', e)
print(rec(50))
x = 5
exec('x = x + 1\nprint(x)')
print(eval('x * 2'), x)
ns = {'y': 3}; exec('z = y + 1', ns); print(ns['z'])
print("%s %d %r %5.2f|%-5s|" % ('a', 3, 'b', 2.5, 'q'), f'{x!r:>5}|{x:05d}|{3.14159:.2f}|{"a":^5}|{x=}')
f.attr = 5; print(f.attr, f.__name__)

class Ctx:
    def __init__(self): pass
try:
    with Ctx(): pass
except TypeError as e: print(e)
try:
    raise 5
except TypeError as e: print(e)
print((lambda *a, k=1: (a, k))(1, 2, k=3))
assert True
try: assert False, 'msg'
except AssertionError as e: print('AE', e)
print(D.__dict__.get('st') is not None, 'hello' in dir(D))
class Slots:
    __slots__ = ('a', 'b')
    def __init__(self): self.a = 1; self.b = 2
s = Slots(); print(s.a, s.b)
class M1:
    def f(self): return 'M1'
class M2(M1):
    def f(self): return 'M2' + super().f()
class M3(M1):
    def f(self): return 'M3' + super().f()
class M4(M2, M3):
    def f(self): return 'M4' + super().f()
print(M4().f(), [c.__name__ for c in M4.__mro__])
del x
try: x
except NameError as e: print(e)
def ul():
    print(q)
    q = 1
try: ul()
except UnboundLocalError as e: print(e)
