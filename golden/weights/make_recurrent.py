"""Makes recurrent.npz: weights of recurrent layers as PyTorch and Keras name, shape and
order them, an input of 5 steps of 3 numbers, and the outputs of all steps. PyTorch's are
its own, in float64. Keras's are written from its documentation (keras.io/api/layers/recurrent_layers):
kernel [in, gates·units], recurrent_kernel [units, gates·units], gates z, r, h of GRU and i, f, c, o of
LSTM, a bias of GRU [2, 3·units] with reset_after, else [3·units].

    python3 make_recurrent.py
"""
import numpy as np
import torch

torch.manual_seed(1)
rng = np.random.default_rng(2)
out = {"x": rng.normal(size=(5, 3))}
x = torch.tensor(out["x"])[:, None]


def module(name, net):
    net = net.double()
    for key, value in net.state_dict().items():
        out[f"torch_{name}.{key}"] = value.numpy()
    out[f"y_torch_{name}"] = net(x)[0][:, 0].detach().numpy()


module("gru", torch.nn.GRU(3, 4, num_layers=2))
module("lstm", torch.nn.LSTM(3, 4, bidirectional=True))
module("rnn", torch.nn.RNN(3, 4, nonlinearity="relu"))


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def keras(name, gates, bias, step):
    units = 4
    w = {"kernel": rng.normal(size=(3, gates * units)), "recurrent_kernel": rng.normal(size=(units, gates * units)) / 2, "bias": rng.normal(size=bias)}
    for key, value in w.items():
        out[f"keras_{name}/{key}"] = value
    h, c, ys = np.zeros(units), np.zeros(units), []
    for row in out["x"]:
        h, c = step(row, h, c, w["kernel"], w["recurrent_kernel"], w["bias"])
        ys.append(h)
    out[f"y_keras_{name}"] = np.array(ys)


def gru_after(row, h, c, k, r, b):
    xz, xr, xh = np.split(row @ k + b[0], 3)
    hz, hr, hh = np.split(h @ r + b[1], 3)
    z, reset = sigmoid(xz + hz), sigmoid(xr + hr)
    return z * h + (1 - z) * np.tanh(xh + reset * hh), c


def gru_before(row, h, c, k, r, b):
    xz, xr, xh = np.split(row @ k + b, 3)
    rz, rr, rh = np.split(r, 3, axis=1)
    z, reset = sigmoid(xz + h @ rz), sigmoid(xr + h @ rr)
    return z * h + (1 - z) * np.tanh(xh + (reset * h) @ rh), c


def lstm(row, h, c, k, r, b):
    i, f, g, o = np.split(row @ k + h @ r + b, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def rnn(row, h, c, k, r, b):
    return np.tanh(row @ k + h @ r + b), c


keras("gru", 3, (2, 12), gru_after)
keras("gru_before", 3, 12, gru_before)
keras("lstm", 4, 16, lstm)
keras("rnn", 1, 4, rnn)
np.savez("recurrent.npz", **out)
