"""The convolutional workloads as PyTorch modules, the twins of specs/*.yaml:
MLPerf Tiny's ResNet8, DS-CNN and MobileNetV1-0.25, and LeNet. With norm every
convolution but those of ResNet8's shortcuts is followed by batch
normalisation; without, it has a bias, as after folding.

    torch_conv.py export FOLDER   ONNX models for inference at batch 1
    torch_conv.py                 measures inference at batch 1 and training at 32"""
import os
import sys
import warnings

import torch
import torch.nn as nn
import torch.nn.functional as F


class Same(nn.Module):
    """Zeros around, TensorFlow's way: the odd one behind."""

    def __init__(self, kernel, strides, size):
        super().__init__()
        self.pads = []
        for k, s, n in reversed(list(zip(kernel, strides, size))):
            pad = max((-(-n // s) - 1) * s + k - n, 0)
            self.pads += [pad // 2, pad - pad // 2]

    def forward(self, x):
        return F.pad(x, self.pads)


def conv(cin, cout, kernel, norm, strides=1, groups=1, size=None, relu=True):
    """A convolution that keeps its size, or divides it by the strides; size is its source's, where the padding is uneven."""
    kernel = (kernel, kernel) if isinstance(kernel, int) else kernel
    same = size is not None
    padding = 0 if same else tuple(k // 2 for k in kernel)
    layers = [Same(kernel, (strides, strides), size)] if same else []
    layers.append(nn.Conv2d(cin, cout, kernel, strides, padding, groups=groups, bias=not norm))
    if norm:
        layers.append(nn.BatchNorm2d(cout, eps=1e-3))
    if relu:
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)


class Block(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, cin, cout, strides, size, norm):
        super().__init__()
        even = (size, size) if strides == 2 else None
        self.body = nn.Sequential(conv(cin, cout, 3, norm, strides, size=even), conv(cout, cout, 3, norm, relu=False))
        self.shortcut = nn.Conv2d(cin, cout, 1, strides) if strides == 2 else nn.Identity()

    def forward(self, x):
        return F.relu(self.shortcut(x) + self.body(x))


def head(features, classes, pool):
    return [nn.AvgPool2d(pool), nn.Flatten(), nn.Linear(features, classes)]


def resnet8(norm):
    return nn.Sequential(conv(3, 16, 3, norm), Block(16, 16, 1, 32, norm), Block(16, 32, 2, 32, norm), Block(32, 64, 2, 16, norm),
                         *head(64, 10, 8))


def dscnn(norm):
    layers = [conv(1, 64, (10, 4), norm, 2, size=(49, 10))]
    for _ in range(4):
        layers += [conv(64, 64, 3, norm, groups=64), conv(64, 64, 1, norm)]
    return nn.Sequential(*layers, *head(64, 12, (25, 5)))


def mobilenet(norm):
    layers, size, cin = [conv(3, 8, 3, norm, 2, size=(96, 96))], 48, 8
    for cout, strides in (16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), *[(128, 1)] * 5, (256, 2), (256, 1):
        layers.append(conv(cin, cin, 3, norm, strides, groups=cin, size=(size, size) if strides == 2 else None))
        layers.append(conv(cin, cout, 1, norm))
        size, cin = size // strides, cout
    return nn.Sequential(*layers, *head(256, 2, 3))


def lenet(norm):
    return nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))


# name: module, shape of the input, classes, variants that are trained
WORKLOADS = {
    "resnet8": (resnet8, (3, 32, 32), 10, (False, True)),
    "dscnn": (dscnn, (1, 49, 10), 12, (False, True)),
    "mobilenet": (mobilenet, (3, 96, 96), 2, ()),
    "lenet": (lenet, (1, 28, 28), 10, ()),
}


def export(folder):
    warnings.filterwarnings("ignore")
    torch.manual_seed(1)
    for name, (module, shape, _, _) in WORKLOADS.items():
        net = nn.Sequential(module(False), nn.Softmax(1)).eval()
        torch.onnx.export(net, torch.randn(1, *shape), os.path.join(folder, name + ".onnx"), input_names=["x"], output_names=["y"],
                          opset_version=13)


def main():
    from torch_peer import measure, training
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    torch.manual_seed(1)
    for name, (module, shape, classes, norms) in WORKLOADS.items():
        only = os.environ.get("ONLY", name)
        if only == name:
            net = nn.Sequential(module(False), nn.Softmax(1)).eval()
            script = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.script(net)))
            x = torch.rand(1, *shape) * 2 - 1
            with torch.inference_mode():
                measure("torch-eager", name, "infer", 1, lambda: net(x))
            with torch.no_grad():
                measure("torch-script", name, "infer", 1, lambda: script(x))
        for norm in norms:
            full = name + "_norm" * norm
            if os.environ.get("ONLY", full) == full:
                for peer, script in ("torch-eager", False), ("torch-script", True):
                    measure(peer, full, "train", 32, training(module(norm), shape, classes, True, 32, script))


if __name__ == "__main__":
    if sys.argv[1:2] == ["export"]:
        export(sys.argv[2])
    else:
        main()
