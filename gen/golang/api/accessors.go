package api

import (
	"fmt"
	"strings"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/spec"
)

// isTrained reports whether training changes the tensor.
func (e *API) isTrained(t *plan.Tensor) bool {
	for _, g := range e.prog.Grads {
		if g.Param == t.Value.Param && g.Param.Momentum == 0 {
			return true
		}
	}
	return false
}

func (e *API) accessorOf(t *plan.Tensor) accessorView {
	layer, what, _ := strings.Cut(t.Value.Name, ".")
	a := accessorView{
		Name: spec.GoName(layer) + spec.GoName(what), Tensor: t.Value.Name,
		Sparse: t.Layout.Order == plan.Connections, Value: "*c",
	}
	indices := indicesOf(t.Value.Shape)
	a.Args = strings.Join(indices, ", ")
	if len(indices) > 2 {
		for _, n := range t.Value.Shape {
			a.Check += fmt.Sprintf("[%d]", n)
		}
		a.Check += "struct{}{}[" + strings.Join(indices, "][") + "]"
	}
	switch t.Layout.Elem {
	case ir.Float16:
		a.Value = e.RTName("Widen16") + "(*c)"
	case ir.Int8:
		a.Value = "float32(*c) * " + source.VectorAt("n.p."+t.ScaleField(), "o")
	}
	switch {
	case t.Run == nil:
		a.Doc = "."
	case t.Block == 0:
		a.Doc = "; those of the layers that follow are alike."
	}
	if t.Layout.Order == plan.Vector {
		a.Cell = source.CellAt(t, e.blocks, flatOf(indices, t.Value.Shape))
	} else {
		a.Cell = source.CellAt(t, e.blocks, indices[0], flatOf(indices[1:], t.Value.Shape[1:]))
	}
	return a
}

// indicesOf names the indices of an element by the number of axes: outputs,
// inputs and places of a window, as PyTorch orders them.
func indicesOf(shape []int) []string {
	names := []string{"o", "i", "y", "x"}
	switch n := len(shape); {
	case n == 3:
		return []string{"o", "i", "x"}
	case n <= len(names):
		return names[:n]
	}
	names = nil
	for k := range shape {
		names = append(names, fmt.Sprintf("i%d", k))
	}
	return names
}

// flatOf is the place of an element in row-major order: (o*5+i)*3 + x.
func flatOf(indices []string, shape []int) string {
	flat := indices[0]
	for k, name := range indices[1:] {
		if k > 0 {
			flat = "(" + flat + ")"
		}
		flat = fmt.Sprintf("%s*%d+%s", flat, shape[k+1], name)
	}
	return flat
}
