#!/usr/bin/env bash
# Sets docs/vad beside the same network on ONNX Runtime through cgo: sizes, start, memory,
# and the pieces of speech of a synthetic recording.
#
#	vad.sh DIR MODEL
#
# DIR is that of `run.sh build`, MODEL silero_vad.onnx. On Debian: apt-get install espeak-ng sox time
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
dir=$(cd "$1" && pwd) model=$(realpath "$2")
espeak-ng -v en-us -s 140 -w "$dir/one.wav" "Good morning. The kettle is on the stove, and the letters are on the table."
espeak-ng -v en-us+f3 -s 165 -w "$dir/two.wav" "Seven, two, nine. Please call me back before noon."
sox "$dir/one.wav" "$dir/two.wav" -r 16000 -c 1 -b 16 "$dir/speech.wav" -R pad 1@0 2.5@3 1.5 vol 0.7
(cd "$root/docs/vad" && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o "$dir/vad" .)
(cd "$here/go" && go build -trimpath -ldflags "-s -w" -o "$dir/vad-ort" ./vad)
export ORT_LIB=$dir/ort-lib/libonnxruntime.so.1
ls -lL --block-size=K "$dir/vad" "$dir/vad-ort" "$ORT_LIB" "$model" | awk '{print $5, $9}'
sox "$dir/speech.wav" "$dir/short.wav" trim 0 0.032
for run in "vad $dir/short.wav" "vad-ort $model $dir/short.wav" "vad $dir/speech.wav" "vad-ort $model $dir/speech.wav"; do
	"$dir/"$run >/dev/null
	for _ in $(seq 15); do /usr/bin/time -f "%U %S %M" "$dir/"$run 2>&1 >/dev/null; done |
		awk -v run="$run" '{t = ($1 + $2) * 1000; if (!n++ || t < least) least = t; if (n == 1 || $3 < kb) kb = $3} END {print run ": " least " ms of processor time, " kb " kB resident"}'
done
"$dir/vad-ort" "$model" "$dir/speech.wav" >"$dir/probabilities.txt"
(cd "$root/docs/vad" && go test -run TestOther -v -recording "$dir/speech.wav" -probabilities "$dir/probabilities.txt" . | grep -v "^=== ")
