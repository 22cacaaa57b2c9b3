# list and tuple: methods, slices, sorting, and objects that change the list while it is at work.
def t(f, *args, **kw):
    try:
        print(repr(f(*args, **kw)))
    except Exception as e:
        print(type(e).__name__, e)
def setitem(x, i, v):
    x[i] = v
def delitem(x, i):
    del x[i]

l = [3, 1, 2]
l.append(5); l.extend((6, 7)); l.extend(x for x in "ab"); l.insert(0, "first"); l.insert(-1, "near end"); l.insert(99, "end"); l.insert(-99, "begin"); print(l)
t(l.pop); t(l.pop, 0); t(l.pop, -2); t(l.pop, 99); t([].pop); t(l.remove, 1); t(l.remove, 99); t(l.index, 5); t(l.index, 99); t(l.index, 5, 4); t(l.index, 2, -99, 99); t(l.count, 5); t(l.count, 1.0); t([True].index, 1); print(l)
t(l.insert, "a", 1); t(l.extend, 5); t(l.pop, "a"); t(lambda: l.nope)
l.reverse(); print(l, l.copy() == l, l.copy() is l); l.clear(); print(l)
a = list(range(10))
for i in (None, 0, 2, -3, 15, -15):
    for j in (None, 5, -1, 20):
        for k in (None, 2, -1, -3):
            print(a[i:j:k], tuple(a)[i:j:k], end="")
print()
def assign(s, v):
    x = list(range(8))
    x[s] = v
    return x
t(assign, slice(1, 3), "abc"); t(assign, slice(1, 1), [9, 9]); t(assign, slice(5, 2), [9]); t(assign, slice(None, None, 2), "abcd"); t(assign, slice(None, None, -2), "abcd"); t(assign, slice(None, None, 2), "ab"); t(assign, slice(2, None), []); t(assign, slice(0, 3), 5); t(assign, slice(0, 4), (x for x in "z")); t(assign, 99, 1); t(assign, "a", 1); t(assign, slice(0, 2, 0), [])
def remove(s):
    x = list(range(12))
    del x[s]
    return x
t(remove, slice(2, 5)); t(remove, slice(None, None, 2)); t(remove, slice(None, None, -3)); t(remove, slice(10, 2, -4)); t(remove, slice(5, 2)); t(remove, 3); t(remove, -1); t(remove, 99); t(remove, slice(None)); t(remove, slice(1, None, 5))
a = [1, 2, 3]; a[1:2] = a; print(a); a[:] = a[::-1]; print(a); a += a; print(a); a *= 2; print(len(a)); a *= 0; print(a); a.extend(a); a += "xy"; a.extend(a); print(a)
t(lambda: [1] + (2,)); t(lambda: [1] + 5); t(lambda: (1,) + [2]); t(lambda: [1] * 2 + 2 * [3]); t(lambda: [1] * "a"); t(lambda: (1, 2) * 2); t(lambda: [1] * -5); t(lambda: [1] - [1]); t(lambda: [[]] * 3)
t(lambda: [1, 2] < [1, 3]); t(lambda: [1] < [1, 0]); t(lambda: [1, 2] >= [1, 2]); t(lambda: [2] > [1, 9]); t(lambda: [1] == [1.0]); t(lambda: [1] == (1,)); t(lambda: [1] < (1,)); t(lambda: (1, "a") < (1, 2)); t(lambda: [] < [1]); t(lambda: (1, 2) != (1, 2)); t(lambda: [1] < 5)
nan = float("nan")
print(nan in [nan], [nan] == [nan], 2 in [1, 2.0], "a" in ["b"], (1, 2) in [(1, 2)], [nan].index(nan), [nan].count(nan))
print(hash((1, 2)) == hash((1, 2)), hash((1,)) == hash((1.0,)), {(1, "a"): 5}[(1.0, "a")], (), (1,), (1, 2), tuple("ab"), tuple([1]), len((1, 2)), tuple(), list(), list("ab"), list({1: 2}))
t(hash, (1, [])); t(lambda: {[]: 1}); t(hash, []); t((1, 2).index, 5); t((1, 2, 1).index, 1, 1); t((1, 2, 1).count, 1); t(lambda: (1, 2)[5]); t(lambda: (1, 2)["a"]); t(setitem, (1, 2), 0, 1); t(list, 5); t(tuple, 5); t(list, 1, 2)
l = [1]; l.append(l); print(l, [[...]] == [[Ellipsis]]); d = {}; d[1] = d; print(d); l = [d, (l,)]; print(l)

