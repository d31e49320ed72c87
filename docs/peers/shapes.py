"""Fifty shapes of the sweep (docs/sweep.md), for inference beside compiled C and ONNX
Runtime: heads, square layers, networks of three layers.

    shapes.py specs FOLDER    writes NAME.yaml for each
    shapes.py names           prints their names
    shapes.py table FILE…     which peer is how many times as slow, and where nngen is not first"""
import os
import sys

HEADS = [(k, n) for k in (64, 128, 256, 512, 768, 1024, 2048) for n in (1, 3, 7, 10)] + [(384, 16), (1536, 12)]
SQUARES = [15, 17, 20, 24, 25, 30, 32, 33, 40, 45, 48, 50, 57, 64, 65, 70]
DEEP = ["linear", "relu", "tanh", "sigmoid"]

# name: layer widths, activation of the hidden layers, activation of the output
SHAPES = {"H%dx%d" % s: (list(s), "linear", "linear") for s in HEADS}
SHAPES.update({"S%dx%d" % (n, n): ([n, n], "linear", "linear") for n in SQUARES})
SHAPES.update({"N_" + a: ([100, 64, 64, 10], a, a) for a in DEEP})
assert len(SHAPES) == 50


def specs(folder):
    for name, (widths, hidden, output) in SHAPES.items():
        with open(os.path.join(folder, name + ".yaml"), "w") as f:
            f.write("nngen: 1\nname: net\ninput: {shape: [%d]}\nlayers:\n" % widths[0])
            for i, n in enumerate(widths[1:]):
                f.write("  - dense: {units: %d, activation: %s}\n" % (n, output if i == len(widths) - 2 else hidden))
            f.write("codegen: {train: false, batch: 128}\n")


def table(paths):
    from table import merged_of

    cells, machines = merged_of(paths)
    print("".join(m + "\n" for m in dict.fromkeys(machines)))
    print("| shape | " + " | ".join("%s %d" % (p, b) for b in (1, 32, 128) for p in ("nngen", "C", "ORT")) + " |\n|" + "---|" * 10)
    behind = []
    for name in SHAPES:
        row = []
        for batch in 1, 32, 128:
            c = cells[name, "infer", batch]
            ours = c["nngen"][1]
            row.append("%.1f" % ours)
            for peer in "C", "ONNX Runtime":
                row.append("%.2f" % (c[peer][1] / ours))
                if c[peer][1] < ours:
                    behind.append("%s at %d (%s %.2f)" % (name, batch, peer, c[peer][1] / ours))
        print("| " + " | ".join([name] + row) + " |")
    shapes = {b.split()[0] for b in behind}
    print("\nFirst at every batch in %d of %d shapes; not in: %s" % (len(SHAPES) - len(shapes), len(SHAPES), "; ".join(behind) or "none"))


if __name__ == "__main__":
    if sys.argv[1] == "specs":
        specs(sys.argv[2])
    elif sys.argv[1] == "names":
        print(" ".join(SHAPES))
    else:
        table(sys.argv[2:])
