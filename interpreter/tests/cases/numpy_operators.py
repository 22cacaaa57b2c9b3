# Operators, broadcasting and functions of each element. The expected output is numpy's own.
import numpy as np

TYPES = (np.uint8, np.int8, np.uint16, np.int16, np.float32)
I, F = np.int16, np.float32


def near(a):
    "Whole thousandths, so that single precision does not show."
    return [near(x) for x in a] if isinstance(a, list) else round(a * 1000)


def error(f):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, str(e).strip())


for t in TYPES:
    a, b = np.array([7, 100, 12], dtype=t), np.array([2, 7, 5], dtype=t)
    print((a + b).tolist(), (a - b).tolist(), (a // b).tolist(), (a % b).tolist())
    print((a * np.array([2, 1, 3], dtype=t)).tolist(), near((a / b).tolist()))
    print((a > b).tolist(), (a == 12).tolist(), (a <= 12).tolist(), (a != b).tolist())
    if t is not np.float32:
        print((a & b).tolist(), (a | b).tolist(), (a ^ b).tolist(), (~a).tolist(), (b << 1).tolist())
    a += 2
    a *= b // b
    a -= b
    print(a.tolist())

# Integers wrap.
print((np.array([250, 5], dtype=np.uint8) + np.array([10, 10], dtype=np.uint8)).tolist())
print((np.array([1, 2], dtype=np.uint8) - np.array([2, 1], dtype=np.uint8)).tolist())
print((-np.array([1, 0, 255], dtype=np.uint8)).tolist(), abs(np.array([-3, 3], dtype=np.int8)).tolist())
s = np.array([-7, 7, -7, 7], dtype=I)
d = np.array([3, 3, -3, -3], dtype=I)
print((s // d).tolist(), (s % d).tolist())
f, g = np.array(s, dtype=F), np.array(d, dtype=F)
print((f // g).tolist(), (f % g).tolist())

# Broadcasting.
a = np.arange(6, dtype=I).reshape((2, 3))
print((a + np.array([10, 20, 30], dtype=I)).tolist())
print((a * np.array([[1], [10]], dtype=I)).tolist())
print((np.arange(3, dtype=I).reshape((3, 1)) - np.arange(2, dtype=I)).tolist())
print((1 - a).tolist(), (2.0 * a).tolist(), (a[:, ::2] + a[:, :2]).tolist())
print((np.ones((2, 1, 2), dtype=I) + a.reshape((3, 2))).shape)
print(sum(np.arange(12, dtype=I).reshape((3, 4))).tolist())
a += np.array([100, 0, 0], dtype=I)
print(a.tolist(), near((a @ a.T).tolist()))
error(lambda: np.zeros(2) + np.zeros(3))
error(lambda: np.zeros((2, 3)) * np.zeros((2, 4)))
error(lambda: np.zeros(2) == np.zeros(3))

# Rows longer than a run of elements.
a = np.arange(1000, dtype=I)
print(int((a * 2)[999]), int((a + a)[500]), int(np.sum(a)), int(np.sum(a[::-7])), int(a[::-1][1]))
print(int(((a % 7) == 3).tolist().count(True)), np.sum(np.ones((40, 40), dtype=F)[1:, 1:]))

# Functions of each element.
x = np.array([0.25, 0.5, 1.0], dtype=F)
for f in (np.sin, np.cos, np.tan, np.sinh, np.cosh, np.tanh, np.arcsin, np.arccos, np.arctan, np.exp, np.expm1,
          np.log, np.log2, np.log10, np.log1p, np.sqrt, np.degrees, np.radians, np.sinc):
    print(f.__name__ if hasattr(f, "__name__") else "", near(f(x).tolist()))
x = np.array([-1.5, -0.5, 0.5, 1.5, 2.5], dtype=F)
print(np.floor(x).tolist(), np.ceil(x).tolist(), np.around(x).tolist())
print(near(np.around(np.array([1.2345, -9.876], dtype=F), decimals=2).tolist()))
print(near(np.arctan2(np.array([1, -1], dtype=F), np.array([0, -1], dtype=F)).tolist()))
print(near(float(np.sqrt(2.0))), near(float(np.exp(1))))
print(np.maximum(x, 0).tolist(), np.minimum(x, 0).tolist(), np.clip(x, -1, 1).tolist())
print(np.where(x > 0, x, -x).tolist(), np.where(x > 0, 1, 0).tolist())
print([i.tolist() for i in np.nonzero(np.array([[0, 1], [2, 0]], dtype=I))])
print(np.isfinite(np.array([1, np.inf, np.nan])).tolist(), np.isnan(np.array([1, np.nan])).tolist())
print(np.isinf(np.array([-np.inf, 0])).tolist(), bool(np.isinf(1.0)))
print(np.equal(a[:3], np.array([0, 5, 2], dtype=I)).tolist(), np.not_equal(a[:3], 1).tolist())
y = np.zeros(3, dtype=F)
np.sqrt(np.array([4, 9, 16], dtype=F), out=y)
print(y.tolist())
print(near(np.vectorize(lambda n: n * n + 1)(np.array([1, 2, 3], dtype=I)).tolist()))

# Complex numbers.
z = np.array([3 + 4j, 1 - 1j], dtype=complex)
print((z * 2).tolist(), (z + 1).tolist(), (z * z).tolist(), (z / z).tolist(), (-z).tolist(), (z == 3 + 4j).tolist())
print(abs(z).tolist()[0], np.real(z).tolist(), np.imag(z).tolist(), np.conjugate(z).tolist(), np.sum(z))
print([(round(w.real, 3), round(w.imag, 3)) for w in np.sqrt(np.array([-4, 2j], dtype=complex)).tolist()])
