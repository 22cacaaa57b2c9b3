# CPython's statistics for floats of 32 bits: sums are exact until they are rounded once.
from math import cos, exp, fsum, hypot, log, sqrt, erfc, tau
from bisect import bisect_left, bisect_right
import random


class StatisticsError(ValueError):
    pass


def _numbers(data, least, what):
    data = list(data)
    if len(data) < least:
        raise StatisticsError(what)
    return data


def _sum(data):
    total = 0
    for x in data:
        if not isinstance(x, int):
            return fsum(data)
        total += x
    return total


def _divide(total, n):
    q = total / n
    return int(q) if isinstance(total, int) and total % n == 0 else q


def mean(data):
    data = _numbers(data, 1, "mean requires at least one data point")
    return _divide(_sum(data), len(data))


def fmean(data, weights=None):
    data = _numbers(data, 1, "fmean requires at least one data point")
    if weights is None:
        return fsum(data) / len(data)
    weights = list(weights)
    if len(weights) != len(data):
        raise StatisticsError("data and weights must be the same length")
    total = fsum(weights)
    if not total:
        raise StatisticsError("sum of weights must be non-zero")
    return fsum([x * w for x, w in zip(data, weights)]) / total


def geometric_mean(data):
    data = _numbers(data, 1, "geometric mean requires a non-empty dataset containing positive numbers")
    if min(data) <= 0:
        raise StatisticsError("geometric mean requires a non-empty dataset containing positive numbers")
    return exp(fsum([log(x) for x in data]) / len(data))


def harmonic_mean(data, weights=None):
    data = _numbers(data, 1, "harmonic_mean requires at least one data point")
    if min(data) < 0:
        raise StatisticsError("harmonic mean does not support negative values")
    if 0 in data:
        return 0
    weights = [1] * len(data) if weights is None else list(weights)
    if len(weights) != len(data):
        raise StatisticsError("Number of weights does not match data size")
    return fsum(weights) / fsum([w / x for x, w in zip(data, weights)])


def median(data):
    data = sorted(_numbers(data, 1, "no median for empty data"))
    i = len(data) // 2
    return data[i] if len(data) % 2 else (data[i - 1] + data[i]) / 2


