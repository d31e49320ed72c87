#!/usr/bin/env bash
# Measures nngen beside ONNX Runtime on networks with a state, one call at a time; see
# README.md.
#
#	streams.sh DIR MODELS [ROUNDS]
#
# DIR is that of `run.sh build`, MODELS the folder with silero_vad_v6/model.onnx,
# rnnoise_v0.1.1/model.onnx and dtln_1/model.onnx. CPU=1 chooses the core.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
dir=$1 models=$2
header=$(cd "$here/go" && go list -m -f '{{.Dir}}' github.com/yalue/onnxruntime_go)
gcc -O3 -march=native -w -I"$header" -I"$here/c" "$here/c/ortstreams.c" -o "$dir/ortstreams" "$dir/ort-lib/libonnxruntime.so.1" -Wl,-rpath,"$dir/ort-lib" -lm
(cd "$root" && go build -o "$dir/nngen" ./cmd/nngen)
export GOMAXPROCS=1

# what ONNX Runtime and the import have to be told
declare -A ort=(
	[silero_vad_v6]="input=1,576 state=2,1,128 sr=:16000 state>stateN"
	[rnnoise_v0.1.1]="h_vad>h_vad_out h_noise>h_noise_out h_denoise>h_denoise_out"
	[dtln_1]="input_3>tf_op_layer_stack_2"
)
declare -A import=([silero_vad_v6]="--shape input=1,576 --shape state=2,1,128 --bind sr=16000 --context input=64")

for name in "${!ort[@]}"; do
	[ -e "$dir/streams/$name/model.yaml" ] || "$dir/nngen" import "$models/$name/model.onnx" -o "$dir/streams/$name" ${import[$name]:-} --force >/dev/null
done
for _ in $(seq "${3:-5}"); do
	for name in "${!ort[@]}"; do
		taskset -c "${CPU:-0}" "$dir/nngen" bench "$dir/streams/$name/model.yaml" --mode infer --batch 1 --time 300ms --json |
			"${PYTHON:-/usr/bin/python3}" "$here/lines.py" nngen "$name"
		taskset -c "${CPU:-0}" "$dir/ortstreams" "$name" "$models/$name/model.onnx" ${ort[$name]}
	done
done
