# The part of numpy that ulab does not have and that is Python.
import numpy as np
from math import ceil, floor, isnan


# Joining and repeating.


def _joined(arrays, axis):
    return np.concatenate(tuple(arrays), axis=axis)


def hstack(tup):
    arrays = [np.asarray(a) for a in tup]
    return _joined(arrays, 0 if len(arrays[0].shape) == 1 else 1)


def vstack(tup):
    arrays = [np.asarray(a) for a in tup]
    return _joined([a.reshape((1, len(a))) if len(a.shape) == 1 else a for a in arrays], 0)


def column_stack(tup):
    arrays = [np.asarray(a) for a in tup]
    return _joined([a.reshape((len(a), 1)) if len(a.shape) == 1 else a for a in arrays], 1)


def stack(arrays, axis=0):
    arrays = [np.asarray(a) for a in arrays]
    shape = list(arrays[0].shape)
    if axis < 0:
        axis += len(shape) + 1
    shape.insert(axis, 1)
    return _joined([a.reshape(tuple(shape)) for a in arrays], axis)


def append(arr, values, axis=None):
    if axis is None:
        return _joined([np.asarray(arr).flatten(), np.asarray(values).flatten()], 0)
    return _joined([np.asarray(arr), np.asarray(values)], axis)


def ravel(a):
    return np.asarray(a).flatten()


def squeeze(a):
    a = np.asarray(a)
    return a.reshape(tuple(n for n in a.shape if n != 1) or (1,))


def repeat(a, repeats):
    a = ravel(a)
    return np.array([x for x in a for _ in range(repeats)], dtype=a.dtype)


def tile(a, reps):
    a = np.asarray(a)
    if isinstance(reps, int):
        reps = (1,) * (len(a.shape) - 1) + (reps,)
    while len(a.shape) < len(reps):
        a = a.reshape((1,) + a.shape)
    for axis, n in enumerate(reps):
        if n != 1:
            a = _joined([a] * n, axis)
    return a


def outer(a, b):
    a = ravel(a)
    return a.reshape((len(a), 1)) * ravel(b)


# Order and counting.


def unique(ar, return_counts=False):
    a = np.sort(ravel(ar))
    values = []
    counts = []
    for x in a:
        if values and values[-1] == x:
            counts[-1] += 1
        else:
            values.append(x)
            counts.append(1)
    values = np.array(values, dtype=a.dtype)
    return (values, np.array(counts, dtype=np.uint16)) if return_counts else values


def count_nonzero(a):
    return int(np.sum(np.asarray(a) != 0))


def argwhere(a):
    return np.transpose(np.array(np.nonzero(np.asarray(a)), dtype=np.uint16))


def _place(a, x, right):
    low, high = 0, len(a)
    while low < high:
        middle = (low + high) // 2
        if a[middle] < x or right and a[middle] == x:
            low = middle + 1
        else:
            high = middle
    return low


def searchsorted(a, v, side="left"):
    right = side == "right"
    try:
        return np.array([_place(a, x, right) for x in v], dtype=np.uint16)
    except TypeError:
        return _place(a, v, right)


def digitize(x, bins, right=False):
    return searchsorted(bins, x, "left" if right else "right")


def histogram(a, bins=10, range=None):
    a = ravel(a)
    try:
        edges = [float(x) for x in bins]
    except TypeError:
        low, high = range or (float(np.min(a)), float(np.max(a)))
        if low == high:
            low, high = low - 0.5, high + 0.5
        edges = [low + (high - low) * i / bins for i in _range(bins + 1)]
    counts = [0] * (len(edges) - 1)
    for x in a:
        if edges[0] <= x <= edges[-1]:
            counts[min(_place(edges, x, True), len(counts)) - 1] += 1
    return np.array(counts, dtype=np.uint16), np.array(edges)


_range = range


# Statistics.


def _quantile(values, q):
    k = (len(values) - 1) * q
    low, high = floor(k), ceil(k)
    return values[low] + (values[high] - values[low]) * (k - low)


def quantile(a, q, axis=None):
    if axis is not None:
        a = np.asarray(a)
        if axis in (0, -len(a.shape)):
            a = np.transpose(a)
        return np.array([quantile(row, q) for row in a])
    values = sorted(ravel(a))
    if not values:
        return float("nan")
    try:
        many = [float(x) for x in q]
    except TypeError:
        if not 0 <= q <= 1:
            raise ValueError("Quantiles must be in the range [0, 1]")
        return float(_quantile(values, q))
    return np.array([_quantile(values, x) for x in many])