def median_low(data):
    data = sorted(_numbers(data, 1, "no median for empty data"))
    return data[(len(data) - 1) // 2]


def median_high(data):
    data = sorted(_numbers(data, 1, "no median for empty data"))
    return data[len(data) // 2]


def median_grouped(data, interval=1.0):
    data = sorted(_numbers(data, 1, "no median for empty data"))
    x = data[len(data) // 2]
    i = bisect_left(data, x)
    f = bisect_right(data, x) - i
    return x - interval / 2 + interval * (len(data) / 2 - i) / f


def _counts(data):
    counts = {}
    for x in data:
        counts[x] = counts.get(x, 0) + 1
    return counts


def mode(data):
    counts = _counts(data)
    if not counts:
        raise StatisticsError("no mode for empty data")
    return max(counts, key=counts.get)


def multimode(data):
    counts = _counts(data)
    most = max(counts.values()) if counts else 0
    return [x for x, n in counts.items() if n == most]


def quantiles(data, *, n=4, method="exclusive"):
    if n < 1:
        raise StatisticsError("n must be at least 1")
    data = sorted(_numbers(data, 2, "must have at least two data points"))
    if method == "inclusive":
        m = len(data) - 1
        return [(data[i * m // n] * (n - i * m % n) + data[i * m // n + 1] * (i * m % n)) / n for i in range(1, n)]
    if method != "exclusive":
        raise ValueError(f"Unknown method: {method!r}")
    m = len(data) + 1
    out = []
    for i in range(1, n):
        j = min(max(i * m // n, 1), len(data) - 1)
        delta = i * m - j * n
        out.append((data[j - 1] * (n - delta) + data[j] * delta) / n)
    return out


# The sum of squared distances from c, exact for ints.
def _squares(data, c):
    if c is None:
        total, n = _sum(data), len(data)
        if isinstance(total, int):
            # n times the sum, without a fraction.
            s = n * sum([x * x for x in data]) - total * total
            return s // n if s % n == 0 else s / n
        c = total / n
        d = [x - c for x in data]
        return fsum([x * x for x in d]) - fsum(d) ** 2 / n
    return _sum([(x - c) * (x - c) for x in data])


def variance(data, xbar=None):
    data = _numbers(data, 2, "variance requires at least two data points")
    return _divide(_squares(data, xbar), len(data) - 1)


def pvariance(data, mu=None):
    data = _numbers(data, 1, "pvariance requires at least one data point")
    return _divide(_squares(data, mu), len(data))


def stdev(data, xbar=None):
    data = _numbers(data, 2, "stdev requires at least two data points")
    return sqrt(_squares(data, xbar) / (len(data) - 1))


def pstdev(data, mu=None):
    data = _numbers(data, 1, "pstdev requires at least one data point")
    return sqrt(_squares(data, mu) / len(data))


# Deviations from the means, of pairs.
def _pairs(x, y, name):
    x, y = list(x), list(y)
    if len(x) != len(y):
        raise StatisticsError(f"{name} requires that both inputs have same number of data points")
    if len(x) < 2:
        raise StatisticsError(f"{name} requires at least two data points")
    mx, my = fsum(x) / len(x), fsum(y) / len(y)
    return [v - mx for v in x], [v - my for v in y], mx, my


def _dot(x, y):
    return fsum([a * b for a, b in zip(x, y)])


def covariance(x, y, /):
    x, y, _, _ = _pairs(x, y, "covariance")
    return _dot(x, y) / (len(x) - 1)


def _ranks(data):
    order = sorted(range(len(data)), key=lambda i: data[i])
    ranks = [0] * len(data)
    i = 0
    while i < len(order):
        j = i
        while j + 1 < len(order) and data[order[j + 1]] == data[order[i]]:
            j += 1
        for k in range(i, j + 1):
            ranks[order[k]] = (i + j) / 2 + 1
        i = j + 1
    return ranks


def correlation(x, y, /, *, method="linear"):
    if method == "ranked":
        x, y = _ranks(list(x)), _ranks(list(y))
    elif method != "linear":
        raise ValueError(f"Unknown method: {method!r}")
    x, y, _, _ = _pairs(x, y, "correlation")
    try:
        return _dot(x, y) / (sqrt(_dot(x, x)) * sqrt(_dot(y, y)))
    except ZeroDivisionError:
        raise StatisticsError("at least one of the inputs is constant") from None


class LinearRegression(tuple):
    slope = property(lambda self: self[0])
    intercept = property(lambda self: self[1])

    def __repr__(self):
        return "LinearRegression(slope=%r, intercept=%r)" % tuple(self)


def linear_regression(x, y, /, *, proportional=False):
    x, y = list(x), list(y)
    dx, dy, mx, my = _pairs(x, y, "linear regression")
    if proportional:
        dx, dy = x, y
    try:
        slope = _dot(dx, dy) / _dot(dx, dx)
    except ZeroDivisionError:
        raise StatisticsError("x is constant") from None
    return LinearRegression((slope, 0.0 if proportional else my - slope * mx))


class NormalDist:
    def __init__(self, mu=0.0, sigma=1.0):
        if sigma < 0:
            raise StatisticsError("sigma must be non-negative")
        self._mu = float(mu)
        self._sigma = float(sigma)

    @classmethod
    def from_samples(cls, data):
        data = list(data)
        return cls(fmean(data), stdev(data))

    mean = median = mode = property(lambda self: self._mu)
    stdev = property(lambda self: self._sigma)
    variance = property(lambda self: self._sigma**2)

    def _spread(self):
        if not self._sigma:
            raise StatisticsError("cdf() not defined when sigma is zero")
        return self._sigma

    def samples(self, n, *, seed=None):
        if seed is not None:
            random.seed(seed)
        out = []
        for _ in range(n):
            r = sqrt(-2 * log(1 - random.random()))
            out.append(self._mu + self._sigma * r * cos(tau * random.random()))
        return out

    def pdf(self, x):
        z = (x - self._mu) / self._spread()
        return exp(-z * z / 2) / (sqrt(tau) * self._sigma)

    def cdf(self, x):
        return 0.5 * erfc((self._mu - x) / (self._spread() * sqrt(2)))

    def inv_cdf(self, p):
        if not 0 < p < 1:
            raise StatisticsError("p must be in the range 0.0 < p < 1.0")
        # Newton's method on the standard normal, from the lower half.
        q = min(p, 1 - p)
        t = sqrt(-2 * log(q))
        z = (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t**3) - t
        for _ in range(2):
            error = 0.5 * erfc(-z / sqrt(2)) - q
            z -= error * sqrt(tau) * exp(z * z / 2)
        return self._mu + self._sigma * (z if p < 0.5 else -z)

    def quantiles(self, n=4):
        return [self.inv_cdf(i / n) for i in range(1, n)]

    def zscore(self, x):
        return (x - self._mu) / self._spread()

    def overlap(self, other):
        a, b = sorted((self, other), key=lambda d: (d._sigma, d._mu))
        va, vb = a.variance, b.variance
        d, dm = vb - va, abs(b._mu - a._mu)
        if not d:
            return erfc(dm / (2 * a._sigma * sqrt(2)))
        x = a._mu * vb - b._mu * va
        y = a._sigma * b._sigma * sqrt(dm * dm + d * log(vb / va))
        x1, x2 = (x + y) / d, (x - y) / d
        return 1 - (abs(b.cdf(x1) - a.cdf(x1)) + abs(b.cdf(x2) - a.cdf(x2)))

    def __add__(self, other):
        if isinstance(other, NormalDist):
            return NormalDist(self._mu + other._mu, hypot(self._sigma, other._sigma))
        return NormalDist(self._mu + other, self._sigma)

    def __sub__(self, other):
        if isinstance(other, NormalDist):
            return NormalDist(self._mu - other._mu, hypot(self._sigma, other._sigma))
        return NormalDist(self._mu - other, self._sigma)

    def __mul__(self, other):
        return NormalDist(self._mu * other, self._sigma * abs(other))

    def __truediv__(self, other):
        return NormalDist(self._mu / other, self._sigma / abs(other))

    def __neg__(self):
        return NormalDist(-self._mu, self._sigma)

    def __rsub__(self, other):
        return -(self - other)

    __radd__ = __add__
    __rmul__ = __mul__

    def __eq__(self, other):
        return isinstance(other, NormalDist) and (self._mu, self._sigma) == (other._mu, other._sigma)

    def __hash__(self):
        return hash((self._mu, self._sigma))

    def __repr__(self):
        return f"NormalDist(mu={self._mu!r}, sigma={self._sigma!r})"
