#!/usr/bin/env bash
# Runs what nngen exports with ONNX Runtime: one model per layer, per activation
# and of 200 random networks, with inputs and outputs from nngen's interpreter.
# Needs Go, Node.js and npm, which fetches ONNX Runtime (90 MB). Where python3
# has the package onnx, its checker judges the models too.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
go test -count=1 ./gen/export -dump "$dir/cases" >/dev/null
npm install --prefix "$dir" --ignore-scripts --no-audit --no-fund onnxruntime-node@1.30.0 >/dev/null

for python in python3 /usr/bin/python3; do
	"$python" -c 'import onnx' 2>/dev/null || continue
	"$python" - "$dir/cases" <<-'PYTHON'
		import glob, onnx, sys
		files = glob.glob(sys.argv[1] + "/*/model.onnx")
		for f in files:
		    onnx.checker.check_model(onnx.load(f), full_check=True)
		print(f"onnx.checker {onnx.__version__}: {len(files)} models accepted")
	PYTHON
	break
done

cat >"$dir/run.js" <<'NODE'
const fs = require("fs"), path = require("path"), ort = require("onnxruntime-node");

// tensor reads a TensorProto whose elements are raw_data.
function tensor(file) {
	const b = fs.readFileSync(file);
	let at = 0, name = "", type = 0, raw;
	const dims = [];
	const varint = () => { let v = 0, m = 1; for (;;) { const c = b[at++]; v += (c & 127) * m; if (c < 128) return v; m *= 128; } };
	while (at < b.length) {
		const key = varint(), field = key >> 3;
		if ((key & 7) === 0) { const v = varint(); if (field === 1) dims.push(v); if (field === 2) type = v; continue; }
		const end = varint() + at;
		if (field === 1) while (at < end) dims.push(varint());
		if (field === 8) name = b.toString("utf8", at, end);
		if (field === 9) raw = b.buffer.slice(b.byteOffset + at, b.byteOffset + end);
		at = end;
	}
	return { name, tensor: type === 1 ? new ort.Tensor("float32", new Float32Array(raw), dims) : new ort.Tensor("float64", new Float64Array(raw), dims) };
}

(async () => {
	const root = process.argv[2];
	let passed = 0, missing = 0, failed = 0, worst = 0;
	for (const name of fs.readdirSync(root).sort()) {
		const data = path.join(root, name, "test_data_set_0");
		const read = kind => fs.readdirSync(data).filter(f => f.startsWith(kind)).map(f => tensor(path.join(data, f)));
		try {
			const session = await ort.InferenceSession.create(path.join(root, name, "model.onnx"), { intraOpNumThreads: 1, logSeverityLevel: 4 });
			const got = await session.run(Object.fromEntries(read("input").map(t => [t.name, t.tensor])));
			for (const want of read("output")) {
				const y = got[want.name], largest = Math.max(...want.tensor.data.filter(Number.isFinite).map(Math.abs), 1);
				if (y.dims.join() !== want.tensor.dims.join()) throw new Error(`shape ${y.dims}, want ${want.tensor.dims}`);
				for (let i = 0; i < y.data.length; i++) {
					if (Object.is(y.data[i], want.tensor.data[i])) continue; // NaN and infinities too
					const error = Math.abs(y.data[i] - want.tensor.data[i]) / largest;
					worst = Math.max(worst, error);
					if (!(error <= 1e-6)) throw new Error(`${want.name}[${i}] is ${y.data[i]}, want ${want.tensor.data[i]}`);
				}
			}
			passed++;
		} catch (e) {
			// ONNX Runtime has no float64 kernel for some operators.
			if (/NOT_IMPLEMENTED|Could not find an implementation|does not support double|Failed to find kernel/.test(e.message)) missing++;
			else { failed++; console.log(`${name}: ${e.message}`); }
		}
	}
	console.log(`ONNX Runtime: ${passed} models agree to ${worst.toExponential(1)} of the largest output or 1, ` +
		`${missing} use an operator it lacks for float64, ${failed} failed`);
	process.exit(failed || !passed ? 1 : 0);
})();
NODE
(cd "$dir" && node run.js cases)
