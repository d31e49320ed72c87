// Package generated holds packages that nngen generates from specs in
// golden/specs. They are committed to be read, and a test of package gen keeps
// them up to date; those of the other specs are held by golden/hashes.
//
//	go generate ./generated
//
// Those under bench are the benchmark networks W1 to W6:
//
//	go test -run - -bench . ./generated/bench/...
package generated

//go:generate go run ../cmd/nngen generate -o xor ../golden/specs/xor.yaml
//go:generate go run ../cmd/nngen generate -o digits ../golden/specs/digits.yaml
//go:generate go run ../cmd/nngen generate -o anomaly ../golden/specs/anomaly.yaml
//go:generate go run ../cmd/nngen generate -o standalone ../golden/specs/standalone.yaml
//go:generate go run ../cmd/nngen generate -o reproducible ../golden/specs/reproducible.yaml
//go:generate go run ../cmd/nngen generate -o silero ../golden/specs/silero.yaml
//go:generate go run ../cmd/nngen generate -o rnnoise ../golden/specs/rnnoise.yaml
//go:generate go run ../cmd/nngen generate -o bench/w1 ../golden/specs/w1.yaml
//go:generate go run ../cmd/nngen generate -o bench/w2 ../golden/specs/w2.yaml
//go:generate go run ../cmd/nngen generate -o bench/w3 ../golden/specs/w3.yaml
//go:generate go run ../cmd/nngen generate -o bench/w4 ../golden/specs/w4.yaml
//go:generate go run ../cmd/nngen generate -o bench/w5 ../golden/specs/w5.yaml
//go:generate go run ../cmd/nngen generate -o bench/w6 ../golden/specs/w6.yaml
