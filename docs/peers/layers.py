#!/usr/bin/env python3
"""Tables of docs/layers.md, from what nngen bench --layers --json printed.

    taskset -c 1 nngen bench model.yaml --mode infer --batch 1 --path avx2,avx512 --layers --json >model.json
    layers.py model.json …
"""
import json
import os
import sys


def rows(report):
    """Steps with multiply-adds, equal ones as one, by path."""
    found = {}
    for layer in report["layers"]:
        if layer["multiply_adds"] == 0:
            continue
        key = (layer["operation"], layer["shape"], layer["multiply_adds"])
        row = found.setdefault(key, {"names": [], "tiles": {}, "times": {}, "limit": {}})
        path = layer["path"]
        if layer["name"] not in row["names"]:
            row["names"].append(layer["name"])
        row["tiles"][path] = layer.get("kernel", "")
        row["times"].setdefault(path, []).append(layer["ns_min"])
        row["limit"].setdefault(path, []).append(layer["times_limit"])
    return found


for name in sys.argv[1:]:
    with open(name) as f:
        report = json.load(f)
    total, other = {}, {}
    for layer in report["layers"]:
        which = total if layer["multiply_adds"] else other
        which[layer["path"]] = which.get(layer["path"], 0) + layer["ns_min"] / 1000
    print(f"\n## {os.path.basename(name).removesuffix('.json')}\n")
    print("Steps without products: " + ", ".join(f"{path} {us:.1f} of {total[path] + us:.1f} µs" for path, us in other.items()) + ".\n")
    print("| layers | operation | result | multiply-adds | AVX2: tile | µs | × limit | AVX-512: tile | µs | × limit |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for (operation, shape, products), row in rows(report).items():
        first = row["names"][0] + (f" and {len(row['names']) - 1} more" if len(row["names"]) > 1 else "")
        cells = [first, operation, shape, f"{products:,}"]
        for path in "avx2", "avx512":
            mean = lambda list: sum(list) / len(list)
            cells += [row["tiles"][path], f"{mean(row['times'][path]) / 1000:.3g}", f"{mean(row['limit'][path]):.2f}"]
        print("| " + " | ".join(cells) + " |")
