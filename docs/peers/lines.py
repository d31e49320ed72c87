"""Turns results into lines "peer workload mode batch ns_per_sample min=ns_per_sample":

    nngen bench SPEC --json | lines.py nngen W2
    go test -bench . -count 15 | lines.py go

The first also writes the limits that nngen worked out as peers "limit" and
"limit+activations", and the machine as a comment."""
import json
import re
import statistics
import sys


def line(peer, workload, mode, batch, median, least, rest=""):
    print("%s %s %s %d %.2f min=%.2f%s" % (peer, workload, mode, batch, median, least, rest))


def from_nngen(workload):
    report = json.load(sys.stdin)
    m = report.get("machine")
    if m:
        print("# machine %s, %.2f GHz, %.1f GFLOP/s by AVX2 (%.1f FLOP per cycle)%s" % (
            m["cpu"], m["ghz"], m["gflops"], m["flops_per_cycle"],
            "".join(", %s %.3f ns" % f for f in sorted(m["functions_ns"].items()))))
    for r in report["results"]:
        name = "nngen" if r["path"] != "purego" else "nngen-purego"
        line(name, workload, r["mode"], r["batch"], r["ns_per_sample"], r["ns_per_sample_min"],
             " allocs=%d bytes=%d" % (r["allocs_per_call"], r["bytes_per_call"]))
        if "limit_ns_per_sample" in r:
            for key, peer in ("limit_ns_per_sample", "limit"), ("limit_activations_ns_per_sample", "limit+activations"):
                line(peer, workload, r["mode"], r["batch"], r[key], r[key])


def from_go():
    runs = {}
    for text in sys.stdin:
        found = re.match(r"Benchmark/(W\d)/(\w+)/(\d+)/(\S+?)(-\d+)?\s+\d+\s+([\d.]+) ns/op(?:.*?(\d+) B/op\s+(\d+) allocs/op)?", text)
        if found:
            workload, mode, batch, peer, _, ns, size, allocs = found.groups()
            runs.setdefault((peer, workload, mode, int(batch)), []).append((float(ns) / int(batch), int(size or 0), int(allocs or 0)))
    for (peer, workload, mode, batch), values in runs.items():
        times = [v[0] for v in values]
        line(peer, workload, mode, batch, statistics.median(times), min(times),
             " allocs=%d bytes=%d" % (min(v[2] for v in values), min(v[1] for v in values)))


if __name__ == "__main__":
    if sys.argv[1] == "nngen":
        from_nngen(sys.argv[2])
    else:
        from_go()
