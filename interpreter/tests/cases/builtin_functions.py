def e(f, *a, **k):
    try:
        r = f(*a, **k)
        return list(r) if type(r).__name__ in ('map', 'zip', 'filter', 'enumerate', 'range_iterator') else r
    except Exception as x:
        return type(x).__name__ + ': ' + str(x)


print(e(map, lambda a, b: a + b, [1, 2], (3, 4, 5)), e(map, str), e(map, 1, [1]), e(filter, None, [0, 1, '', 'a']), e(filter, lambda x: x > 1, range(4)))
print(e(zip), e(zip, 'ab', [1, 2, 3]), e(zip, [1], [1, 2], strict=True), e(zip, [1, 2], [1], strict=True), e(zip, 1))
print(e(enumerate, 'ab'), e(enumerate, 'ab', 5), e(enumerate, 'a', start=-1), e(enumerate))
print(list(reversed([1, 2, 3])), list(reversed('abc')), list(reversed(range(3))), list(reversed((1, 2))), list(reversed({1: 2, 3: 4})), e(reversed, 1), e(reversed, {1}))
print(sorted([3, 1, 2]), sorted('bca', reverse=True), sorted([-3, 2, 1], key=abs), sorted([(1, 'b'), (1, 'a'), (0, 'c')], key=lambda t: t[0]), e(sorted, [1, 'a']), e(sorted, 1))
print(min(3, 1, 2), max([1, 5, 2]), min('b', 'a'), max([], default=0), min([1, -2], key=abs), max('aa', 'b', key=len), e(max), e(min, []), e(max, 1), e(max, 1, 2, default=3))
print(sum([1, 2, 3]), sum([1.5, 2]), sum([[1], [2]], []), sum(range(5), start=10), e(sum, ['a']), e(sum, ['a'], ''), e(sum, 5))
print(all([]), all([1, 0]), any([]), any([0, 2]), e(all, 1), all(x for x in [1, 1]), any(x > 2 for x in range(5)))
it = iter([1, 2])
print(next(it), next(it), next(it, 'end'), e(next, it), e(next, 5), e(iter, 5))
n = iter(lambda c=[0]: c.__setitem__(0, c[0] + 1) or c[0], 4)
print(list(n), list(n), e(iter, 5, 6))
print(len('abc'), len(range(10**15)), e(len, 5), len({1: 2}), len(b'ab'))


class Sized:
    def __len__(self): return 3
    def __getitem__(self, i):
        if i < 3: return i * 10
        raise IndexError(i)
    def __reversed__(self): return iter('rev')


s = Sized()
print(len(s), list(s), list(reversed(s)), 20 in s, 5 in s, bool(s), list(zip(s, s)), max(s), sorted(s, reverse=True), list(map(str, s)))


class Attrs:
    kind = 'c'
    def __init__(self): self.a = 1
    def __getattr__(self, name):
        if name == 'dyn': return 'dynamic'
        raise AttributeError(name)
    @property
    def broken(self): raise AttributeError('inner')
    @property
    def bad(self): return 1 // 0


o = Attrs()
print(getattr(o, 'a'), getattr(o, 'dyn'), getattr(o, 'x', 5), hasattr(o, 'x'), hasattr(o, 'kind'), hasattr(o, 'broken'), e(getattr, o, 'x'), e(getattr, o, 1), e(hasattr, o, 'bad'))
setattr(o, 'b', 2)
print(o.b, sorted(vars(o)), e(delattr, o, 'b'), hasattr(o, 'b'), e(delattr, o, 'b') is not None, e(setattr, 1, 'x', 2))
print(callable(len), callable(o), callable(Attrs), callable(lambda: 0), callable(5), callable(o.__init__))
print(isinstance(1, int), isinstance(1, (str, int)), isinstance(True, int), e(isinstance, 1, 1), issubclass(bool, int), issubclass(Attrs, object), e(issubclass, 1, int), isinstance([], (tuple, (set, list))))
print(repr('a\n'), ascii('é'), format(3.14159, '.2f'), format(5, '03'), format('a', '>3'), e(format, 1, 2), e(format, 'a', 'd'))
print(type(1), type('a').__name__, type(o) is Attrs, type(None).__name__, type(type).__name__, id(o) == id(o))
T = type('T', (Attrs,), {'z': 26, 'm': lambda self: self.z})
print(T().m(), T.__name__, T.__bases__ == (Attrs,), issubclass(T, Attrs))
print(hash('a') == hash('a'), hash(1) == hash(1.0) == hash(True), e(hash, []), hash((1, 2)) == hash((1, 2)))
print(divmod(17, 5), pow(2, 10), round(7.5), abs(-3), abs(-2.5), chr(65), ord('A'), hex(255), oct(8), bin(5))
print(eval('1 + 2'), eval(' 7 '), eval('[x for x in range(3)]'), e(eval, '1 +')[:27], eval(compile('3 * 4', 'f', 'eval')))
exec(compile('zz = 5\nfor q in range(2): zz += q', 'f', 'exec'))
print(zz, e(compile, 'x', 'f', 'nope'))
print('a', 'b', sep='-', end='!\n')
print(sep='x')
print(*[1, 2], None, sep='')
print(e(print, 1, sep=1), e(print, foo=1))
print(list(filter(str.isdigit, 'a1b2')), list(map(int, '123')), list(map(pow, [2, 3], [3, 2])))
print(dict(zip('ab', [1, 2])), dict(a=1, **{'b': 2}), list(enumerate(zip('ab', 'cd'))), [*map(lambda p: p[0] * p[1], zip([1, 2], [3, 4]))])
print(e(int.from_bytes), e(abs), e(len), e(len, 1, 2), e(chr, 'a'), e(iter), e(round, 'a'), e(divmod, 'a', 1))
print(sorted({'b': 1, 'a': 2}), sorted({3, 1}), list(zip(*[(1, 2), (3, 4)])), sum(x * x for x in range(5)))
print(e(lambda: [].nope), e(lambda: (1).nope), e(lambda: o.kind.nope), e(lambda: len.nope), e(lambda: int.nope))
print(e(lambda a: a), e(lambda a: a, 1, 2), e(lambda a, *, b: a, 1), e(lambda a: a, 1, a=2), e(lambda a: a, b=1), e(lambda a, /: a, a=1))
