# Results and instances that are not what they seem: found by the fuzzer.
class A:
    def __int__(self):
        return 1230.1
    __index__ = __float__ = __bool__ = __len__ = __hash__ = __int__

class Base:
    def __init__(self, *args):
        pass

class T(Base, tuple): pass
class U(tuple, Base): pass
class L(Base, list): pass

a = A()
for f in (lambda: "%d" % a, lambda: "%x" % a, lambda: "%f" % a, lambda: int(a), lambda: [0][a], lambda: range(a),
          lambda: float(a), lambda: bool(a), lambda: len(a), lambda: {a: 1}, lambda: hash(a), lambda: bytes(a),
          lambda: T(U([1, 2])), lambda: U(T([1])), lambda: tuple(T([1, 2])), lambda: list(U([1, 2])), lambda: L(U("ab")),
          lambda: U([1]) + T([2]), lambda: U([1]) == T([1]), lambda: sorted(U([3, 1])), lambda: [0, *T([1])]):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
