# A bit of everything, as programs mix it.
class P:
    def __init__(self, x, y): self.x, self.y = x, y
    __match_args__ = ('x', 'y')
def m(v):
    match v:
        case P(0, y): return ('P0', y)
        case P(x=1, y=q): return ('P1', q)
        case {'a': int(n), **rest}: return ('map', n, rest)
        case [1, 2, *_]: return 'seq'
        case str() | bytes(): return 'text'
        case None: return 'none'
        case _: return 'other'
print([m(v) for v in (P(0, 5), P(1, 6), P(2, 2), {'a': 1, 'b': 2}, [1, 2, 3], 'x', None, 3.5)])
def deco(*a):
    def w(f):
        def g(*x, **k): return (a, f(*x, **k))
        return g
    return w
@deco(1, 2)
def add(a, b=1): return a + b
print(add(1), add(1, b=5))
class Stack:
    def __init__(s): s.l = []
    def __enter__(s): s.l.append('in'); return s
    def __exit__(s, t, v, tb): s.l.append(t.__name__ if t else None); return t is KeyError
st = Stack()
with st: pass
with st: {}['z']
try:
    with st, Stack() as s2: 1 / 0
except ZeroDivisionError: pass
print(st.l, s2.l)
def fin(n):
    for i in range(n):
        try:
            try:
                if i == 1: raise ValueError(i)
                if i == 2: return 'ret'
            finally: print('f', i)
        except ValueError as e: print('caught', e)
        else: print('else', i)
    return 'end'
print(fin(2), fin(4))
def g1():
    try:
        yield 1
        yield 2
    finally: print('g1 fin')
x = g1(); print(next(x)); x.close()
def lazy():
    yield from (i * i for i in range(4))
    return 'done'
def drive():
    r = yield from lazy()
    yield r
print(list(drive()))
a = [1, 2, 3, 4, 5, 6]; a[1:4] = [9]; del a[-1]; print(a, a[::-1], a[1::2])
d = {i: str(i) for i in range(20)}; 
for k in list(d): 
    if k % 3: del d[k]
print(d, list(reversed(list(d.items())))[:2])
print(sorted(['b', 'A', 'c'], key=str.lower, reverse=True), max([3, 1, 2], key=lambda v: -v), min('hello'))
print(*map(lambda a, b: a * b, [1, 2, 3], [4, 5, 6]), sep='-', end='!\n')
i = 10 ** 30; print(i, -i // 7, i % 97, i >> 5, hex(i), i ** 2 == 10 ** 60, int(str(i)) == i)
print((1 << 31) - 1, 2 ** 31 * 2, -2 ** 30, 2 ** 30 - 1 + 1, (2**30) * -1, 1073741823 + 1, -1073741824 - 1, 46341 * 46341, -46341 * 46341)
print(7 // -2, 7 % -2, -7 // 2, -7 % 2, 5 << 30, -5 >> 1, ~5, 3 & -2, 5 ^ -1, 1 << 29, 1 << 30, 3 << 29)
print(1.5 + 2, 3 / 2, 7.5 // 2, 2 ** 0.5 > 1.41, 1e3, round(2.5), round(3.14159, 2), abs(-3.5), int(-3.7), float('2.5'))
global_list = []
class Node:
    def __init__(self, v, nxt=None): self.v = v; self.nxt = nxt; self.a = 1; self.b = 2; self.c = 3
    def __iter__(self):
        n = self
        while n: yield n.v; n = n.nxt
print(list(Node(1, Node(2, Node(3)))))
n = Node(1); n.d = 4; del n.a; n.e = 5; print(n.v, n.b, n.c, n.d, n.e, hasattr(n, 'a'), sorted(n.__dict__))
class Cnt:
    n = 0
    def inc(self): Cnt.n += 1; return self
for _ in range(5): Cnt().inc().inc()
print(Cnt.n)
class Dyn: pass
o = Dyn()
for i in range(300): setattr(o, 'attr%d' % i, i)
print(sum(getattr(o, 'attr%d' % i) for i in range(300)))
Dyn.late = lambda self: 'late'; print(o.late()); Dyn.late = lambda self: 'later'; print(o.late())
def call_late(): return o.late()
print(call_late()); Dyn.late = lambda self: 'third'; print(call_late()); o.late = lambda: 'own'; print(call_late())
print([(lambda i=i: i)() for i in range(3)], (lambda: [j for j in range(3)])())
print(isinstance(3, (int, str)), isinstance('x', int | str), callable(print), id(o) == id(o))
print(' '.join(f'{k}={v}' for k, v in sorted(dict(b=1, a=2).items())), 'a,b,,c'.split(','), '%05.1f|%x|%e' % (3.14159, 255, 12345.678))
