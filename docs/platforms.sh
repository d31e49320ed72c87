#!/usr/bin/env bash
# Shows that networks in reproducible mode give the same bits on other
# platforms as on this one: inference and 20 training steps, hash by hash. One
# of them, westmere, is this one's processor before AVX2.
# Needs an amd64 Linux with Go, and from Debian: apt-get install qemu-user nodejs
#
#	docs/platforms.sh              all platforms
#	docs/platforms.sh arm64,wasm   some of amd64v1, amd64v3, purego, westmere, arm64, s390x, wasm
set -euo pipefail
cd "$(dirname "$0")/.."
platforms=${1:-all}
chosen() { [[ ,$platforms, == *,$1,* || $platforms == all ]]; }

echo "== networks: inference and 20 training steps"
go test ./gen -count=1 -v -run '^TestReproducible$' -platforms "$platforms"

# The elementary functions and random numbers below them, and a generated
# package with its own tests, whose golden values are compared bit for bit.
runtime_and_package() {
	echo "== runtime and generated package: $*"
	env CGO_ENABLED=0 "${@:2}" go test -count=1 -short ${1:+-exec "$1"} -run '^TestHash$' ./runtime/nnrt
	env CGO_ENABLED=0 "${@:2}" go test -count=1 -short ${1:+-exec "$1"} ./generated/reproducible
}
qemu() { command -v "qemu-$1" || command -v "qemu-$1-static"; }
wasm_exec="env -i PATH=$PATH HOME=$HOME $(go env GOROOT)/lib/wasm/go_js_wasm_exec"
if chosen amd64v1; then runtime_and_package "" GOARCH=amd64 GOAMD64=v1; fi
if chosen amd64v3; then runtime_and_package "" GOARCH=amd64 GOAMD64=v3; fi
if chosen purego; then runtime_and_package "" GOARCH=amd64 GOFLAGS=-tags=purego; fi
if chosen westmere; then
	runtime_and_package "$(qemu x86_64) -cpu Westmere" GOARCH=amd64 GOAMD64=v1
	go test ./gen -count=1 -run '^TestOldCPU$'
fi
if chosen arm64; then runtime_and_package "$(qemu aarch64)" GOARCH=arm64; fi
if chosen s390x; then runtime_and_package "$(qemu s390x)" GOARCH=s390x; fi
if chosen wasm; then runtime_and_package "$wasm_exec" GOOS=js GOARCH=wasm; fi
