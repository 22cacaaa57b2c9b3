# The part of random that is Python.
from random import random, randrange, shuffle, seed, getrandbits, uniform, randint, choice
from math import cos, exp, log, sin, sqrt, tau, acos
from itertools import accumulate


def sample(population, k, *, counts=None):
    pool = list(population)
    if counts is not None:
        pool = [x for x, n in zip(pool, counts) for _ in range(n)]
    if not 0 <= k <= len(pool):
        raise ValueError("Sample larger than population or is negative")
    for i in range(k):
        j = randrange(i, len(pool))
        pool[i], pool[j] = pool[j], pool[i]
    return pool[:k]


def choices(population, weights=None, *, cum_weights=None, k=1):
    n = len(population)
    if weights is None and cum_weights is None:
        return [population[randrange(n)] for _ in range(k)]
    if cum_weights is None:
        cum_weights = list(accumulate(weights))
    elif weights is not None:
        raise TypeError("Cannot specify both weights and cumulative weights")
    if len(cum_weights) != n:
        raise ValueError("The number of weights does not match the population")
    total = cum_weights[-1]
    if total <= 0:
        raise ValueError("Total of weights must be greater than zero")
    out = []
    for _ in range(k):
        x = random() * total
        i = 0
        while i < n - 1 and cum_weights[i] <= x:
            i += 1
        out.append(population[i])
    return out


def gauss(mu=0.0, sigma=1.0):
    return mu + sigma * sqrt(-2 * log(1 - random())) * cos(tau * random())


normalvariate = gauss


def lognormvariate(mu=0.0, sigma=1.0):
    return exp(gauss(mu, sigma))


def expovariate(lambd=1.0):
    return -log(1 - random()) / lambd


def triangular(low=0.0, high=1.0, mode=None):
    u = random()
    c = 0.5 if mode is None else (mode - low) / (high - low)
    if u > c:
        return high - (high - low) * sqrt((1 - u) * (1 - c))
    return low + (high - low) * sqrt(u * c)


def paretovariate(alpha):
    return (1 - random()) ** (-1 / alpha)


def weibullvariate(alpha, beta):
    return alpha * (-log(1 - random())) ** (1 / beta)


def randbytes(n):
    return bytes([getrandbits(8) for _ in range(n)])
