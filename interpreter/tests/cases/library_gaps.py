# What the native modules have beyond MicroPython's, against CPython.
import collections
import heapq
import math
import random
import time

print(heapq.nlargest(2, [1, 3, 2]), heapq.nsmallest(2, "bca"), heapq.nlargest(1, ["a", "bb"], key=len), heapq.nsmallest(9, [2, 1]))
print(list(heapq.merge([1, 4, 7], [2, 5], [])), list(heapq.merge([3, 1], [2], reverse=True)), list(heapq.merge(["a"], ["B"], key=str.lower)))
c = collections.ChainMap({"a": 1}, {"a": 2, "b": 3})
c["z"] = 0
print(c["a"], c["b"], len(c), sorted(c), "b" in c, c.get("q", 5), c.maps, c.new_child({"a": 9})["a"], c.parents["a"])
t = (2020, 1, 2, 13, 4, 5, 3, 2, 0)
print(time.strftime("%Y-%m-%d %H:%M:%S %j %a %b %I%p", t), time.asctime(t), time.strptime("2 Jan 2020", "%d %b %Y")[:8])
print(isinstance(time.monotonic(), float), time.monotonic_ns() <= time.monotonic_ns(), time.perf_counter() >= 0)
print(math.dist((0, 0), (3, 4)), math.remainder(5, 3), math.ulp(0.0) > 0, math.nextafter(1.0, 2.0) > 1.0, math.remainder(-7.5, 2))
random.seed(5)
print(sorted(random.sample(range(5), 5)), len(random.choices("ab", k=3)), random.choices([1, 2], weights=[0, 1], k=3), random.randbytes(3) != b"")
g = [random.gauss(10, 2) for _ in range(300)]
print(9 < sum(g) / 300 < 11, 0 <= random.triangular(0, 1, 0.5) <= 1, random.expovariate(1) >= 0)
try:
    random.sample([1], 2)
except ValueError:
    print("ValueError")
