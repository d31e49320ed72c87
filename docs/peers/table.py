"""Merges the results of one or more rounds (median of medians, least of minima)
and prints them as Markdown tables, nanoseconds per sample.

    table.py round1.txt round2.txt …"""
import statistics
import sys

OURS, LIMITS = ("nngen", "nngen-purego"), ("limit", "limit+activations")
# Shown as one peer, by its best variant.
FAMILIES = {
    "ort": "ONNX Runtime", "ort-go": "ONNX Runtime, cgo", "torch-eager": "PyTorch", "torch-script": "PyTorch",
    "openblas": "OpenBLAS", "blis": "BLIS", "blis-skx": "BLIS", "onednn": "oneDNN", "libxsmm": "libxsmm",
    "plainc": "C", "plainc-dot": "C", "plainc-axpy": "C", "gonum": "gonum", "naivego": "Go loops",
}


def merged_of(paths):
    """The cells {(workload, mode, batch): {peer: (median, least)}} and the machines."""
    cells, machines = {}, []
    for path in paths:
        for text in open(path):
            word = text.split()
            if text.startswith("# machine "):
                machines.append(text[len("# machine "):].strip())
            elif len(word) >= 6 and word[5].startswith("min="):
                key = (word[1], word[2], int(word[3]))
                cells.setdefault(key, {}).setdefault(word[0], []).append((float(word[4]), float(word[5][4:])))
    merged = {}
    for key, peers in cells.items():
        merged[key] = {}
        for peer, values in peers.items():
            name = FAMILIES.get(peer, peer)
            value = (statistics.median(v[0] for v in values), min(v[1] for v in values))
            old = merged[key].get(name)
            merged[key][name] = min(old, value, key=lambda v: v[1]) if old else value
    return merged, machines


def number(v):
    return "{:,.0f}".format(v) if v >= 100 else "%.1f" % v


def print_table(head, rows):
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def main():
    cells, machines = merged_of(sys.argv[1:])
    keys = sorted(cells, key=lambda k: (k[1], k[0], k[2]))
    peers = [p for p in dict.fromkeys(FAMILIES.values()) if any(p in c for c in cells.values())]
    for m in dict.fromkeys(machines[:1] + machines[-1:]):
        print(m + "\n")
    rows = []
    for k in keys:
        c = cells[k]
        others = sorted((c[p][1], p) for p in peers if p in c)
        ours = c.get("nngen")
        row = ["%s %s %d" % k] + [number(c[l][1]) if l in c else "" for l in LIMITS]
        row += [number(ours[1]), "%.2f" % (ours[1] / c["limit+activations"][1]) if LIMITS[1] in c else ""] if ours else ["", ""]
        row += [others[0][1], number(others[0][0]), "%.2f" % (others[0][0] / ours[1]) if ours else ""] if others else ["", "", ""]
        rows.append(row)
    print_table(["workload", "limit", "+ activations", "nngen", "× it", "best peer", "ns", "× nngen"], rows)
    for which, title in (1, "minimum"), (0, "median"):
        print("%s of all slices, ns per sample\n" % title)
        names = list(OURS) + peers
        names = [n for n in names if any(n in c for c in cells.values())]
        print_table(["workload"] + names, [["%s %s %d" % k] + [number(cells[k][n][which]) if n in cells[k] else "" for n in names] for k in keys])


if __name__ == "__main__":
    main()
