#!/usr/bin/env python3
"""Fits the polynomials of gen/vector/functions32.go (weighted minimax, Remez exchange).

Needs mpmath. Each fit prints its float32 coefficients, lowest degree first, and
the largest weighted error before and after rounding them to float32. A leading
coefficient is rounded first and the others are fitted again around it.

    python3 coefficients.py
"""
import struct
from mpmath import mp, mpf, exp, expm1, log, tanh, erf, erfc, sqrt, lu_solve, matrix, linspace, cos, pi

mp.dps = 40


def f32(x):
    return struct.unpack('<f', struct.pack('<f', float(x)))[0]


def remez(fn, weight, a, b, deg, fixed=()):
    """Minimax of weight*(fn - sum c_j x^j) on [a,b]; the first len(fixed) c_j are given."""
    n0 = len(fixed)
    n = deg + 1 - n0
    xs = [(a + b) / 2 - (b - a) / 2 * cos(pi * (mpf(i) + mpf('0.5')) / (n + 1)) for i in range(n + 1)]
    grid = [(a + b) / 2 - (b - a) / 2 * cos(pi * i / 1200) for i in range(1201)]
    vals = [(x, fn(x), weight(x)) for x in grid]
    for _ in range(30):
        m = matrix(n + 1, n + 1)
        r = matrix(n + 1, 1)
        for i, x in enumerate(xs):
            w = weight(x)
            for j in range(n):
                m[i, j] = w * x ** (j + n0)
            m[i, n] = (-1) ** i
            r[i] = w * (fn(x) - sum(mpf(c) * x ** j for j, c in enumerate(fixed)))
        sol = lu_solve(m, r)
        c = [mpf(v) for v in fixed] + [sol[j] for j in range(n)]
        err = []
        for x, fx, w in vals:
            p = mpf(0)
            for v in reversed(c):
                p = p * x + v
            err.append((w * (fx - p), x))
        ext = []
        for e, x in err:
            if ext and (ext[-1][0] > 0) == (e > 0):
                if abs(e) > abs(ext[-1][0]):
                    ext[-1] = (e, x)
            else:
                ext.append((e, x))
        while len(ext) > n + 1:
            ext.pop(0 if abs(ext[0][0]) < abs(ext[-1][0]) else -1)
        if len(ext) < n + 1:
            break
        new = [x for _, x in ext]
        top = max(abs(e) for e, _ in err)
        low = min(abs(e) for e, _ in ext)
        xs = new
        if top < low * mpf('1.001'):
            break
    return c, max(abs(e) for e, _ in err)


def fit(name, fn, weight, a, b, deg, fixed=()):
    a, b = mpf(a), mpf(b)
    got = list(fixed)
    _, best = remez(fn, weight, a, b, deg, tuple(got))
    while len(got) < deg + 1:
        c, _ = remez(fn, weight, a, b, deg, tuple(got)) if len(got) < deg + 1 else (got, 0)
        got.append(f32(c[len(got)]))
    worst = mpf(0)
    for i in range(2001):
        x = a + (b - a) * i / 2000
        if i == 0:
            x += (b - a) / 10 ** 6
        p = sum(mpf(c) * x ** j for j, c in enumerate(got))
        worst = max(worst, abs(weight(x) * (fn(x) - p)))
    print('%s: error %.3g, rounded %.3g' % (name, best, worst))
    for j, c in enumerate(got):
        print('  c%d = %s // %.9g' % (j, c.hex(), c))


TINY = mpf(10) ** -6


def expq(r):
    if abs(r) < mpf('1e-8'):
        return mpf(1) / 2 + r / 6
    return (expm1(r) - r) / r ** 2


def logr(z):
    s = sqrt(z)
    if s < mpf('1e-6'):
        return mpf(2) / 3 + z * 2 / 5
    return ((log(1 + s) - log(1 - s)) / s - 2) / z


def tanhp(z):
    x = sqrt(z)
    if x < mpf('1e-6'):
        return -mpf(1) / 3 + z * 2 / 15
    return (tanh(x) / x - 1) / z


def erfp(z):
    x = sqrt(z)
    if x < mpf('1e-12'):
        return 2 / sqrt(pi) - 1
    return erf(x) / x - 1


if __name__ == '__main__':
    fit('exp(r) = 1+r+r*r*q(r), weight r', expq, lambda r: abs(r), '-0.3468', '0.3468', 4)
    fit('log: R(z)/z, z = s*s', logr, lambda z: z, '0', '0.02945', 3)
    fit('log short: R(z)/z, z = s*s', logr, lambda z: z, '0', '0.02945', 2)
    fit('tanh(x) = x+x*z*p(z), z = x*x', tanhp, lambda z: z, '0', '0.391', 4)
    fit('erf(x) = x+x*p(z), z = x*x, |x| < 0.9', erfp, lambda z: 1, '0', '0.8101', 5)
    for deg in (5, 6):
        fit('log(erfc(t)), 0.9 <= t <= 4, weight erfc(t), degree %d' % deg, lambda t: log(erfc(t)), lambda t: erfc(t), '0.9', '4', deg)
