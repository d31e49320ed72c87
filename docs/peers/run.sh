#!/usr/bin/env bash
# Measures nngen and its peers on W1 to W6, and on convolutional networks, in one
# sitting; see README.md.
#
#	run.sh build DIR          builds the peers in DIR (npm downloads ONNX Runtime)
#	run.sh round DIR          one round: DIR/native-N.txt
#	run.sh round DIR avx2     one round, libraries held to AVX2: DIR/avx2-N.txt
#	run.sh table FILE…        the tables of one or more rounds
#	run.sh shapes DIR [avx2]  fifty shapes of the sweep beside C and ONNX Runtime, after
#	                          build: DIR/shapes/native-N.txt, and their table
#
# CPU=1 chooses the core, ONLY="W2 resnet8" workloads, PEERS="nngen ort blis" the
# peers. MODELS=FOLDER has more models, NAME/model.onnx each, for build and round.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
python=${PYTHON:-/usr/bin/python3} # Debian's, which has torch and onnx
libs=/usr/lib/x86_64-linux-gnu
goruntime=github.com/yalue/onnxruntime_go

# settings of this environment that would choose the libraries' kernels
export PYTHONDONTWRITEBYTECODE=1
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE BLIS_ARCH_TYPE DNNL_MAX_CPU_ISA LIBXSMM_TARGET ATEN_CPU_CAPABILITY

# need stops with what is missing, and with the packages of the README.
need() {
	local missing=() tool module
	for tool in go gcc g++ npm "$python"; do command -v "$tool" >/dev/null || missing+=("$tool"); done
	for module in torch onnx; do "$python" -c "import $module" 2>/dev/null || missing+=("python's $module"); done
	for lib in openblas-pthread/libopenblas.so.0 blis-openmp/libblis.so.4 libdnnl.so libxsmm.so; do
		[ -e "$libs/$lib" ] || [ -e "/usr/lib/${lib%.so}.a" ] || missing+=("$libs/$lib") # Debian's libxsmm is an archive
	done
	[ ${#missing[@]} -eq 0 ] || { printf 'missing: %s\n' "${missing[@]}" && echo "docs/peers/README.md lists the packages" && exit 1; } >&2
}

build() {
	local dir=$1 march
	need
	mkdir -p "$dir/npm"
	"$python" "$here/generate.py" "$dir"
	"$python" "$here/torch_conv.py" export "$dir/models"
	[ -d "$dir/npm/node_modules/onnxruntime-node" ] || (cd "$dir/npm" && npm install --silent --ignore-scripts onnxruntime-node)
	local ort header
	ort=$(dirname "$(find "$dir/npm" -path '*linux/x64/libonnxruntime.so.1' | grep .)")
	ln -sfn "$ort" "$dir/ort-lib"
	(cd "$here/go" && go mod download) # without it the folder of a module has no name
	header=$(cd "$here/go" && go list -m -f '{{.Dir}}' $goruntime)
	for march in native haswell; do # haswell is AVX2 and FMA
		local flags="-O3 -march=$march -ffast-math -w -I$dir -I$here/c" out=$dir/$march
		mkdir -p "$out"
		gcc $flags "$here/c/plainc.c" -o "$out/plainc" -lm
		gcc $flags '-DPEER="openblas"' "$here/c/blas.c" -o "$out/openblas" $libs/openblas-pthread/libopenblas.so.0 -lm
		gcc $flags '-DPEER="blis"' "$here/c/blas.c" -o "$out/blis" $libs/blis-openmp/libblis.so.4 -lm
		gcc $flags "$here/c/xsmm.c" -o "$out/libxsmm" -lxsmm -lxsmmnoblas -ldl -lpthread -lm
		g++ $flags "$here/c/onednn.cc" -o "$out/onednn" -ldnnl
		for c in ort ortmodels; do gcc $flags -I"$header" "$here/c/$c.c" -o "$out/$c" "$ort/libonnxruntime.so.1" -Wl,-rpath,"$ort" -lm; done
	done
	(cd "$here/go" && go test -c -o "$dir/gopeers" . && go test -c -o "$dir/ort-go" ./ort)
}

# BLIS 0.9 numbers its kernels, and on processors that are newer than it takes
# those in C; skx is AVX-512.
blis_skx=0 blis_haswell=3

# cap holds the libraries to AVX2; ONNX Runtime cannot be told.
cap() {
	export OPENBLAS_CORETYPE=Haswell BLIS_ARCH_TYPE=$blis_haswell DNNL_MAX_CPU_ISA=AVX2 LIBXSMM_TARGET=hsw ATEN_CPU_CAPABILITY=avx2
}

# on runs a peer on the core, and says so if it fails.
on() { taskset -c "${CPU:-0}" timeout 900 "$@" 2>"$dir/errors.txt" || { echo "# failed: $*"; cat "$dir/errors.txt" >&2; }; }

peer() {
	local w=$1 name=$2
	case $name in
	nngen)
		on "$dir/nngen" bench "$root/golden/specs/${w,,}.yaml" --json --path "$path" --time 300ms \
			--batch 1,32,256 --train-batch 1,32,128 | "$python" "$here/lines.py" nngen "$w" ;;
	go) on "$dir/gopeers" -test.run - -test.bench "Benchmark/$w/.*/.*/(gonum|naivego)\$" -test.benchtime 20ms -test.count 15 |
		"$python" "$here/lines.py" go ;;
	ort-go) ORT_LIB=$dir/ort-lib/libonnxruntime.so.1 MODELS=$dir/models \
		on "$dir/ort-go" -test.run - -test.bench "Benchmark/$w/" -test.benchtime 20ms -test.count 15 | "$python" "$here/lines.py" go ;;
	blis)
		ONLY=$w on "$dir/$march/blis"
		if [ "$march" = native ] && grep -qw avx512f /proc/cpuinfo; then
			BLIS_ARCH_TYPE=$blis_skx ONLY=$w on "$dir/$march/blis" | sed 's/^blis /blis-skx /'
		fi
		;;
	torch) ONLY=$w on "$python" "$here/torch_peer.py" ;;
	ort) ONLY=$w on "$dir/$march/ort" "$dir/models" ;;
	*) ONLY=$w on "$dir/$march/$name" ;;
	esac
}

