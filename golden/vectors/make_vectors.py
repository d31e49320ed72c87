#!/usr/bin/env python3
"""Reference vectors for nngen, computed by PyTorch in float64.

    python3 make_vectors.py            writes *.json and masks/*.npy beside this script, ../specs/skip_mask.npy
    python3 make_vectors.py --check    does all the work and all self-checks, writes nothing

Needs PyTorch (1.13 or later), NumPy and PyYAML; Debian: python3-torch python3-yaml. See README.md
for the format of the files. Every case draws from a generator seeded by its own name, so adding a
case changes no other.

The networks are read from the very spec text that is written out, by the small reader below
(class Net); it knows the language from the design document and nothing of nngen's code.

The script checks itself and stops at the first failure:
  * closed-form derivatives of activations against torch.autograd and against central differences;
  * gradients of losses and networks against central differences;
  * subgradients of regularisers against torch.autograd;
  * learning-rate schedules against torch.optim.lr_scheduler where it has them;
  * every network once more in float32: the case must be so well conditioned that plain float32
    arithmetic stays within 1.5e-6 of the largest value of each tensor (the tests allow 1e-5).
"""
import gzip
import json
import math
import os
import random
import sys
import zlib

import numpy as np
import torch
import torch.nn.functional as F
import yaml

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)
HERE = os.path.dirname(os.path.abspath(__file__))
F64 = torch.float64
SOURCE = "PyTorch %s, make_vectors.py" % torch.__version__.split("+")[0]
WRITE = "--check" not in sys.argv[1:]


def need(ok, *what):
    if not ok:
        raise SystemExit("self-check failed: " + " ".join(str(w) for w in what))


# ---------------------------------------------------------------------------------------- writing

def number(v):
    if isinstance(v, bool) or isinstance(v, str):
        return jstring(v) if isinstance(v, str) else ("true" if v else "false")
    if isinstance(v, int):
        return str(v)
    if math.isnan(v):
        return '"nan"'
    if math.isinf(v):
        return '"inf"' if v > 0 else '"-inf"'
    return repr(float(v))


def jstring(s):
    return json.dumps(s, ensure_ascii=False)


def flat(v):
    """Is v written on one line?"""
    if isinstance(v, list):
        return all(flat(e) for e in v) and not any(isinstance(e, dict) for e in v)
    if isinstance(v, dict):
        return set(v) == {"shape", "data"} or all(not isinstance(e, (list, dict)) for e in v.values())
    return True


def dump(v, indent=""):
    if isinstance(v, torch.Tensor):
        v = v.tolist()
    if isinstance(v, dict):
        if flat(v):
            return "{" + ", ".join(jstring(k) + ": " + dump(e) for k, e in v.items()) + "}"
        deep = indent + " "
        return "{\n" + ",\n".join(deep + jstring(k) + ": " + dump(e, deep) for k, e in v.items()) + "\n" + indent + "}"
    if isinstance(v, list):
        if flat(v):
            return "[" + ",".join(dump(e) for e in v) + "]"
        deep = indent + " "
        return "[\n" + ",\n".join(deep + dump(e, deep) for e in v) + "\n" + indent + "]"
    return number(v)


total = 0


def write(name, doc):
    global total
    text = dump(doc) + "\n"
    total += len(text)
    print("%-28s %4d cases %8d bytes" % (name, len(doc.get("cases", [])), len(text)))
    if WRITE:
        data = text.encode("utf-8")
        with open(os.path.join(HERE, name), "wb") as f:
            f.write(gzip.compress(data, 9, mtime=0) if name.endswith(".gz") else data)


# ---------------------------------------------------------------------------------------- drawing

def generator(name):
    return torch.Generator().manual_seed(zlib.crc32(name.encode()))


def single(v):
    """Round to float32 and widen: exactly representable in both."""
    return torch.as_tensor(v, dtype=F64).float().to(F64)


def uniform(g, shape, lo, hi):
    return single(lo + (hi - lo) * torch.rand(shape, generator=g, dtype=F64))


def grid(g, shape, lo, hi, steps=64):
    """Multiples of 1/steps: short in print and exact in float32."""
    return torch.randint(int(lo * steps), int(hi * steps) + 1, shape, generator=g).to(F64) / steps


# ------------------------------------------------------------------------------------ activations

SQRT2 = math.sqrt(2)
SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
GELU_C, GELU_A = math.sqrt(2 / math.pi), 0.044715


def phi(x):
    return torch.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def Phi(x):
    return 0.5 * torch.special.erfc(-x / SQRT2)


def sech2(x):
    """1/cosh², by exp(−2|x|), so that it neither cancels nor overflows."""
    e = torch.exp(-2 * x.abs())
    return 4 * e / (1 + e) ** 2


def where(c, a, b):
    like = c.to(F64)
    return torch.where(c, torch.as_tensor(a, dtype=F64).expand_as(like), torch.as_tensor(b, dtype=F64).expand_as(like))


def gelu_tanh_dydx(x):
    u = GELU_C * (x + GELU_A * x ** 3)
    return torch.sigmoid(2 * u) + 0.5 * x * sech2(u) * GELU_C * (1 + 3 * GELU_A * x * x)


def torch_hard_sigmoid(x):
    """PyTorch's, but its backward in float64 holds 1/6 as a float32 number (seen in 1.13)."""
    y = F.hardsigmoid(x)
    if x.requires_grad:
        y = y.detach() + (x - x.detach()) * where((x > -3) & (x < 3), 1 / 6, 0.0).to(x.dtype)
    return y


# name, parameters, torch's own function, accurate value (None: torch's own), derivative, kinks
def scalar_rows():
    rows = []

    def row(name, params, y, dydx, own=None, kinks=()):
        rows.append((name, params, y, dydx, own or y, kinks))

    row("linear", {}, lambda x: x * 1, lambda x: torch.ones_like(x))
    row("sigmoid", {}, torch.sigmoid, lambda x: torch.sigmoid(x) * torch.sigmoid(-x))
    row("step", {}, lambda x: where(x >= 0, 1.0, 0.0), torch.zeros_like, kinks=(0,))
    row("softsign", {}, lambda x: x / (1 + x.abs()), lambda x: (1 + x.abs()) ** -2, F.softsign, (0,))    # curvature jumps at 0
    row("tanh", {}, torch.tanh, sech2)
    row("relu", {}, torch.relu, lambda x: where(x > 0, 1.0, 0.0), kinks=(0,))
    row("relu6", {}, F.relu6, lambda x: where((x > 0) & (x < 6), 1.0, 0.0), kinks=(0, 6))
    for params, s in (({}, 0.01), ({"negative_slope": 0.2}, 0.2)):
        row("leaky_relu", params, lambda x, s=s: F.leaky_relu(x, s), lambda x, s=s: where(x > 0, 1.0, s), kinks=(0,))
    for a in (1.0, 0.5):
        row("elu", {"alpha": a}, lambda x, a=a: torch.where(x > 0, x, a * torch.expm1(x)),
            lambda x, a=a: torch.where(x > 0, torch.ones_like(x), a * torch.exp(x)), lambda x, a=a: F.elu(x, a), (0,))
    row("selu", {}, lambda x: SELU_SCALE * torch.where(x > 0, x, SELU_ALPHA * torch.expm1(x)),
        lambda x: SELU_SCALE * torch.where(x > 0, torch.ones_like(x), SELU_ALPHA * torch.exp(x)), F.selu, (0,))
    for a in (1.0, 2.0):
        row("celu", {"alpha": a}, lambda x, a=a: torch.where(x > 0, x, a * torch.expm1(x / a)),
            lambda x, a=a: torch.where(x > 0, torch.ones_like(x), torch.exp(x / a)), lambda x, a=a: F.celu(x, a), (0,))
    for p in ({"alpha": 2.0, "gamma": 3.0}, {"alpha": 0.5, "gamma": 1.25}):
        row("selu", p, lambda x, p=p: p["gamma"] * torch.where(x > 0, x, p["alpha"] * torch.expm1(x)),
            lambda x, p=p: p["gamma"] * torch.where(x > 0, torch.ones_like(x), p["alpha"] * torch.exp(x)), lambda x, p=p: p["gamma"] * F.elu(x, p["alpha"]), (0,))
    for b in (0.5, 1.75):
        row("silu", {"beta": b}, lambda x, b=b: x * torch.sigmoid(b * x), lambda x, b=b: torch.sigmoid(b * x) * (1 + b * x * torch.sigmoid(-b * x)))
    for p in ({"alpha": 0.25, "beta": 0.5}, {"alpha": 0.5, "beta": 0.625}):
        row("hard_sigmoid", p, lambda x, p=p: torch.clamp(p["alpha"] * x + p["beta"], 0, 1),
            lambda x, p=p: where((p["alpha"] * x + p["beta"] > 0) & (p["alpha"] * x + p["beta"] < 1), p["alpha"], 0.0),
            lambda x, p=p: p["alpha"] * F.hardtanh(x, -p["beta"] / p["alpha"], (1 - p["beta"]) / p["alpha"]) + p["beta"],
            (-p["beta"] / p["alpha"], (1 - p["beta"]) / p["alpha"]))
    row("gelu", {"approximate": "none"}, lambda x: x * Phi(x), lambda x: Phi(x) + x * phi(x), F.gelu)
    row("gelu", {"approximate": "tanh"}, lambda x: x * torch.sigmoid(2 * GELU_C * (x + GELU_A * x ** 3)), gelu_tanh_dydx,
        lambda x: 0.5 * x * (1 + torch.tanh(GELU_C * (x + GELU_A * x ** 3))))
    row("silu", {}, lambda x: x * torch.sigmoid(x), lambda x: torch.sigmoid(x) * (1 + x * torch.sigmoid(-x)), F.silu)
    row("softplus", {}, lambda x: torch.clamp(x, min=0) + torch.log1p(torch.exp(-x.abs())), torch.sigmoid,
        lambda x: F.softplus(x, threshold=80))
    row("hard_sigmoid", {}, lambda x: torch.clamp(x / 6 + 0.5, 0, 1), lambda x: where((x > -3) & (x < 3), 1 / 6, 0.0), torch_hard_sigmoid, (-3, 3))
    row("hard_swish", {}, lambda x: x * torch.clamp(x / 6 + 0.5, 0, 1),
        lambda x: torch.where(x <= -3, torch.zeros_like(x), torch.where(x < 3, x / 3 + 0.5, torch.ones_like(x))),
        F.hardswish, (-3, 3))
    return rows


# Where the expression above meets ∞·0 or ∞/∞: the limit, (y, dy/dx).
INF, NAN = math.inf, math.nan
LIMITS = {
    ("softsign", INF): (1.0, 0.0), ("softsign", -INF): (-1.0, 0.0),
    ("gelu", INF): (INF, 1.0), ("gelu", -INF): (-0.0, 0.0),
    ("silu", INF): (INF, 1.0), ("silu", -INF): (-0.0, 0.0),
    ("hard_swish", INF): (INF, 1.0), ("hard_swish", -INF): (-0.0, 0.0),
    ("gelu", 1e30): (None, 1.0), ("gelu", -1e30): (None, 0.0),
}

POINTS = ([0.0, -0.0, 1e-30, -1e-30, 1e-8, -1e-8, 1e-4, -1e-4, 0.01, -0.01]
          + [s * v for v in (0.125, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 2.9, 3, 3.1, 4, 5, 6, 7.5, 10, 15, 20, 40, 90, 1000, 1e30) for s in (1, -1)]
          + [0.3, -0.7, 1.7, -2.3, INF, -INF, NAN])


def math_functions():
    """Elementary functions, by torch's own and its autograd; NaN where they are not defined."""
    cases = []
    both = [0.0] + [q * v for v in (1e-4, 0.01, 0.125, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 5, 7.5, 10, 15, 20) for q in (1, -1)] + [INF, -INF, NAN]
    rows = [("abs", {}, torch.abs), ("neg", {}, torch.neg), ("sign", {}, lambda x: torch.sign(x) + 0 * x), ("exp", {}, torch.exp), ("log", {}, torch.log),
            ("sqrt", {}, torch.sqrt), ("square", {}, torch.square), ("reciprocal", {}, torch.reciprocal), ("erf", {}, torch.erf),
            ("clip", {"min": -0.75}, lambda x: torch.clamp(x, min=-0.75)), ("clip", {"max": 1.25}, lambda x: torch.clamp(x, max=1.25)),
            ("clip", {"min": 0.0, "max": 6.0}, lambda x: torch.clamp(x, 0.0, 6.0)),
            ("thresholded_relu", {"theta": 1.0}, lambda x: F.threshold(x, 1.0, 0.0)), ("thresholded_relu", {"theta": -0.75}, lambda x: F.threshold(x, -0.75, 0.0))]
    for e in (2.0, 3.0, 0.5, -1.5):
        rows.append(("pow", {"exponent": e}, lambda x, e=e: torch.pow(x, e)))
    for name, params, f in rows:
        x = single(both).requires_grad_()
        y = f(x)
        (d,) = torch.autograd.grad(y, x, torch.ones_like(y))
        x, y = x.detach(), y.detach()
        d[torch.isnan(x)] = NAN
        if name == "sign":
            d[torch.isinf(x)] = 0.0                     # 0·∞ of the line above
            y = torch.where(torch.isinf(x), torch.sign(x), y)
        if name in ("log", "sqrt"):
            d[x < 0] = NAN                              # PyTorch gives 1/x even where the logarithm is not defined
        if params.get("exponent") == 0.5:               # pow(-inf, 0.5) of C; PyTorch takes the square root
            y[x == -INF], d[x == -INF] = INF, 0.0
        for i, v in enumerate(x.tolist()):
            if not math.isfinite(v) or not math.isfinite(y[i]) or abs(v) < 1e-3 or name in ("abs", "sign", "clip", "thresholded_relu") and v in (0, -0.75, 0.75, 1, 1.25, 6):
                continue
            h = 1e-6 * abs(v)
            a, b = f(torch.tensor([v + h, v - h], dtype=F64)).tolist()
            need(abs((a - b) / (2 * h) - d[i].item()) < 1e-7 * (1 + abs(d[i].item())), name, params, "difference quotient at", v, (a - b) / (2 * h), d[i])
        cases.append({"name": name, "params": params, "x": x.tolist(), "y": y.tolist(), "dydx": d.tolist()})
    return cases


def activations():
    cases = []
    for name, params, f, df, own, kinks in scalar_rows():
        x = single(POINTS)
        y, d = f(x), df(x)
        notes = []
        for i, v in enumerate(x.tolist()):
            if math.isnan(v):
                if not (math.isnan(y[i]) and math.isnan(d[i])):
                    notes.append("x=nan: recorded nan, nan")
                y[i] = d[i] = NAN
                continue
            want = LIMITS.get((name, v if math.isinf(v) else round(v / 1e30) * 1e30 if abs(v) > 1e29 else v))
            if want:
                for t, w, label in ((y, want[0], "y"), (d, want[1], "dydx")):
                    if w is not None and not (t[i].item() == w):
                        need(math.isnan(t[i]), name, v, label, t[i], w)
                        notes.append("x=%r: %s is the limit" % (v, label))
                        t[i] = w
            need(not math.isnan(y[i]) and not math.isnan(d[i]), name, "nan at", v)
        # Against torch's own function and autograd.
        xx = x[(x.abs() <= 20)].clone().requires_grad_()
        yy = own(xx)
        (auto,) = torch.autograd.grad(yy.sum(), xx) if yy.requires_grad else (torch.zeros_like(xx),)
        keep = (x.abs() <= 20)
        need((yy.detach() - y[keep]).abs().max() < 1e-14, name, "value against torch", (yy - y[keep]).abs().max())
        for a, b, v in zip(auto.tolist(), d[keep].tolist(), xx.tolist()):
            need(abs(a - b) < 1e-13 or name == "hard_swish" and abs(v) == 3, name, params, "autograd gives", a, "recorded", b, "at", v)
        # Against central differences, away from kinks.
        for i, v in enumerate(x.tolist()):
            if abs(v) <= 20 and all(abs(v - k) > 1e-3 for k in kinks):
                h = 1e-5
                a, b = f(torch.tensor([v + h, v - h], dtype=F64)).tolist()
                need(abs((a - b) / (2 * h) - d[i].item()) < 1e-8, name, "difference quotient at", v)
        if name == "softplus":
            notes.append("max(x,0)+log1p(exp(-|x|)) everywhere; torch.nn.Softplus returns x itself above its threshold 20")
        if name == "step":
            notes.append("1 at ±0; derivative 0 everywhere, as for training without gradient: straight_through")
        if name == "hard_swish":
            notes.append("dydx at the kinks: 0 at -3, 1 at 3, as hard_sigmoid. PyTorch 1.13 gives -0.5 at -3 and, at 3, 1.5 or 1 as its loop is scalar or vectorised")
        if name == "hard_sigmoid":
            notes.append("dydx at the kinks ±3 is 0, as in PyTorch")
        if name in ("elu", "selu", "celu"):
            notes.append("dydx at 0 is that of the negative branch, as in PyTorch")
        case = {"name": name, "params": params, "x": x, "y": y, "dydx": d}
        if notes:
            case["notes"] = notes
        cases.append({k: v.tolist() if isinstance(v, torch.Tensor) else v for k, v in case.items()})

    cases += math_functions()
    for name, fn in (("softmax", torch.softmax), ("log_softmax", torch.log_softmax)):
        g = generator(name)
        rows = [("ordinary", uniform(g, (n,), -4, 4)) for n in (1, 2, 3, 5, 10, 17, 33)]
        rows += [("large", uniform(g, (n,), -1000, 1000)) for n in (1, 2, 3, 10, 33)]
        rows += [("huge", single([1e30, -1e30, 0.0])), ("huge", single([1e30, 1e30])), ("equal", torch.full((10,), 90.0, dtype=F64)),
                 ("tiny", single([1e-30, -1e-30, 0.0])), ("below exp's range", single([-1000.0, -1001.0, -1002.5])),
                 ("masked by -inf", single([-INF, 0.5, 1.5])), ("nan", single([1.0, NAN, 2.0]))]
        vectors = []
        for note, x in rows:
            dy = grid(g, x.shape, -1, 1)
            xx = x.clone().requires_grad_()
            y = fn(xx, dim=0)
            (dx,) = torch.autograd.grad(y, xx, dy)
            if note in ("ordinary", "tiny"):
                for i in range(len(x)):
                    h = torch.zeros_like(x)
                    h[i] = 1e-6
                    q = ((fn(x + h, dim=0) - fn(x - h, dim=0)) * dy).sum() / 2e-6
                    need(abs(q - dx[i]) < 1e-8, name, note, q, dx[i])
            if note != "nan":
                need(not torch.isnan(dx).any() and not torch.isnan(y).any(), name, note)
            vectors.append({"note": note, "x": x.tolist(), "y": y.tolist(), "dy": dy.tolist(), "dx": dx.tolist()})
        cases.append({"name": name, "params": {}, "vectors": vectors})
    write("activations.json", {
        "source": SOURCE,
        "notes": ["y = f(x); dydx = f'(x). softmax and log_softmax: dx is the vector-Jacobian product for dy.",
                  "Values are accurate in relative terms also far out (sigmoid'(40) is 4e-18, not 0); compare with an absolute tolerance.",
                  "The sign of a zero is not meant to be compared. At x = nan both y and dydx are recorded as nan, whatever the row."],
        "cases": cases})


