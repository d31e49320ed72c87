"""Makes cells.npz: recurrent operators of ONNX where importers were wrong, with PyTorch's
results in float64; those of linear_before_reset=0, which PyTorch has not, by ONNX's formula.
Weights are in ONNX's order (LSTM i, o, f, c; GRU z, r, h), y and h are Y and Y_h.

    python3 make_cells.py
"""
import numpy as np
import torch

torch.manual_seed(3)
rng = np.random.default_rng(4)


def normal(*shape):
    return rng.normal(size=shape).astype(np.float32).astype(float)  # as the file has them


out = {}
ORDER = {"LSTM": [0, 3, 1, 2], "GRU": [1, 0, 2], "RNN": [0]}  # of PyTorch's gates


def case(name, kind, inputs, units, steps, batch, dirs=1, bias=True, h0=False, c0=False, length=None):
    net = getattr(torch.nn, kind)(inputs, units, bidirectional=dirs == 2, bias=bias).double()  # of float32 weights
    suffixes = ["", "_reverse"][:dirs]
    gates = len(ORDER[kind])

    def onnx(param):
        v = getattr(net, param).detach().numpy()
        return np.concatenate([v.reshape(gates, units, -1)[g] for g in ORDER[kind]])

    out[f"{name}.W"] = np.stack([onnx("weight_ih_l0" + s) for s in suffixes])
    out[f"{name}.R"] = np.stack([onnx("weight_hh_l0" + s) for s in suffixes])
    if bias:
        out[f"{name}.B"] = np.stack([np.concatenate([onnx("bias_ih_l0" + s)[:, 0], onnx("bias_hh_l0" + s)[:, 0]]) for s in suffixes])
    x = normal(steps, batch, inputs)
    h = normal(dirs, batch, units) if h0 else np.zeros((dirs, batch, units))
    c = normal(dirs, batch, units) if c0 else np.zeros((dirs, batch, units))
    state = (torch.tensor(h), torch.tensor(c)) if kind == "LSTM" else torch.tensor(h)
    data = torch.tensor(x)
    if length:
        data = torch.nn.utils.rnn.pack_padded_sequence(data, [length] * batch)
    y, last = net(data, state)
    if length:
        y, _ = torch.nn.utils.rnn.pad_packed_sequence(y, total_length=steps)
    out[f"{name}.x"] = x
    if h0:
        out[f"{name}.h0"] = h
    if c0:
        out[f"{name}.c0"] = c
    out[f"{name}.y"] = y.detach().numpy().reshape(steps, batch, dirs, units).transpose(0, 2, 1, 3)
    out[f"{name}.h"] = (last[0] if kind == "LSTM" else last).detach().numpy()


case("lstm", "LSTM", 3, 4, 5, 1)
case("lstm_both_ways", "LSTM", 2, 5, 4, 1, dirs=2)
case("lstm_h_alone", "LSTM", 3, 4, 3, 1, h0=True)
case("lstm_both_ways_begin", "LSTM", 3, 2, 4, 1, dirs=2, h0=True, c0=True)
case("gru_both_ways_begin", "GRU", 3, 2, 4, 1, dirs=2, h0=True)
case("gru_no_state", "GRU", 3, 4, 3, 1)
case("gru_no_bias", "GRU", 3, 4, 3, 3, bias=False)
case("gru_batch", "GRU", 2, 3, 2, 3, dirs=2)
case("rnn_batch", "RNN", 2, 3, 4, 3)
case("lstm_length", "LSTM", 3, 4, 5, 1, dirs=2, length=3)
case("gru_length", "GRU", 3, 4, 5, 1, dirs=2, length=2)

# linear_before_reset=0, the default: h~ = tanh(Wh·x + Rh·(r∘h) + Wbh + Rbh)
W, R, B = normal(1, 12, 3), normal(1, 12, 4), normal(1, 24)
x, h, ys = normal(2, 1, 3), np.zeros(4), []
for row in x[:, 0]:
    wz, wr, wh = np.split(W[0] @ row + B[0, :12], 3)
    rz, rr, rh = np.split(R[0], 3)
    bz, br, bh = np.split(B[0, 12:], 3)
    z = 1 / (1 + np.exp(-(wz + rz @ h + bz)))
    r = 1 / (1 + np.exp(-(wr + rr @ h + br)))
    h = (1 - z) * np.tanh(wh + rh @ (r * h) + bh) + z * h
    ys.append(h)
out.update({"gru_default.W": W, "gru_default.R": R, "gru_default.B": B, "gru_default.x": x,
            "gru_default.y": np.array(ys).reshape(2, 1, 1, 4), "gru_default.h": h.reshape(1, 1, 4)})
np.savez("cells.npz", **{k: v.astype(np.float32) if k.split(".")[1] in "W R B x h0 c0" else v for k, v in out.items()})
