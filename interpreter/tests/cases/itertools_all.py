# Every iterator of itertools, against CPython.
from itertools import *
import itertools


def first(n, it):
    return list(islice(it, n))


print(first(4, count()), first(3, count(5, -2)), first(3, count(0.5, 0.25)), count(3), count(1, 2))
print(first(7, cycle("abc")), list(cycle([])), list(repeat("x", 3)), first(2, repeat(1)), repeat(5), repeat(5, 2))
print(list(accumulate([1, 2, 3, 4])), list(accumulate([])), list(accumulate([1, 2], initial=10)))
print(list(accumulate([3, 1, 4, 1, 5], max)), list(accumulate("abc", lambda a, b: a + b)), list(accumulate([], initial=1)))
print(list(chain("ab", [1], (), range(2))), list(chain()), list(chain.from_iterable(["ab", [3]])))
print(list(compress("ABCDEF", [1, 0, 1, 0, 1, 1])), list(compress("AB", [True])))
print(list(dropwhile(lambda x: x < 5, [1, 4, 6, 4, 1])), list(takewhile(lambda x: x < 5, [1, 4, 6, 4, 1])))
t = takewhile(lambda x: x < 2, [1, 3, 1])
print(next(t), list(t), list(t))
print(list(filterfalse(lambda x: x % 2, range(10))), list(filterfalse(None, [0, 1, "", "a"])))
print([(k, list(g)) for k, g in groupby("AAAABBBCCDAABBB")], [k for k, g in groupby("AABBA")])
print([(k, sorted(g)) for k, g in groupby(range(10), key=lambda x: x // 4)])
g = groupby("aab")
k1, g1 = next(g)
k2, g2 = next(g)
print(k1, list(g1), k2, list(g2), list(g))
print(list(islice("ABCDEFG", 2)), list(islice("ABCDEFG", 2, 4)), list(islice("ABCDEFG", 2, None)), list(islice("ABCDEFG", 0, None, 2)))
it = iter(range(10))
print(list(islice(it, 1, 6, 3)), next(it))
print(list(pairwise("ABCD")), list(pairwise("A")), list(pairwise("")))
print(list(starmap(pow, [(2, 5), (3, 2)])), list(starmap(lambda *a: a, [[1], "xy", ()])))
a, b, c = tee([1, 2, 3], 3)
print(next(a), next(a), list(b), list(a), list(c), tee("", 0))
print(list(zip_longest("ABCD", "xy", fillvalue="-")), list(zip_longest()), list(zip_longest([1], [])))
print(list(product("AB", [1, 2])), list(product([0, 1], repeat=3)), list(product()), list(product("a", "")), list(product("ab", repeat=0)))
print(list(permutations("ABC")), list(permutations("ABC", 2)), list(permutations([])), list(permutations("A", 2)), len(list(permutations(range(5)))))
print(list(combinations("ABCD", 2)), list(combinations(range(4), 3)), list(combinations("A", 2)), list(combinations("AB", 0)))
print(list(combinations_with_replacement("ABC", 2)), list(combinations_with_replacement("", 1)), list(combinations_with_replacement("", 0)))
if hasattr(itertools, "batched"):  # From CPython 3.12 on.
    assert list(batched("ABCDEFG", 3)) == [("A", "B", "C"), ("D", "E", "F"), ("G",)]
    for n, strict in ((0, False), (2, True)):
        try:
            list(batched([1, 2, 3], n, strict=strict))
            assert False
        except ValueError:
            pass
for f in (
    lambda: islice([], -1),
    lambda: islice([], 0, 1, 0),
    lambda: combinations([], -1),
    lambda: product([], repeat=-1),
    lambda: count("x"),
    lambda: chain(5).__next__(),
    lambda: repeat(),
    lambda: tee([], -1),
):
    try:
        f()
    except (TypeError, ValueError) as e:
        print(type(e).__name__)


# Values that only the iterator holds.
def fresh():
    for i in range(20):
        yield [i] * 5


a, b = tee(fresh())
print(sum(x[0] for x in a), sum(x[1] for x in b))
print(len(list(product(fresh(), fresh()))))
print(sum(p[0][0] * p[1][1] for p in pairwise(fresh())))
