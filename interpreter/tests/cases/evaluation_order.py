# Operands are evaluated from left to right, targets after values, conditions only as far as needed.
seen = []


def t(x, value=None):
    seen.append(x)
    return x if value is None else value


def show():
    print(*seen)
    seen.clear()


class Box:
    def __getitem__(self, key):
        seen.append(('get', key))
        return 10

    def __setitem__(self, key, value):
        seen.append(('set', key, value))

    def __delitem__(self, key):
        seen.append(('del', key))

    def __setattr__(self, name, value):
        seen.append((name, value))

    def __getattr__(self, name):
        seen.append(name)
        return 20

    def __call__(self, *args, **kw):
        seen.append(('call', args, kw))
        return self


b = Box()
t(1) + t(2) * t(3) - t(4); show()
t('b', b)[t(1)] = t(2); show()
t('b', b)[t(1)] += t(2); show()
t('b', b).x = t(1); show()
b.y += t(1); show()
b[t(1)], b.z = t(2), t(3); show()
b[1] = b.w = t(5); show()
del b[t(1)], b[t(2)]; show()
{t(1): t(2), t(3): t(4), **t(5, {}), t(6): t(7)}; show()
[t(1), *t(2, [1]), t(3)]; show()
b(t(1), *t(2, [8]), t(3), k=t(4), **t(5, {'m': 9}), n=t(6)); show()
b(t(1), k=t(2))(t(3)); show()
t(1) < t(2) < t(0) < t(9); show()
t(0, False) and t(1); t(1) and t(2); t(0, False) or t(2); t(1) or t(2); show()
t(1) if t(2) else t(3); show()
t(1) if t(0, False) else t(3); show()
print(not t(0, False) and (t(1), t(2)) or t(3)); show()
b[t(1):t(2):t(3), t(4)]; show()
f'{t(1)}{t(2)!r:{t(3)}}{t(4)}'; show()
[t((x, y)) for x in t('o', 'ab') for y in t(x, 'c') if t('i')]; show()
{t(k): t(v) for k, v in [(1, 2)]}; show()
(lambda a=t(1), *, c=t(2): 0); show()


@t('d1', lambda f: f)
@t('d2', lambda f: f)
def f(a=t(1), *, c=t(2)):
    pass


show()


@t('dec', lambda c: c)
class C(t('base', object)):
    t('body')


show()
assert t(1), t(2)
try:
    assert t(0, False), t(2)
except AssertionError as e:
    print(e)
show()
for b.i in t(1, [1, 2]):
    pass
show()
with_order = []


class M:
    def __init__(self, n): self.n = n
    def __enter__(self): with_order.append(('in', self.n)); return self
    def __exit__(self, *a): with_order.append(('out', self.n))


with M(t(1)) as b.a, M(t(2)) as b[0]:
    t(3)
seen[:] = [x for x in seen if not isinstance(x, tuple) or not isinstance(x[-1], M)]
show()
print(with_order)
i = 0
a = [0, 0]
i, a[i] = 1, 5
print(i, a)
x = y = z = []
print(x is y is z)
(p, *q), r = 'abc', 'd'
print(p, q, r)
p, q = q, p
print(p, q)
n = 1
n, n = 2, 3
print(n)
w = [1, 2, 3]
w[0], w[1], w[2] = w[2], w[0], w[1]
print(w)
k = 5
print([k := k + 1, k, (k := 0), k])
print(k + (k := 3) + k)


def g():
    k = 1
    l = [k, (k := 2), k]
    m = k + (k := 10) + k
    return l, m, k


print(g())
d = {}
d[t(1)] = d[t(2)] = t(3)
show()
