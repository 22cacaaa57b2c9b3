# A class is compiled member by member: what its members share must survive from one to the next.
x = 1
class A:
    "doc"
    x = 2
    y = [x for _ in range(2)]
    global G
    G = 5
    def __init__(self): self.__p = 3
    def get(self): return self.__p, x, __class__.__name__
    if x:
        def z(self): return lambda: self.get()
    else:
        def z(self): pass
    G = 6
    __q = 7
    for i in range(3):
        def loop(self, i=i): return i
    try:
        raise ValueError
    except ValueError as e:
        w = 1
    @staticmethod
    def s(): return 9
    @property
    def prop(self):
        return self._A__q
    class Inner(object):
        def f(self): return super().__init__() is None
class B(A):
    def get(self): return super().get()
class C: pass
class D: x = 1; y = 2
class E(B, metaclass=type): z2 = 1
print(B().get(), B().z()(), G, A.__dict__.get('G'), A().loop(), A.s(), A().prop, A.Inner().f(), A.y, D.y, E.z2, hasattr(A,'e'))
try:
    class F:
        a = 1
        raise KeyError
        b = 2
except KeyError: print("ke")
def f():
    class L:
        v = 1
        def m(self): return __class__
    return L().m().__name__
print(f())
class T:
    def bad(self):
        return 1/0
print(T.bad.__name__, getattr(T.bad,'__qualname__',None), T.__qualname__ if hasattr(T,'__qualname__') else '')
