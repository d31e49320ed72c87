package golang

import (
	"fmt"
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
	for v, rows := range interp.InitialValues(e.prog, goldenSeed) {
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
	bits := 32
	if e.elem == ir.Float64 {
		bits = 64
	}
	var out []goldenView
	for _, o := range e.prog.Outputs {
		for i, y := range m.Get(o.Value)[0] {
			if i < goldenOutputs {
				out = append(out, goldenView{fmt.Sprintf("y%s[%d]", e.outputField(o.Name), i), strconv.FormatFloat(y, 'x', -1, bits)})
			}
		}
	}
	return out, nil
}
