#!/usr/bin/env python3
"""Writes windows.json: what public bug reports of convolution, pooling and resizing give other libraries wrong, with the right
values from PyTorch, or from NumPy by ONNX's definition where PyTorch has no such operator. Nothing here was computed by nngen.

    python3 golden/vectors/make_windows.py
"""
import json
import os

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
HERE = os.path.dirname(os.path.abspath(__file__))
CASES = []


def draw(*shape):
    """Quarters, so that float32 sums are exact, whatever their order."""
    draw.n += 1
    return torch.from_numpy(np.random.default_rng(draw.n).integers(-8, 9, shape) / 4.0)


draw.n = 0


def tensor(v):
    return {"shape": list(v.shape), "data": [float(q) for q in v.reshape(-1)]}


def case(name, report, op, attrs, y, *inputs):
    CASES.append({"name": name, "report": report, "op": op, "attributes": attrs, "inputs": [None if v is None else tensor(v) for v in inputs], "y": tensor(y)})


def same(size, k, s, d=1):
    """What SAME_UPPER pads before and behind."""
    total = max(0, (-(-size // s) - 1) * s + (k - 1) * d + 1 - size)
    return total // 2, total - total // 2


def conv(x, w, b=None, s=(1, 1), pads=(0, 0, 0, 0), d=(1, 1), g=1):
    n = len(pads) // 2
    around = [q for i in reversed(range(n)) for q in (pads[i], pads[n + i])]
    return (F.conv1d, F.conv2d)[n - 1](F.pad(x, around), w, b, s[:n], 0, d[:n], g)


def pool(x, kernel, s, pads=(0, 0, 0, 0), d=(1, 1), mode="max", include=False, ceil=False):
    """Every window by itself."""
    n = len(kernel)
    x = x.numpy()
    sizes, out = x.shape[2:], []
    for i in range(n):
        free = sizes[i] + pads[i] + pads[n + i] - (kernel[i] - 1) * d[i] - 1
        o = (-(-free // s[i]) if ceil else free // s[i]) + 1
        if ceil and (o - 1) * s[i] >= sizes[i] + pads[i]:
            o -= 1
        out.append(o)
    y = np.zeros(x.shape[:2] + tuple(out))
    for at in np.ndindex(*out):
        values, padding = [], 0
        for tap in np.ndindex(*kernel):
            p = [at[i] * s[i] + tap[i] * d[i] - pads[i] for i in range(n)]
            if all(0 <= p[i] < sizes[i] for i in range(n)):
                values.append(x[(slice(None), slice(None), *p)])
            elif all(-pads[i] <= p[i] < sizes[i] + pads[n + i] for i in range(n)):
                padding += 1
        v = np.stack(values)
        y[(slice(None), slice(None), *at)] = v.max(0) if mode == "max" else v.sum(0) / (len(values) + (padding if include else 0))
    return torch.from_numpy(y)


def need(a, b):
    assert torch.allclose(a, b, atol=1e-12), (a, b)


def padding():
    x = draw(1, 2, 5, 5)
    for mode in ("SAME_UPPER", "SAME_LOWER"):
        for k, s in ((4, 1), (3, 2), (4, 2), (2, 1)):
            w = draw(2, 2, k, k)
            b, e = same(5, k, s)
            if mode == "SAME_LOWER":
                b, e = e, b
            case("%s, kernel %d, stride %d" % (mode, k, s), "root-project/root#21737", "Conv", {"auto_pad": mode, "strides": [s, s]}, conv(x, w, None, (s, s), (b, b, e, e)), x, w)
    for kind, mode in (("MaxPool", "max"), ("AveragePool", "mean")):
        case(kind + ", pads of one axis", "root-project/root#22436", kind, {"kernel_shape": [2, 2], "pads": [0, 1, 0, 1]}, pool(x, (2, 2), (1, 1), (0, 1, 0, 1), mode=mode), x)
    ones = torch.ones(1, 1, 2, 2, dtype=torch.float64)
    case("the corner counts its padding", "microsoft/onnxruntime#27375", "AveragePool", {"kernel_shape": [2, 2], "pads": [0, 0, 1, 1], "count_include_pad": 1},
         pool(ones, (2, 2), (1, 1), (0, 0, 1, 1), mode="mean", include=True), ones)
    w = draw(3, 2, 3, 3)
    case("asymmetric pads", "oramasearch/onnx-go#192, tracel-ai/burn#1370", "Conv", {"pads": [1, 0, 2, 1]}, conv(x, w, None, (1, 1), (1, 0, 2, 1)), x, w)
    line, w = draw(1, 2, 7), draw(3, 2, 4)
    case("even kernel, same", "pytorch/executorch#20558", "Conv", {"auto_pad": "SAME_UPPER"}, F.conv1d(line, w, None, 1, "same"), line, w)
    case("one axis with pads", "pytorch/executorch#18783", "Conv", {"pads": [2, 2]}, F.conv1d(line, w, None, 1, 2), line, w)
    x7, w = draw(1, 1, 7, 5), draw(1, 1, 3, 3)
    case("pads of one axis, stride 2", "onnx/onnx#7721", "Conv", {"pads": [1, 0, 1, 0], "strides": [2, 2]}, F.conv2d(x7, w, None, 2, (1, 0)), x7, w)
    x9, w = draw(1, 1, 12, 13), draw(1, 1, 6, 7)
    (a, b), (c, d) = same(12, 6, 1, 2), same(13, 7, 1, 2)
    case("same with dilation", "dmlc/nnvm#307", "Conv", {"auto_pad": "SAME_UPPER", "dilations": [2, 2]}, conv(x9, w, None, (1, 1), (a, c, b, d), (2, 2)), x9, w)
    w = draw(2, 2, 3, 3)
    case("same of stride 1", "pytorch/pytorch#27602", "Conv", {"auto_pad": "SAME_UPPER"}, F.conv2d(x, w, None, 1, "same"), x, w)
    below = -torch.abs(x) - 0.25
    case("pads are no zeros", "uxlfoundation/oneDNN#1094, pytorch/pytorch#33384", "MaxPool", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}, F.max_pool2d(below, 3, 1, 1), below)


def pooling():
    line = draw(1, 1, 9)
    y = F.avg_pool1d(line, 7, 3, 3, True, True)
    need(y, pool(line, (7,), (3,), (3, 3), mode="mean", include=True, ceil=True))
    case("ceil_mode counts no more than the padding", "microsoft/onnxruntime#16203, #29629", "AveragePool", {"kernel_shape": [7], "strides": [3], "pads": [3, 3], "ceil_mode": 1, "count_include_pad": 1}, y, line)
    for kind, f in (("MaxPool", F.max_pool1d), ("AveragePool", lambda *a: F.avg_pool1d(*a[:4], a[5], False))):
        x = draw(1, 2, 5)
        case(kind + " drops a window of padding alone", "onnx/onnx#4958, microsoft/onnxruntime#16351", kind, {"kernel_shape": [2], "strides": [3], "pads": [1, 1], "ceil_mode": 1}, f(x, 2, 3, 1, 1, True), x)
    x = draw(1, 1, 6, 2)
    case("SAME_LOWER counts its padding", "microsoft/onnxruntime#24681", "AveragePool", {"kernel_shape": [5, 1], "auto_pad": "SAME_LOWER", "count_include_pad": 1},
         pool(x, (5, 1), (1, 1), (2, 0, 2, 0), mode="mean", include=True), x)
    six = torch.arange(1, 7, dtype=torch.float64).reshape(1, 1, 6)
    y = F.avg_pool1d(six, 3, 2, 0, True)
    need(y, torch.tensor([[[2.0, 4.0, 5.5]]], dtype=torch.float64))
    case("the last window is not whole", "root-project/root#22862", "AveragePool", {"kernel_shape": [3], "strides": [2], "ceil_mode": 1}, y, six)
    x = draw(1, 2, 6, 7)
    case("pads behind, and dilations", "microsoft/onnxruntime#29631, emmtrix/emx-onnx-cgen#379, #382", "AveragePool", {"kernel_shape": [2, 3], "dilations": [2, 2], "pads": [0, 1, 1, 1]},
         pool(x, (2, 3), (1, 1), (0, 1, 1, 1), (2, 2), "mean"), x)
    case("pads that are not counted, asymmetric", "tracel-ai/burn#5450", "AveragePool", {"kernel_shape": [3, 3], "pads": [1, 0, 2, 1], "strides": [2, 1]},
         pool(x, (3, 3), (2, 1), (1, 0, 2, 1), mode="mean"), x)
    y = F.max_pool2d(x, 3, 3, 1, 1, True)
    case("ceil_mode with padding", "microsoft/onnxruntime#15446", "MaxPool", {"kernel_shape": [3, 3], "strides": [3, 3], "pads": [1, 1, 1, 1], "ceil_mode": 1}, y, x)


def groups():
    ones, three = torch.ones(1, 1, 8, dtype=torch.float64), draw(1, 1, 3)
    case("dilation 2, same", "tensorflow/tflite-micro#2319", "Conv", {"auto_pad": "SAME_UPPER", "dilations": [2]}, F.conv1d(ones, three, None, 1, "same", 2), ones, three)
    x, w, b = draw(1, 3, 6, 6), draw(3, 1, 3, 3), draw(3)
    case("depthwise with dilation", "Tencent/ncnn#315", "Conv", {"group": 3, "dilations": [2, 2]}, F.conv2d(x, w, b, 1, 0, 2, 3), x, w, b)
    line, w = draw(1, 2, 8), draw(2, 2, 3)
    case("causal with dilation", "deeplearning4j/deeplearning4j#8476", "Conv", {"pads": [4, 0], "dilations": [2]}, conv(line, w, None, (1,), (4, 0), (2,)), line, w)
    w = draw(3, 1, 3, 1)
    (a, c), (d, e) = same(6, 3, 2), same(6, 1, 2)
    case("depthwise (3, 1), strides 2, same", "tensorflow/tensorflow#61815", "Conv", {"group": 3, "auto_pad": "SAME_UPPER", "strides": [2, 2]}, conv(x, w, None, (2, 2), (a, d, c, e), g=3), x, w)
    w, b = draw(4, 1, 1, 1), draw(4)
    x4 = draw(1, 4, 1, 3)
    case("groups, a bias on one pixel", "gonnx and onnx-gomlx", "Conv", {"group": 4}, F.conv2d(x4, w, b, groups=4), x4, w, b)


def transposed():
    x, w, b = draw(1, 2, 3, 3), draw(2, 2, 3, 3), draw(2)
    case("the bias once", "kraiskil/onnx2c#40", "ConvTranspose", {}, F.conv_transpose2d(x, w, b), x, w, b)
    five, v = draw(1, 1, 5, 5), draw(1, 1, 3, 3)
    whole = F.conv_transpose2d(five, v, None, 2)                     # 11 places, of which one is left out
    case("SAME_UPPER", "microsoft/onnxruntime#4086, #4698, #11927", "ConvTranspose", {"auto_pad": "SAME_UPPER", "strides": [2, 2]}, whole[..., :10, :10], five, v)
    case("SAME_LOWER", "microsoft/onnxruntime#5368", "ConvTranspose", {"auto_pad": "SAME_LOWER", "strides": [2, 2]}, whole[..., 1:, 1:], five, v)
    x28, w = draw(1, 1, 7, 7), draw(1, 1, 3, 3)
    y = F.conv_transpose2d(x28, w, None, 2, 1, 1)
    assert y.shape[2:] == (14, 14)
    case("output_padding", "apache/tvm#18635", "ConvTranspose", {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]}, y, x28, w)
    case("output_shape with batch and channels", "openvinotoolkit/openvino#32854", "ConvTranspose", {"strides": [2, 2], "output_shape": [1, 1, 10, 10]}, whole[..., 1:, 1:], five, v)


def nearest(size, out, coordinates, rounding):
    """ONNX's definition in exact fractions."""
    from fractions import Fraction
    import math
    scale, list_ = Fraction(out, size), []
    for o in range(out):
        p = (o + Fraction(1, 2)) / scale - Fraction(1, 2) if coordinates == "half_pixel" else o / scale
        at = {"floor": math.floor(p), "ceil": math.ceil(p), "round_prefer_floor": math.ceil(p - Fraction(1, 2)), "round_prefer_ceil": math.floor(p + Fraction(1, 2))}[rounding]
        list_.append(min(max(at, 0), size - 1))
    return list_


def resize():
    def one(name, report, x, outs, coordinates, rounding):
        y = x
        for axis, out in enumerate(outs):
            y = y.index_select(2 + axis, torch.tensor(nearest(x.shape[2 + axis], out, coordinates, rounding)))
        sizes = torch.tensor([*x.shape[:2], *outs], dtype=torch.float64)
        case(name, report, "Resize", {"mode": "nearest", "coordinate_transformation_mode": coordinates, "nearest_mode": rounding}, y, x, None, None, sizes)
        return y

    x = torch.arange(1, 5, dtype=torch.float64).reshape(1, 1, 4)
    y = one("half_pixel, rounded up: no repetition", "sonos/tract#2554", x, (8,), "half_pixel", "ceil")
    assert y.reshape(-1).tolist()[:4] == [1, 2, 2, 3]
    one("half_pixel, rounded down: not outside", "iree-org/iree#24264", draw(1, 1, 4, 4), (8, 8), "half_pixel", "floor")
    twenty = torch.arange(20, dtype=torch.float64).reshape(1, 1, 20)
    y = one("a tie at 14.5", "microsoft/onnxruntime#28291", twenty, (6,), "half_pixel", "round_prefer_ceil")
    assert y.reshape(-1).tolist()[4] == 15
    need(y, F.interpolate(twenty, size=[6], mode="nearest-exact"))


padding()
pooling()
groups()
transposed()
resize()
with open(os.path.join(HERE, "windows.json"), "w") as f:
    f.write("{\"source\": \"PyTorch %s\", \"cases\": [\n" % torch.__version__.split("+")[0])
    f.write(",\n".join(json.dumps(c) for c in CASES) + "\n]}\n")
print(len(CASES), "cases")
