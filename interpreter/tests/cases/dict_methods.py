# dict, its views, and keys with hashes and comparisons of their own.
def t(f, *args, **kw):
    try:
        print(repr(f(*args, **kw)))
    except Exception as e:
        print(type(e).__name__, e)
def setitem(x, i, v):
    x[i] = v

d = {"a": 1, "b": 2, 3: "c", None: 0, (1, 2): "t", 2.5: "f", True: "true", b"x": "bytes"}
print(d, len(d), d[1], d[1.0], d[(1, 2)], d[None], "a" in d, "z" in d, 3.0 in d)
t(lambda: d["nope"]); t(lambda: d[[]]); t(lambda: [] in d); t(d.get, "a"); t(d.get, "z"); t(d.get, "z", 5); t(d.get, []); t(d.pop, "a"); t(d.pop, "a"); t(d.pop, "a", 9); t(d.popitem); t({}.popitem); t(d.setdefault, "n", 7); t(d.setdefault, "n", 8); t(d.setdefault, "m"); print(d)
del d["b"]; print(d); t(lambda: d.__delitem__("zz") if False else d["zz"]); d["b"] = "again"; print(d)
t(dict); t(dict, [("a", 1), ["b", 2]]); t(dict, a=1, b=2); t(dict, {"x": 1}, y=2); t(dict, [1]); t(dict, [(1, 2, 3)]); t(dict, 5); t(dict, ["ab", "cd"]); t(dict, {}, {}); t(dict, [([], 1)]); t(dict.fromkeys, "abc"); t(dict.fromkeys, [1, 2], 0); t(dict.fromkeys, 5); t(dict, zip("ab", (1, 2)))
d = {"a": 1}; d.update({"b": 2}, c=3); d.update([("d", 4)]); d.update(); print(d); t(d.update, 5); t(d.update, 1, 2); d |= {"e": 5}; d |= [("f", 6)]; print(d, {"a": 0} | d, d | {"a": 9}); t(lambda: d | 5); t(lambda: d + d)
k, v, i = d.keys(), d.values(), d.items()
print(k, v, i, len(k), "a" in k, 3 in v, ("a", 1) in i, ("a", 2) in i, list(k), list(v), list(i)); d["new"] = 1; print(k, len(v))
print(sorted(k & {"a", "zz"}), sorted(k | {"zz"}), sorted(k - {"a"}), sorted(k ^ {"a", "zz"}), sorted({"a", "q"} | k), k == d.keys(), k == set(d), k >= {"a"}, {"a"} < k, k.isdisjoint({"q"}), list(reversed(d)), list(reversed(d.items()))[:1], list(reversed(d.values()))[:2])
print({1: 2} == {1.0: 2.0}, {1: 2} == {1: 3}, {1: 2} != {2: 1}, {} == [], {"a": [1]} == {"a": [1]}, {1: 2, 3: 4} == {3: 4, 1: 2}); t(lambda: {} < {}); t(lambda: {1: 2}[{}]); t(hash, {})
c = d.copy(); c["x"] = 1; print("x" in d, c == d); c.clear(); print(c, bool(c), bool(d))
def grow():
    x = {1: 1}
    for k in x:
        x[k + 1] = 1
t(grow)
def shrink():
    x = {1: 1, 2: 2}
    for k in x:
        del x[k]
t(shrink)
x = {1: 1, 2: 2}
for k in x:
    x[k] = k * 10
print(x)
it = iter({1: 2}); print(next(it), next(it, "end"), next(it, "end"))
d = {}
for n in range(1000):
    d["key%d" % n] = n
for n in range(0, 1000, 3):
    del d["key%d" % n]
for n in range(0, 1000, 9):
    d["key%d" % n] = -n
print(len(d), list(d.items())[:5], list(d.items())[-5:], sum(d.values()))
d = {n: n for n in range(300)}
while len(d) > 2:
    d.popitem()
print(d); d[5] = 5; d[1] = "one"; print(d); d.clear(); d["x"] = 1; print(d)

class K:
    def __init__(self, v):
        self.v = v
    def __hash__(self):
        return self.v % 3
    def __eq__(self, other):
        return isinstance(other, K) and self.v == other.v or self.v == other
    def __repr__(self):
        return "K%d" % self.v
d = {K(i): i for i in range(10)}
print(d, d[K(7)], K(11) in d, len(d)); d[K(3)] = "three"; del d[K(4)]; d[2] = "two"; print(d, 0 in d, d.get(5), d.get(1)); print({K(1), K(1), K(4), 1})
class Plain:
    pass
p, q = Plain(), Plain(); d = {p: 1, q: 2, "s": 3, 4: 5}; print(d[p], d[q], d["s"], d[4], len(d), Plain() in d)
class NoHash:
    def __eq__(self, other):
        return True
t(lambda: {NoHash(): 1})
class BadEq:
    def __hash__(self):
        return 1
    def __eq__(self, other):
        raise ValueError("bad eq")
d = {BadEq(): 1}
t(lambda: d[BadEq()]); t(lambda: 1 in d); print(len(d))
class BadHash:
    def __hash__(self):
        return "x"
t(hash, BadHash())
class Mutator:
    def __init__(self, d):
        self.d = d
    def __hash__(self):
        return 7
    def __eq__(self, other):
        self.d.clear()
        self.d["cleared"] = 1
        return False
d = {}; d[Mutator(d)] = 1; d[Mutator(d)] = 2; print(len(d), "cleared" in d)
class D(dict):
    def __missing__(self, key):
        self[key] = "made " + str(key)
        return self[key]
    def __setitem__(self, k, v):
        super().__setitem__(k, v)
x = D(a=1); print(x["a"], x["b"], x, len(x), x.get("c"), "b" in x, isinstance(x, dict), dict(x), x == {"a": 1, "b": "made b"}, list(x.items()), {**x, "z": 1})
def f(**kw):
    return kw
print(f(**x, y=2), dict(**{"a": 1}), {**{"a": 1}, "a": 2})
print({1: {2: {3: {}}}}, {"a": (1,), "b": [2]}, str({"q": "it's"}))
print(list(enumerate({"x": 1})), max({"b": 1, "c": 0}), sum({1: 2, 3: 4}), [*{"u": 1}], {k: v for v, k in {"a": "b"}.items()})
