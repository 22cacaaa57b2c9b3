# Dicts and sets with keys of every sort, against a list of pairs.
x = 12345
def rnd(n):
    global x
    x = (x * 1103515245 + 12345) & 0x7fffffff
    return (x >> 8) % n
class K:
    def __init__(self, v): self.v = v
    def __hash__(self): return hash(self.v)
    def __eq__(self, o): return self.v == (o.v if isinstance(o, K) else o)
def key(kind):
    i = rnd(60)
    if kind == 0: return i
    if kind == 1: return 'k%d' % i
    if kind == 2: return chr(40 + i)
    if kind == 3: return 'a rather long key, number %d' % i
    if kind == 4: return float(i)
    if kind == 5: return (i, 'k%d' % i)
    if kind == 6: return bytes([i, i])
    if kind == 7: return None if i < 20 else (True if i < 40 else False)
    if kind == 8: return 'ä%dö' % i
    if kind == 9: return getattr
    if kind == 10: return K(i)
    if kind == 11: return 1 << (i + 20)
    return ('append', 'pop', 'x', 'items', 'longer_than_eleven_name')[i % 5]
def check(kinds, steps):
    d = {}; pairs = []; s = set()
    for n in range(steps):
        k = key(kinds[rnd(len(kinds))])
        op = rnd(5)
        at = -1
        for i in range(len(pairs)):
            if pairs[i][0] == k: at = i
        if op < 3:
            d[k] = n; s.add(k)
            if at < 0: pairs.append([k, n])
            else: pairs[at][1] = n
        elif op == 3:
            r = d.pop(k, None); s.discard(k)
            if at >= 0:
                assert r == pairs[at][1], (k, r)
                del pairs[at]
            else: assert r is None
        else:
            want = pairs[at][1] if at >= 0 else 'none'
            assert d.get(k, 'none') == want, (k, d.get(k), want)
            assert (k in d) == (at >= 0) == (k in s)
        assert len(d) == len(pairs) == len(s), (len(d), len(pairs), len(s), k)
    assert [k for k in d] == [p[0] for p in pairs]
    assert list(d.values()) == [p[1] for p in pairs]
    return len(d)
for kinds in ([0], [1], [2], [3], [1, 2, 12], [8, 3], [0, 4], [0, 7], [5, 6, 9], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12], [10, 0], [11, 0, 4]):
    print(kinds, check(kinds, 300))
big = {}
for i in range(700): big['key %d' % i] = i
print(sum(big['key %d' % i] for i in range(0, 700, 7)), 'key 700' in big, big.get('nothing'))
d = {'is': 1, 'than': 2}
w = 'it is more than that'.split()
print([d.get(k) for k in w], 1.0 in {1: 2}, True in {1: 2}, 1 in {True: 2}, 1 in {1.0: 3})
