import collections, struct, array, io, re, sys

class A:
    x = 1
    def __init__(self, *args, k=None, **kw):
        self.a, self.kw = args, kw
    @property
    def p(self):
        return self.a
    def __enter__(self):
        return self
    def __exit__(self, t, v, tb):
        return t is ValueError

def gen(n):
    try:
        for i in range(n):
            got = yield i, [j * 2 for j in range(i)]
            if got: raise ValueError(got)
    finally:
        print("closed")

g = gen(5)
next(g)
try:
    g.send(3)
except ValueError as e:
    print(e)
with A(1, 2, z=3) as a:
    print(a.p, a.kw)
    raise ValueError
d = {i: str(i) for i in range(10)}
for k, v in sorted(d.items(), key=lambda kv: -kv[0]):
    d[v] = k
    if k == 3: del d[k]
print(f"{len(d):>5}{'x'!r:^7}", "%05d|%-4s|%r" % (7, "ab", b"c"), "{:x}{:.3f}".format(255, 1.5))
print(struct.pack("<hIq", -1, 2, 1 << 40), array.array("H", [1, 2]), bytearray(b"ab") + b"c")
match [1, (2, {"k": 3})]:
    case [a, (b, {"k": c})] if c > 2:
        print(a, b, c)
print(re.match(r"(\w+)[- ]*(\d*)", "abc--42").groups(), 1 << 100 >> 3, -7 // 2, 2 ** -1)
P = collections.namedtuple("P", "x y")
print(P(1, 2)._replace(x=5), sys.version_info[0], io.StringIO("a\nb").read())
async def co():
    return await co2()
async def co2():
    return 42
try:
    co().send(None)
except StopIteration as e:
    print(e.value)
