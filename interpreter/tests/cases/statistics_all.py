# statistics against CPython, to the digits of 32-bit floats.
from statistics import *


def show(x):
    if isinstance(x, (list, tuple)):
        return [show(i) for i in x]
    return "%.5g" % x if isinstance(x, float) else repr(x)


a = [1, 2, 3, 4, 4]
b = [2.5, 3.25, 5.5, 11.25, 11.75, 0.5]
for f in (mean, fmean, geometric_mean, harmonic_mean, median, median_low, median_high, median_grouped, mode, multimode):
    print(f.__name__, show(f(a)), show(f(b)))
for f in (variance, pvariance, stdev, pstdev):
    print(f.__name__, show(f(a)), show(f(b)), show(f([1000001.0, 1000002.0, 1000003.0])))
print(show(variance(a, 3)), show(mean([1, 2])), show(mean([1, 3])), show(fmean([1, 2, 3], weights=[3, 2, 1])))
print(show(quantiles(a)), show(quantiles(b, n=10)), show(quantiles(b, n=3, method="inclusive")), show(quantiles([1, 2], n=4)))
x, y = [1, 2, 3, 4, 5, 6], [2.1, 3.9, 6.2, 7.8, 10.1, 12.2]
r = linear_regression(x, y)
print(show(r.slope), show(r.intercept), show(correlation(x, y)), show(covariance(x, y)))
print(show(linear_regression(x, y, proportional=True).slope), show(correlation(x, [-v for v in x])))
print(mode("aabbb"), multimode("aabbc"), multimode([]))
n = NormalDist(100, 15)
print(n, show(n.pdf(110)), show(n.cdf(110)), show(n.inv_cdf(0.9)), show(n.quantiles()), show(n.zscore(115)))
print(show(n.inv_cdf(0.001)), show(n.inv_cdf(0.5)), show(n.overlap(NormalDist(110, 10))), show(n.overlap(NormalDist(110, 15))))
print(n + 5, n * 2, -n, n + NormalDist(1, 20), 5 - n, n == NormalDist(100, 15), show(n.variance), n.median)
d = NormalDist.from_samples([2, 4, 6, 8])
print(show(d.mean), show(d.stdev))
for f, args in (
    (mean, ([],)),
    (variance, ([1],)),
    (median, ([],)),
    (mode, ([],)),
    (quantiles, ([1, 2],)),
    (correlation, ([1, 2], [1])),
    (correlation, ([1, 1], [1, 2])),
    (linear_regression, ([1, 1], [1, 2])),
    (NormalDist, (0, -1)),
):
    try:
        print(show(f(*args)))
    except StatisticsError as e:
        print(f.__name__, "StatisticsError")
