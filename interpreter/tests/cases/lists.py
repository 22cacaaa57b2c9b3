# list and tuple.
l = [3, 1, 2]
l.append(5); l.insert(0, 9); l.insert(100, 7); l.insert(-1, 8); l.extend((4, 6)); l += [0]
print(l, len(l), l[0], l[-1], l[2:5], l[::-1], l[::3], l[-3:], l.index(5), l.count(1), 5 in l, 99 in l)
print(l.pop(), l.pop(0), l.pop(-2), l)
l.remove(7); l.reverse(); print(l)
l.sort(); print(l, sorted(l, reverse=True), sorted("bca"), sorted([3, -1, 2], key=abs), sorted([(1, "b"), (0, "z"), (1, "a")]))
words = ["pear", "fig", "apple", "kiwi", "date", "plum"]
words.sort(key=len); print(words)
words.sort(key=len, reverse=True); print(words)
l = list(range(10))
l[2:5] = ["a", "b"]; print(l)
l[::2] = [0] * len(l[::2]); print(l)
del l[0]; del l[-2:]; del l[::2]; print(l)
l[1:1] = [7, 8, 9]; print(l)
l[:] = []; print(l, not l)
a = [1, 2]; b = a; b.append(3); c = a.copy(); c.append(4); d = a[:]; print(a, b is a, c, d == a, d is a)
a *= 2; print(a, b, a is b)
print([1, 2] + [3], [0] * 3, [1, 2] < [1, 3], [1] < [1, 0], [] < [1], [1, 2] == [1, 2], [1, 2] == (1, 2), [[1], [2]] == [[1], [2]])
a, b = [1, 2]; (c, d), e = (3, 4), 5; first, *rest = [1, 2, 3]; *init, last = "abc"; x, *y, z = range(5)
print(a, b, c, d, e, first, rest, init, last, x, y, z)
a, b = b, a; print(a, b)
nested = [[i * j for j in range(3)] for i in range(3)]
nested[1][2] = "x"; print(nested, [x for row in nested for x in row], [x for x in range(20) if x % 3 == 0 if x % 2])
r = []; r.append(r); print(r, [[]] * 2, [None, True, 1.5, "s", b"b"])
t = (1, 2, 3)
print(t, t[0], t[-1], t[1:], t + (4,), t * 2, (1,), (), tuple([1, 2]), tuple("ab"), len(t), 2 in t, t.index(3), t.count(1), t == (1, 2, 3), t < (1, 2, 4), hash(t) == hash((1, 2, 3)))
print(*t, sep="-"); print([*t, *"ab"], (*t, 0), {**{"a": 1}, "b": 2}, [*range(3), *[9]])
for bad in (lambda: [1][3], lambda: [].pop(), lambda: [1].remove(2), lambda: [1].index(2), lambda: [1, 2].__setitem__(5, 1), lambda: [3, "a"].sort(),
            lambda: [1] + (2,), lambda: (1, 2)[5], lambda: [1]["a"], lambda: list(5), lambda: [1, 2].insert("a", 1)):
    try:
        bad()
    except Exception as e:
        print(type(e).__name__, e)
try:
    a, b = [1, 2, 3]
except ValueError as e:
    print(e)
try:
    a, b, c = [1, 2]
except ValueError as e:
    print(e)
try:
    a, *b, c = [1]
except ValueError as e:
    print(e)
big = [i * i % 101 for i in range(1000)]
s = sorted(big); print(s[:10], s[-5:], sum(big), max(big), min(big), all(s[i] <= s[i + 1] for i in range(999)))
pairs = [(i % 7, i) for i in range(50)]
pairs.sort(key=lambda p: p[0]); print(pairs[:10], all(pairs[i][1] < pairs[i + 1][1] for i in range(49) if pairs[i][0] == pairs[i + 1][0]))
print(list(zip([1, 2, 3], "abc")), list(enumerate("ab", 1)), list(map(lambda x: x + 1, [1, 2])), list(filter(None, [0, 1, "", "a"])), list(reversed([1, 2, 3])))
print(list(map(lambda a, b: a * b, [1, 2, 3], [4, 5])), any([0, 1]), all([]), sum([[1], [2]], []), max([1, 5, 3], key=lambda x: -x), max(4, 2), min("b", "a"), max([], default="d"))
l = [1, 2, 3]
it = iter(l); next(it); l.append(4); print(list(it), next(iter([]), "end"))
for i in l:
    if i < 3:
        l.append(i + 10)
print(l); l.clear(); print(l)
