# Functions of whole arrays. The expected output is numpy's own.
import numpy as np

I, B, F = np.int16, np.uint8, np.float32


def near(a):
    "Whole hundredths, so that single precision does not show."
    return [near(x) for x in a] if isinstance(a, list) else round(float(a) * 100)


def error(f):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, str(e)[:90])


a = np.array([[5, 3, 9], [1, 8, 2]], dtype=I)
for f in (np.sum, np.min, np.max, np.argmin, np.argmax, np.mean, np.median, np.std, np.all, np.any):
    print(near(f(a)), near(f(a, axis=0).tolist()), near(f(a, axis=1).tolist()))
print(np.sum(a, axis=1, keepdims=True).tolist(), near(np.std(a, ddof=1)), near(np.var(a)))
print(a.sum(), near(a.mean()), a.max(axis=0).tolist(), near(a.std(axis=1).tolist()))
b = np.arange(24, dtype=I).reshape((2, 3, 4))
print(np.sum(b, axis=1).tolist(), np.max(b, axis=2).tolist(), np.sum(b[:, ::2, ::-1], axis=-1).tolist())
f = np.array([2.5, -1, np.inf, 0], dtype=F)
print(np.argmin(f), np.argmax(f), np.min(f), np.sort(f).tolist(), np.argsort(f).tolist())
print(np.min([3, 1, 2]), np.argmax([3, 1, 2]), np.median(np.array([4, 1, 3, 2], dtype=I)))

print(np.sort(a).tolist(), np.sort(a, axis=0).tolist(), np.sort(a, axis=None).tolist())
print(np.argsort(a, axis=1).tolist(), np.argsort(np.array([1, 0, 1, 0], dtype=B), axis=0).tolist()[0])
c = a.copy()
c.sort()
print(c.tolist())
long = (np.arange(500, dtype=np.uint16) * 77) % 500
print(np.sort(long).tolist() == list(range(500)), np.sort(-1 * np.array(long, dtype=F)).tolist()[:3])

print(np.diff(a).tolist(), np.diff(a, axis=0).tolist(), np.diff(np.array([1, 4, 9, 16], dtype=I), n=2).tolist())
print(np.cumsum(a).tolist(), np.cumsum(a, axis=1).tolist())
print(np.flip(a).tolist(), np.flip(a, axis=1).tolist(), np.roll(a, 1).tolist(), np.roll(a, -1, axis=1).tolist())
print(np.delete(a, 1, axis=1).tolist(), np.delete(a, [0, -1]).tolist())
print(np.compress([False, True], a, axis=0).tolist(), np.compress([True, False, True], a[0]).tolist())
print(np.take(a, [0, 4]).tolist(), np.take(a, [2, 0, 2], axis=1).tolist(), np.take(a, [-9, 9], mode="clip").tolist())
print(np.take(a, [7, -1], mode="wrap").tolist(), np.concatenate((a, a), axis=1).tolist(), np.size(a, axis=1))
print(np.bincount(np.array([0, 1, 1, 3], dtype=B)).tolist(), np.bincount(np.array([1], dtype=B), minlength=3).tolist())
print(np.bincount(np.array([0, 2, 2], dtype=B), weights=np.array([0.5, 1, 2])).tolist())

print(near(np.interp(np.array([0, 1.5, 2, 9.0]), np.array([1.0, 2, 4]), np.array([10.0, 20, 40])).tolist()))
print(near(np.polyval([2, 0, -1], np.array([0.0, 1, 2])).tolist()))
x = np.linspace(-2, 2, 9)
print(near(np.polyfit(x, 3 * x * x - x + 0.5, 2).tolist()))
print(np.convolve(np.array([1, 2, 3]), np.array([0, 1, 0.5])).tolist())
k = np.convolve(np.ones(100), np.ones(40))
print(len(k), near(k[50]), near(k[0]), near(k[-2]))
trapezoid = np.trapezoid if hasattr(np, "trapezoid") else np.trapz
print(near(trapezoid(np.array([1.0, 4, 9]))), near(trapezoid(np.array([1.0, 4, 9]), x=np.array([0.0, 2, 3]))))
print(near(np.dot(np.array([1.0, 2]), np.array([3.0, 4]))), near(np.dot(a, np.array([1.0, 1, 1])).tolist()))
print(near(np.dot(np.array([[1.0, 2], [3, 4]]), np.array([[0.0, 1], [1, 0]])).tolist()))
print(np.cross(np.array([1, 0, 0], dtype=I), np.array([0, 1, 0], dtype=I)).tolist(), np.trace(np.eye(3)))

m = np.array([[4.0, 2, 1], [2, 5, 3], [1, 3, 6]])
print(near(np.linalg.det(m)), near(np.linalg.inv(m).tolist()), near(np.linalg.norm(m)))
print(near(np.linalg.norm(m, axis=0).tolist()), near(np.linalg.cholesky(m).tolist()))
print(near(np.linalg.solve(m, np.array([1.0, 2, 3])).tolist()))
values, vectors = np.linalg.eig(m)
print(near(sorted(values.tolist())))
print(near(np.dot(m, vectors).tolist()) == near((vectors * values).tolist()))
for matrix in (m, np.array([[1.0, 2], [3, 4], [5, 6]])):
    q, r = np.linalg.qr(matrix)
    print(near(q.tolist()), near(r.tolist()), near(np.dot(q, r).tolist()))
print(near(np.linalg.det(np.array([[0.0, 1], [1, 0]]))), near(np.linalg.det(np.array([[1.0, 2], [2, 4]]))))

t = np.fft.fft(np.array([1.0, 2, 3, 4, 0, 0, 0, 0]))
print(near(np.real(t).tolist()), near(np.imag(t).tolist()))
print(near(np.real(np.fft.ifft(t)).tolist()), near(abs(np.fft.fft(np.ones(16))).tolist()))

error(lambda: np.dot(np.zeros((2, 3)), np.zeros((2, 3))))
error(lambda: np.concatenate(()))
