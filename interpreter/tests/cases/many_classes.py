# Classes come and go: what nothing refers to is collected, with its shapes; what is in use stays as it is.
import gc

class Base:
    def __init__(self, n):
        self.n = n
    def get(self):
        return self.n

def make(i):
    class C(Base):
        k = i
        def get(self):
            return super().get() + self.k + self.extra
    c = C(i)
    c.extra = 1
    setattr(c, 'a%d' % (i % 7), i)
    return c

total = 0
for i in range(1500):
    total += make(i).get()
print(total)

# Instances keep their classes; so do subclasses, and names in containers.
kept = [make(i) for i in range(60)]
types = {type(c): i for i, c in enumerate(kept) if i % 2}
for i in range(600):
    make(i)
gc.collect()
print(sum(c.get() for c in kept), sum(getattr(c, 'a%d' % (i % 7)) for i, c in enumerate(kept)))
print(all(types[type(c)] == i for i, c in enumerate(kept) if i % 2), len(types))
kept = None
for i in range(300):
    make(i)
print(sorted(t.k for t in types)[:5], all(t(3).n == 3 for t in types))

# One place in the code sees an instance of a new class each time.
def read(o):
    o.x += 1
    return o.x, o.f(), o.k
seen = []
for i in range(400):
    T = type('T%d' % i, (), {'k': i, 'f': lambda self, i=i: -i, '__slots__': ()} if i % 3 == 5 else {'k': i, 'f': lambda self, i=i: -i})
    o = T()
    if i % 2:
        o.y = 5
    o.x = i
    seen.append(read(o))
    assert seen[-1] == (i + 1, -i, i), seen[-1]
print(seen[7], len(seen))

# Exceptions of classes of their own.
def fail(i):
    class E(ValueError):
        def __str__(self):
            return 'E%d' % i
    try:
        raise E(i)
    except ValueError as e:
        return e
errors = [fail(i) for i in range(300)]
print(str(errors[0]), str(errors[299]), errors[7].args, type(errors[3]).__name__)
errors = None
gc.collect()

# Nothing refers to the subclasses any more.
class Root:
    pass
for i in range(5):
    type('S%d' % i, (Root,), {})
keep = type('Kept', (Root,), {})
gc.collect()
print([c.__name__ for c in Root.__subclasses__()])