# specs of convolutional networks and of the models in MODELS, which are imported.
conv=(resnet8 dscnn mobilenet lenet resnet8_norm dscnn_norm)
shopt -s nullglob
others=(${MODELS:+"$MODELS"/*/model.onnx})
others=("${others[@]%/model.onnx}") && others=("${others[@]##*/}")

spec() {
	case $1 in
	lenet) echo "$root/golden/specs/lenet.yaml" ;;
	*) [ -e "$here/specs/$1.yaml" ] && echo "$here/specs/$1.yaml" || echo "$dir/imported/$1/model.yaml" ;;
	esac
}

# peer_conv measures inference at batch 1, and training at batch 32.
peer_conv() {
	local w=$1 name=$2 mode=infer m model=$dir/models/$1.onnx
	[ -e "$here/specs/$w.yaml" ] || [ "$w" = lenet ] || model=$MODELS/$w/model.onnx
	case $w in *_norm) mode=train ;; resnet8 | dscnn) mode=infer,train ;; esac
	case $name in
	nngen)
		if [ ! -e "$(spec "$w")" ]; then
			"$dir/nngen" import "$model" -o "$dir/imported/$w" --force >"$dir/errors.txt" 2>&1 || { echo "# not imported: $w" && return; }
		fi
		for m in ${mode/,/ }; do # each in a package of its own: what only infers is generated for that
			on "$dir/nngen" bench "$(spec "$w")" --json --mode "$m" --path "$path" --time 300ms --batch 1 --train-batch 32 |
				"$python" "$here/lines.py" nngen "$w"
		done
		;;
	ort) if [ "$mode" != train ]; then ONLY=$w on "$dir/$march/ortmodels" "$w" "$model"; fi ;;
	torch) ONLY=$w on "$python" "$here/torch_conv.py" ;;
	esac
}

round() {
	local dir=$1 march=native path=auto w p n=1
	if [ "${2:-}" = avx2 ]; then
		march=haswell path=avx2
		cap
	fi
	export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 BLIS_NUM_THREADS=1 DNNL_NUM_THREADS=1 GOMAXPROCS=1
	while [ -e "$dir/${2:-native}-$n.txt" ]; do n=$((n + 1)); done
	local out=$dir/${2:-native}-$n.txt
	(cd "$root" && go build -o "$dir/nngen" ./cmd/nngen)
	for w in ${ONLY:-W1 W2 W3 W4 W5 W6 "${conv[@]}" "${others[@]}"}; do
		for p in ${PEERS:-nngen plainc openblas blis onednn libxsmm ort ort-go torch go}; do
			case $w in W?) peer "$w" "$p" >>"$out" ;; *) peer_conv "$w" "$p" >>"$out" ;; esac
		done
	done
	echo "$out"
}

# shapes measures inference of the shapes of shapes.py; C may unroll what it likes.
shapes() {
	local dir=$1/shapes march=native path=auto s n=1 ort=$1/ort-lib header
	if [ "${2:-}" = avx2 ]; then march=haswell path=avx2; fi
	mkdir -p "$dir/specs"
	[ -e "$dir/models" ] || SHAPES=1 "$python" "$here/generate.py" "$dir"
	"$python" "$here/shapes.py" specs "$dir/specs"
	header=$(cd "$here/go" && go list -m -f '{{.Dir}}' $goruntime)
	local flags="-O3 -march=$march -ffast-math -w -I$dir -I$here/c"
	gcc $flags "$here/c/plainc.c" -o "$dir/plainc-$march" -lm
	gcc $flags -I"$header" "$here/c/ort.c" -o "$dir/ort" "$ort/libonnxruntime.so.1" -Wl,-rpath,"$(realpath "$ort")" -lm
	(cd "$root" && go build -o "$dir/nngen" ./cmd/nngen)
	while [ -e "$dir/${2:-native}-$n.txt" ]; do n=$((n + 1)); done
	local out=$dir/${2:-native}-$n.txt
	export OMP_NUM_THREADS=1 GOMAXPROCS=1
	for s in $("$python" "$here/shapes.py" names); do
		on "$dir/nngen" bench "$dir/specs/$s.yaml" --json --path "$path" --mode infer --time 200ms --batch 1,32,128 |
			"$python" "$here/lines.py" nngen "$s" >>"$out"
		ONLY=$s on "$dir/plainc-$march" >>"$out"
		ONLY=$s on "$dir/ort" "$dir/models" >>"$out"
	done
	"$python" "$here/shapes.py" table "$dir/${2:-native}"-*.txt
}

case ${1:-} in
build) mkdir -p "$2" && build "$(cd "$2" && pwd)" ;;
round) round "$(cd "$2" && pwd)" "${3:-}" ;;
shapes) shapes "$(cd "$2" && pwd)" "${3:-}" ;;
table) shift && "$python" "$here/table.py" "$@" ;;
*) sed -n '2,11p' "$0" && exit 2 ;;
esac
