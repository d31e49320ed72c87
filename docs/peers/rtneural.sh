#!/usr/bin/env bash
# Measures nngen beside RTNeural's compiled templates: a cell of 20 and a dense layer, one
# sample a call, with each of RTNeural's libraries that can be had; see README.md.
#
#	rtneural.sh DIR RTNEURAL [XSIMD [ROUNDS]]
#
# DIR is any folder, RTNEURAL a checkout of github.com/jatinchowdhury18/RTNeural with its
# submodules, or with Debian's libeigen3-dev and nlohmann-json3-dev, XSIMD a checkout of
# github.com/xtensor-stack/xsimd of version 9 or later, if there is one. CPU=1 chooses the core.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
dir=$1 rtneural=$2 xsimd=${3:-}
mkdir -p "$dir"
(cd "$root" && go build -o "$dir/nngen" ./cmd/nngen)
export GOMAXPROCS=1

# the widest vectors are not always the fastest
peers=()
for library in EIGEN STL ${xsimd:+XSIMD}; do
	for arch in native haswell; do
		align=32
		case $library-$arch in STL-*) align=16 ;; XSIMD-native) align=64 ;; esac
		g++ -O3 -std=c++17 -march=$arch -ffast-math -w -DRTNEURAL_USE_$library=1 -DRTNEURAL_DEFAULT_ALIGNMENT=$align \
			-DPEER="\"rtneural-${library,,}-$arch\"" -I"$rtneural" -I"$rtneural/modules/Eigen" -I/usr/include/eigen3 \
			-I"$rtneural/modules" -I"$rtneural/modules/json" ${xsimd:+-I"$xsimd/include"} -I"$here/c" "$here/c/rtneural.cc" -o "$dir/rtneural-$library-$arch"
		peers+=("$dir/rtneural-$library-$arch")
	done
done
for _ in $(seq "${4:-3}"); do
	for name in lstm20 gru20; do
		taskset -c "${CPU:-0}" "$dir/nngen" bench "$here/specs/$name.yaml" --mode infer --batch 1 --time 300ms --json 2>/dev/null |
			"${PYTHON:-/usr/bin/python3}" "$here/lines.py" nngen "$name"
	done
	for peer in "${peers[@]}"; do taskset -c "${CPU:-0}" "$peer"; done
done
