package selftest

import (
	"fmt"
	"math"
	"strconv"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/runtime/nnrt"
)

// Seeds of the generated tests.
const (
	goldenSeed    = 0 // of the initial values
	goldenData    = 7 // of the sample
	goldenOutputs = 16
	// sampledUnits are the units of a layer that have weights in a sample, in
	// blocks of eight, so that sums have the chains of the whole; their weights
	// are standard normal over sampledScale.
	sampledUnits, sampledBlocks = 128, 16
	sampledScale                = 16
)

// SampledUnits are those of n units that a sample of a network has.
func SampledUnits(n int) []int { return units(n, sampledUnits) }

// units are n units, or most of them in blocks of eight.
func units(n, most int) []int {
	var out []int
	for i := range min(n, most) {
		if n > most {
			i = i/8*n/sampledBlocks&^7 + i%8
		}
		out = append(out, i)
	}
	return out
}

// sampleOf is element n of all that the tests draw, of an input: a byte, or standard
// normal.
func sampleOf(in *ir.Value, round func(x float64) float64, n uint64) float64 {
	x := nnrt.Normal(goldenData, nnrt.PurposeData, 0, n)
	if in.DType == ir.Uint8 {
		return math.Floor(min(max(128+50*x, 0), 255))
	}
	return round(x)
}

// golden computes what the generated test expects of its first sample: the
// oracle's results, exact to the last bit.
func (t *Tests) golden(fused bool) ([]Value, error) {
	prog, sampled := t.prog, SampledUnits
	if t.sample != nil {
		prog = t.sample
	} else {
		sampled = func(n int) []int { return units(n, n) }
	}
	m := interp.NewOracle(prog, fused)
	if t.sample == nil {
		for v, rows := range t.moved(goldenSeed) {
			m.Set(v, rows)
		}
	} else {
		for k, v := range prog.Params {
			row := make([]float64, v.Size())
			for i := range row {
				row[i] = m.Arith.Round(nnrt.Normal(goldenData, nnrt.PurposeData, uint32(k+1), uint64(i)) / sampledScale)
			}
			m.Set(v, row)
		}
	}
	at := 0
	for k, in := range t.prog.Inputs {
		var row []float64
		for _, i := range sampled(in.Size()) {
			row = append(row, sampleOf(in, m.Arith.Round, uint64(at+i)))
		}
		at += in.Size()
		m.Set(prog.Inputs[k], row)
	}
	for step := range t.testSteps() {
		if step > 0 {
			m.Advance(m.Prog.Infer)
		}
		if err := m.Run(prog.Infer); err != nil {
			return nil, err
		}
	}
	var out []Value
	for k, o := range t.prog.Outputs {
		of := sampled(o.Value.Size())
		for i, y := range m.Get(prog.Outputs[k].Value)[0] {
			if i < goldenOutputs {
				out = append(out, Value{fmt.Sprintf("y%s[%d]", t.OutputField(o.Name), of[i]), t.exactly(y)})
			}
		}
	}
	return out, nil
}

// exactly is a number of the network's type in Go, to the last bit.
func (t *Tests) exactly(x float64) string {
	switch {
	case math.IsNaN(x):
		return source.TypeName(t.prog.DType) + "(math.NaN())"
	case math.IsInf(x, 0):
		return fmt.Sprintf("%s(math.Inf(%d))", source.TypeName(t.prog.DType), int(math.Copysign(1, x)))
	case t.prog.DType == ir.Float64:
		return strconv.FormatFloat(x, 'x', -1, 64)
	}
	return strconv.FormatFloat(x, 'x', -1, 32)
}
