package onnx

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestIdeal: what a float32 stands for, which always rounds to it.
func TestIdeal(t *testing.T) {
	for f, want := range map[float32]float64{
		0.1: 0.1, 1e-8: 1e-8, 0.044715: 0.044715, 1: 1, 0: 0, -0.25: -0.25, 255: 255,
		0.70710677: 1 / math.Sqrt2, 1.4142135: math.Sqrt2, 0.7978846: math.Sqrt(2 / math.Pi), -0.70710677: -1 / math.Sqrt2,
		0.16666667: 1.0 / 6, 0.003921569: 1.0 / 255, -0.33333334: -1.0 / 3,
		1.6732632: 1.6732632423543772, 1.050701: 1.0507009873554805,
	} {
		assert.Equal(t, want, Ideal(f), "%g", f)
	}
	random := rand.New(rand.NewPCG(1, 1))
	for range 200_000 {
		f := math.Float32frombits(random.Uint32())
		if v := Ideal(f); float32(v) != f && f == f {
			t.Fatalf("%g stands for %g, which is another float32", f, v)
		}
	}
}