# ----------------------------------------------------------------------------------------- losses

def loss_fn(name, params, p, t):
    """One loss in PyTorch's own functions; p is [batch, outputs]."""
    red = params.get("reduction", "mean")
    if name == "l2_norm":
        v = torch.linalg.vector_norm(p - t, dim=1)
        return v.mean() if red == "mean" else v.sum()
    if name == "mse":
        return F.mse_loss(p, t, reduction=red)
    if name == "mae":
        return F.l1_loss(p, t, reduction=red)
    if name == "huber":
        return F.huber_loss(p, t, reduction=red, delta=params.get("delta", 1.0))
    if name == "bce":
        return F.binary_cross_entropy(p, t, reduction=red)
    if name == "bce_with_logits":
        return F.binary_cross_entropy_with_logits(p, t, reduction=red)
    weights = torch.tensor(params["class_weights"], dtype=p.dtype) if "class_weights" in params else None
    if name == "cross_entropy":
        return F.cross_entropy(p, t, weight=weights, label_smoothing=params.get("label_smoothing", 0.0), reduction=red)
    if name == "nll":
        return F.nll_loss(p, t, weight=weights, reduction=red)
    raise SystemExit("unknown loss " + name)


def distribution(g, n, k):
    """Rows of multiples of 1/64 that sum to exactly 1."""
    t = torch.zeros(n, k, dtype=F64)
    for i in range(n):
        for j in torch.randint(0, k, (64,), generator=g).tolist():
            t[i, j] += 1 / 64
    return t


def losses():
    cases = []

    def add(name, params, p, t, note=None, smooth=True):
        for red in ("mean", "sum"):
            pp = p.clone().requires_grad_()
            loss = loss_fn(name, dict(params, reduction=red), pp, t)
            (dp,) = torch.autograd.grad(loss, pp)
            need(torch.isfinite(loss) and torch.isfinite(dp).all(), name, note)
            if smooth:
                for i in range(p.numel()):
                    h = torch.zeros_like(p)
                    h.view(-1)[i] = 1e-6
                    par = dict(params, reduction=red)
                    q = (loss_fn(name, par, p + h, t) - loss_fn(name, par, p - h, t)) / 2e-6
                    need(abs(q - dp.view(-1)[i]) < 1e-6 * max(1, abs(q)), name, note, q, dp.view(-1)[i])
            case = {"name": name, "params": params, "reduction": red, "p": p.tolist(), "t": t.tolist(), "loss": loss.item(), "dp": dp.tolist()}
            if note:
                case["notes"] = [note]
            cases.append(case)

    sizes = [(1, 1), (1, 5), (3, 2), (5, 3), (3, 17), (5, 1)]
    for n, k in sizes:
        g = generator("loss %d %d" % (n, k))
        p, t = uniform(g, (n, k), -3, 3), uniform(g, (n, k), -3, 3)
        add("l2_norm", {}, p, t)
        add("mse", {}, p, t)
        add("mae", {}, p, t)
        for delta in (1.0, 0.5):
            add("huber", {"delta": delta}, p, t)
        prob, bits = uniform(g, (n, k), 0.02, 0.98), grid(g, (n, k), 0, 1, 1)
        add("bce", {}, prob, bits)
        add("bce", {}, prob, grid(g, (n, k), 0, 1), "soft targets")
        add("bce_with_logits", {}, p, bits)
        add("bce_with_logits", {}, p, grid(g, (n, k), 0, 1), "soft targets")
        cls = torch.randint(0, k, (n,), generator=g)
        add("cross_entropy", {}, p, cls)
        add("cross_entropy", {"target": "distribution"}, p, distribution(g, n, k))
        add("nll", {}, single(torch.log_softmax(p, 1)), cls)
    for n, k in [(1, 2), (5, 3), (3, 17)]:
        g = generator("loss weights %d %d" % (n, k))
        p, cls, spread = uniform(g, (n, k), -3, 3), torch.randint(0, k, (n,), generator=g), distribution(g, n, k)
        weights = (grid(g, (k,), 0, 3, 4) + 0.25).tolist()
        for params in ({"class_weights": weights}, {"label_smoothing": 0.125}, {"class_weights": weights, "label_smoothing": 0.25}):
            add("cross_entropy", params, p, cls)
            add("cross_entropy", dict(params, target="distribution"), p, spread)
        add("nll", {"class_weights": weights}, single(torch.log_softmax(p, 1)), cls)
    g = generator("loss special")
    p = uniform(g, (3, 4), -3, 3)
    t = uniform(g, (3, 4), -3, 3)
    t[1] = p[1]
    for name in ("l2_norm", "mse", "mae", "huber"):
        add(name, {"delta": 1.0} if name == "huber" else {}, p, t, "sample 1 has zero error: gradient 0", smooth=False)
    p = single([[1e4, -1e4, 0.0], [1e-3, 2e-4, 1e4]])
    t = single([[-1e4, 1e4, 1.0], [0.0, 1e-4, -1e4]])
    for name in ("l2_norm", "mse", "mae", "huber"):
        add(name, {"delta": 1.0} if name == "huber" else {}, p, t, "large and small errors", smooth=False)
    p = single([[0.0, 1.5, -1.0]])
    t = single([[1.0, 1.0, 0.0]])
    add("huber", {"delta": 1.0}, p, t, "errors of exactly delta", smooth=False)
    add("huber", {"delta": 0.5}, p, t, "one error of exactly delta", smooth=False)
    p = single([[2.0 ** -20, 1 - 2.0 ** -20, 0.5], [1 - 2.0 ** -20, 2.0 ** -20, 2.0 ** -10]])
    add("bce", {}, p, single([[1, 0, 1], [1, 0, 0]]), "close to 0 and 1", smooth=False)
    add("bce", {}, single([[0.0, 1.0], [0.0, 1.0]]), single([[0, 1], [1, 0]]),
        "p exactly 0 or 1: PyTorch's convention, log clamped at -100, denominator p(1-p) of the gradient at 1e-12", smooth=False)
    p = single([[1000, -1000, 90], [-90, 40, -40], [0.0, -0.0, 1e-30]])
    add("bce_with_logits", {}, p, single([[1, 0, 0], [1, 0, 1], [0, 1, 1]]), "extreme logits", smooth=False)
    add("cross_entropy", {}, p, torch.tensor([0, 2, 1]), "extreme logits", smooth=False)
    add("cross_entropy", {}, p, torch.tensor([1, 0, 2]), "extreme logits, wrong class", smooth=False)
    add("cross_entropy", {"target": "distribution"}, p, single([[0.5, 0.25, 0.25], [0, 1, 0], [0.125, 0.5, 0.375]]), "extreme logits", smooth=False)
    add("nll", {}, single([[-1000, 0.0, -3], [-0.5, -90, -1]]), torch.tensor([0, 1]), "extreme log-probabilities", smooth=False)
    write("losses.json", {
        "source": SOURCE,
        "notes": ["p: predictions [batch][outputs]; t: targets of the same shape, or class numbers [batch]; dp: gradient of loss by p.",
                  "cross_entropy takes logits, nll log-probabilities, bce probabilities."],
        "cases": cases})


# --------------------------------------------------------------------------- the reader of specs

def one(v):
    """A word or a map of one key: (name, fields)."""
    if isinstance(v, str):
        return v, {}
    ((k, f),) = v.items()
    if k == "pow" and isinstance(f, float):
        f = {"exponent": f}                             # the short form
    return k, f or {}


ACTIVATION_DEFAULTS = {"leaky_relu": {"negative_slope": 0.01}, "elu": {"alpha": 1.0}, "celu": {"alpha": 1.0}, "gelu": {"approximate": "none"}}


class StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx, dy):
        return dy


def activate(kind, fields, z):
    p = dict(ACTIVATION_DEFAULTS.get(kind, {}), **fields)
    if kind in ("linear", "identity"):
        return z
    if kind == "step":
        return StraightThrough.apply(z)
    if kind == "leaky_relu":
        return F.leaky_relu(z, p["negative_slope"])
    if kind == "elu":
        return F.elu(z, p["alpha"])
    if kind == "celu":
        return F.celu(z, p["alpha"])
    if kind == "gelu":
        return F.gelu(z, approximate=p["approximate"])
    if kind == "softplus":
        return F.softplus(z, threshold=80)              # its default returns x itself above 20
    if kind in ("softmax", "log_softmax"):
        if "axis" in p:
            return getattr(torch, kind)(z, dim=dim(p["axis"]))
        return getattr(torch, kind)(flat2(z), dim=1).reshape(z.shape)
    if kind == "clip":
        return torch.clamp(z, p.get("min"), p.get("max"))
    if kind == "pow":
        return torch.pow(z, p["exponent"])
    if kind == "thresholded_relu":
        return F.threshold(z, p.get("theta", 1.0), 0.0)
    if kind == "silu" and "beta" in p:
        return z * torch.sigmoid(p["beta"] * z)
    if kind == "selu" and "alpha" in p:
        return p["gamma"] * F.elu(z, p["alpha"])
    if kind == "hard_sigmoid" and "alpha" in p:
        return torch.clamp(p["alpha"] * z + p["beta"], 0, 1)
    if kind in ("abs", "neg", "exp", "log", "sqrt", "square", "reciprocal", "erf"):
        return getattr(torch, kind)(z)
    return {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "relu6": F.relu6, "softsign": F.softsign, "selu": F.selu,
            "silu": F.silu, "hard_sigmoid": lambda z: torch.clamp(z / 6 + 0.5, 0, 1),
            "hard_swish": lambda z: z * torch.clamp(z / 6 + 0.5, 0, 1)}[kind](z)


def dim(axis):
    """An axis of the shape without the batch as one of a batch."""
    return axis if axis < 0 else axis + 1


def flat2(x):
    """A row per sample."""
    return x.reshape(x.shape[0], -1)


def align(values):
    """Broadcasting aligns shapes at their last axis; the batch stays first."""
    n = max(v.dim() for v in values)
    return [v.reshape(v.shape[0], *([1] * (n - v.dim())), *v.shape[1:]) for v in values]


def features(f, x):
    """The shape of parameters by the fields axes and shared: stored, and combined with x."""
    if f.get("shared"):
        return (1,), (1,) * (x.dim() - 1)
    axes = f.get("axes", -1)
    axes = sorted(q % (x.dim() - 1) for q in (axes if isinstance(axes, list) else [axes]))
    return tuple(x.shape[q + 1] for q in axes), tuple(x.shape[q + 1] if q in axes else 1 for q in range(x.dim() - 1))


def axes(f, key, n, default):
    """A field with one number, or one per axis."""
    v = f.get(key, default)
    return list(v) if isinstance(v, list) else [v] * n


