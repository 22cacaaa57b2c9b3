# dict and set.
d = {"one": 1, "two": 2, 3: "three", (1, 2): "t", None: 0, 1.5: "f", True: "yes"}
print(d, len(d), d["one"], d[(1, 2)], d[1], d.get("x"), d.get("x", 9), "one" in d, "x" not in d)
d["new"] = [1]; d["one"] = 11; del d[3]; print(d, list(d), list(d.keys()), list(d.values()), list(d.items()))
print(d.pop("two"), d.pop("zz", None), d.setdefault("k", 5), d.setdefault("k", 6), d)
d.update({"a": 1}, b=2); d.update([("c", 3)]); print(d, d.popitem())
e = dict(x=1, y=2); f = dict([("p", 1), ("q", 2)]); g = dict(e, z=3); h = e.copy(); h["x"] = 100
print(e, f, g, h, e == {"y": 2, "x": 1}, e != h, dict.fromkeys("ab", 0), {k: v * 2 for k, v in e.items()}, e | f, {**e, **f})
e |= {"w": 9}; print(e, bool({}), bool(e))
for k in e:
    print(k, e[k], end="; ")
print()
big = {}
for i in range(500):
    big[i] = i * i
    big["k%d" % i] = i
for i in range(0, 500, 2):
    del big[i]
for i in range(0, 500, 4):
    big[i] = -i
print(len(big), big[499], big["k250"], 250 in big, 248 in big, list(big)[:6], list(big)[-3:], sum(v for v in big.values()))
for bad in (lambda: {}["x"], lambda: {}[[]], lambda: {[]: 1}, lambda: {}.popitem(), lambda: {}.pop("q"), lambda: dict([1]), lambda: {{}}):
    try:
        bad()
    except Exception as e:
        print(type(e).__name__, e)
try:
    for k in big:
        big["extra" + str(k)] = 1
except RuntimeError as e:
    print(e)
v = {"a": 1}.keys(); print("a" in v, len(v), list(v), {1: 2}.items() == {1: 2}.items() if hasattr(v, "isdisjoint") else True)
order = {}
for k in "zyxw":
    order[k] = ord(k)
order["y"] = 0; del order["z"]; order["z"] = 1
print(order, sorted(order), sorted(order.items(), key=lambda kv: kv[1]), list(reversed(list(order))))
class Key:
    def __init__(self, v): self.v = v
    def __hash__(self): return self.v % 3
    def __eq__(self, o): return isinstance(o, Key) and self.v == o.v
    def __repr__(self): return "Key(%d)" % self.v
kd = {Key(i): i for i in range(30)}
print(len(kd), kd[Key(7)], Key(31) in kd, Key(29) in kd); del kd[Key(7)]; print(Key(7) in kd, len(kd), list(kd)[:8])
s = {3, 1, 2, 3}; t = {2, 3, 4}
print(sorted(s), len(s), 2 in s, sorted(s | t), sorted(s & t), sorted(s - t), sorted(s ^ t), s <= t, {2, 3} < s, s >= {1}, s == {1, 2, 3}, s.isdisjoint({9}), set(), frozenset([1]))
s.add(5); s.discard(1); s.discard(99); s.remove(2); s.update([7, 8], {9}); print(sorted(s), sorted(s.union([1])), sorted(s.intersection([7, 8, 1])), sorted(s.difference([7])), sorted(s.symmetric_difference({7, 100})))
s -= {7}; s |= {1}; s &= {1, 3, 5}; s ^= {5, 6}; print(sorted(s), s.issubset({1, 3, 6, 10}), s.issuperset({1}), s.copy() == s)
print({frozenset([1, 2]): "fs"}[frozenset([2, 1])], hash(frozenset([1, 2])) == hash(frozenset([2, 1])), {x % 3 for x in range(10)} == {0, 1, 2}, type(frozenset([1]) & {1}).__name__)
try:
    set().pop()
except KeyError as e:
    print("KeyError", e)
try:
    {1}.remove(2)
except KeyError as e:
    print("KeyError", e)
try:
    {[]}
except TypeError as e:
    print(e)
def order_of():
    log = []
    def k(x): log.append("k%d" % x); return x
    def v(x): log.append("v%d" % x); return x
    {k(1): v(1), k(2): v(2)}
    return log
print(order_of())
