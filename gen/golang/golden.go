package golang

import (
	"fmt"
	"math"
	"strconv"

	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/runtime/nnrt"
)

// Seeds of the generated tests.
const (
	goldenSeed    = 1 // of the initial values
	goldenData    = 7 // of the sample
	goldenOutputs = 16
)

// golden computes what the generated test expects of its first sample: the
// oracle's results, exact to the last bit.
func (e *emitter) golden(fused bool) ([]goldenView, error) {
	m := interp.NewOracle(e.prog, fused)
	for v, rows := range e.moved(goldenSeed) {
		m.Set(v, rows)
	}
	at := 0
	for _, in := range e.prog.Inputs {
		row := make([]float64, in.Size())
		for i := range row {
			row[i] = m.Arith.Round(nnrt.Normal(goldenData, nnrt.PurposeData, 0, uint64(at)))
			at++
		}
		m.Set(in, row)
	}
	if err := m.Run(e.prog.Infer); err != nil {
		return nil, err
	}
	var out []goldenView
	for _, o := range e.prog.Outputs {
		for i, y := range m.Get(o.Value)[0] {
			if i < goldenOutputs {
				out = append(out, goldenView{fmt.Sprintf("y%s[%d]", e.outputField(o.Name), i), e.exactly(y)})
			}
		}
	}
	return out, nil
}

// exactly is a number of the network's type in Go, to the last bit.
func (e *emitter) exactly(x float64) string {
	switch {
	case math.IsNaN(x):
		return typeName(e.elem) + "(math.NaN())"
	case math.IsInf(x, 0):
		return fmt.Sprintf("%s(math.Inf(%d))", typeName(e.elem), int(math.Copysign(1, x)))
	case e.elem == ir.Float64:
		return strconv.FormatFloat(x, 'x', -1, 64)
	}
	return strconv.FormatFloat(x, 'x', -1, 32)
}
