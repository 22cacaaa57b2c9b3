# set, frozenset, range, slice.
def t(f, *args, **kw):
    try:
        print(repr(f(*args, **kw)))
    except Exception as e:
        print(type(e).__name__, e)
def s(x):
    return (type(x).__name__, sorted(x))

for S in (set, frozenset):
    a, b = S([1, 2, 3]), S([3, 4])
    print(s(a | b), s(a & b), s(a - b), s(a ^ b), s(a.union(b, [9], "x" and [8])), s(a.intersection([1, 2], (2,))), s(a.difference([1])), s(a.symmetric_difference([1, 7])), s(a.copy()), s(a.union()), s(a.intersection()), s(a.difference()))
    print(a == S([3, 2, 1]), a != b, S([1]) < a, a <= a, a > S(), a >= b, a < b, a.issubset([1, 2, 3, 4]), a.issuperset([1]), a.isdisjoint([7, 8]), a.isdisjoint([1]), 1 in a, 1.0 in a, 9 in a, len(a), bool(S()), repr(S()), repr(S([1])))
    t(lambda: a | [1]); t(lambda: a - 5); t(lambda: a < [1]); t(lambda: a == [1]); t(S, 5); t(S, [[]]); t(lambda: [] in a); t(a.union, 5)
print(s({1, 2} | frozenset([3])), s(frozenset([1]) | {3}), s({1, 2} & frozenset([2])), {1, 2} == frozenset([1, 2]), hash(frozenset([1, 2])) == hash(frozenset([2, 1])), {frozenset([1]): "v"}[frozenset([1])], {1} in {frozenset([1])}, frozenset([frozenset([1])]) == frozenset([frozenset([1])]))
a = {1, 2, 3}
a.add(4); a.add(4); a.discard(9); a.discard(1); a.remove(2); print(s(a)); t(a.remove, 99); t(set().pop); t(hash, a); t(lambda: {a}); t(a.add, []); t(a.remove, [])
a.update([5, 6], {7}, "ab"); a -= {"a", "b"}; a |= {10}; a &= {3, 4, 5, 10}; a ^= {3, 11}; print(s(a)); a.intersection_update([4, 5, 10], [4, 10]); print(s(a)); a.difference_update([4]); print(s(a)); a.symmetric_difference_update([10, 12]); print(s(a)); print(a.pop(), a, len(a)); a.clear(); print(a)
x = y = {1}; x |= {2}; print(s(y)); f = g = frozenset([1]); f |= {2}; print(s(g), s(f)); t(lambda: frozenset([1]).add)
def grow():
    z = {1}
    for e in z:
        z.add(e + 1)
t(grow)
big = set()
for i in range(2000):
    big.add(i * 17 % 1009)
print(len(big), min(big), max(big), sum(big)); big -= set(range(1000)); print(s(big))
print(s({x % 3 for x in range(9)}), s(set("hello")), sorted(map(str, {1, "a", None, (1, 2)})), s({True, 1, 1.0}))
class MySet(set):
    def twice(self):
        return [x * 2 for x in sorted(self)]
m = MySet([2, 1]); m.add(3); print(m.twice(), len(m), 2 in m, s(m | {9})[1], m == {1, 2, 3})

for r in (range(0), range(5), range(2, 8), range(10, 0, -3), range(0, 10, 3), range(5, 5), range(0, -5), range(3, -4, -1), range(1 << 40, (1 << 40) + 5, 2), range(-(1 << 40), 0, 1 << 39)):
    print(r, len(r), list(r), list(reversed(r)), bool(r), r[1:], r[::-1], r[-3:-1], r[::2], 4 in r, r == range(5), (1 << 40) in r, r.start, r.stop, r.step)
r = range(0, 20, 2)
t(lambda: r[3]); t(lambda: r[-1]); t(lambda: r[10]); t(lambda: r["a"]); t(r.index, 6); t(r.index, 7); t(r.count, 6); t(r.count, 7); t(lambda: 6.0 in r); t(lambda: 6.5 in r); t(lambda: "a" in r); t(range); t(range, 1, 2, 3, 4); t(range, 1, 2, 0); t(range, 1.5); t(range, "a"); t(lambda: r < r); t(lambda: hash(range(0)) == hash(range(5, 5))); t(lambda: range(1, 2) == range(1, 3, 5)); t(lambda: r[::0]); t(setattr, r, "start", 1) if False else None
print(len(range(0, 1 << 30)), range(1 << 29)[-1], range(0, 1 << 30, 1 << 28)[2], sum(range(101)), (1 << 30) - 1 in range(1 << 30), [i for i in range((1 << 30) - 3, (1 << 30) + 2)], [i for i in range(-(1 << 30) + 1, -(1 << 30) - 3, -1)])
sl = slice(1, 10, 2)
print(sl, sl.start, sl.stop, sl.step, slice(5), slice(None), sl == slice(1, 10, 2), sl != slice(1), sl.indices(5), slice(None, None, -1).indices(4), slice(-2, None).indices(5), slice(3, 1).indices(9), slice(None, None, -1).indices(0), slice(-1, -9, -2).indices(6)); t(slice); t(slice, 1, 2, 3, 4); t(sl.indices, -1); t(slice(1, 2, 0).indices, 5); t(slice("a").indices, 5)
class Show:
    def __getitem__(self, i):
        return i
print(Show()[1:2, ::3], Show()[...], Show()[:], Show()[1:2:3], Show()[(1, 2)])
class Idx:
    def __index__(self):
        return 2
print([1, 2, 3][Idx()], "abc"[Idx()], [1, 2, 3][: Idx()], range(Idx()), range(9)[Idx()], [0] * Idx(), (5, 6, 7)[Idx()], b"abc"[Idx()], "ab" * Idx())
