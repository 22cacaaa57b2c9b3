from ulab import numpy as np
from ulab import scipy as spy
from ulab import utils

a = np.array(range(300))
m = np.ones((20, 20)) + np.eye(20)
x = repr(a), str(m), a.tolist(), a.tobytes() if hasattr(a, "tobytes") else 0, a[::2] + a[1::2], a > 100, a[a > 100]
x = np.sort(a), np.argsort(a), np.median(a), np.mean(m, axis=0), np.std(a), np.sum(m, axis=1), np.diff(a), np.roll(a, 3)
x = np.dot(m, m), np.linalg.inv(m), np.linalg.det(m), np.linalg.cholesky(m + m.T), np.linalg.eig(m), np.trace(m)
x = np.fft.fft(np.ones(256)), np.fft.ifft(np.ones(256)), np.convolve(a, a), np.polyfit(a, a, 2), np.polyval([1, 2, 3], a), np.interp(a, a, a)
x = np.linspace(0, 1, 300), np.arange(300), np.concatenate((a, a)), np.where(a > 3, a, a), np.clip(a, 3, 9), np.flip(a), np.zeros((10, 40))
x = spy.signal.sosfilt(np.array([[1, 2, 3, 1, 5, 6]]), a), spy.optimize.bisect(lambda v: v - 1, 0, 4), spy.special.erf(a / 100)
x = spy.optimize.curve_fit(lambda v, p: p * v, a[1:20], a[1:20], [1.0]) if hasattr(spy.optimize, "curve_fit") else 0
x = spy.linalg.solve_triangular(m, np.ones(20)), spy.integrate.quad(lambda v: v, 0, 1) if hasattr(spy, "integrate") else 0
x = np.sin(a), np.vectorize(lambda v: v + 1)(a), np.cross(np.array([1, 2, 3]), np.array([4, 5, 6])), np.meshgrid(a[:20], a[:20])
x = utils.from_int16_buffer(bytes(600)), np.frombuffer(bytes(800), dtype=np.uint8), m.reshape((4, 100)), m.T.flatten()