class Window:
    """Where the windows of a convolution or a pooling lie, from the language's definition: how much is padded before and
    behind each axis, and behind that for a last window that is not whole."""

    def __init__(self, f, x, stride=None):
        n = x.dim() - 2
        self.kernel = axes(f, "kernel_size", n, None)
        self.stride = axes(f, "strides", n, self.kernel if stride is None else stride)
        self.dilation = axes(f, "dilation", n, 1)
        pad = f.get("padding", "valid")
        self.before, self.after, self.more, self.out = [0] * n, [0] * n, [0] * n, []
        for i in range(n):
            size, s, span = x.shape[i + 2], self.stride[i], (self.kernel[i] - 1) * self.dilation[i] + 1
            if pad in ("same", "same_lower"):
                total = max(0, (-(-size // s) - 1) * s + span - size)
                self.before[i], self.after[i] = (total // 2, total - total // 2)[:: 1 if pad == "same" else -1]
            elif pad == "causal":
                self.before[i] = span - 1
            elif pad != "valid":
                pads = axes(f, "padding", 2 * n, 0)
                self.before[i], self.after[i] = pads[i], pads[n + i]
            free = size + self.before[i] + self.after[i] - span
            out = free // s + 1
            if f.get("ceil_mode") and pad not in ("same", "same_lower"):
                out = -(-free // s) + 1
                if (out - 1) * s >= size + self.before[i]:
                    out -= 1
            self.more[i] = max(0, (out - 1) * s + span - size - self.before[i] - self.after[i])
            self.out.append(out)

    def pad(self, x, value=0.0, more=False):
        p = []
        for b, a, m in zip(reversed(self.before), reversed(self.after), reversed(self.more)):
            p += [b, a + (m if more else 0)]
        return F.pad(x, p, value=value)

    def symmetric(self):
        """PyTorch's own padding does."""
        return self.before == self.after and all(2 * b <= k for b, k in zip(self.before, self.kernel)) and max(self.dilation) == 1


def window_layer(kind, f, x, p):
    """A convolution or a pooling: with PyTorch's own padding where it has it, else on a padded input; where both can be, they must agree."""
    n = int(kind[-2])
    need(x.dim() == n + 2, kind, "on", tuple(x.shape))
    if "conv" in kind:
        conv = (F.conv1d, F.conv2d)[n - 1]
        w = Window(f, x, 1)
        groups = x.shape[1] if kind.startswith("depthwise") else f.get("groups", 1)
        y = conv(w.pad(x), p["weight"], p.get("bias"), w.stride, 0, w.dilation, groups)
        if w.before == w.after:
            need(torch.allclose(y, conv(x, p["weight"], p.get("bias"), w.stride, w.before, w.dilation, groups), rtol=1e-5, atol=1e-6), kind)
        if f.get("padding") == "same" and set(w.stride) == {1}:
            need(torch.allclose(y, conv(x, p["weight"], p.get("bias"), 1, "same", w.dilation, groups), rtol=1e-5, atol=1e-6), kind, "same")
    elif kind.startswith("max"):
        pool, w = (F.max_pool1d, F.max_pool2d)[n - 1], Window(f, x)
        y = pool(w.pad(x, -math.inf, True), w.kernel, w.stride, 0, w.dilation)
        if w.symmetric() and f.get("padding") not in ("same", "same_lower"):
            own = pool(x, w.kernel, w.stride, w.before, 1, f.get("ceil_mode", False))
            need(torch.equal(y, own), kind)
            y = own
    else:
        conv, pool, w = (F.conv1d, F.conv2d)[n - 1], (F.avg_pool1d, F.avg_pool2d)[n - 1], Window(f, x)
        include, c = f.get("count_include_pad", False), x.shape[1]
        ones = torch.ones(c, 1, *w.kernel, dtype=x.dtype)
        full = torch.ones_like(x[:1])
        if include:
            full = w.pad(full, 1.0)
            full = F.pad(full, [v for m in reversed(w.more) for v in (0, m)])
        else:
            full = w.pad(full, 0.0, True)
        count = conv(full, ones, None, w.stride, 0, w.dilation, c)
        y = conv(w.pad(x, 0.0, True), ones, None, w.stride, 0, w.dilation, c) / count
        if w.symmetric() and f.get("padding") not in ("same", "same_lower"):
            own = pool(x, w.kernel, w.stride, w.before, f.get("ceil_mode", False), include)
            need(torch.allclose(y, own, rtol=1e-5, atol=1e-6), kind)
            y = own
    need(list(y.shape[2:]) == w.out, kind, "gives", tuple(y.shape), "not", w.out)
    return y


def transposed_layer(kind, f, x, p):
    """A transposed convolution: PyTorch's own on all places, then without those that padding leaves out; where PyTorch has the padding, the two must agree."""
    n = int(kind[4])
    conv = (F.conv_transpose1d, F.conv_transpose2d)[n - 1]
    stride, dilation, kernel = axes(f, "strides", n, 1), axes(f, "dilation", n, 1), axes(f, "kernel_size", n, None)
    more, pad = axes(f, "output_padding", n, 0), f.get("padding", "valid")
    y = conv(x, p["weight"], p.get("bias"), stride, 0, 0, f.get("groups", 1), dilation)
    before, after = [0] * n, [0] * n
    for i in range(n):
        size = x.shape[i + 2] * stride[i]
        if pad in ("same", "same_lower"):
            total = max(0, (kernel[i] - 1) * dilation[i] + 1 - stride[i])
            before[i], after[i] = (total // 2, total - total // 2)[:: 1 if pad == "same" else -1]
        else:
            if pad != "valid":
                pads = axes(f, "padding", 2 * n, 0)
                before[i], after[i] = pads[i], pads[n + i]
            size = y.shape[i + 2] - before[i] - after[i] + more[i]
        missing = max(0, before[i] + size - y.shape[i + 2])
        if missing:                                       # places that nothing reaches have the bias
            shape = list(y.shape)
            shape[i + 2] = missing
            bias = p.get("bias")
            fill = torch.zeros(shape, dtype=y.dtype) if bias is None else bias.reshape(1, -1, *[1] * n).expand(shape)
            y = torch.cat([y, fill], i + 2)
        y = y.narrow(i + 2, before[i], size)
    if before == after and pad not in ("same", "same_lower"):
        own = conv(x, p["weight"], p.get("bias"), stride, before, more, f.get("groups", 1), dilation)
        need(torch.allclose(y, own, rtol=1e-5, atol=1e-6), kind)
        y = own
    return y


def resize_layer(f, x):
    """PyTorch's interpolate where it has the fields."""
    mode, coordinates = f.get("mode", "nearest"), f.get("coordinates", "half_pixel")
    rounding = f.get("rounding", "round_prefer_floor")
    n = x.dim() - 2
    how = {"scale_factor": float(f["scales"]) if not isinstance(f.get("scales"), list) else [float(q) for q in f["scales"]]} if "scales" in f else {"size": f["sizes"]}
    if mode == "nearest":
        need((coordinates, rounding) in (("asymmetric", "floor"), ("half_pixel", "round_prefer_ceil")), "interpolate", coordinates, rounding)
        return F.interpolate(x, mode="nearest" if rounding == "floor" else "nearest-exact", **how)
    need(coordinates in ("half_pixel", "align_corners"), "interpolate", coordinates)
    kind = {"linear": ("linear", "bilinear")[n - 1], "cubic": "bicubic"}[mode]
    return F.interpolate(x, mode=kind, align_corners=coordinates == "align_corners", **how)


def pad_layer(f, x):
    p, n = f["padding"], len(f["padding"]) // 2
    mode = f.get("mode", "constant")
    for i in range(n):                       # axis by axis: PyTorch's other modes take the last ones alone
        d = x.dim() - n + i
        y = x.movedim(d, -1)
        shape = y.shape
        y = F.pad(y.reshape(1, -1, shape[-1]), [p[i], p[n + i]], {"edge": "replicate"}.get(mode, mode), *([f.get("value", 0.0)] if mode == "constant" else []))
        x = y.reshape(*shape[:-1], y.shape[-1]).movedim(-1, d)
    return x


MERGE = {"add": torch.add, "subtract": torch.sub, "multiply": torch.mul, "divide": torch.div, "minimum": torch.minimum, "maximum": torch.maximum}


class Layers:
    """The layers that work on shapes. declare returns the shapes of a layer's parameters and those it does not train."""

    mode = "eval"           # "train" takes the statistics of the batch, "step" moves the running averages by them too

    @staticmethod
    def declare(kind, f, x):
        p, frozen = {}, []
        if kind in ("scale_shift", "prelu"):
            p["weight"], _ = features(f, x)
            if kind == "scale_shift":
                p["bias"] = p["weight"]
        elif kind == "layer_normalization":
            p["weight"] = p["bias"] = tuple(x.shape[dim(f.get("axis", -1)):])
        elif kind == "batch_normalization":
            n = (x.shape[dim(f.get("axis", 0))],)
            p = {"weight": n, "bias": n, "running_mean": n, "running_var": n}
            need(f.get("trainable") is False or f.get("statistics") == "batch", "batch_normalization by stored statistics is frozen")
        elif kind == "constant":
            p["weight"] = tuple(f["shape"])
        elif "transpose" in kind and "conv" in kind:
            n, c = int(kind[4]), x.shape[1]
            p = {"weight": (c, f["filters"] // f.get("groups", 1), *axes(f, "kernel_size", n, None)), "bias": (f["filters"],)}
        elif "conv" in kind:
            n, c = int(kind[-2]), x.shape[1]
            ins = 1 if kind.startswith("depthwise") else c // f.get("groups", 1)
            outs = c * f.get("depth_multiplier", 1) if kind.startswith("depthwise") else f["filters"]
            p = {"weight": (outs, ins, *axes(f, "kernel_size", n, None)), "bias": (outs,)}
        for k in ("weight", "bias"):
            if not f.get("use_" + k, True):
                del p[k]
        frozen = list(p) if not f.get("trainable", kind != "constant") else []
        return p, frozen

    @staticmethod
    def apply(kind, f, a, p):
        x = a[0] if a else None
        if kind in ("conv1d_transpose", "conv2d_transpose"):
            return transposed_layer(kind, f, x, p)
        if kind == "resize":
            return resize_layer(f, x)
        if kind == "channel_shuffle":
            y = x.reshape(x.shape[0], f["groups"], -1, *x.shape[2:]).transpose(1, 2).reshape(x.shape)
            need(torch.equal(y, F.channel_shuffle(x.detach(), f["groups"])), kind)     # which has no derivative
            return y
        if "conv" in kind or "pool" in kind and not kind.startswith("global"):
            return window_layer(kind, f, x, p)
        if kind == "pad":
            return pad_layer(f, x)
        if kind.startswith("global"):
            y = flat2(x).reshape(x.shape[0], x.shape[1], -1)
            y = F.adaptive_max_pool1d(y, 1) if kind == "global_max_pool" else F.adaptive_avg_pool1d(y, 1)
            return y.reshape(*y.shape[:2], *([1] * (x.dim() - 2) if f.get("keepdims") else []))
        if kind in MERGE:
            a = align(a)
            y = a[0]
            for b in a[1:]:
                y = MERGE[kind](y, b)
            return y
        if kind == "average":
            return torch.stack(torch.broadcast_tensors(*align(a))).mean(0)
        if kind == "concat":
            return torch.cat([flat2(v) for v in a], 1) if "axis" not in f else torch.cat(a, dim(f["axis"]))
        if kind == "constant":
            return p["weight"].unsqueeze(0)
        if kind == "flatten":
            return flat2(x)
        if kind == "reshape":
            return x.reshape(x.shape[0], *f["shape"])
        if kind == "transpose":
            perm = f.get("perm", list(range(x.dim() - 2, -1, -1)))
            return x.permute(0, *(q + 1 for q in perm))
        if kind == "slice":
            d = dim(f.get("axis", -1))
            index = list(range(x.shape[d]))[slice(f.get("start"), f.get("end"), f.get("step", 1))]
            return x.index_select(d, torch.tensor(index))
        if kind == "scale_shift":
            _, shape = features(f, x)
            y = x * p["weight"].reshape(shape) if "weight" in p else x
            return y + p["bias"].reshape(shape) if "bias" in p else y
        if kind == "prelu":
            _, shape = features(f, x)
            return torch.where(x > 0, x, p["weight"].reshape(shape) * x)
        if kind == "layer_normalization":
            return F.layer_norm(x, x.shape[dim(f.get("axis", -1)):], p.get("weight"), p.get("bias"), f.get("epsilon", 1e-5))
        if kind == "batch_normalization":
            d = dim(f.get("axis", 0))
            batch = f.get("statistics") == "batch" and Layers.mode != "eval"
            mean, var = p["running_mean"], p["running_var"]
            if Layers.mode != "step":
                mean, var = mean.clone(), var.clone()       # they move in a step alone
            y = F.batch_norm(x.movedim(d, 1), mean, var, p.get("weight"), p.get("bias"), batch, f.get("momentum", 0.1), f.get("epsilon", 1e-3))
            return y.movedim(1, d)
        if kind.startswith("reduce_"):
            fn = {"sum": torch.sum, "mean": torch.mean, "max": torch.amax, "min": torch.amin}[kind[7:]]
            axes = f.get("axes", list(range(x.dim() - 1)))
            return fn(x, [dim(q) for q in (axes if isinstance(axes, list) else [axes])], f.get("keepdims", False))
        return None


CELLS = {"rnn": 1, "gru": 3, "lstm": 4}


class Cells:
    """Recurrent layers: PyTorch's own where it has them, else ONNX's formulas."""

    @staticmethod
    def declare(kind, f, x):
        h, gates = f["units"], CELLS[kind]
        ins = x[0].numel() if "axis" not in f else x.shape[1:][1 - f["axis"]]
        p = {"weight_ih": (gates * h, ins), "bias_ih": (gates * h,)}
        parts = {"": gates} if f.get("reset_after", True) else {"": 2, "_n": 1}
        for suffix, n in parts.items():
            p["weight_hh" + suffix], p["bias_hh" + suffix] = (n * h, h), (n * h,)
        return {k: n for k, n in p.items() if f.get("use_bias", True) or "bias" not in k}

    @staticmethod
    def own(kind, f):
        """Whether it is PyTorch's layer."""
        default = {"activation": "tanh", "recurrent_activation": "sigmoid"}
        return f.get("reset_after", True) and "output_activation" not in f and all(f.get(k, v) == v for k, v in default.items())

    @staticmethod
    def run(kind, f, x, p, state):
        """All results [n, T, units] and the last state of a sequence x [n, T, inputs]."""
        if Cells.own(kind, f):
            names = ["weight_ih", "weight_hh"] + (["bias_ih", "bias_hh"] if "bias_ih" in p else [])
            w, rest = [p[k] for k in names], ("bias_ih" in p, 1, 0.0, False, False, True)
            if kind == "lstm":
                y, h, c = torch._VF.lstm(x, tuple(s.unsqueeze(0) for s in state), w, *rest)
                return y, (h[0], c[0])
            y, h = (torch._VF.gru if kind == "gru" else torch._VF.rnn_tanh)(x, state[0].unsqueeze(0), w, *rest)
            return y, (h[0],)
        out = []
        for t in range(x.shape[1]):
            state = Cells.step(kind, f, x[:, t], p, state)
            out.append(state[0])
        return torch.stack(out, 1), state

    @staticmethod
    def step(kind, f, x, p, state):
        act = lambda key, default, v: activate(*one(f.get(key, default)), v)
        sigma, tanh = (lambda v: act("recurrent_activation", "sigmoid", v)), (lambda v: act("activation", "tanh", v))
        gi, h = F.linear(x, p["weight_ih"], p.get("bias_ih")), state[0]
        gh = F.linear(h, p["weight_hh"], p.get("bias_hh"))
        if kind == "rnn":
            return (tanh(gi + gh),)
        if kind == "lstm":
            i, g_f, g, o = (gi + gh).chunk(4, 1)
            c = sigma(g_f) * state[1] + sigma(i) * tanh(g)
            out = act("output_activation", f.get("activation", "tanh"), c)
            return (sigma(o) * out, c)
        if f.get("reset_after", True):
            (xr, xz, xn), (hr, hz, hn) = gi.chunk(3, 1), gh.chunk(3, 1)
            z, n = sigma(xz + hz), tanh(xn + sigma(xr + hr) * hn)
        else:
            (xr, xz, xn), (hr, hz) = gi.chunk(3, 1), gh.chunk(2, 1)
            z, n = sigma(xz + hz), tanh(xn + F.linear(sigma(xr + hr) * h, p["weight_hh_n"], p.get("bias_hh_n")))
        return ((1 - z) * n + z * h,)

    @staticmethod
    def zeros(kind, f, x):
        return tuple(torch.zeros(x.shape[0], f["units"], dtype=x.dtype) for _ in range(1 + (kind == "lstm")))

    @staticmethod
    def sequence(kind, f, a, p, state=None):
        """A layer over whole sequences, sample by sample, each as long as it is; with the state that they go on from, and the last."""
        x = a[0].transpose(1, 2) if f["axis"] == 1 else a[0]
        rows, last = [], []
        for i in range(x.shape[0]):
            n = x.shape[1] if len(a) == 1 else min(max(math.ceil(a[1][i].item()), 0), x.shape[1])
            s = x[i:i + 1, :n]
            back = f.get("go_backwards", False)
            y = torch.zeros(1, 0, f["units"], dtype=x.dtype)
            now = tuple(q[i:i + 1] for q in state) if state else Cells.zeros(kind, f, s)
            if n:
                y, now = Cells.run(kind, f, s.flip(1) if back else s, p, now)
            last.append(now)
            how = f.get("return", "last")
            if how == "last":
                rows.append(now[0])
            elif how == "mean":
                rows.append(y.sum(1) / max(x.shape[1] if len(a) == 1 else a[1][i].item(), 1))
            else:
                rows.append(F.pad(y.flip(1) if back else y, (0, 0, 0, x.shape[1] - n)))
        y = torch.cat(rows)
        return y.transpose(1, 2) if f["axis"] == 1 and f.get("return") == "all" else y, tuple(torch.cat(q) for q in zip(*last))


def classes_of_places(params, p, t):
    """Cross-entropy of [samples, places, classes], of which PyTorch wants the classes second."""
    if t.dtype != torch.int64:
        t = t.to(p.dtype).reshape(p.shape).movedim(-1, 1)
    return F.cross_entropy(p.movedim(-1, 1), t, label_smoothing=params.get("label_smoothing", 0), reduction=params.get("reduction", "mean"))


class Net:
    """A spec, read and run in PyTorch."""

    def __init__(self, text):
        self.text = text
        s = self.spec = yaml.safe_load(text)
        self.inputs = s.get("inputs") or {"x": s["input"]}
        v = {k: torch.zeros(1, *o["shape"][:-1], o["shape"][-1] + o.get("context", 0), dtype=F64) for k, o in self.inputs.items()}      # to see the shapes
        self.layers, self.shapes, self.masks, self.regs = [], {}, {}, {}
        self.frozen, self.fixed = set(), {}         # not trained; given by the spec
        self.lengths = {}                           # inputs that are a number of steps, and the most they say
        self.state = {}                             # of layers that keep one from call to call
        self.elementwise, self.positive = set(), set()
        count, last = {}, list(self.inputs)[-1]
        for entry in s["layers"]:
            kind, f = one(entry)
            count[kind] = count.get(kind, 0) + 1
            name = f.get("name", "%s%d" % (kind, count[kind]))
            src = f.get("from", last)
            src = [] if kind == "constant" else src if isinstance(src, list) else [src]
            if kind == "dense" and "tied_to" in f:
                pass
            elif kind == "dense":
                out, ins = f["units"], v[src[0]].shape[dim(f["axis"])] if "axis" in f else v[src[0]][0].numel()
                self.shapes[name + ".weight"] = (out, ins)
                if f.get("use_bias", True):
                    self.shapes[name + ".bias"] = (out,)
                if "mask" in f:
                    m = np.load(os.path.join(HERE, f["mask"]["file"])) != 0
                    need(m.shape == (out, ins), name, "mask shape")
                    self.masks[name + ".weight"] = torch.from_numpy(m)
                for key, part in (("kernel_regularizer", ".weight"), ("bias_regularizer", ".bias")):
                    if key in f:
                        self.regs[name + part] = f[key]
            elif kind in CELLS:
                if len(src) > 1:
                    self.lengths[src[1]] = v[src[0]].shape[1:][f["axis"]]
                shapes = Cells.declare(kind, f, v[src[0]])
                self.shapes.update({name + "." + k: n for k, n in shapes.items()})
                self.frozen.update(name + "." + k for k in shapes if not f.get("trainable", True))
                for k in shapes:
                    key = "bias" if "bias" in k else "kernel" if k == "weight_ih" else "recurrent"
                    if key + "_regularizer" in f:
                        self.regs[name + "." + k] = f[key + "_regularizer"]
            else:
                shapes, frozen = Layers.declare(kind, f, v[src[0]] if src else None)
                if "conv" in kind:
                    for key, part in (("kernel_regularizer", ".weight"), ("bias_regularizer", ".bias")):
                        if key in f:
                            self.regs[name + part] = f[key]
                self.shapes.update({name + "." + k: n for k, n in shapes.items()})
                self.elementwise.update(name + "." + k for k in shapes)
                self.positive.update(name + "." + k for k in shapes if k == "running_var" or k == "weight" and kind != "prelu" and "conv" not in kind)
                self.frozen.update(name + "." + k for k in frozen)
                for k in ("running_mean", "running_var"):
                    self.frozen.update({name + "." + k} & set(self.shapes))
                if kind == "constant":
                    value = single(f.get("value", 0.0))
                    self.fixed[name + ".weight"] = value.reshape(f["shape"]) if value.dim() else value.expand(f["shape"])
            w = {k: torch.ones(n, dtype=F64) for k, n in self.shapes.items()}
            v[name] = self.layer(name, kind, f, [v[q] for q in src], w)[0]
            self.layers.append((name, kind, f, src))
            last = name
        outs = s.get("outputs") or {"y": s.get("output", {})}
        self.within = {k: o["lengths"] for k, o in outs.items() if "lengths" in o}
        self.outputs = {}
        for k, o in outs.items():
            loss, params = one(o.get("loss", s.get("loss"))) if "loss" in s or "loss" in o else (None, {})
            self.outputs[k] = (o.get("from", last), loss, params, o.get("weight", 1.0))
        self.width = {k: a[0].numel() for k, a in v.items()}
        self.last = {k: a.shape[-1] for k, a in v.items()}

    def layer(self, name, kind, f, a, w):
        """The value of a layer, and what its activation was applied to."""
        if kind == "dense":
            own = f.get("tied_to", name)
            weight = w[own + ".weight"]
            if own + ".weight" in self.masks:
                weight = weight * self.masks[own + ".weight"]
            if "axis" in f:
                d = dim(f["axis"])
                z = F.linear(a[0].movedim(d, -1), weight, w.get(own + ".bias")).movedim(-1, d)
            else:
                z = F.linear(flat2(a[0]), weight, w.get(own + ".bias"))
            return activate(*one(f.get("activation", "linear")), z), z
        if kind in CELLS:
            p = {k[len(name) + 1:]: q for k, q in w.items() if k.startswith(name + ".")}
            if "axis" in f:
                y, last = Cells.sequence(kind, f, a, p, self.state.get(name))
                if f.get("stateful"):
                    self.state[name] = last
                return y, None
            x = flat2(a[0]).unsqueeze(1)
            y, self.state[name] = Cells.run(kind, f, x, p, self.state.get(name) or Cells.zeros(kind, f, x))
            return y[:, -1], None
        if kind == "conv1d" and f.get("stateful"):
            kept = (f["kernel_size"] - 1) * f.get("dilation", 1)
            (past,) = self.state.get(name) or (torch.zeros(*a[0].shape[:2], kept, dtype=a[0].dtype),)
            all = torch.cat([past, a[0]], 2)
            self.state[name] = (all[:, :, all.shape[2] - kept:],)
            z = F.conv1d(all, w[name + ".weight"], w.get(name + ".bias"), stride=f.get("strides", 1), dilation=f.get("dilation", 1))
            return activate(*one(f.get("activation", "linear")), z), z
        y = Layers.apply(kind, f, a, {k[len(name) + 1:]: p for k, p in w.items() if k.startswith(name + ".")})
        if "conv" in kind:
            return activate(*one(f.get("activation", "linear")), y), y
        return (y, None) if y is not None else (activate(kind, f, a[0]), a[0])

    def forward(self, w, x):
        """The value of every layer by name, and what each softmax was applied to."""
        v, logits = {}, {}
        dt = next(iter(w.values())).dtype
        for k, o in self.inputs.items():
            n = o.get("normalize")
            a = x[k].to(dt).reshape(-1, *o["shape"])
            if n:
                c = lambda q: torch.tensor(n[q], dtype=dt)
                a = (a - c("mean")) / c("std") if "mean" in n else (a - c("min")) / (c("max") - c("min"))
            if "context" in o:
                (past,) = self.state.get(k) or (torch.zeros(a.shape[0], o["context"], dtype=dt),)
                a = torch.cat([past, a], 1)
                self.state[k] = (a[:, a.shape[1] - o["context"]:],)
            v[k] = a
        for name, kind, f, src in self.layers:
            v[name], z = self.layer(name, kind, f, [v[q] for q in src], w)
            if kind in ("softmax", "log_softmax") or kind == "dense" and one(f.get("activation", "linear"))[0] in ("softmax", "log_softmax"):
                logits[name] = z
        return v, logits

    def loss(self, w, x, t, mode="train"):
        """The loss of a training batch, and the outputs of inference; in steps the samples go on, without gradients, where the last ended."""
        Layers.mode = mode
        self.state = {k: tuple(q.detach() for q in s) for k, s in self.state.items()} if mode == "step" else {}
        v, logits = self.forward(w, x)
        Layers.mode = "eval"
        shown = self.forward(w, x)[0] if "statistics: batch" in self.text else v
        total = 0
        for k, (src, loss, params, weight) in self.outputs.items():
            p = flat2(v[src])
            if loss == "cross_entropy":
                p = logits.get(src, p)                       # fused: never a double softmax
            y = t[k]
            if "axis" in params:
                p = logits.get(src, v[src]).reshape(v[src].shape)
                total = total + weight * (self.in_lengths(loss, params, p, y, v[self.within[k]]) if k in self.within else classes_of_places(params, p, y))
                continue
            if k in self.within:
                total = total + weight * self.in_lengths(loss, params, v[src], y.to(p.dtype), v[self.within[k]])
                continue
            total = total + weight * loss_fn(loss, params, p, y if y.dtype == torch.int64 else y.to(p.dtype))
        if self.state and mode == "train":              # outputs are those of the third step of streams that repeat the sample
            self.state = {}
            for _ in range(3):
                shown, _ = self.forward(w, x)
            self.state = {}
        return total, {k: flat2(shown[src]) for k, (src, _, _, _) in self.outputs.items()}

    @staticmethod
    def in_lengths(loss, params, p, t, lengths):
        """A loss of the steps that samples have: the mean of their means, or the sum."""
        total = 0
        for q, y, n in zip(p, t if t.dtype == torch.int64 else t.reshape(p.shape), flat2(lengths)[:, 0].tolist()):
            steps = min(max(math.ceil(n), 0), p.shape[1])
            if steps:
                one = classes_of_places(params, q[None, :steps], y[None, :steps]) if "axis" in params else loss_fn(loss, params, q[:steps], y[:steps])
                total = total + (one if params.get("reduction") == "sum" else one * steps / max(n, 1) / p.shape[0])
        return total if torch.is_tensor(total) else (p * 0).sum()


def factor(schedule, t):
    """The learning-rate factor of step t = 0, 1, 2, …"""
    if not schedule:
        return 1.0
    kind, f = one(schedule)
    if kind == "constant":
        return 1.0
    if kind == "step":
        return f["gamma"] ** (t // f["step_size"])
    if kind == "exponential":
        return f["gamma"] ** t
    if kind == "cosine":
        lo = f.get("min_factor", 0.0)
        return lo + (1 - lo) * 0.5 * (1 + math.cos(math.pi * min(t, f["steps"]) / f["steps"]))
    if kind == "warmup":
        return (t + 1) / f["steps"] if t < f["steps"] else factor(f.get("then"), t - f["steps"])
    raise SystemExit("unknown schedule " + kind)


def make_optimizer(kind, f, params):
    lr = f["learning_rate"]
    get = lambda k, d: f.get(k, d)
    if kind == "sgd":
        return torch.optim.SGD(params, lr=lr, momentum=get("momentum", 0), dampening=get("dampening", 0),
                               weight_decay=get("weight_decay", 0), nesterov=get("nesterov", False))
    if kind in ("adam", "adamw"):
        cls = torch.optim.Adam if kind == "adam" else torch.optim.AdamW
        return cls(params, lr=lr, betas=(get("beta1", 0.9), get("beta2", 0.999)), eps=get("epsilon", 1e-8),
                   weight_decay=get("weight_decay", 0.0 if kind == "adam" else 0.01))
    if kind == "rmsprop":
        return torch.optim.RMSprop(params, lr=lr, alpha=get("alpha", 0.99), eps=get("epsilon", 1e-8),
                                   weight_decay=get("weight_decay", 0), momentum=get("momentum", 0), centered=get("centered", False))
    raise SystemExit("unknown optimizer " + kind)


def reg_parts(r):
    if "l1_l2" in r:
        return r["l1_l2"]["l1"], r["l1_l2"]["l2"], None
    if "lp" in r:
        return 0.0, 0.0, (r["lp"]["p"], r["lp"]["lambda"])
    return r.get("l1", 0.0), r.get("l2", 0.0), None


def is_proximal(r):
    return "proximal" in (r.get("method"), r.get("l1_l2", {}).get("method"))


def penalty(r, w):
    l1, l2, lp = reg_parts(r)
    v = l1 * w.abs().sum() + l2 * (w * w).sum()
    return v + lp[1] * (w.abs() ** lp[0]).sum() if lp else v


def subgradient(r, w):
    l1, l2, lp = reg_parts(r)
    g = l1 * torch.sign(w) + 2 * l2 * w
    return g + lp[1] * lp[0] * w.abs() ** (lp[0] - 1) * torch.sign(w) if lp else g


def proximal(r, w, lr):
    l1, l2, lp = reg_parts(r)
    need(lp is None, "no proximal step for lp")
    return torch.sign(w) * torch.clamp(w.abs() - lr * l1, min=0) / (1 + 2 * lr * l2)


def run(net, start, batches, dt):
    """Outputs, loss and gradient on the first batch, then one optimiser step per batch."""
    w = {k: v.to(dt).clone().requires_grad_(k not in net.frozen) for k, v in start.items()}
    trained = {k: v for k, v in w.items() if k not in net.frozen}
    loss, y = net.loss(w, *batches[0])
    grads = dict(zip(trained, torch.autograd.grad(loss, list(trained.values()), allow_unused=True)))
    grads = {k: torch.zeros_like(w[k]) if g is None else g for k, g in grads.items()}
    result = {"outputs": {k: v.detach() for k, v in y.items()}, "loss": loss.item(), "gradients": grads, "steps": []}
    net.state = {}
    kind, f = one(net.spec["optimizer"])
    opt = make_optimizer(kind, f, list(trained.values()))
    for t, (x, target) in enumerate(batches):
        opt.zero_grad()
        loss, _ = net.loss(w, x, target, "step")
        loss.backward()
        with torch.no_grad():
            for k, r in net.regs.items():
                if not is_proximal(r):
                    s = subgradient(r, w[k])
                    w[k].grad += s * net.masks[k] if k in net.masks else s
        clip = f.get("clip", {})
        if "value" in clip:
            torch.nn.utils.clip_grad_value_(list(trained.values()), clip["value"])
        if "norm" in clip:
            torch.nn.utils.clip_grad_norm_(list(trained.values()), clip["norm"])
        lr = f["learning_rate"] * factor(f.get("schedule"), t)
        opt.param_groups[0]["lr"] = lr
        opt.step()
        with torch.no_grad():
            for k, r in net.regs.items():
                if is_proximal(r):
                    w[k].copy_(proximal(r, w[k], lr))
            for k, m in net.masks.items():
                need((w[k][~m] == 0).all(), "a masked weight moved:", k)
        result["steps"].append({"loss": loss.item(), "weights": {k: v.detach().clone() for k, v in w.items()}})
    return result


def check_schedules():
    pairs = [({"step": {"step_size": 2, "gamma": 0.5}}, lambda o: torch.optim.lr_scheduler.StepLR(o, 2, 0.5), 12),
             ({"exponential": {"gamma": 0.9}}, lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.9), 12),
             ({"cosine": {"steps": 10, "min_factor": 0.1}}, lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 10, 0.01), 11),
             ({"warmup": {"steps": 3}}, lambda o: torch.optim.lr_scheduler.LinearLR(o, 1 / 3, 1, 2), 8)]
    for spec, make, n in pairs:
        o = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
        s = make(o)
        for t in range(n):
            need(abs(o.param_groups[0]["lr"] - 0.1 * factor(spec, t)) < 1e-15, "schedule", spec, t)
            o.step()
            s.step()


# --------------------------------------------------------------------------------- network cases

WORST = []
SALT = {"windows_40": "1", "windows_48": "2", "windows_38": "3", "windows_33": "1", "windows_37": "3", "separable": "2", "conv2d_7": "1", "conv1d_5": "1", "deep": "4", "math_abs": "2", "two_inputs_two_outputs": "4", "resize_2": "1", "batch_vector_1": "6", "batch_varied_1": "6"}     # cases badly conditioned in float32 draw other numbers: name -> salt


class Group:
    def __init__(self, name, *notes):
        self.name, self.notes, self.cases, self.seen = name, list(notes), [], set()

    def close(self):
        write(self.name, {"source": SOURCE, "notes": self.notes, "cases": self.cases})

    @staticmethod
    def start(net, g, zeros=False):
        """The weights at the start."""
        start = {}
        for k, shape in net.shapes.items():
            if k in net.fixed:
                w = net.fixed[k].clone()
            elif k in net.positive:
                w = uniform(g, shape, 0.5, 1.5)
            elif len(shape) == 2 and k not in net.elementwise:
                m = net.masks.get(k)
                fan = shape[1] if m is None else max(1, int(m.sum(1).max()))
                a = math.sqrt(6 / (fan + shape[0]))
                w = uniform(g, shape, -a, a)
                if zeros:
                    w.view(-1)[::5] = 0.0
                if m is not None:
                    w = torch.where(m, w, torch.zeros_like(w))
            elif len(shape) > 2:
                w = grid(g, shape, -0.5, 0.5)       # filters
            else:
                w = uniform(g, shape, -0.5, 0.5)
            start[k] = w
        return start

    def stream(self, name, shape, layers, n=3, steps=3):
        """A network with memory: the outputs of the last of some steps, of streams that repeat their sample."""
        need(name not in self.seen, "duplicate", name)
        self.seen.add(name)
        text = "nngen: 1\nname: %s\ninput: {shape: %s}\nlayers:\n%s\ncodegen: {train: false, batch: %d}\n" % (name, shape, "\n".join("  - " + l for l in layers), n)
        g, net = generator(name), Net(text)
        w = self.start(net, g)
        x = {"x": grid(g, (n, net.width["x"]), -1, 1)}
        results = []
        for dt in (F64, torch.float32):
            net.state = {}
            for _ in range(steps):
                v, _ = net.forward({k: q.to(dt) for k, q in w.items()}, x)
            results.append(flat2(v[net.layers[-1][0]]))
        WORST.append((((results[0] - results[1].to(F64)).abs().max() / results[0].abs().max()).item(), name, "output"))
        self.cases.append({"name": name, "spec": text, "weights": {k: {"shape": list(q.shape), "data": q.flatten()} for k, q in w.items()},
                           "inputs": x, "outputs": {"y": results[0]}, "steps": []})

    def case(self, name, body, sizes=(4,), steps=5, keep="all", zeros=False, xrange=(-1, 1), trange=(-1, 1), salt="", differences=True,
             notes=None, bits=False):
        """sizes: batch sizes of the steps; one size means the same batch in every step."""
        need(name not in self.seen, "duplicate", name)
        self.seen.add(name)
        most = max(sizes)
        text = "nngen: 1\nname: %s\n%scodegen: {batch: %d}\n" % (name, body.strip("\n") + "\n", most)
        net = Net(text)
        g = generator(name + SALT.get(name, salt))
        start = self.start(net, g, zeros)

        def draw(n):
            x = {k: grid(g, (n, math.prod(o["shape"])), *(xrange if k not in net.lengths else (0, net.lengths[k] + 1))) for k, o in net.inputs.items()}
            t = {}
            for k, (src, loss, params, _) in net.outputs.items():
                width = net.width[src]
                if "axis" in params and params.get("target", "class") == "class":
                    t[k] = torch.randint(0, net.last[src], (n, width // net.last[src]), generator=g)
                elif "axis" in params:
                    t[k] = torch.cat([distribution(g, n, net.last[src]) for _ in range(width // net.last[src])], 1)
                elif loss == "nll" or loss == "cross_entropy" and params.get("target", "class") == "class":
                    t[k] = torch.randint(0, width, (n,), generator=g)
                elif loss == "cross_entropy":
                    t[k] = distribution(g, n, width)
                elif loss.startswith("bce"):
                    t[k] = grid(g, (n, width), 0, 1, 1 if bits else 64)
                else:
                    t[k] = grid(g, (n, width), *trange)
            return x, t

        if len(sizes) == 1:
            batches = [draw(sizes[0])] * steps
        else:
            batches = [draw(n) for n in sizes]
        ref = run(net, start, batches, F64)
        if differences:
            self.differences(net, start, batches[0], ref)
        self.condition(name, ref, run(net, start, batches, torch.float32))
        need(all(torch.isfinite(v).all() for s in ref["steps"] for v in s["weights"].values()), name, "diverged")
        need(max(g.abs().max().item() for g in ref["gradients"].values()) > 1e-3, name, "no gradient")

        tensor = lambda v: {"shape": list(v.shape), "data": v.reshape(-1).tolist()}
        plain = lambda d: {k: v.tolist() for k, v in d.items()}
        case = {"name": name, "spec": text}
        if notes:
            case["notes"] = notes
        case["weights"] = {k: tensor(v) for k, v in start.items()}
        case["inputs"], case["targets"] = plain(batches[0][0]), plain(batches[0][1])
        case["outputs"], case["loss"] = plain(ref["outputs"]), ref["loss"]
        case["gradients"] = {k: tensor(v) for k, v in ref["gradients"].items()}
        if len(sizes) > 1:
            case["batches"] = [{"inputs": plain(x), "targets": plain(t)} for x, t in batches]
        case["steps"] = []
        for i, s in enumerate(ref["steps"]):
            step = {"loss": s["loss"]}
            if keep == "all" or i == len(ref["steps"]) - 1:
                step["weights"] = {k: tensor(v) for k, v in s["weights"].items()}
            case["steps"].append(step)
        self.cases.append(case)
        return ref

    def differences(self, net, start, batch, ref):
        g = generator("differences")
        for _ in range(3):
            d = {k: torch.randn(v.shape, generator=g, dtype=F64) * net.masks.get(k, torch.ones_like(v)) for k, v in start.items() if k not in net.frozen}
            h = 1e-6
            up, _ = net.loss({k: v + h * d[k] if k in d else v for k, v in start.items()}, *batch)
            down, _ = net.loss({k: v - h * d[k] if k in d else v for k, v in start.items()}, *batch)
            q = ((up - down) / (2 * h)).item()
            want = sum((ref["gradients"][k] * d[k]).sum().item() for k in d)
            need(abs(q - want) < 1e-7 * (1 + abs(want)), net.spec["name"], "difference quotient", q, "gradient", want)

    def condition(self, name, ref, got):
        worst = ("", 0.0)

        def compare(what, a, b):
            nonlocal worst
            a, b = a.to(F64), b.to(F64)
            e = ((a - b).abs().max() / a.abs().max().clamp_min(1e-30)).item() if a.abs().max() > 0 else b.abs().max().item()
            if not e <= worst[1]:
                worst = (what, e)

        for k in ref["outputs"]:
            compare("output " + k, ref["outputs"][k], got["outputs"][k])
        for k in ref["gradients"]:
            compare("gradient " + k, ref["gradients"][k], got["gradients"][k])
        for i, (a, b) in enumerate(zip(ref["steps"], got["steps"])):
            compare("loss %d" % i, torch.tensor(a["loss"]), torch.tensor(b["loss"]))
            for k in a["weights"]:
                compare("step %d %s" % (i, k), a["weights"][k], b["weights"][k])
        WORST.append((worst[1], name, worst[0]))


SMALL = """
input: {shape: [3]}
layers:
  - dense: {units: 5, activation: %s}
  - dense: {units: 2}
loss: mse
optimizer: {sgd: {learning_rate: 0.1}}
"""


def networks_activations():
    group = Group("networks_activations.json", "Each activation between two dense layers.")
    for name, act in [("linear", "linear"), ("identity", "identity"), ("sigmoid", "sigmoid"), ("softsign", "softsign"), ("tanh", "tanh"),
                      ("relu", "relu"), ("relu6", "relu6"), ("leaky_relu", "leaky_relu"), ("leaky_relu_slope", "{leaky_relu: {negative_slope: 0.2}}"),
                      ("elu", "elu"), ("elu_alpha", "{elu: {alpha: 0.5}}"), ("selu", "selu"), ("celu", "celu"),
                      ("celu_alpha", "{celu: {alpha: 2.0}}"), ("gelu", "gelu"), ("gelu_none", "{gelu: {approximate: none}}"),
                      ("gelu_tanh", "{gelu: {approximate: tanh}}"), ("silu", "silu"), ("softplus", "softplus"),
                      ("hard_sigmoid", "hard_sigmoid"), ("hard_swish", "hard_swish")]:
        group.case("act_" + name, SMALL % act, xrange=(-2, 2), keep="last")
    for name, layer in [("relu", "relu"), ("leaky_relu", "leaky_relu: {negative_slope: 0.2}"), ("softmax", "softmax"), ("log_softmax", "log_softmax"),
                        ("tanh", "tanh"), ("silu", "silu")]:
        group.case("layer_" + name, """
input: {shape: [3]}
layers:
  - dense: {units: 5}
  - %s
  - dense: {units: 2}
loss: mse
optimizer: {sgd: {learning_rate: 0.1}}
""" % layer, xrange=(-2, 2), keep="last")
    group.case("step_straight_through", SMALL % "{step: {gradient: straight_through}}", xrange=(-2, 2), keep="last", differences=False,
               notes=["straight_through: the gradient passes the step unchanged (dx = dy)"])
    group.close()


def networks_losses():
    group = Group("networks_losses.json", "Each loss at the end of a network; targets lie where the loss expects them.")
    net = """
input: {shape: [3]}
layers:
  - dense: {units: 4, activation: tanh}
  - dense: {units: %d%s}%s
loss: %s
optimizer: {sgd: {learning_rate: %s}}
"""
    for name, width, act, layer, loss, lr in [
            ("l2_norm", 3, "", "", "l2_norm", 0.1), ("l2_norm_one", 1, "", "", "l2_norm", 0.1),
            ("l2_norm_sum", 3, "", "", "{l2_norm: {reduction: sum}}", 0.05),
            ("mse", 3, "", "", "mse", 0.1), ("mse_sum", 3, "", "", "{mse: {reduction: sum}}", 0.02),
            ("mae", 3, "", "", "mae", 0.1), ("mae_sum", 3, "", "", "{mae: {reduction: sum}}", 0.02),
            ("huber", 3, "", "", "huber", 0.1), ("huber_delta", 3, "", "", "{huber: {delta: 0.5}}", 0.1),
            ("huber_sum", 3, "", "", "{huber: {delta: 0.5, reduction: sum}}", 0.02),
            ("bce", 3, ", activation: sigmoid", "", "bce", 0.5), ("bce_sum", 3, ", activation: sigmoid", "", "{bce: {reduction: sum}}", 0.05),
            ("bce_layer", 1, "", "\n  - sigmoid", "bce", 0.5),
            ("bce_with_logits", 3, "", "", "bce_with_logits", 0.5), ("bce_with_logits_sum", 1, "", "", "{bce_with_logits: {reduction: sum}}", 0.1),
            ("cross_entropy_softmax", 5, "", "\n  - softmax", "cross_entropy", 0.2),
            ("cross_entropy_softmax_activation", 5, ", activation: softmax", "", "cross_entropy", 0.2),
            ("cross_entropy_logits", 5, "", "", "cross_entropy", 0.2),
            ("cross_entropy_sum", 5, "", "\n  - softmax", "{cross_entropy: {reduction: sum}}", 0.05),
            ("cross_entropy_distribution", 5, "", "\n  - softmax", "{cross_entropy: {target: distribution}}", 0.2),
            ("cross_entropy_distribution_logits", 3, "", "", "{cross_entropy: {target: distribution, reduction: sum}}", 0.05),
            ("class_weights", 5, "", "\n  - softmax", "{cross_entropy: {class_weights: [0.25, 3, 1, 0.5, 2]}}", 0.2),
            ("class_weights_sum", 3, "", "", "{cross_entropy: {class_weights: [0.25, 2, 1], reduction: sum}}", 0.05),
            ("label_smoothing", 5, "", "\n  - softmax", "{cross_entropy: {label_smoothing: 0.125}}", 0.2),
            ("weights_and_smoothing", 5, "", "", "{cross_entropy: {class_weights: [0.25, 3, 1, 0.5, 2], label_smoothing: 0.25}}", 0.2),
            ("weights_and_smoothing_distribution", 3, "", "", "{cross_entropy: {class_weights: [0.25, 2, 1], label_smoothing: 0.25, target: distribution}}", 0.2),
            ("nll_weights", 5, "", "\n  - log_softmax", "{nll: {class_weights: [0.25, 3, 1, 0.5, 2]}}", 0.2),
            ("nll", 5, "", "\n  - log_softmax", "nll", 0.2), ("nll_sum", 5, "", "\n  - log_softmax", "{nll: {reduction: sum}}", 0.05)]:
        group.case("loss_" + name, net % (width, act, layer, loss, lr), sizes=(3,) if "sum" in name else (4,), bits="sum" in name)
    group.close()


OPT = """
input: {shape: [3]}
layers:
  - dense: {units: 4, activation: tanh%s}
  - dense: {units: 2%s}
loss: mse
optimizer: %s
"""
SIZES = (4, 4, 3, 4, 1, 4, 2)


def networks_optimizers():
    group = Group("networks_optimizers.json", "Every optimiser and option: seven steps on seven batches of up to four samples.",
                  "clip norm: torch.nn.utils.clip_grad_norm_, the factor is min(1, max_norm/(norm + 1e-6)), the norm over all parameters.")
    for name, opt in [
            ("sgd", "{sgd: {learning_rate: 0.1}}"),
            ("sgd_momentum", "{sgd: {learning_rate: 0.1, momentum: 0.9}}"),
            ("sgd_nesterov", "{sgd: {learning_rate: 0.1, momentum: 0.9, nesterov: true}}"),
            ("sgd_dampening", "{sgd: {learning_rate: 0.1, momentum: 0.9, dampening: 0.5}}"),
            ("sgd_weight_decay", "{sgd: {learning_rate: 0.1, weight_decay: 0.05}}"),
            ("sgd_all", "{sgd: {learning_rate: 0.1, momentum: 0.8, dampening: 0.25, weight_decay: 0.05}}"),
            ("sgd_nesterov_weight_decay", "{sgd: {learning_rate: 0.1, momentum: 0.8, nesterov: true, weight_decay: 0.05}}"),
            ("adam", "{adam: {learning_rate: 0.01}}"),
            ("adam_betas", "{adam: {learning_rate: 0.02, beta1: 0.8, beta2: 0.95, epsilon: 0.001}}"),
            ("adam_weight_decay", "{adam: {learning_rate: 0.01, weight_decay: 0.05}}"),
            ("adamw", "{adamw: {learning_rate: 0.01}}"),
            ("adamw_weight_decay", "{adamw: {learning_rate: 0.02, weight_decay: 0.1, beta1: 0.85, beta2: 0.99, epsilon: 1.0e-6}}"),
            ("rmsprop", "{rmsprop: {learning_rate: 0.01}}"),
            ("rmsprop_alpha", "{rmsprop: {learning_rate: 0.01, alpha: 0.9, epsilon: 0.001}}"),
            ("rmsprop_momentum", "{rmsprop: {learning_rate: 0.01, momentum: 0.8}}"),
            ("rmsprop_centered", "{rmsprop: {learning_rate: 0.01, centered: true}}"),
            ("rmsprop_all", "{rmsprop: {learning_rate: 0.005, alpha: 0.95, momentum: 0.5, centered: true, weight_decay: 0.05}}"),
            ("clip_value", "{sgd: {learning_rate: 0.2, clip: {value: 0.1}}}"),
            ("clip_norm", "{sgd: {learning_rate: 0.2, clip: {norm: 0.5}}}"),
            ("clip_norm_not_reached", "{sgd: {learning_rate: 0.1, clip: {norm: 100}}}"),
            ("clip_value_momentum", "{sgd: {learning_rate: 0.2, momentum: 0.9, weight_decay: 0.05, clip: {value: 0.05}}}"),
            ("clip_norm_adam", "{adam: {learning_rate: 0.01, clip: {norm: 0.1}}}")]:
        group.case(name, OPT % ("", "", opt), sizes=SIZES)
    group.close()


def networks_schedules():
    group = Group("networks_schedules.json", "Learning-rate schedules; step t = 0, 1, 2, … uses learning_rate × factor(t).")
    for name, opt in [
            ("constant", "{sgd: {learning_rate: 0.2, schedule: constant}}"),
            ("step", "{sgd: {learning_rate: 0.2, schedule: {step: {step_size: 2, gamma: 0.5}}}}"),
            ("exponential", "{sgd: {learning_rate: 0.2, schedule: {exponential: {gamma: 0.8}}}}"),
            ("cosine", "{sgd: {learning_rate: 0.2, schedule: {cosine: {steps: 10, min_factor: 0.0}}}}"),
            ("cosine_past_end", "{sgd: {learning_rate: 0.2, schedule: {cosine: {steps: 5, min_factor: 0.1}}}}"),
            ("warmup", "{sgd: {learning_rate: 0.2, schedule: {warmup: {steps: 3}}}}"),
            ("warmup_step", "{sgd: {learning_rate: 0.2, schedule: {warmup: {steps: 2, then: {step: {step_size: 2, gamma: 0.5}}}}}}"),
            ("warmup_cosine", "{sgd: {learning_rate: 0.2, momentum: 0.9, schedule: {warmup: {steps: 3, then: {cosine: {steps: 4, min_factor: 0.1}}}}}}"),
            ("exponential_adamw", "{adamw: {learning_rate: 0.02, weight_decay: 0.1, schedule: {exponential: {gamma: 0.7}}}}")]:
        group.case("schedule_" + name, OPT % ("", "", opt), sizes=SIZES + (3,))
    group.close()


def networks_regularizers():
    group = Group("networks_regularizers.json",
                  "loss and gradients are those of the data alone. subgradient: added to the gradient once per step, before clipping.",
                  "proximal: after the optimiser's update, with the learning rate of that step; l1: soft threshold lr·λ, l2: w/(1+2·lr·λ), l1_l2: threshold, then shrink.",
                  "Some starting weights are exactly 0.")
    sgd = "{sgd: {learning_rate: 0.1}}"
    both = lambda r: (", kernel_regularizer: " + r, ", kernel_regularizer: " + r)
    for name, reg, opt in [
            ("l1", "{l1: 0.05}", sgd), ("l2", "{l2: 0.05}", sgd), ("l1_l2", "{l1_l2: {l1: 0.03, l2: 0.05}}", sgd),
            ("l1_method", "{l1: 0.05, method: subgradient}", sgd),
            ("lp_1", "{lp: {p: 1, lambda: 0.05}}", sgd), ("lp_1_5", "{lp: {p: 1.5, lambda: 0.05}}", sgd),
            ("lp_2", "{lp: {p: 2, lambda: 0.05}}", sgd),
            ("lp_2_5", "{lp: {p: 2.5, lambda: 0.05}}", sgd), ("lp_3", "{lp: {p: 3, lambda: 0.05}}", sgd),
            ("l1_momentum", "{l1: 0.05}", "{sgd: {learning_rate: 0.1, momentum: 0.9}}"),
            ("l2_weight_decay", "{l2: 0.05}", "{sgd: {learning_rate: 0.1, weight_decay: 0.05}}"),
            ("l2_clip_value", "{l2: 0.2}", "{sgd: {learning_rate: 0.2, weight_decay: 0.1, clip: {value: 0.1}}}"),
            ("l1_clip_norm", "{l1: 0.2}", "{sgd: {learning_rate: 0.2, clip: {norm: 0.3}}}"),
            ("l2_adam", "{l2: 0.05}", "{adam: {learning_rate: 0.01}}"),
            ("proximal_l1", "{l1: 0.3, method: proximal}", "{sgd: {learning_rate: 0.2}}"),
            ("proximal_l2", "{l2: 0.3, method: proximal}", "{sgd: {learning_rate: 0.2}}"),
            ("proximal_l1_l2", "{l1_l2: {l1: 0.2, l2: 0.3, method: proximal}}", "{sgd: {learning_rate: 0.2}}"),
            ("proximal_l1_momentum", "{l1: 0.3, method: proximal}", "{sgd: {learning_rate: 0.1, momentum: 0.9}}"),
            ("proximal_l1_schedule", "{l1: 0.3, method: proximal}", "{sgd: {learning_rate: 0.3, schedule: {exponential: {gamma: 0.8}}}}"),
            ("proximal_l1_clip", "{l1: 0.3, method: proximal}", "{sgd: {learning_rate: 0.2, clip: {norm: 0.2}}}")]:
        ref = group.case(name, OPT % (both(reg) + (opt,)), sizes=SIZES, zeros=True)
        if name.startswith("proximal_l1"):
            last = ref["steps"][-1]["weights"]
            zeros = sum(int((v == 0).sum()) for k, v in last.items() if k.endswith("weight"))
            need(zeros >= 3, name, "reaches only", zeros, "zeros")
    group.case("reg_one_layer", OPT % (", kernel_regularizer: {l2: 0.1}", "", sgd), sizes=SIZES, zeros=True)
    group.case("reg_bias", OPT % (", kernel_regularizer: {l1: 0.02}, bias_regularizer: {l2: 0.1}", "", sgd), sizes=SIZES, zeros=True)
    group.close()


def masks():
    """Connection masks, [out, in]; one file bool, one uint8."""
    os.makedirs(os.path.join(HERE, "masks"), exist_ok=True)
    g = generator("masks")
    for name, shape, kind in [("a_6x4", (6, 4), np.bool_), ("b_5x6", (5, 6), np.uint8), ("c_17x33", (17, 33), np.bool_)]:
        m = (torch.rand(shape, generator=g) < (0.5 if shape[0] < 10 else 0.1)).numpy()
        if name == "a_6x4":
            m[2] = False                      # a unit without any connection: its bias alone
            m[:, 1] = False                   # an input nobody reads
            m[3] = True
            m[3, 1] = False
        if name == "b_5x6":
            m[4] = True
        path = os.path.join(HERE, "masks", name + ".npy")
        if WRITE or not os.path.exists(path):
            np.save(path, m.astype(kind))
    # The mask of ../specs/skip.yaml: unit (r, c) of 3×4 sees a 2×2 window of the 4×4 image, wrapped at the right.
    m = np.zeros((12, 16), np.bool_)
    for unit in range(12):
        for dr in (0, 1):
            for dc in (0, 1):
                m[unit, (unit // 4 + dr) * 4 + (unit % 4 + dc) % 4] = True
    if WRITE:
        np.save(os.path.join(HERE, "..", "specs", "skip_mask.npy"), m)


def networks_shapes():
    group = Group("networks_shapes.json", "Depths, odd widths, layers without bias, graphs, several inputs and outputs, masks, normalisation.",
                  "Large cases carry the weights after the last step only. mask files are relative to this file.")
    group.case("one_neuron", """
input: {shape: [1]}
layers:
  - dense: {units: 1}
loss: mse
optimizer: {sgd: {learning_rate: 0.1}}
""", sizes=(1,))
    group.case("one_neuron_no_bias", """
input: {shape: [3]}
layers:
  - dense: {units: 1, use_bias: false, activation: sigmoid}
loss: bce
optimizer: {sgd: {learning_rate: 0.5}}
""", sizes=(5,))
    group.case("no_bias", """
input: {shape: [5]}
layers:
  - dense: {units: 7, activation: relu, use_bias: false}
  - dense: {units: 3, use_bias: false}
loss: mse
optimizer: {sgd: {learning_rate: 0.1, momentum: 0.9}}
""", sizes=(3,))
    group.case("deep", """
input: {shape: [3]}
layers:
  - dense: {units: 5, activation: tanh}
  - dense: {units: 17, activation: leaky_relu}
  - dense: {units: 3, activation: sigmoid}
  - dense: {units: 33, activation: softsign}
  - dense: {units: 1, activation: elu}
  - dense: {units: 9, activation: silu}
  - dense: {units: 2}
loss: mse
optimizer: {sgd: {learning_rate: 0.1}}
""", sizes=(3,), keep="last")
    group.case("wide", """
input: {shape: [17]}
layers:
  - dense: {units: 33, activation: relu}
  - dense: {units: 17}
loss: mse
optimizer: {sgd: {learning_rate: 0.1, momentum: 0.9}}
""", sizes=(5,), keep="last")
    group.case("wide_to_one", """
input: {shape: [65]}
layers:
  - dense: {units: 1}
loss: l2_norm
optimizer: {sgd: {learning_rate: 0.05}}
""", sizes=(7,), keep="last")
    group.case("one_to_wide", """
input: {shape: [1]}
layers:
  - dense: {units: 49, activation: tanh}
  - dense: {units: 1}
loss: mse
optimizer: {sgd: {learning_rate: 0.02}}
""", sizes=(9,), keep="last")
    group.case("classifier", """
input: {shape: [33]}
output: {labels: [a, b, c, d, e, f, g, h, i, j]}
layers:
  - dense: {units: 31, activation: relu}
  - dense: {units: 16, activation: relu}
  - dense: {units: 10}
  - softmax
loss: cross_entropy
optimizer: {sgd: {learning_rate: 0.05, momentum: 0.9}}
""", sizes=(8, 8, 8, 8, 8, 3), keep="last")
    group.case("narrow_classifier", """
input: {shape: [150]}
layers:
  - dense: {units: 3}
  - softmax
loss: cross_entropy
optimizer: {sgd: {learning_rate: 0.05}}
""", sizes=(4,), keep="last")
    group.case("lecture_network", """
input: {shape: [3]}
layers:
  - dense: {units: 5, activation: sigmoid}
  - dense: {units: 5, activation: softsign}
  - dense: {units: 5, activation: tanh}
  - dense: {units: 5, activation: relu}
  - dense: {units: 5, activation: leaky_relu}
  - dense: {units: 2}
loss: l2_norm
optimizer: {sgd: {learning_rate: 0.05}}
""", sizes=(4,), keep="last")
    group.case("skip_add", """
input: {shape: [4]}
layers:
  - dense: {units: 5, activation: tanh}
  - dense: {units: 5, activation: tanh}
  - add: {from: [dense1, dense2]}
  - dense: {units: 2}
loss: mse
optimizer: {sgd: {learning_rate: 0.1}}
""")
    group.case("skip_concat", """
input: {shape: [4]}
layers:
  - dense: {units: 3, activation: relu}
  - concat: {from: [x, dense1]}
  - dense: {units: 2}
loss: mse
optimizer: {sgd: {learning_rate: 0.1}}
""")
    group.case("read_three_times", """
input: {shape: [3]}
layers:
  - dense: {name: trunk, units: 4, activation: tanh}
  - dense: {name: left, units: 4, activation: sigmoid}
  - dense: {name: right, from: trunk, units: 4, activation: softsign}
  - add: {name: sum, from: [trunk, left, right]}
  - dense: {units: 2}
loss: mse
optimizer: {sgd: {learning_rate: 0.1, momentum: 0.9}}
""")
    group.case("diamond", """
input: {shape: [3]}
layers:
  - dense: {units: 4, activation: relu}
  - dense: {units: 3, activation: tanh}
  - dense: {from: dense1, units: 2, activation: sigmoid}
  - concat: {from: [dense3, dense2, x]}
  - relu
  - dense: {units: 3}
  - softmax
loss: cross_entropy
optimizer: {adam: {learning_rate: 0.01}}
""")
    group.case("residual_blocks", """
input: {shape: [5]}
layers:
  - dense: {units: 5, activation: relu}
  - add: {from: [x, dense1]}
  - dense: {units: 5, activation: relu}
  - dense: {units: 5}
  - add: {from: [add1, dense3]}
  - leaky_relu
  - dense: {units: 1}
loss: huber
optimizer: {sgd: {learning_rate: 0.05, momentum: 0.9, nesterov: true}}
""", keep="last")
    group.case("two_inputs_add", """
inputs: {left: {shape: [4]}, right: {shape: [4]}}
layers:
  - add: {from: [left, right]}
  - dense: {units: 3, activation: tanh}
  - dense: {units: 2}
loss: mse
optimizer: {sgd: {learning_rate: 0.1}}
""")
    group.case("two_inputs_two_outputs", """
inputs: {image: {shape: [4]}, pose: {shape: [3]}}
outputs: {policy: {from: softmax1, loss: cross_entropy}, value: {from: dense4, loss: mse, weight: 0.5}}
layers:
  - dense: {from: image, units: 5, activation: relu}
  - dense: {from: pose, units: 3, activation: tanh}
  - concat: {from: [dense1, dense2]}
  - dense: {units: 3}
  - softmax
  - dense: {from: concat1, units: 1}
optimizer: {sgd: {learning_rate: 0.1, momentum: 0.9}}
""", sizes=SIZES)
    group.case("outputs_inherit_loss", """
input: {shape: [3]}
outputs: {near: {from: dense1}, far: {from: dense2, weight: 2.0}, sure: {from: dense3, loss: {bce_with_logits: {reduction: sum}}, weight: 0.25}}
layers:
  - dense: {units: 4, activation: tanh}
  - dense: {units: 2}
  - dense: {from: dense1, units: 2}
loss: mse
optimizer: {sgd: {learning_rate: 0.1}}
""", notes=["near is an output and is read by two layers; near and far take the spec's loss, weight defaults to 1"])
    group.case("mask", """
input: {shape: [4]}
layers:
  - dense: {units: 6, activation: tanh, mask: {file: masks/a_6x4.npy}}
  - dense: {units: 5, mask: {file: masks/b_5x6.npy}}
loss: mse
optimizer: {sgd: {learning_rate: 0.1}}
""", notes=["mask a (bool) has a unit without connections and an input nobody reads; mask b is uint8"])
    group.case("mask_momentum_decay", """
input: {shape: [4]}
layers:
  - dense: {units: 6, activation: relu, mask: {file: masks/a_6x4.npy}, kernel_regularizer: {l1: 0.02}}
  - dense: {units: 5, use_bias: false, mask: {file: masks/b_5x6.npy}}
loss: mse
optimizer: {sgd: {learning_rate: 0.1, momentum: 0.9, weight_decay: 0.05, clip: {norm: 0.4}}}
""")
    group.case("mask_adam", """
input: {shape: [4]}
layers:
  - dense: {units: 6, activation: tanh, mask: {file: masks/a_6x4.npy}}
  - dense: {units: 3}
  - softmax
loss: cross_entropy
optimizer: {adam: {learning_rate: 0.01}}
""")
    group.case("mask_sparse", """
input: {shape: [33]}
layers:
  - dense: {units: 17, activation: relu, mask: {file: masks/c_17x33.npy}}
  - dense: {units: 1}
loss: mse
optimizer: {sgd: {learning_rate: 0.1}}
""", sizes=(5,), keep="last")
    group.case("normalize_mean_std", """
input: {shape: [3], normalize: {mean: [1.5, -0.75, 0.125], std: [2.0, 1.5, 0.625]}}
layers:
  - dense: {units: 4, activation: tanh}
  - dense: {units: 2}
loss: mse
optimizer: {sgd: {learning_rate: 0.1}}
""", xrange=(-2, 4))
    group.case("normalize_min_max", """
input: {shape: [3], normalize: {min: [-8, 0, 2.5], max: [16, 12, 4.5]}}
layers:
  - dense: {units: 4, activation: relu}
  - dense: {units: 2}
loss: mse
optimizer: {sgd: {learning_rate: 0.05}}
""", xrange=(0, 8))
    group.case("normalize_numbers", """
inputs: {a: {shape: [4], normalize: {min: 0, max: 16}}, b: {shape: [2], normalize: {mean: 3.5, std: 2.5}}, c: {shape: [2]}}
layers:
  - concat: {from: [a, b, c]}
  - dense: {units: 3}
  - softmax
loss: cross_entropy
optimizer: {sgd: {learning_rate: 0.1}}
""", xrange=(0, 16))
    group.close()


def networks_layers():
    group = Group("networks_layers.json", "Layers that merge, normalise, reduce and reshape, each with parameters in front of it, so that its gradient shows.",
                  "Shapes are those of a sample; samples, weights and outputs are row-major. running_mean and running_var are not trained.")
    head = """
input: {shape: [2, 2]}
layers:
  - dense: {units: 12, activation: tanh}
  - reshape: {name: t, shape: [2, 2, 3]}
"""
    tail = """
  - dense: {units: 2}
loss: mse
optimizer: {sgd: {learning_rate: 0.05}}
"""
    for name, layers in [
            ("layer_norm", "layer_normalization"), ("layer_norm_axis_1", "layer_normalization: {axis: 1, epsilon: 0.01}"),
            ("layer_norm_all", "layer_normalization: {axis: -3}"), ("layer_norm_plain", "layer_normalization: {use_weight: false, use_bias: false}"),
            ("layer_norm_no_bias", "layer_normalization: {axis: 1, use_bias: false}"),
            ("batch_norm_first", "batch_normalization: {axis: 0, epsilon: 1.0e-5, trainable: false}"), ("batch_norm_last", "batch_normalization: {axis: -1, trainable: false}"),
            ("batch_norm_middle", "batch_normalization: {axis: -2, use_weight: false, trainable: false}"),
            ("scale_shift", "scale_shift"), ("scale_shift_axes", "scale_shift: {axes: [0, 2]}"), ("scale_shift_all", "scale_shift: {axes: [0, 1, 2], use_weight: false}"),
            ("scale_shift_shared", "scale_shift: {shared: true, use_bias: false}"), ("scale_shift_frozen", "scale_shift: {trainable: false}"),
            ("prelu", "prelu"), ("prelu_axis", "prelu: {axes: 1}"), ("prelu_shared", "prelu: {shared: true}"),
            ("softmax_axis_0", "softmax: {axis: 0}"), ("softmax_axis_1", "softmax: {axis: 1}"), ("softmax_last", "softmax: {axis: -1}"), ("softmax_all", "softmax"),
            ("log_softmax_axis_0", "log_softmax: {axis: 0}"), ("log_softmax_last", "log_softmax: {axis: 2}"),
            ("transpose", "transpose"), ("transpose_perm", "transpose: {perm: [1, 2, 0]}"), ("transpose_swap", "transpose: {perm: [0, 2, 1]}"),
            ("slice", "slice: {start: 1, end: 3}"), ("slice_back", "slice: {axis: 1, step: -2}"), ("slice_first", "slice: {axis: 0, start: -1}"),
            ("reduce_sum", "reduce_sum: {axes: 1}"), ("reduce_sum_apart", "reduce_sum: {axes: [0, -1], keepdims: true}"),
            ("reduce_mean", "reduce_mean: {axes: [1, 2]}"), ("reduce_mean_all", "reduce_mean"), ("reduce_max", "reduce_max: {axes: 0}"),
            ("reduce_max_apart", "reduce_max: {axes: [0, 2]}"), ("reduce_min", "reduce_min: {axes: -1, keepdims: true}")]:
        text = head + "  - " + layers + tail
        if name.startswith(("layer_norm_plain", "transpose", "slice", "reduce", "softmax", "log_softmax")):
            # Followed by a product with another value, so that elements which change places show.
            text = head + "  - " + layers + "\n  - silu" + tail
        group.case(name, text, sizes=(3,), steps=3, keep="last")
    two = """
inputs: {a: {shape: [3]}, b: {shape: [3, 2]}}
layers:
  - dense: {name: u, from: a, units: 2, activation: tanh}
  - dense: {from: b, units: 6, activation: sigmoid}
  - reshape: {name: m, shape: [3, 2]}
  - dense: {from: b, units: 3, activation: tanh}
  - reshape: {name: c, shape: [3, 1]}
  - dense: {name: s, from: a, units: 1}
"""
    for name, layers in [
            ("add", "add: {from: [u, m, c, s]}"), ("subtract", "subtract: {from: [u, m]}"), ("subtract_number", "subtract: {from: [s, m]}"),
            ("multiply", "multiply: {from: [c, m, u, s]}"), ("divide", "divide: {from: [c, m]}"), ("divide_row", "divide: {from: [u, m]}"),
            ("minimum", "minimum: {from: [u, m, c, s]}"), ("maximum", "maximum: {from: [m, u, c, s]}"), ("average", "average: {from: [u, m, c, s]}"),
            ("concat_axis_1", "concat: {from: [m, b], axis: 1}"), ("concat_axis_0", "concat: {from: [m, b, m], axis: 0}"),
            ("constant", "constant: {name: k, shape: [3, 1], value: [0.5, -1.25, 2]}\n  - subtract: {from: [k, m]}"),
            ("constant_trained", "constant: {name: k, shape: [3, 2], value: 0.75, trainable: true}\n  - multiply: {from: [m, k]}")]:
        unread = [v for v in ("u", "m", "c", "s") if v not in layers.split("from: [")[1].split("]")[0].split(", ")]
        join = "\n  - tanh: {name: joined}\n  - concat: {from: [joined%s]}" % "".join(", " + v for v in unread) if unread else ""
        group.case("merge_" + name, two + "  - " + layers + join + tail, sizes=(3,), steps=3, keep="last")
    for name, before, layer in [
            ("abs", "", "abs"), ("neg", "", "neg"), ("exp", "", "exp"), ("square", "", "square"), ("erf", "", "erf"), ("pow_3", "", "pow: {exponent: 3}"),
            ("clip", "", "clip: {min: -0.5, max: 0.25}"), ("thresholded_relu", "", "thresholded_relu: {theta: -0.125}"),
            ("log", ", activation: softplus", "log"), ("sqrt", ", activation: softplus", "sqrt"), ("reciprocal", ", activation: softplus", "reciprocal"),
            ("pow_half", ", activation: softplus", "pow: 0.5"), ("silu_beta", "", "silu: {beta: 1.75}"), ("selu_alpha", "", "selu: {alpha: 2.0, gamma: 3.0}"),
            ("hard_sigmoid_alpha", "", "hard_sigmoid: {alpha: 0.25, beta: 0.5}")]:
        group.case("math_" + name, """
input: {shape: [3]}
layers:
  - dense: {units: 5%s}
  - %s
  - dense: {units: 2}
loss: mse
optimizer: {sgd: {learning_rate: 0.05}}
""" % (before, layer), sizes=(3,), steps=3, keep="last")
    group.case("softmax_axis_loss", """
input: {shape: [3]}
layers:
  - dense: {units: 6}
  - reshape: {shape: [2, 3]}
  - softmax: {axis: -1}
loss: mse
optimizer: {adam: {learning_rate: 0.05}}
""", sizes=(3,), steps=3, keep="last")
    group.close()


def networks_sharing():
    group = Group("networks_sharing.json", "Weights that several rows of a sample, or several layers, share.")
    sgd = "{sgd: {learning_rate: 0.05}}"
    tail = "\nloss: %s\noptimizer: %s\n"

    def case(name, shape, layers, optimizer=sgd, loss="mse", **options):
        group.case(name, "input: {shape: %s}\nlayers:\n" % shape + "\n".join("  - " + l for l in layers) + tail % (loss, optimizer),
                   **{"sizes": (3, 4, 1, 2), "keep": "last", **options})

    case("rows_12_24", "[5, 12]", ["dense: {units: 24, axis: -1, activation: tanh}", "dense: {units: 2}"])
    case("rows_first_axis", "[6, 4]", ["dense: {units: 3, axis: 0, activation: silu}", "dense: {units: 2, axis: -2}", "dense: {units: 2}"])
    case("rows_middle_axis", "[2, 5, 3]", ["dense: {units: 7, axis: 1, activation: sigmoid}", "dense: {units: 4, axis: -1, use_bias: false}", "dense: {units: 2}"])
    case("rows_softmax", "[3, 4]", ["dense: {units: 5, axis: -1, activation: {softmax: {axis: -1}}}", "dense: {units: 2}"])
    case("rows_norm", "[4, 6]", ["dense: {units: 8, axis: -1}", "layer_normalization", "gelu", "dense: {units: 6, axis: -1}", "add: {from: [dense2, x]}", "dense: {units: 3}"],
         optimizer="{adamw: {learning_rate: 0.01}}")
    case("rows_masked", "[3, 4]", ["dense: {units: 6, axis: 1, activation: tanh, mask: {file: masks/a_6x4.npy}}", "dense: {units: 2}"])
    case("rows_regularised", "[3, 4]", ["dense: {units: 3, axis: -1, activation: tanh, kernel_regularizer: {l2: 0.1}, bias_regularizer: {l1: 0.02}}", "dense: {units: 1}"])
    case("rows_one", "[1, 4]", ["dense: {units: 3, axis: -1, activation: tanh}", "dense: {units: 1, axis: -1}"])
    case("rows_to_one", "[7, 4]", ["dense: {units: 1, axis: -1, activation: tanh}", "dense: {units: 2}"])
    optimizers = [sgd, "{sgd: {learning_rate: 0.05, momentum: 0.9, nesterov: true}}", "{adam: {learning_rate: 0.01}}", "{rmsprop: {learning_rate: 0.01}}",
                  "{sgd: {learning_rate: 0.1, weight_decay: 0.05, clip: {norm: 0.3}}}"]
    for i, width in enumerate([2, 3, 8, 9, 17]):
        act = ["tanh", "sigmoid", "softsign", "silu", "gelu"][i]
        own = "dense: {units: %d, activation: %s}" % (width, act)
        again = "dense: {units: %d, activation: %s, tied_to: dense2}" % (width, act)
        case("tied_twice_%d" % width, "[4]", [own, own, again, "dense: {units: 2}"], optimizers[i])
        case("tied_thrice_%d" % width, "[%d]" % width, [own, again.replace("dense2", "dense1"), again.replace("dense2", "dense1").replace(act, "tanh"), "dense: {units: 3}"],
             optimizers[(i + 2) % 5])
        case("tied_branches_%d" % width, "[4, 3]",
             ["slice: {name: a, axis: 0, end: 1}", "slice: {name: b, from: x, axis: 0, start: 1, end: 2}",
              "dense: {name: left, from: a, units: %d, activation: %s}" % (width, act), "dense: {name: right, from: b, units: %d, activation: %s, tied_to: left}" % (width, act),
              "subtract: {from: [left, right]}", "dense: {units: 2}"], optimizers[(i + 1) % 5])
    case("tied_no_bias", "[5]", ["dense: {units: 5, use_bias: false, activation: tanh}", "dense: {units: 5, tied_to: dense1, activation: silu}", "dense: {units: 2}"])
    case("tied_masked", "[4]", ["dense: {name: m, units: 6, activation: tanh, mask: {file: masks/a_6x4.npy}}",
                                "dense: {name: n, from: x, units: 6, activation: sigmoid, tied_to: m}", "multiply: {from: [m, n]}", "dense: {units: 2}"])
    case("tied_rows", "[3, 6]", ["dense: {units: 6, axis: -1, activation: tanh}", "dense: {units: 6, axis: -1, activation: tanh, tied_to: dense1}", "dense: {units: 2}"], optimizers[1])
    case("tied_regularised", "[5]", ["dense: {units: 5, activation: tanh, kernel_regularizer: {l2: 0.05}}", "dense: {units: 5, activation: tanh, tied_to: dense1}", "dense: {units: 2}"])
    case("tied_proximal", "[5]", ["dense: {units: 5, activation: tanh, kernel_regularizer: {l1: 0.05, method: proximal}}",
                                  "dense: {units: 5, activation: tanh, tied_to: dense1}", "dense: {units: 2}"])
    group.close()


def networks_batch():
    group = Group("networks_batch.json", "Batch normalisation by the statistics of the batch: ten steps, with the running averages after them.",
                  "outputs are those of inference with the averages at the start; loss and gradients are those of training.",
                  "A layer before it has no bias: its gradient would be zero but for rounding.")
    sgd, momentum, adam = "{sgd: {learning_rate: 0.05}}", "{sgd: {learning_rate: 0.02, momentum: 0.9}}", "{adam: {learning_rate: 0.01}}"
    varied = (6, 5, 6, 3, 6, 4, 6, 6, 5, 6)

    def case(name, shape, layers, optimizer=sgd, loss="mse", **options):
        group.case(name, "input: {shape: %s}\nlayers:\n" % shape + "\n".join("  - " + l for l in layers) + "\nloss: %s\noptimizer: %s\n" % (loss, optimizer),
                   **{"sizes": (6,), "steps": 10, "keep": "last", **options})

    norm = "batch_normalization: {statistics: batch%s}"
    for i, (width, act) in enumerate([(1, "tanh"), (3, "relu"), (8, "tanh"), (9, "silu"), (16, "sigmoid"), (17, "gelu"), (32, "softsign"), (33, "tanh")]):
        opt = [sgd, momentum, adam][i % 3]
        case("batch_vector_%d" % width, "[4]", ["dense: {units: %d, use_bias: false}" % width, norm % "", act, "dense: {units: 2}"], opt, salt=str(i))
        case("batch_varied_%d" % width, "[3]", ["dense: {units: %d, use_bias: false}" % width, norm % ", momentum: 0.25, epsilon: 1.0e-5", act, "dense: {units: 2}"],
             [momentum, sgd, adam][i % 3], sizes=varied)
    case("batch_input", "[5]", [norm % "", "dense: {units: 4, activation: tanh}", "dense: {units: 2}"])
    case("batch_output", "[5]", ["dense: {units: 4, activation: tanh}", "dense: {units: 3, use_bias: false}", norm % ""])
    case("batch_twice", "[4]", ["dense: {units: 6, use_bias: false}", norm % "", "tanh", "dense: {units: 5, use_bias: false}", norm % ", momentum: 0.5", "silu", "dense: {units: 2}"], momentum)
    case("batch_branches", "[4]", ["dense: {name: a, units: 5, use_bias: false}", "batch_normalization: {name: na, statistics: batch}",
                                   "dense: {name: b, from: x, units: 5, activation: tanh}", "add: {from: [na, b]}", "relu", "dense: {units: 2}"], adam)
    case("batch_plain", "[4]", ["dense: {units: 5, use_bias: false}", norm % ", use_weight: false, use_bias: false", "tanh", "dense: {units: 2}"])
    case("batch_no_bias", "[4]", ["dense: {units: 5, use_bias: false}", norm % ", use_bias: false", "silu", "dense: {units: 2}"])
    case("batch_no_weight", "[4]", ["dense: {units: 5, use_bias: false}", norm % ", use_weight: false", "tanh", "dense: {units: 2}"], adam)
    case("batch_frozen", "[4]", ["dense: {units: 5, use_bias: false}", norm % ", trainable: false", "tanh", "dense: {units: 2}"])
    case("batch_momentum_1", "[4]", ["dense: {units: 5, use_bias: false}", norm % ", momentum: 1.0", "tanh", "dense: {units: 2}"])
    case("batch_clipped", "[4]", ["dense: {units: 5, use_bias: false}", norm % "", "tanh", "dense: {units: 2}"], "{sgd: {learning_rate: 0.1, weight_decay: 0.02, clip: {norm: 0.2}}}")
    case("batch_classes", "[4]", ["dense: {units: 8, use_bias: false}", norm % "", "relu", "dense: {units: 3}", "softmax"], momentum, "cross_entropy")
    shapes = ["dense: {units: 24, activation: tanh}", "reshape: {shape: [2, 3, 4]}"]
    for axis in (0, 1, -1):
        case("batch_axis_%d" % (axis % 3), "[3]", shapes + [norm % (", axis: %d, epsilon: 1.0e-5" % axis), "silu", "dense: {units: 2}"], sizes=(4,))
    case("batch_channels", "[6, 2, 2]", [norm % ", axis: 0", "tanh", "dense: {units: 5, axis: 0, use_bias: false}", norm % ", axis: 0", "relu", "dense: {units: 2}"], momentum, sizes=varied)
    case("batch_one_sample", "[2, 9]", [norm % ", axis: 0", "dense: {units: 3, activation: tanh}", "dense: {units: 2}"], sizes=(4, 1, 3, 1, 4, 2, 1, 4, 4, 1))
    case("batch_rows", "[4, 3]", ["dense: {units: 6, axis: -1, use_bias: false}", norm % ", axis: -1", "gelu", "dense: {units: 2}"], adam)
    group.close()


def networks_recurrent():
    group = Group("networks_recurrent.json", "Recurrent layers over whole sequences, with gradients through all steps; those with codegen: {train: false} keep a state,",
                  "and outputs are those of the third step of streams that repeat the sample. A length n is ⌈n⌉ steps.")
    optimizers = ["{sgd: {learning_rate: 0.05}}", "{sgd: {learning_rate: 0.02, momentum: 0.9}}", "{adam: {learning_rate: 0.01}}", "{rmsprop: {learning_rate: 0.01}}",
                  "{sgd: {learning_rate: 0.05, weight_decay: 0.02, clip: {norm: 0.3}}}", "{adamw: {learning_rate: 0.01}}"]

    def case(name, shape, layers, loss="mse", optimizer=None, length=False, **options):
        inputs = "inputs: {n: {shape: [1]}, x: {shape: %s}}" % shape if length else "input: {shape: %s}" % shape
        group.case(name, inputs + "\nlayers:\n" + "\n".join("  - " + l for l in layers + (["dense: {units: 2}"] if loss == "mse" else [])) +
                   "\nloss: %s\noptimizer: %s\n" % (loss, optimizer or optimizers[len(group.cases) % len(optimizers)]),
                   **{"sizes": (3, 2), "steps": 3, "keep": "last", **options})

    for kind in ("rnn", "gru", "lstm"):
        case(kind + "_last", "[4, 3]", ["%s: {units: 5, axis: 0}" % kind])
        case(kind + "_all", "[3, 4]", ["%s: {units: 3, axis: 1, return: all}" % kind])
        case(kind + "_mean", "[5, 2]", ["%s: {units: 4, axis: 0, return: mean, use_bias: false}" % kind])
        case(kind + "_backwards", "[4, 3]", ["%s: {units: 4, axis: 0, return: all, go_backwards: true}" % kind])
        case(kind + "_lengths", "[6, 3]", ["%s: {units: 4, axis: 0, from: [x, n]}" % kind], length=True, sizes=(4, 2))
        case(kind + "_lengths_all", "[5, 3]", ["%s: {units: 3, axis: 0, from: [x, n], return: all, go_backwards: true}" % kind], length=True, sizes=(4, 2))
        case(kind + "_lengths_mean", "[5, 3]", ["%s: {units: 3, axis: 0, from: [x, n], return: mean}" % kind], length=True, sizes=(4, 2))
        case(kind + "_behind_dense", "[4]", ["dense: {units: 15, activation: tanh}", "reshape: {shape: [5, 3]}", "%s: {units: 7, axis: 0}" % kind])
        case(kind + "_stacked", "[4, 3]", ["%s: {name: a, units: 6, axis: 0, return: all}" % kind, "%s: {units: 5, axis: 0}" % kind])
        case(kind + "_bidirectional", "[4, 3]", ["%s: {name: a, units: 3, axis: 0, return: all}" % kind, "%s: {name: b, from: x, units: 3, axis: 0, return: all, go_backwards: true}" % kind,
                                                 "concat: {from: [a, b], axis: -1}", "%s: {units: 4, axis: 0}" % kind])
        case(kind + "_frozen", "[4, 3]", ["%s: {name: a, units: 4, axis: 0, return: all}" % kind, "%s: {units: 4, axis: 0, trainable: false}" % kind])
        case(kind + "_regularised", "[3, 3]", ["%s: {units: 3, axis: 0, kernel_regularizer: {l2: 0.05}, recurrent_regularizer: {l1: 0.02}, bias_regularizer: {l2: 0.1}}" % kind], optimizer=optimizers[0])
        case(kind + "_classes", "[4, 3]", ["%s: {units: 9, axis: 0}" % kind, "dense: {units: 3}"], loss="cross_entropy", sizes=(5,))
        case(kind + "_one_step", "[1, 3]", ["%s: {units: 8, axis: 0}" % kind])
        for units in (1, 8, 17):
            group.stream("%s_stream_%d" % (kind, units), "[7]", ["%s: {units: %d}" % (kind, units), "dense: {units: 2}"])
        group.stream(kind + "_stream_stacked", "[5]", ["dense: {units: 6, activation: tanh}", "%s: {units: 7}" % kind, "%s: {units: 4}" % kind])
        group.stream(kind + "_stream_stateful", "[3, 4]", ["%s: {units: 6, axis: 0, stateful: true, return: all}" % kind, "dense: {units: 2}"])
    case("gru_reset_before", "[4, 3]", ["gru: {units: 5, axis: 0, reset_after: false}"])
    case("gru_reset_before_relu", "[4, 3]", ["gru: {units: 5, axis: 0, reset_after: false, activation: relu, return: all}"])
    case("gru_activations", "[4, 3]", ["gru: {units: 5, axis: 0, activation: softsign, recurrent_activation: hard_sigmoid}"])
    case("lstm_activations", "[4, 3]", ["lstm: {units: 5, axis: 0, activation: softsign, recurrent_activation: hard_sigmoid, output_activation: relu}"])
    case("rnn_relu", "[4, 3]", ["rnn: {units: 5, axis: 0, activation: relu}"])
    case("mixed", "[6, 3]", ["gru: {name: a, units: 4, axis: 0, return: all}", "layer_normalization", "lstm: {units: 4, axis: 0, return: all}", "add: {from: [a, lstm1]}", "rnn: {units: 5, axis: 0, return: mean}"])
    classes = "{cross_entropy: {axis: -1%s}}"
    case("classes_of_steps", "[4, 3]", ["gru: {units: 6, axis: 0, return: all}", "dense: {units: 3, axis: -1}"], classes % "", length=False)
    case("classes_of_steps_softmax", "[4, 3]", ["lstm: {units: 6, axis: 0, return: all}", "dense: {units: 4, axis: -1}", "softmax: {axis: -1}"], classes % "")
    case("classes_of_steps_sum", "[3, 3]", ["rnn: {units: 5, axis: 0, return: all}", "dense: {units: 3, axis: -1, activation: {log_softmax: {axis: -1}}}"], classes % ", reduction: sum")
    case("classes_of_steps_smooth", "[4, 2]", ["gru: {units: 5, axis: 0, return: all}", "dense: {units: 3, axis: -1}"], classes % ", label_smoothing: 0.2")
    case("distributions_of_steps", "[4, 2]", ["gru: {units: 5, axis: 0, return: all}", "dense: {units: 3, axis: -1}"], classes % ", target: distribution, label_smoothing: 0.1")
    case("classes_of_lengths", "[5, 3]", ["gru: {units: 6, axis: 0, return: all, from: [x, n]}", "dense: {units: 3, axis: -1}\noutput: {lengths: n}"], classes % "", length=True, sizes=(4, 2))
    case("classes_of_lengths_sum", "[5, 3]", ["lstm: {units: 4, axis: 0, return: all, from: [x, n]}", "dense: {units: 4, axis: -1, activation: {softmax: {axis: -1}}}\noutput: {lengths: n}"],
         classes % ", reduction: sum", length=True, sizes=(4, 2))
    case("distributions_of_lengths", "[5, 3]", ["rnn: {units: 6, axis: 0, return: all, from: [x, n]}", "dense: {units: 3, axis: -1}\noutput: {lengths: n}"], classes % ", target: distribution", length=True, sizes=(4, 2))
    case("classes_of_windows", "[3, 2]", ["gru: {units: 5, axis: 0, stateful: true, return: all}", "dense: {units: 3, axis: -1}"], classes % "")
    group.stream("gru_stream_reset_before", "[4]", ["gru: {units: 9, reset_after: false, activation: relu}", "gru: {units: 5, reset_after: false}"])
    group.stream("lstm_stream_activations", "[4]", ["lstm: {units: 9, activation: softsign, recurrent_activation: hard_sigmoid}"])
    group.close()


def networks_windows():
    group = Group("networks_windows.json", "Networks drawn at random whose samples go on in the next step where they ended, without gradients (truncated backpropagation through time):",
                  "ten steps from the beginning of the sequences; outputs are those of the third step of streams that repeat the sample. A length n is ⌈n⌉ steps; with lengths the loss is the mean",
                  "over the samples of the means over their steps.")
    optimizers = ["{sgd: {learning_rate: 0.05}}", "{sgd: {learning_rate: 0.02, momentum: 0.9}}", "{adam: {learning_rate: 0.01}}", "{rmsprop: {learning_rate: 0.005}}",
                  "{sgd: {learning_rate: 0.05, clip: {norm: 0.3}}}", "{adamw: {learning_rate: 0.01}}", "{adam: {learning_rate: 0.01, clip: {value: 0.05}}}"]
    draw = random.Random(13)
    pick, chance = draw.choice, lambda p: draw.random() < p

    def cell(steps, more, last):
        kind = pick(["rnn", "gru", "lstm"])
        f = "units: %d, axis: 0%s" % (pick([1, 2, 3, 4, 5]), more)
        if kind == "gru" and chance(0.4):
            f += ", reset_after: false"
        if chance(0.25):
            f += ", activation: softsign"
        if kind != "rnn" and chance(0.2):
            f += ", recurrent_activation: hard_sigmoid"
        if chance(0.2):
            f += ", use_bias: false"
        f += ", return: " + (pick(["last", "mean"]) if last else "all")
        return "%s: {%s}" % (kind, f)

    for i in range(60):
        steps, inputs = pick([1, 2, 3, 4, 5]), pick([1, 2, 3])
        lengths, every, kind = i % 3 == 1, chance(0.6), ["cells", "cells", "cells", "convolution", "context", "bidirectional"][i % 6]
        source, layers, more = "", [], ", stateful: true"
        if kind == "convolution":
            lengths, every = False, True
            filters, k, d = pick([2, 3]), pick([2, 3]), pick([1, 2])
            layers = ["conv1d: {filters: %d, kernel_size: %d, dilation: %d, padding: causal, stateful: true, activation: tanh}" % (filters, k, d), "transpose"]
            shape, last = "[%d, %d]" % (inputs, steps), "transpose1"
        elif kind == "context":
            lengths = False
            shape, last = "[%d], context: %d" % (steps * 2, steps), "reshape1"
            layers = ["reshape: {shape: [%d, 1]}" % (3 * steps)]
            every = False
        else:
            shape, last = "[%d, %d]" % (steps, inputs), "x"
        if kind == "bidirectional":
            more = ""
            back = cell(steps, ", name: back, from: %s, go_backwards: true" % (last if not lengths else "[%s, n]" % last), False)
            layers += [cell(steps, ", name: ahead%s" % (", from: [%s, n]" % last if lengths else ""), False), back, "concat: {from: [ahead, back], axis: -1}"]
            more, last = ", stateful: true", "concat1"
        count = pick([1, 2])
        for c in range(count):
            name = "cell%d" % (c + 1)
            f = "%s, name: %s%s" % (more, name, ", from: [%s, n]" % last if lengths else ", from: " + last)
            layers.append(cell(steps, f, not every and c == count - 1))
            last = name
        layers.append("dense: {units: 2%s}" % (", axis: -1" if every else ""))
        loss = pick(["mse", "huber", "bce_with_logits", "{mse: {reduction: sum}}" if chance(0.3) else "mse"])
        body = ("inputs: {n: {shape: [1]}, x: {shape: %s}}" if lengths else "input: {shape: %s}") % shape + "\nlayers:\n" + "\n".join("  - " + l for l in layers)
        if lengths and every:
            body += "\noutput: {lengths: n}"
        varied = i % 5 == 0
        group.case("windows_%d" % i, body + "\nloss: %s\noptimizer: %s\n" % (loss, optimizers[i % len(optimizers)]), sizes=(2,) * 10 if varied else (2,), steps=10, keep="last", bits=True)
    group.close()


def networks_conv():
    group = Group("networks_conv.json.gz", "Convolution, pooling and padding: values are [channels, length] or [channels, height, width], filters [out, in/groups, window].",
                  "Three steps, of the drawn networks five; with batch normalisation by the batch, outputs are those of inference.")
    optimizers = ["{sgd: {learning_rate: 0.05}}", "{sgd: {learning_rate: 0.02, momentum: 0.9}}", "{adam: {learning_rate: 0.01}}", "{rmsprop: {learning_rate: 0.01}}",
                  "{sgd: {learning_rate: 0.05, weight_decay: 0.02, clip: {norm: 0.3}}}", "{adamw: {learning_rate: 0.01}}"]
    norm, image = "batch_normalization: {statistics: batch, axis: 0, epsilon: 1.0e-5}", ["dense: {units: 30, activation: tanh}", "reshape: {shape: [2, 3, 5]}"]

    def case(name, shape, layers, loss="mse", optimizer=None, **options):
        layers = layers if loss == "cross_entropy" else layers + ["dense: {units: 2}"]
        group.case(name, "input: {shape: %s}\nlayers:\n" % shape + "\n".join("  - " + l for l in layers) +
                   "\nloss: %s\noptimizer: %s\n" % (loss, optimizer or optimizers[len(group.cases) % len(optimizers)]),
                   **{"sizes": (2,), "steps": 3, "keep": "last", **options})

    # Windows of every size, strides that divide and do not, every padding, on both ranks.
    acts = ["tanh", "sigmoid", "silu", "relu", "gelu", "softplus"]
    for i, (kernel, stride, dilation, padding) in enumerate([
            ("1", "1", "1", "valid"), ("2", "1", "1", "same"), ("3", "1", "1", "same"), ("4", "2", "1", "same"), ("[2, 3]", "[2, 1]", "1", "same_lower"), ("3", "2", "1", "1"),
            ("[3, 2]", "[1, 3]", "1", "[0, 1, 2, 0]"), ("3", "1", "2", "same"), ("[2, 3]", "1", "[2, 1]", "[1, 0, 0, 1]"), ("5", "3", "1", "2"), ("2", "3", "1", "valid"), ("[1, 4]", "2", "1", "same_lower")]):
        act = acts[i % 6]
        case("conv2d_%d" % i, "[2, 5, 6]", ["conv2d: {filters: 3, kernel_size: %s, strides: %s, dilation: %s, padding: %s, activation: %s}" % (kernel, stride, dilation, padding, act),
                                            "conv2d: {filters: 2, kernel_size: 2, padding: same}", "tanh"])
    for i, (kernel, stride, dilation, padding) in enumerate([
            (3, 1, 1, "causal"), (2, 1, 2, "causal"), (4, 2, 1, "causal"), (5, 1, 1, "same"), (2, 3, 1, "same_lower"), (3, 2, 3, "[2, 1]"), (6, 1, 1, "3")]):
        case("conv1d_%d" % i, "[3]", ["dense: {units: 18, activation: tanh}", "reshape: {shape: [2, 9]}",
                                      "conv1d: {filters: 4, kernel_size: %d, strides: %d, dilation: %d, padding: %s, activation: %s}" % (kernel, stride, dilation, padding, acts[i % 6]),
                                      "conv1d: {filters: 2, kernel_size: 2, padding: causal, activation: tanh}"])
    # Groups and depthwise.
    case("groups_2", "[4, 4, 4]", ["conv2d: {filters: 6, kernel_size: 3, groups: 2, padding: same, activation: tanh}", "conv2d: {filters: 2, kernel_size: 2, groups: 2}"])
    case("groups_3_strided", "[6, 7]", ["conv1d: {filters: 3, kernel_size: 3, groups: 3, strides: 2, use_bias: false, activation: silu}"])
    case("depthwise", "[3, 5, 5]", ["depthwise_conv2d: {kernel_size: 3, padding: same, activation: tanh}", "conv2d: {filters: 4, kernel_size: 1, activation: tanh}"])
    case("depthwise_multiplier", "[2, 4, 5]", ["depthwise_conv2d: {kernel_size: [2, 3], strides: [1, 2], depth_multiplier: 3, padding: same_lower, activation: tanh}", "depthwise_conv2d: {kernel_size: 2}"])
    case("depthwise_1d", "[8]", ["dense: {units: 16, activation: tanh}", "reshape: {shape: [2, 8]}", "depthwise_conv1d: {kernel_size: 3, dilation: 2, padding: causal, depth_multiplier: 2, activation: sigmoid}"])
    case("depthwise_one_channel", "[1, 4, 4]", ["depthwise_conv2d: {kernel_size: 2, depth_multiplier: 4, activation: tanh}", "global_avg_pool"])
    # Seventeen channels and more: sums in blocks.
    case("channels_17", "[17, 3, 3]", ["conv2d: {filters: 3, kernel_size: 2, activation: tanh}"])
    case("channels_33_pointwise", "[33, 2, 2]", ["conv2d: {filters: 2, kernel_size: 1, activation: tanh}"])
    case("filters_18", "[1, 4, 4]", ["conv2d: {filters: 18, kernel_size: 3, padding: 1, activation: tanh}", "conv2d: {filters: 1, kernel_size: 3}"])
    # Pooling behind what is trained.
    for i, fields in enumerate(["kernel_size: 2", "kernel_size: 3, strides: 1, padding: 1", "kernel_size: [2, 3], strides: [1, 2], ceil_mode: true", "kernel_size: 2, dilation: 2, strides: 1",
                                "kernel_size: 3, strides: 2, padding: same", "kernel_size: 2, padding: [0, 1, 1, 0]", "kernel_size: 3, strides: 3, padding: 1, ceil_mode: true"]):
        case("max_pool2d_%d" % i, "[2]", image + ["max_pool2d: {%s}" % fields])
    for i, fields in enumerate(["kernel_size: 2", "kernel_size: 3, strides: 1, padding: 1", "kernel_size: 3, strides: 1, padding: 1, count_include_pad: true",
                                "kernel_size: [2, 3], strides: [1, 2], ceil_mode: true", "kernel_size: 2, strides: 3, padding: 1, ceil_mode: true, count_include_pad: true",
                                "kernel_size: 3, strides: 2, padding: same_lower", "kernel_size: 2, dilation: 2, strides: 1, padding: [0, 1, 1, 0]"]):
        case("avg_pool2d_%d" % i, "[2]", image + ["avg_pool2d: {%s}" % fields])
    case("pool1d", "[2]", ["dense: {units: 18, activation: tanh}", "reshape: {shape: [2, 9]}", "max_pool1d: {name: m, kernel_size: 7, strides: 3, padding: 3, ceil_mode: true}",
                           "avg_pool1d: {name: a, from: reshape1, kernel_size: 7, strides: 3, padding: 3, ceil_mode: true, count_include_pad: true}", "concat: {from: [m, a]}"])
    case("first_of_equals", "[3]", ["constant: {shape: [1, 4, 4], value: [1, 1, 0, 2, 1, 1, 2, 2, 3, 0, 5, 5, 0, 3, 5, 5], trainable: true}", "max_pool2d: {kernel_size: 2}",
                                    "global_max_pool: {from: constant1}", "concat: {from: [max_pool2d1, global_max_pool1]}", "dense: {name: d, from: x, units: 5}",
                                    "multiply: {from: [concat1, d]}"], differences=False)
    case("global_pools", "[2]", image + ["global_max_pool: {name: m}", "global_avg_pool: {name: a, from: reshape1, keepdims: true}", "concat: {from: [m, a]}"])
    # Padding.
    for mode in ("constant", "constant, value: -0.25", "edge", "reflect"):
        case("pad_" + mode.split(",")[0] + "_value" * ("value" in mode), "[2]", image + ["pad: {padding: [1, 2, 0, 1], mode: %s}" % mode, "conv2d: {filters: 2, kernel_size: 3, activation: tanh}"])
    # Networks.
    case("norm", "[2, 4, 4]", ["conv2d: {filters: 4, kernel_size: 3, padding: same, use_bias: false}", norm, "relu", "max_pool2d: {kernel_size: 2}", "conv2d: {filters: 3, kernel_size: 2}"], sizes=(4,))
    case("norm_residual", "[3, 4, 4]", ["conv2d: {name: a, filters: 3, kernel_size: 3, padding: 1, use_bias: false}", norm, "relu", "conv2d: {filters: 3, kernel_size: 3, padding: 1, use_bias: false}",
                                        norm, "add: {from: [x, batch_normalization2]}", "relu", "global_avg_pool"], sizes=(3, 4, 2))
    case("norm_1d", "[8]", ["dense: {units: 16, activation: tanh}", "reshape: {shape: [2, 8]}", "conv1d: {filters: 4, kernel_size: 3, padding: causal, use_bias: false}", norm, "silu",
                            "avg_pool1d: {kernel_size: 2}"], sizes=(4,))
    case("lenet", "[1, 8, 8]", ["conv2d: {filters: 2, kernel_size: 3, padding: same, activation: relu}", "max_pool2d: {kernel_size: 2}", "conv2d: {filters: 3, kernel_size: 2, activation: relu}",
                                "dense: {units: 6, activation: relu}", "dense: {units: 3}", "softmax"], loss="cross_entropy", sizes=(4, 2, 3))
    case("separable", "[2, 5, 5]", ["depthwise_conv2d: {kernel_size: 3, strides: 2, padding: same, use_bias: false}", norm, "relu", "conv2d: {filters: 4, kernel_size: 1, use_bias: false}", norm, "relu",
                                    "global_avg_pool"], sizes=(4,))
    case("branches", "[2, 4, 4]", ["conv2d: {name: a, filters: 2, kernel_size: 1, activation: tanh}", "conv2d: {name: b, from: x, filters: 2, kernel_size: 3, padding: same, activation: tanh}",
                                   "max_pool2d: {name: c, from: a, kernel_size: 3, strides: 1, padding: 1}", "concat: {from: [a, b, c], axis: 0}", "conv2d: {filters: 2, kernel_size: 2, strides: 2}"])
    case("regularised", "[2, 4, 4]", ["conv2d: {filters: 2, kernel_size: 3, activation: tanh, kernel_regularizer: {l2: 0.05}, bias_regularizer: {l1: 0.01}}",
                                      "conv2d: {filters: 2, kernel_size: 2, kernel_regularizer: {l1: 0.05, method: proximal}}"], optimizer=optimizers[0])
    case("frozen", "[2, 4, 4]", ["conv2d: {filters: 2, kernel_size: 3, activation: tanh}", "conv2d: {filters: 3, kernel_size: 2, activation: tanh, trainable: false}"])
    case("large_stride", "[1, 7, 7]", ["conv2d: {filters: 3, kernel_size: 2, strides: 5, activation: tanh}"])
    case("normalized_input", "[1, 4, 4], normalize: {min: 0, max: 255}", ["conv2d: {filters: 2, kernel_size: 3, activation: tanh}"], xrange=(0, 255))
    number = 0
    while len(group.cases) < 152:
        layers, shape = drawn_convolutions(random.Random("convolutions %d" % number))
        if layers:
            case("drawn_%d" % number, shape, layers, sizes=(3, 2, 3, 2, 3) if number % 6 == 0 else (3,), steps=5)
            if WORST[-1][0] > 1e-6:      # badly conditioned
                WORST.pop()
                group.cases.pop()
        number += 1
    group.close()


def networks_vision():
    group = Group("networks_vision.json", "Transposed convolutions, with filters [in, out/groups, window], resizing and channel shuffles.", "Three steps.")
    optimizers = ["{sgd: {learning_rate: 0.05}}", "{adam: {learning_rate: 0.01}}", "{sgd: {learning_rate: 0.02, momentum: 0.9}}"]

    def case(name, shape, layers, **options):
        group.case(name, "input: {shape: %s}\nlayers:\n" % shape + "\n".join("  - " + l for l in layers + ["dense: {units: 2}"]) +
                   "\nloss: mse\noptimizer: %s\n" % optimizers[len(group.cases) % len(optimizers)], **{"sizes": (2,), "steps": 3, "keep": "last", **options})

    acts = ["tanh", "sigmoid", "silu", "softplus"]
    for i, (filters, fields) in enumerate([
            (3, "kernel_size: 3"), (2, "kernel_size: 2, strides: 2"), (3, "kernel_size: 3, strides: 2, padding: 1, output_padding: 1"), (2, "kernel_size: [2, 3], strides: [1, 2], padding: [0, 1, 0, 1]"),
            (2, "kernel_size: 3, dilation: 2, padding: 1"), (4, "kernel_size: 3, strides: 2, groups: 2"), (2, "kernel_size: [3, 2], strides: 3, padding: 1, use_bias: false"),
            (2, "kernel_size: 4, strides: 2, padding: same"), (2, "kernel_size: 3, strides: 2, padding: same_lower"), (1, "kernel_size: 2, strides: 3, padding: same"),
            (2, "kernel_size: [3, 4], strides: [2, 1], padding: [1, 0, 0, 2]"), (17, "kernel_size: 2, strides: 1"), (4, "kernel_size: 1, groups: 4, strides: 2, output_padding: 1")]):
        case("conv2d_transpose_%d" % i, "[4, 3, 2]", ["conv2d: {filters: 4, kernel_size: 1, activation: tanh}", "conv2d_transpose: {filters: %d, %s, activation: %s}" % (filters, fields, acts[i % 4])])
    for i, fields in enumerate(["kernel_size: 3, strides: 2, padding: 1", "kernel_size: 2, dilation: 3, padding: [1, 0], output_padding: 2", "kernel_size: 5, strides: 2, padding: same"]):
        case("conv1d_transpose_%d" % i, "[3]", ["dense: {units: 12, activation: tanh}", "reshape: {shape: [3, 4]}", "conv1d_transpose: {filters: 2, %s, activation: tanh}" % fields])
    case("transpose_channels_18", "[18, 2, 2]", ["conv2d_transpose: {filters: 2, kernel_size: 3, strides: 2, activation: tanh}", "conv2d: {filters: 2, kernel_size: 2}"])
    image = ["dense: {units: 24, activation: tanh}", "reshape: {shape: [2, 3, 4]}"]
    for i, fields in enumerate(["scales: 2, coordinates: asymmetric, rounding: floor", "sizes: [5, 3], coordinates: asymmetric, rounding: floor", "sizes: [4, 9], rounding: round_prefer_ceil",
                                "scales: 2, mode: linear", "sizes: [5, 6], mode: linear", "sizes: [2, 3], mode: linear", "sizes: [5, 7], mode: linear, coordinates: align_corners",
                                "scales: [3, 2], mode: linear", "sizes: [6, 5], mode: cubic", "scales: 2, mode: cubic"]):
        case("resize_%d" % i, "[2]", image + ["resize: {%s}" % fields])
    case("resize_1d", "[2]", ["dense: {units: 10, activation: tanh}", "reshape: {shape: [2, 5]}", "resize: {sizes: [7], mode: linear}"])
    case("channel_shuffle", "[2]", ["dense: {units: 24, activation: tanh}", "reshape: {shape: [6, 2, 2]}", "channel_shuffle: {groups: 3}", "conv2d: {filters: 2, kernel_size: 2, groups: 2}"])
    case("unet", "[1, 6, 6]", ["conv2d: {name: down, filters: 3, kernel_size: 3, padding: same, activation: relu}", "max_pool2d: {kernel_size: 2}", "conv2d: {filters: 4, kernel_size: 3, padding: same, activation: relu}",
                               "conv2d_transpose: {name: up, filters: 3, kernel_size: 2, strides: 2}", "concat: {from: [down, up], axis: 0}", "conv2d: {filters: 1, kernel_size: 3, padding: same}"])
    group.close()


def drawn_convolutions(r):
    """The layers and the input of a small network: up to three convolutions or depthwise ones with pooling, normalisation by the batch
    and a residual; no layers if its windows do not fit."""
    n = r.choice((1, 2, 2))
    dims = [r.choice((1, 2, 3, 4, 5))] + [r.randint(3, 8 if n == 2 else 12) for _ in range(n)]
    shape, layers, trained = list(dims), [], False

    def moved(f, kernels):
        """Adds fields of a window; returns the sizes behind it, None if it does not fit."""
        kernel = [r.randint(1, min(k, d)) for k, d in zip(kernels, dims[1:])]
        stride, dilation = [r.choice((1, 1, 2, 3)) for _ in kernel], [r.choice((1, 1, 2, 3)) if k > 1 else 1 for k in kernel]
        padding = r.choice(("valid", "same", "same_lower", "numbers", "numbers") + (("causal",) if n == 1 else ()))
        if padding == "numbers":
            before, after = ([r.randint(0, k // 2) for k in kernel] for _ in range(2))
            f["padding"], out = before + after, []
            for d, k, s, q, b, a in zip(dims[1:], kernel, stride, dilation, before, after):
                out.append((d + b + a - (k - 1) * q - 1) // s + 1)
        else:
            f["padding"] = padding
            out = [-(-d // s) if padding != "valid" else (d - (k - 1) * q - 1) // s + 1 for d, k, s, q in zip(dims[1:], kernel, stride, dilation)]
        f.update(kernel_size=kernel, strides=stride, dilation=dilation)
        return out if min(out) > 0 else None

    def add(kind, f):
        layers.append("%s: {%s}" % (kind, ", ".join("%s: %s" % (k, str(v).replace("'", "")) for k, v in f.items())))

    for _ in range(r.randint(1, 3)):
        kind = r.choice(("conv", "conv", "depthwise_conv", "max_pool" if trained else "conv", "avg_pool" if trained else "conv", "residual"))
        norm, f = r.random() < 0.5, {}
        if kind == "residual":
            name = "x" if not layers else "r%d" % len(layers)
            if layers:
                add("linear", {"name": name})
            add("conv%dd" % n, {"filters": dims[0], "kernel_size": r.choice((1, 2, 3)), "padding": "same", "use_bias": str(not norm).lower()})
            if norm:
                add("batch_normalization", {"statistics": "batch", "epsilon": "1.0e-2"})
            add("tanh", {"name": "t%d" % len(layers)})
            layers.append("add: {from: [%s, t%d]}" % (name, len(layers) - 1))
            trained = True
            continue
        out = moved(f, [2, 2] if "pool" in kind else [7, 5])
        if out is None or "pool" in kind and max(f["dilation"]) > 1:
            return None, None
        if kind == "conv":
            f["filters"] = r.choice((1, 2, 3, 4, 6))
            common = [g for g in range(2, 7) if dims[0] % g == 0 and f["filters"] % g == 0]
            if common and r.random() < 0.6:
                f["groups"] = r.choice(common)
        elif kind == "depthwise_conv":
            f["depth_multiplier"] = r.choice((1, 1, 2))
        if "conv" in kind:
            f["use_bias"], trained = str(not norm).lower(), True
        add("%s%dd" % (kind, n), f)
        dims = [f.get("filters", dims[0] * f.get("depth_multiplier", 1))] + out
        if "conv" in kind:
            if norm:
                add("batch_normalization", {"statistics": "batch", "epsilon": "1.0e-2"})
            layers.append(r.choice(("tanh", "silu", "sigmoid", "softplus")))
    return (layers, str(shape)) if 3 < math.prod(dims) <= 40 and trained else (None, None)


def lecture():
    x, y, z = (torch.tensor(v, dtype=F64, requires_grad=True) for v in (-2.0, 5.0, -4.0))
    q = x + y
    f = q * z
    dx, dy, dz, dq = torch.autograd.grad(f, (x, y, z, q))
    doc = {"source": SOURCE, "notes": ["Figure 3 of the lecture, f = (x + y) z, with its misprints corrected."],
           "inputs": {"x": x.item(), "y": y.item(), "z": z.item()}, "values": {"q": q.item(), "f": f.item()},
           "gradients": {"q": dq.item(), "z": dz.item(), "x": dx.item(), "y": dy.item()}}
    need(doc["values"] == {"q": 3, "f": -12} and doc["gradients"] == {"q": -4, "z": 3, "x": -4, "y": -4}, "figure 3")
    write("lecture.json", doc)


def main():
    lecture()
    check_schedules()
    g = generator("subgradient")
    for r in ({"l1": 0.3}, {"l2": 0.3}, {"l1_l2": {"l1": 0.1, "l2": 0.2}}, {"lp": {"p": 1.5, "lambda": 0.3}}, {"lp": {"p": 3, "lambda": 0.3}}):
        w = uniform(g, (20,), -1, 1).requires_grad_()
        (auto,) = torch.autograd.grad(penalty(r, w), w)
        need((auto - subgradient(r, w.detach())).abs().max() < 1e-15, r)
        # A proximal step minimises lr·penalty(v) + ½|v−w|².
        if "lp" not in r:
            lr, w = 0.5, w.detach()
            v = proximal(r, w, lr)
            cost = lambda u: lr * penalty(r, u) + 0.5 * ((u - w) ** 2).sum()
            for _ in range(50):
                need(cost(v) <= cost(v + 1e-3 * torch.randn(20, generator=g, dtype=F64)), "proximal", r)
    activations()
    losses()
    masks()
    networks_activations()
    networks_losses()
    networks_optimizers()
    networks_schedules()
    networks_regularizers()
    networks_shapes()
    networks_layers()
    networks_sharing()
    networks_batch()
    networks_conv()
    networks_vision()
    networks_recurrent()
    networks_windows()
    WORST.sort(reverse=True)
    print("total %d bytes; largest float32 deviations:" % total)
    for e, name, what in WORST[:12]:
        print("  %.2e  %s, %s" % (e, name, what))
    need(WORST[0][0] < 1.5e-6, "badly conditioned in float32:", [(n, w) for e, n, w in WORST if e >= 1.5e-6])
    need(total < 4200000, "too large")


if __name__ == "__main__":
    main()
