# What is ulab's own and not numpy's: printing, type codes, promotion, its modules. The expected output
# follows from ulab's manual.
import ulab
from ulab import numpy as np
from ulab import scipy, utils
import numpy
import numpy.linalg as la
import ulab.scipy.signal as signal

print(np is numpy, np.linalg is la, scipy.signal is signal)
print(np.array([1, 2.5, -3]))
print(np.array(range(12), dtype=np.uint8))
print(np.array(range(12), dtype=np.int16).reshape((3, 4)))
print(np.ones((2, 2, 2), dtype=np.int8))
print(np.array([], dtype=np.uint16), np.zeros((0, 3)))
print(np.array([1 + 2j, -0.5j], dtype=np.complex), np.array([True, False], dtype=np.bool))
print(repr(np.arange(3)), np.zeros(2).dtype, np.zeros(2, dtype=np.uint8).dtype)
np.set_printoptions(threshold=5, edgeitems=1)
print(np.arange(8), np.get_printoptions())
np.set_printoptions(threshold=10, edgeitems=3)
U, S, UU, SS, F = (np.uint8, np.int8, np.uint16, np.int16, np.float)
for t in (U, S, UU, SS, F):
    print([(np.ones(1, dtype=t) + np.ones(1, dtype=u)).dtype for u in (U, S, UU, SS, F)])
print(np.array([1, 2], dtype=U) ** 2, np.array([1, 2], dtype=U) / 2, np.array([1, 2], dtype=S) + 1)
try:
    a = np.array([1, 2], dtype=U)
    a += 0.5
except TypeError as e:
    print(e)
print(np.asarray(a) is a, np.array(a), np.zeros(3).T.shape)


def near(a):
    return [near(x) for x in a] if isinstance(a, (list, tuple)) else round(a * 1000)


print(near(scipy.special.erf(np.array([0, 0.5])).tolist()), near(scipy.special.gamma(np.array([0.5, 5])).tolist()))
print(near(scipy.special.gammaln(10.0)), near(scipy.special.erfc(0.5)))
print(near(scipy.optimize.bisect(lambda x: x * x - 2, 0, 2)), near(scipy.optimize.newton(lambda x: x * x - 2, 1.0)))
print(abs(scipy.optimize.fmin(lambda x: (x - 1) ** 2 - 1, 3.0) - 1) < 0.01)
x = np.linspace(0, 2, 15)
p = scipy.optimize.curve_fit(lambda x, a, b: a * x * x + b, x, 3 * x * x - 1, [1, 1])
print(near(p.tolist()))
for rule in (scipy.integrate.romberg, scipy.integrate.simpson):
    print(near(rule(lambda x: 3 * x * x, 0, 2)))
print(near(scipy.integrate.quad(lambda x: 1 / (1 + x * x), -1, 1)[0]))
print(near(scipy.integrate.tanhsinh(lambda x: np.exp(-x * x), -np.inf, np.inf)[0]))
print(near(scipy.integrate.tanhsinh(lambda x: 1 / np.sqrt(x), 0, 1)[0]) // 10)
a = np.array([[2, 0, 0], [1, 3, 0], [4, 5, 6]])
print(near(scipy.linalg.solve_triangular(a, np.array([2, 4, 15]), lower=True).tolist()))
print(near(scipy.linalg.cho_solve(a, np.array([4, 8, 80])).tolist()))
sos = np.array([[1, 2, 3, 1, 0.5, 0.25]])
y, z = signal.sosfilt(sos, np.array([1, 0, 0, 0]), zi=np.zeros((1, 2)))
print(near(y.tolist()), near(z.tolist()), near(signal.lfilter([1, 2, 3], [1, 0.5, 0.25], np.array([1, 0, 0, 0])).tolist()))
print(utils.from_int16_buffer(b"\xff\xff\2\0"), utils.from_uint32_buffer(b"\0\0\0\1", byteswap=True))
s = utils.spectrogram(np.sin(2 * np.pi * 3 * np.arange(16) / 16))
print([i for i, v in enumerate(s) if v > 1])
rng = np.random.Generator(42)
r = rng.random(size=(20, 20))
print(r.shape, 0.45 < np.mean(r) < 0.55, np.min(r) >= 0, np.max(r) < 1, rng.uniform(5, 6) >= 5)
n = rng.normal(loc=10, scale=2, size=400)
print(9.5 < np.mean(n) < 10.5, 1.7 < np.std(n) < 2.3, rng.random() != rng.random())
print(np.vectorize(lambda n: n + 1, otypes=np.uint8)([1, 2]))



def error(f):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e)


error(lambda: np.linalg.solve(np.eye(3), np.zeros(2)))
error(lambda: np.min(np.array([])))
error(lambda: np.sum(np.zeros((2, 2)), axis=2))
error(lambda: np.interp(1.0, np.zeros(3), np.zeros(2)))
error(lambda: np.linalg.inv(np.array([[1, 2], [2, 4]])))
error(lambda: np.fft.fft(np.zeros(3)))
error(lambda: np.concatenate(([1], [2])))
error(lambda: np.zeros((1, 1, 1, 1, 1)))
error(lambda: np.zeros((1 << 20, 1 << 20)))
error(lambda: np.array([[1, 2], [3]]))
error(lambda: np.array(["a"]))
error(lambda: np.array([1]) & 1)
error(lambda: np.array([1, 2], dtype=np.uint16) | np.array([1, 2], dtype=np.int16))
error(lambda: np.zeros(3, dtype="nonsense"))
error(lambda: scipy.optimize.bisect(lambda x: x + 5, 0, 1))
error(lambda: utils.from_int16_buffer(b"123"))
error(lambda: np.array([1, 2]).reshape((3, -1)))
error(lambda: np.vectorize(1))
error(lambda: np.zeros(3) + None)
error(lambda: {np.zeros(2): 1})

# The bytes under an array may go away.
buffer = bytearray(8)
a = np.frombuffer(buffer, dtype=np.uint8)
buffer[2:] = b""
a += 1
print(a, buffer)
