"""Writes what is generated for the peers, into the folder of its argument:
workloads.h, plainc_net.h (plain C with constant shapes), models/*.onnx."""
import os
import sys
import warnings

from workloads import INFER_BATCHES, TRAIN_BATCHES, TURNS, WORKLOADS


def header(path):
    """The workloads as a C table."""
    with open(path, "w") as f:
        f.write("enum { LINEAR, RELU, TANH, SIGMOID, SOFTMAX };\n")
        f.write("typedef struct { const char *name; int layers, width[16], hidden, output; } workload;\n")
        f.write("static const workload workloads[] = {\n")
        for name, (widths, hidden, output) in WORKLOADS.items():
            f.write('\t{"%s", %d, {%s}, %s, %s},\n' % (
                name, len(widths) - 1, ", ".join(map(str, widths)), hidden.upper(), output.upper()))
        f.write("};\nenum { WORKLOADS = %d, TURNS = %d };\n" % (len(WORKLOADS), TURNS))
        for name, batches in ("infer_batches", INFER_BATCHES), ("train_batches", TRAIN_BATCHES):
            f.write("static const int %s[] = {%s};\nenum { %s = %d };\n" % (
                name, ", ".join(map(str, batches)), name.upper(), len(batches)))


def plain(path):
    """Functions of constant shapes, from the building blocks in plainc.c."""
    out, calls = [], []
    largest = max(INFER_BATCHES + TRAIN_BATCHES)
    for name, (widths, hidden, output) in WORKLOADS.items():
        n = len(widths) - 1
        acts = [hidden.upper()] * (n - 1) + [output.upper()]
        for l in range(n):
            out.append("static float %s_w%d[%d] A64, %s_b%d[%d] A64;" % (name, l, widths[l] * widths[l + 1], name, l, widths[l + 1]))
        for l, w in enumerate(widths):
            out.append("static float %s_a%d[%d] A64, %s_d%d[%d] A64;" % (name, l, largest * w, name, l, max(TRAIN_BATCHES, default=0) * w))
        out.append("static float %s_t[%d]; static int %s_label[%d], %s_turn;" % (name, largest * widths[n], name, largest, name))
        out.append("static void %s_init(void) {" % name)
        for l in range(n):
            out.append("\tfill(%s_w%d, %d, %.8ff); fill(%s_b%d, %d, .05f);" % (
                name, l, widths[l] * widths[l + 1], widths[l] ** -0.5, name, l, widths[l + 1]))
        out.append("\tfill(%s_a0, %d, 1); fill(%s_t, %d, .5f); labels(%s_label, %d, %d);\n}" % (
            name, largest * widths[0], name, largest * widths[n], name, largest, widths[n]))

        def layers(kind, batch, first):
            for l in range(n):
                x = first if l == 0 else "%s_a%d" % (name, l)
                out.append("\t%s(%d, %d, %d, %s, %s_w%d, %s_b%d, %s, %s_a%d);" % (
                    kind, batch, widths[l], widths[l + 1], acts[l], name, l, name, l, x, name, l + 1))

        for kind in "dot", "axpy":
            for batch in INFER_BATCHES:
                out.append("static void %s_%s%d(void *unused) {" % (name, kind, batch))
                first = name + "_a0"
                if batch == 1: # the samples take turns, as they do in nngen's benchmark
                    out.append("\tint s = %s_turn++ %% TURNS;" % name)
                    first += " + s * %d" % widths[0]
                layers("layer_" + kind, batch, first)
                out.append("}")
                calls.append('\t%s_init(); measure("plainc-%s", "%s", "infer", %d, %s_%s%d, 0);' % (name, kind, name, batch, name, kind, batch))
        for batch in TRAIN_BATCHES:
            out.append("static void %s_train%d(void *unused) {" % (name, batch))
            if batch == 1:
                out.append("\tint s = %s_turn++ %% TURNS;" % name)
            else:
                out.append("\tconst int s = 0;")
            layers("layer_dot", batch, "%s_a0 + s * %d" % (name, widths[0]))
            out.append("\toutput_gradient(%s, %s_a%d, %s_d%d, %s_label + s, %s_t + s * %d, %d, %d);" % (
                acts[-1], name, n, name, n, name, name, widths[n], batch, widths[n]))
            for l in reversed(range(n)):
                x = "%s_a0 + s * %d" % (name, widths[0]) if l == 0 else "%s_a%d" % (name, l)
                if l > 0:
                    out.append("\tinput_gradient(%d, %d, %d, %s, %s_w%d, %s_d%d, %s, %s_d%d);" % (
                        batch, widths[l], widths[l + 1], acts[l - 1], name, l, name, l + 1, x, name, l))
                out.append("\tupdate(%d, %d, %d, %s_w%d, %s_b%d, %s_d%d, %s);" % (
                    batch, widths[l], widths[l + 1], name, l, name, l, name, l + 1, x))
            out.append("}")
            calls.append('\t%s_init(); measure("plainc", "%s", "train", %d, %s_train%d, 0);' % (name, name, batch, name, batch))
    with open(path, "w") as f:
        f.write("\n".join(out) + "\nstatic void measure_all(void) {\n" + "\n".join(calls) + "\n}\n")


def models(folder):
    """ONNX files with random weights, one per inference batch."""
    import torch
    from torch_nets import mlp
    warnings.filterwarnings("ignore")
    torch.manual_seed(1)
    os.makedirs(folder, exist_ok=True)
    for name, (widths, hidden, output) in WORKLOADS.items():
        m = mlp(widths, hidden, output).eval()
        for batch in INFER_BATCHES:
            torch.onnx.export(m, torch.randn(batch, widths[0]), os.path.join(folder, "%s_%d.onnx" % (name, batch)),
                              input_names=["x"], output_names=["y"], opset_version=13)


if __name__ == "__main__":
    header(os.path.join(sys.argv[1], "workloads.h"))
    plain(os.path.join(sys.argv[1], "plainc_net.h"))
    models(os.path.join(sys.argv[1], "models"))
