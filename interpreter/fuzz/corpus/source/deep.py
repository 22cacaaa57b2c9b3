# Recursion of every kind ends in an exception.
import json

def forever(n):
    return forever(n + 1) + 1

class R:
    def __repr__(self):
        return repr(self)
    def __eq__(self, other):
        return self == other
    def __getattr__(self, name):
        return getattr(self, name + "x")
    def __add__(self, other):
        return self + other

def nested():
    yield from nested()

a = []
for i in range(3000):
    a = [a]
b = []
b.append(b)
for f in (lambda: forever(0), lambda: repr(R()), lambda: R() == 1, lambda: R().x, lambda: R() + 1,
          lambda: list(nested()), lambda: repr(a), lambda: a == [a], lambda: json.dumps(a), lambda: json.loads("[" * 9000),
          lambda: b == b, lambda: json.dumps(b), lambda: hash(((a,),)), lambda: sorted([R(), R()])):
    try:
        print(len(str(f())))
    except Exception as e:
        print(type(e).__name__)
