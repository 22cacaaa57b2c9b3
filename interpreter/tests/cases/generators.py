# Generators, yield from, send/throw/close, generator expressions, iterators, coroutines.
def count(n):
    i = 0
    while i < n:
        got = yield i
        if got: print("got", got)
        i += 1
    return "ret"
print(list(count(3)), sum(count(5)), [x * 2 for x in count(3)], tuple(count(2)), dict(enumerate(count(2))))
g = count(3); print(next(g), g.send("hi"), next(g))
try: next(g)
except StopIteration as e: print("stop", e.value)
try: next(g)
except StopIteration as e: print("stop again", e.value)
def outer():
    r = yield from count(2)
    print("r", r)
    r = yield from [10, 20]
    print("r", r)
    yield from (c for c in "ab")
    return 99
print(list(outer()))
def catching():
    while True:
        try: yield 1
        except ValueError as e: print("caught", e); yield 2
        finally: print("finally")
g = catching(); print(next(g), g.throw(ValueError("x")), next(g)); g.close()
try: next(g)
except StopIteration: print("closed")
def delegating():
    try: yield from catching()
    except KeyError as e: print("outer caught", e); yield "recovered"
g = delegating(); print(next(g), g.throw(ValueError("deep")), g.throw(KeyError("k")))
g = count(1)
try: g.send(5)
except TypeError as e: print(e)
try: g.throw(RuntimeError("before start"))
except RuntimeError as e: print(e)
def ignores():
    while True:
        try: yield
        except GeneratorExit: yield "bad"
g = ignores(); next(g)
try: g.close()
except RuntimeError as e: print(e)
def reenter():
    yield next(me)
me = reenter()
try: next(me)
except ValueError as e: print(e)
def stop(): raise StopIteration("inside"); yield
try: list(stop())
except RuntimeError as e: print(e)
print(sum(x * x for x in range(10)), max((x, -x) for x in range(3)), list((a, b) for a in range(2) for b in range(a, 3)), any(x > 3 for x in [1, 5]), "-".join(str(i) for i in range(4)))
def fib():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b
import sys
first = []
for f in fib():
    if f > 100: break
    first.append(f)
print(first)
def tree(n):
    if n:
        yield from tree(n - 1)
        yield n
        yield from tree(n - 1)
print(list(tree(4)))
def chain(n):
    if n == 0: yield "bottom"
    else: yield from chain(n - 1)
print(list(chain(40)))
def pipeline(src, *stages):
    for s in stages: src = s(src)
    return src
print(list(pipeline(range(10), lambda it: (x for x in it if x % 2), lambda it: (x * 10 for x in it))))
z = zip(count(5), "abc"); print(next(z), list(z)); e = enumerate("xy", 5); print(next(e), next(e), next(e, None))
m = map(lambda a: a + 1, count(3)); print(iter(m) is m, list(m), list(m)); print(list(iter(lambda c=[0]: c.append(0) or len(c), 4)))
r = range(2, 20, 5); print(list(r), r[1], r[-1], len(r), 7 in r, 8 in r, r[1:], list(reversed(r)), r == range(2, 18, 5), range(5)[::-1], range(0), list(range(5, 0, -2)), r.index(7), r.count(12), bool(range(0)))
print(list(range(2**31, 2**31 + 3)), list(range(3))[::-1])
async def co(x):
    return x * 2
async def main():
    a = await co(1)
    b = [await co(i) for i in range(3)]
    return a, b
c = main()
try: c.send(None)
except StopIteration as e: print(e.value)
class Awaitable:
    def __await__(self):
        r = yield "waiting"
        return r
async def waits(): return await Awaitable()
c = waits(); print(c.send(None))
try: c.send("value")
except StopIteration as e: print(e.value)
class ACtx:
    async def __aenter__(self): print("aenter"); return 5
    async def __aexit__(self, *a): print("aexit", a[0]); return True
class AIter:
    def __init__(self, n): self.n = n
    def __aiter__(self): return self
    async def __anext__(self):
        if self.n == 0: raise StopAsyncIteration
        self.n -= 1
        return self.n
async def uses():
    async with ACtx() as v: print(v)
    async with ACtx(): raise ValueError
    out = []
    async for x in AIter(3): out.append(x)
    else: out.append("else")
    return out
c = uses()
try: c.send(None)
except StopIteration as e: print(e.value)
def locals_kept(a, *b, **c):
    x = 1
    yield a
    x += 1
    yield b, x
    yield c, x
print(list(locals_kept(1, 2, k=3)))
gs = [count(2) for _ in range(3)]; print([next(g) for g in gs], [next(g) for g in gs])
