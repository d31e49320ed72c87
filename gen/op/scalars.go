package op

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
)

// Scalar adds a number that is known once a training step starts.
func (b *Builder) Scalar(name string) *ir.Value {
	return b.Value(ir.Value{Name: name, Kind: ir.Scalar, DType: ir.Float64})
}

// Scalars computes per-step numbers in float64, rounded to a type; keep names
// the results that are wanted.
func (b *Builder) Scalars(doc string, prog expr.Program, keep []string, dtype ir.DType, ins ...any) []*ir.Value {
	m := &ir.Map{Doc: doc, Prog: prog, OutNames: keep}
	for i := 0; i < len(ins); i += 2 {
		if leaf := ins[i].(string); prog.Reads(leaf) {
			m.InNames = append(m.InNames, leaf)
			m.In = append(m.In, ins[i+1].(*ir.Value))
		}
	}
	for _, name := range keep {
		m.Out = append(m.Out, b.Value(ir.Value{Name: name, DType: dtype}))
	}
	b.Emit(m)
	return m.Out
}
