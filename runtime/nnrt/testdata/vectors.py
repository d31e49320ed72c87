#!/usr/bin/env python3
"""Writes math64.txt: golden values for the float64 functions.

Computed with mpmath at 80 digits. A line is: function, the argument or
arguments as hex floats, the result rounded to float64, and the exact result less
that float64, in units of the spacing of float64 at the result (so that a test can
measure errors below one half). Arguments: fixed points where algorithms switch,
and pseudo-random ones from a fixed seed.

    python3 vectors.py > math64.txt
    python3 vectors.py 20 7 > more.txt   # 20 times as many random points, seed 7
"""
import math
import random
import sys
from mpmath import mp, mpf, exp, expm1, log, tanh, erf, erfc, cos, sin, sqrt, pi

mp.dps = 80
SCALE = int(sys.argv[1]) if len(sys.argv) > 1 else 1
rnd = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 20260101)
BIG = mpf(2) ** 1024


def emit(name, args, v):
    hexes = ' '.join(float(a).hex() for a in args)
    if abs(v) >= BIG - mpf(2) ** 970:
        print(name, hexes, 'Inf' if v > 0 else '-Inf', '0')
        return
    f = float(v)
    if v == 0 or abs(v) < mpf(2) ** -1022:
        ulp = mpf(2) ** -1074
    else:
        e = int(mp.floor(mp.log(abs(v), 2)))
        if abs(v) < mpf(2) ** e:
            e -= 1
        if abs(v) >= mpf(2) ** (e + 1):
            e += 1
        ulp = mpf(2) ** (e - 52)
    # float() of an mpf rounds to nearest, but not always in the subnormal range
    n = int(mp.nint(v / ulp))
    f = math.ldexp(n, int(mp.log(ulp, 2)))
    print(name, hexes, f.hex(), '%.4f' % float((v - mpf(f)) / ulp))


def uniform(n, a, b):
    return [rnd.uniform(a, b) for _ in range(n * SCALE)]


def loguniform(n, lo, hi, signed=True):
    return [2.0 ** rnd.uniform(lo, hi) * (rnd.choice((-1, 1)) if signed else 1) for _ in range(n * SCALE)]


def around(*xs):
    out = []
    for x in xs:
        out += [math.nextafter(x, -math.inf), x, math.nextafter(x, math.inf)]
    return out


def norminv(p):
    p = mpf(p)
    q = min(p, 1 - p)
    with mp.workdps(100):
        q = mpf(q)
        x = -sqrt(-2 * log(q)) if q < mpf('0.1') else (q - mpf(1) / 2) * mpf('2.5')
        for _ in range(200):
            phi = erfc(-x / sqrt(mpf(2))) / 2
            d = exp(-x * x / 2) / sqrt(2 * pi)
            u = (phi - q) / d
            step = u / (1 + x * u / 2)
            x -= step
            if abs(step) < mpf(10) ** -70 * (1 + abs(x)):
                break
        return x if p == q else -x