l = [5, 2, 9, 1, 5, 6]
print(sorted(l), sorted(l, reverse=True), l); l.sort(); print(l); l.sort(key=lambda x: -x); print(l); l.sort(key=None, reverse=1); print(l)
print(sorted(["b", "A", "c"]), sorted(["b", "A", "c"], key=str.lower), sorted([1.5, 1, 0.5, True]), sorted([(1, "b"), (1, "a"), (0, "z")]), sorted("hello"), sorted({3: 1, 1: 2}), sorted([[2], [1, 5], [1]]))
pairs = [(i * 7 % 5, i) for i in range(40)]
print(sorted(pairs, key=lambda p: p[0])); print(sorted(pairs, key=lambda p: p[0], reverse=True))
x = 12345; big = []
for i in range(500):
    x = (x * 1103515245 + 12345) & 0x7fffffff
    big.append(x % 1000)
s = sorted(big); print(all(s[i] <= s[i + 1] for i in range(499)), sum(s) == sum(big), s[:5], s[-5:], sorted(big, reverse=True) == s[::-1])
t(sorted, [1, "a"]); t(sorted, 5); t(sorted, [3, 1], key=5); t([1].sort, 5); t(sorted, [1j, 2j])
class Boom:
    n = 0
    def __init__(self, v):
        self.v = v
    def __lt__(self, other):
        Boom.n += 1
        if Boom.n > 20:
            raise ValueError("boom")
        return self.v < other.v
l = [Boom(i * 7 % 16) for i in range(16)]
t(l.sort); print(len(l), sorted(b.v for b in l))
class Meddler:
    def __init__(self, v, l):
        self.v, self.l = v, l
    def __lt__(self, other):
        self.l.append(1)
        return self.v < other.v
l = []
l += [Meddler(2, l), Meddler(1, l)]
t(l.sort); print(len(l), [m.v for m in l])
class Shrinker:
    def __init__(self, l):
        self.l = l
    def __eq__(self, other):
        self.l.clear()
        return False
l = [1, 2, 3]
l.append(Shrinker(l)); l.append(5)
print(7 in l, l); l = []; l += [Shrinker(l)] * 3; t(l.remove, 4); l = []; l += [Shrinker(l)] * 3; t(l.index, 4); l = []; l += [Shrinker(l)] * 3; print(l == [1, 2, 3], l)
class Repr:
    def __init__(self, l):
        self.l = l
    def __repr__(self):
        self.l.clear()
        return "R"
l = []; l += [Repr(l), 1, 2]; print(l, l)
it = iter([1, 2]); print(next(it), list(it), list(it), next(it, "end")); l = [1, 2, 3]
for x in l:
    if x < 3 and len(l) < 6:
        l.append(x * 10)
print(l, list(reversed(l)), list(reversed((1, 2, 3))))
class L(list):
    def __init__(self, *a):
        super().__init__(*a)
        self.tag = "t"
    def total(self):
        return sum(self)
    def __getitem__(self, i):
        return "item %s" % i if isinstance(i, int) else super().__getitem__(i)
x = L([1, 2, 3]); x.append(4); print(x, len(x), x.total(), x.tag, x[0], x[1:], x == [1, 2, 3, 4], x + [5], sorted(x), 2 in x, isinstance(x, list), list(x), [0] + x, bool(L()))
class T(tuple):
    def __new__(cls, a, b):
        return super().__new__(cls, (a, b))
    def swap(self):
        return T(self[1], self[0])
x = T(1, 2); print(x, x.swap(), x == (1, 2), hash(x) == hash((1, 2)), x + (3,), x[0], len(x), {x: 1}[(1, 2)])
first, *rest = x; print(first, rest)
