package golang

import (
	"strings"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/spec"
)

// isTrained reports whether training changes the tensor.
func (e *emitter) isTrained(t *plan.Tensor) bool {
	for _, g := range e.prog.Grads {
		if g.Param == t.Value.Param && g.Param.Momentum == 0 {
			return true
		}
	}
	return false
}

func (e *emitter) accessorOf(t *plan.Tensor) accessorView {
	layer, what, _ := strings.Cut(t.Value.Name, ".")
	a := accessorView{
		Name: spec.GoName(layer) + spec.GoName(what), Tensor: t.Value.Name,
		Args: "o, i", Sparse: t.Layout.Order == plan.Connections, Value: "*c",
	}
	switch t.Layout.Elem {
	case ir.Float16:
		a.Value = e.rtName("Widen16") + "(*c)"
	case ir.Int8:
		a.Value = "float32(*c) * " + vectorAt("n.p."+t.ScaleField(), "o")
	}
	if t.Layout.Order == plan.Vector {
		a.Args = "o"
	}
	switch {
	case t.Run == nil:
		a.Doc = "."
	case t.Block == 0:
		a.Doc = "; those of the layers that follow are alike."
	}
	a.Cell = e.cellAt(t, strings.Split(a.Args, ", ")...)
	return a
}