def main():
    ln2 = math.log(2)
    for x in uniform(250, -745, 709.7) + uniform(250, -3, 3) + loguniform(60, -60, 2) + uniform(60, -745.2, -707) + around(0.5 * ln2, -0.5 * ln2, 709.782712893384, -708.3964185322641, -745.1332191019411, 2.0 ** -28, 1.0, -1.0):
        emit('Exp64', [x], exp(mpf(x)))
    for x in uniform(250, -40, 709.7) + uniform(300, -3, 3) + loguniform(100, -60, 2) + around(0.5 * ln2, -0.5 * ln2, 1.5 * ln2, -1.5 * ln2, 709.782712893384, -38.8, 2.0 ** -54, 1.0, -1.0, 13.5, 39.2):
        emit('Expm164', [x], expm1(mpf(x)))
    for x in loguniform(250, -1074, 1023, False) + uniform(250, 0.5, 2) + [1 + v for v in loguniform(60, -52, -2)] + around(1.0, 2.0, 0.5, math.sqrt(2), math.sqrt(0.5), 2.0 ** -1022, 1e300) + [5e-324]:
        emit('Log64', [x], log(mpf(x)))
    for x in loguniform(200, -60, 1000, False) + uniform(300, -0.9999, 2) + loguniform(100, -60, -0.01) + around(0.41421356237309503, -0.2928932188134524, 2.0 ** 53, 1.0, -0.5, 2.0 ** -54, 2.0 ** -29):
        emit('Log1p64', [x], log(1 + mpf(x)))
    for x in uniform(400, -3, 3) + uniform(100, -23, 23) + loguniform(100, -60, 0) + around(0.625, -0.625, 19.06, 1.0):
        emit('Tanh64', [x], tanh(mpf(x)))
    for x in uniform(400, -6, 6) + uniform(150, -745, 40) + loguniform(60, -60, 0) + around(-709.8, -708.4, 36.7, 1.0, -1.0):
        emit('Sigmoid64', [x], 1 / (1 + exp(-mpf(x))))
    for x in uniform(500, -6.1, 6.1) + loguniform(100, -1074, 0) + around(0.84375, 1.25, 1 / 0.35, 6.0, 2.0 ** -28, 5.9):
        emit('Erf64', [x], erf(mpf(x)))
    for x in uniform(300, 0, math.pi) + uniform(200, -1e5, 1e5) + loguniform(60, -30, 28) + [k * math.pi / 4 for k in range(1, 40)] + around(math.pi / 2, math.pi, 1.0):
        emit('Cos64', [x], cos(mpf(x)))
    for p in uniform(400, 0, 1) + [2.0 ** -v for v in uniform(150, 1, 1074)] + [1 - 2.0 ** -v for v in uniform(60, 1, 52)] + around(0.075, 0.925, 0.02275013194817921, 0.25, 0.75) + [0.5 + v for v in loguniform(40, -50, -2)] + [math.exp(-25), 2.0 ** -53, 1 - 2.0 ** -53]:
        emit('NormInv64', [p], norminv(p))
    pairs = []
    for _ in range(500 * SCALE):
        x = 2.0 ** rnd.uniform(-1022, 1023)
        pairs.append((x, rnd.uniform(-745, 709) / math.log(x)))
    for _ in range(300 * SCALE):
        x = 1 + rnd.choice((-1, 1)) * 2.0 ** rnd.uniform(-52, -1)
        pairs.append((x, rnd.uniform(-745, 709) / math.log(x) if x != 1 else 3.0))
    for _ in range(300 * SCALE):
        pairs.append((rnd.uniform(0, 10), rnd.uniform(-20, 20)))
    for _ in range(100 * SCALE):
        pairs.append((-rnd.uniform(0, 10), float(rnd.randint(-30, 30))))
    for _ in range(100 * SCALE):
        pairs.append((float(rnd.randint(2, 30)), float(rnd.randint(1, 10))))
    for _ in range(100 * SCALE):
        x = 2.0 ** rnd.uniform(-1074, -1000)
        pairs.append((x, rnd.uniform(-1, 1.06)))
    for _ in range(60 * SCALE):  # results in the subnormal range
        x = 2.0 ** rnd.uniform(-20, 20)
        pairs.append((x, rnd.uniform(-745, -708) / math.log(x)))
    pairs += [(0.1, 3.0), (2.0, 0.5), (2.0, -0.5), (10.0, 308.0), (10.0, -308.0), (0.9, 1e4), (0.999, 12345.678), (1.0000001, 1e9), (2.0, -1074.0), (2.0, 1023.0), (3.0, -2.0)]
    for x, y in pairs:
        emit('Pow64', [x, y], mp.power(mpf(x), mpf(y)))
    large = loguniform(150, 16, 64) + loguniform(150, 64, 1023) + around(2.0 ** 16, 1e22, 6381956970095103.0 * 2.0 ** 797)
    for x in uniform(300, -math.pi, math.pi) + uniform(200, -1e5, 1e5) + loguniform(60, -1000, 16) + [k * math.pi / 4 for k in range(1, 40)] + around(math.pi / 2, math.pi, 1.0) + large:
        emit('Sin64', [x], sin(mpf(x)))
    for x in large:
        emit('Cos64', [x], cos(mpf(x)))
    # the constants of TruncNormal
    print('# Phi(-2) =', mp.nstr(erfc(sqrt(mpf(2))) / 2, 40), ' Phi(2)-Phi(-2) =', mp.nstr(erf(sqrt(mpf(2))), 40))


if __name__ == '__main__':
    main()
