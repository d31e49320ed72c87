"""The workloads as PyTorch modules."""
import torch.nn as nn

ACTIVATIONS = {"linear": nn.Identity, "relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}


def mlp(widths, hidden, output, softmax=True):
    """Linear layers with activations; without softmax for training on logits."""
    layers = []
    for i in range(len(widths) - 1):
        layers.append(nn.Linear(widths[i], widths[i + 1]))
        if i < len(widths) - 2:
            layers.append(ACTIVATIONS[hidden]())
    if output in ACTIVATIONS and output != "linear":
        layers.append(ACTIVATIONS[output]())
    if output == "softmax" and softmax:
        layers.append(nn.Softmax(1))
    return nn.Sequential(*layers)
