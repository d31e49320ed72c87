//go:build linux

package asm_test

import (
	"math"

	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/kernel"
)

// narrow makes weights and kernel those of a storage type; int8 has a scale
// for every output.
func (s *suite) narrow(k *kernel.Kernel, w *weights, elem string) {
	if elem != "" {
		k.Elem.W, k.Scaled = elem, elem == "int8"
		w.elem, w.w = elem, s.stored(elem, len(w.w))
	}
}

// start is what a sum starts from, and end what is made of it before the
// epilogue: scaled sums get their bias last.
func (s *suite) start(k *kernel.Kernel, bias float64) float64 {
	if k.Init != kernel.Bias || k.Scaled {
		return 0
	}
	return bias
}

func (s *suite) end(k *kernel.Kernel, sum, scale, bias float64) float64 {
	switch {
	case !k.Scaled:
		return sum
	case k.Init == kernel.Bias:
		return s.arith.MulAdd(sum, scale, bias)
	}
	return s.arith.Apply(expr.OpMul, sum, scale)
}

// storage are the types of weights that are widened when they are read.
func (s *suite) storage() []string {
	if s.elem != "float32" {
		return nil
	}
	return []string{"float16", "int8"}
}

// half is a float16 of a number it holds exactly, neither subnormal nor too
// large.
func half(x float64) uint16 {
	switch {
	case math.IsNaN(x):
		return 0x7e00
	case x == 0:
		return 0
	}
	fraction, exponent := math.Frexp(math.Abs(x)) // in [½, 1)
	bits := uint16(exponent+14)<<10 + uint16((2*fraction-1)*1024)
	if x < 0 {
		bits |= 1 << 15
	}
	return bits
}

// stored are numbers that a type holds.
func (s *suite) stored(elem string, n int) []float64 {
	v := s.numbers(n)
	for i := range v {
		switch elem {
		case "int8":
			v[i] = float64(s.rng.IntN(255) - 127)
		case "float16":
			v[i] = float64(s.rng.IntN(2049)-1024) / 512
		}
	}
	return v
}
