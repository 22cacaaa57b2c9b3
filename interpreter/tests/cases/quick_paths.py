b = bytearray(range(10))
def f():
    for i in range(10):
        b[i] = (b[i] * 7) & 255
    for v in (0, 255, 256, -1, 1000, None, 1.5):
        try:
            b[3] = v
            print(b[3], b[-1])
        except (ValueError, TypeError) as e:
            print(type(e).__name__, e)
    for i in (10, -11, 'a'):
        try: print(b[i])
        except (IndexError, TypeError) as e: print(e)
        try: b[i] = 1
        except (IndexError, TypeError) as e: print(e)
    b[-2] = 77
    print(b)
f()
def g(n):
    l = [i * i for i in range(n)]
    return len(l), sum(l), l[-1:]
for n in (0, 1, 2, 3, 7, 8, 9, 100, 1000): print(g(n))
def neg(x): return -x
for x in (0, 1, -1, 1 << 29, (1 << 30) - 1, -(1 << 30), 1 << 30, 1.5, -2.25, 0.0, 1e30, True, 2j): print(neg(x))
def same(a, b): 
    if a is b: return 1
    if a is not b: return 2
z = 1e30; w = float('1e30')
print(same(1, 1), same(z, z), same(None, 0), same([], []), same('a', 'a'), same(1.5, 1.5), same((), ()))
class A:
    def __init__(self, x, y=3): self.x = x; self.y = y
class B:
    def __init__(self, x): self.x = x; return None
class C2:
    def __init__(self): return 5
print(A(1).y, A(1, 2).y, A(x=1, y=9).x, B(4).x)
try: C2()
except TypeError as e: print(e)
try: B()
except TypeError as e: print(e)
try: B(1, 2)
except TypeError as e: print(e)
m = A.__init__
bm = [].append
bm(1); bm(2)
try: bm()
except TypeError as e: print(e)
try: bm(1, 2)
except TypeError as e: print(e)
class L(list): pass
l = L(); ap = l.append; ap(5); print(l, len(l))
class M:
    def f(self, a, b=2): return a, b
q = M().f
print(q(1), q(1, 5), q(b=3, a=9))
try: q()
except TypeError as e: print(e)
def kw(a, b, c=7, d=8): return a, b, c, d
print(kw(1, 2), kw(1, b=3), kw(b=1, a=2), kw(1, 2, d=5), kw(1, 2, 3, 4), kw(1, c=0, b=5))
for args, kws in (((1,), {}), ((1, 2), {'a': 3}), ((1, 2), {'z': 3}), ((1, 2, 3, 4, 5), {}), ((), {'a': 1}), ((1,), {'c': 2})):
    try: print(kw(*args, **kws))
    except TypeError as e: print(e)
try: kw(1, a=2, b=3)
except TypeError as e: print(e)
def gen(n, k=2):
    for i in range(n):
        x = yield i * k
        if x: print('got', x)
print(list(gen(4)), sum(gen(5, k=3)), set(gen(3)), max(gen(4)))
def deleg(n):
    r = yield from gen(n)
    yield from [9, 8]
    return r
print([x for x in deleg(3)], list(deleg(2)))
gg = gen(5); next(gg); print(gg.send(7)); 
for i in gg: print(i)
def rec(n):
    if n:
        yield n
        yield from rec(n - 1)
print(list(rec(10)), sum(1 for x in rec(12)))
def bad():
    yield 1
    raise ValueError('in gen')
try:
    for x in bad(): print(x)
except ValueError as e: print(e)
try: print(list(bad()))
except ValueError as e: print(e)
def handling():
    try: raise KeyError('k')
    except KeyError:
        for i in gen(3): yield i
for i in handling(): print(i)
def deep(n):
    return 0 if n == 0 else 1 + deep(n - 1)
try: deep(10000)
except RuntimeError as e: print(type(e).__name__)
def deepgen(n):
    for x in deepgen(n + 1): yield x
try: list(deepgen(0))
except RuntimeError as e: print(type(e).__name__)
def f(x): return len(x)
class Len:
    def __len__(self): return 5
class L(list): pass
for x in ([], [1], (), (1, 2), (1, 2, 3, 4), {}, {1: 2}, set([1]), 'äb', b'ab', bytearray(3), Len(), L([1, 2]), range(7), memoryview(b'abc'), {}.keys()):
    print(f(x))
for x in (1, None, 1.5):
    try: f(x)
    except TypeError as e: print(e)
try: len()
except TypeError as e: print(e)
try: len([], [])
except TypeError as e: print(e)
d = {}
for i in range(20): d[i] = i; print(len(d), end=' ')
for i in range(0, 20, 3): del d[i]; print(len(d), end=' ')