def percentile(a, q, axis=None):
    try:
        q = [x / 100 for x in q]
    except TypeError:
        q = q / 100
        if not 0 <= q <= 1:
            raise ValueError("Percentiles must be in the range [0, 100]")
    return quantile(a, q, axis)


def ptp(a):
    return np.max(a) - np.min(a)


def average(a, weights=None):
    if weights is None:
        return np.mean(a)
    w = np.asarray(weights)
    return np.sum(np.asarray(a) * w) / np.sum(w)


def _rows(m, y):
    m = np.asarray(m)
    if len(m.shape) == 1:
        m = m.reshape((1, len(m)))
    if y is not None:
        y = np.asarray(y)
        m = _joined([m, y.reshape((1, len(y))) if len(y.shape) == 1 else y], 0)
    return [row - np.mean(row) for row in m], m.shape[1]


def cov(m, y=None, ddof=1):
    rows, n = _rows(m, y)
    out = np.array([[np.sum(a * b) / (n - ddof) for b in rows] for a in rows])
    return out[0][0] if len(rows) == 1 else out


def corrcoef(x, y=None):
    rows, n = _rows(x, y)
    if len(rows) == 1:
        return 1.0
    size = [np.sum(row * row) ** 0.5 for row in rows]
    return np.array([[np.sum(a * b) / (s * t) for b, t in zip(rows, size)] for a, s in zip(rows, size)])


def gradient(f, dx=1):
    f = np.asarray(f)
    n = len(f)
    if n < 2:
        raise ValueError("gradient needs at least 2 points")
    out = np.zeros(n)
    out[1 : n - 1] = (f[2:] * 1.0 - f[: n - 2]) / (2 * dx)
    out[0] = (f[1] - f[0]) / dx
    out[n - 1] = (f[n - 1] - f[n - 2]) / dx
    return out


def _numbers(a):
    return np.array([x for x in ravel(a) if not isnan(x)])


def nanmean(a):
    return np.mean(_numbers(a))


def nanstd(a):
    return np.std(_numbers(a))


def nanmin(a):
    return np.min(_numbers(a))


def nanmax(a):
    return np.max(_numbers(a))


def nansum(a):
    return np.sum(_numbers(a))


# Of each element.


def sign(x):
    if isinstance(x, (int, float)):
        return (x > 0) - (x < 0)
    x = np.asarray(x)
    return np.where(x > 0, 1.0, np.where(x < 0, -1.0, 0.0))


def square(x):
    return x * x if isinstance(x, (int, float)) else np.asarray(x) * np.asarray(x)


def isclose(a, b, rtol=1e-5, atol=1e-8):
    a, b = np.asarray(a) * 1.0, np.asarray(b) * 1.0
    return abs(a - b) <= atol + rtol * abs(b)


def allclose(a, b, rtol=1e-5, atol=1e-8):
    return bool(np.all(isclose(a, b, rtol, atol)))


# numpy.fft.


def rfft(a):
    return np.fft.fft(a)[: len(a) // 2 + 1]


def irfft(a):
    return np.real(np.fft.ifft(np.concatenate((a, np.conjugate(a[len(a) - 2 : 0 : -1])))))


def rfftfreq(n, d=1.0):
    return np.array([i / (n * d) for i in range(n // 2 + 1)])


def fftfreq(n, d=1.0):
    half = (n + 1) // 2
    return np.array([(i if i < half else i - n) / (n * d) for i in range(n)])


# numpy.random: the old functions, on a generator that all share.

_shared = None


def default_rng(seed=None):
    return np.random.Generator(seed)


def seed(seed=None):
    global _shared
    _shared = np.random.Generator(seed)


def _generator():
    if _shared is None:
        seed()
    return _shared


def _of(size):
    return {} if size is None else {"size": size}


def random(size=None):
    return _generator().random(**_of(size))


def rand(*shape):
    return _generator().random(**_of(shape or None))


def uniform(low=0.0, high=1.0, size=None):
    return _generator().uniform(low, high, **_of(size))


def normal(loc=0.0, scale=1.0, size=None):
    return _generator().normal(loc, scale, **_of(size))


def randn(*shape):
    return normal(0.0, 1.0, shape or None)


def randint(low, high=None, size=None):
    if high is None:
        low, high = 0, low
    x = np.floor(_generator().uniform(low, high, **_of(size)))
    if size is None:
        return int(x)
    return np.array(x, dtype=np.int16) if -32768 <= low and high <= 32768 else x


def choice(a, size=None):
    a = np.arange(a) if isinstance(a, int) else np.asarray(a)
    if size is None:
        return a[randint(len(a))]
    return np.array([a[i] for i in randint(0, len(a), size)], dtype=a.dtype)
