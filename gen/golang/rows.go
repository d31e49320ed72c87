package golang

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
)

// rows is a value with a row for every sample of a batch, as a parameter of a
// function: []Input, []Output, or an array of the workspace.
type rows struct {
	pass   string // the parameter of the network's function, if it is one
	typ    string // the parameter's type
	field  string // of the element, for inputs and outputs with several values
	size   int    // elements of the value
	stride int    // elements from one row to the next
	elem   ir.DType
	named  bool // rows are of a named type and need a conversion
}

// at is a pointer to the value's row i.
func (r rows) at(name, i string) string {
	switch {
	case r.field != "":
		return fmt.Sprintf("&%s[%s]%s", name, i, r.field)
	case r.named:
		return fmt.Sprintf("(*%s)(&%s[%s])", source.Array(r.elem, r.size), name, i)
	case r.stride != r.size:
		return fmt.Sprintf("(*%s)(%s[%s][:])", source.Array(r.elem, r.size), name, i)
	}
	return fmt.Sprintf("&%s[%s]", name, i)
}

// element is the address of element j of row i.
func (r rows) element(name, i, j string) string {
	return fmt.Sprintf("&%s[%s]%s[%s]", name, i, r.field, j)
}

// bytes is the distance from one row to the next.
func (r rows) bytes() int { return r.stride * plan.ElemSize(r.elem) }

// rowsOf describes where a value's rows lie.
func (b *body) rowsOf(v *ir.Value) rows {
	r := rows{size: v.Size(), stride: v.Size(), elem: v.DType}
	if v.Kind == ir.Input {
		r.pass, r.typ, r.field, r.named = "x", "[]Input", b.e.InputField(v), true
		r.stride = 0
		for _, in := range b.e.prog.Inputs {
			r.stride += in.Size()
		}
		return r
	}
	if o, field := b.outputOf(v); o {
		r.pass, r.typ, r.field, r.named = "y", "[]Output", field, true
		r.stride = 0
		for _, out := range b.e.prog.Outputs {
			r.stride += out.Value.Size()
		}
		return r
	}
	if m, ok := b.memory[v]; ok {
		r.pass, r.typ, r.field, r.named = m.slice, "[]State", m.field, true
		r.stride = b.e.MemorySize()
		return r
	}
	r.stride = b.e.RowStride(v.Size())
	r.typ = "[]" + source.Array(v.DType, r.stride)
	return r
}

// passed is what a call passes for a value's rows.
func (b *body) passed(v *ir.Value) string {
	if r := b.rowsOf(v); r.pass != "" {
		return r.pass
	}
	return b.rowsVariable(v)
}

// rowsVariable is the slice of a value's rows, which the function declares at
// its beginning.
func (b *body) rowsVariable(v *ir.Value) string {
	if name := b.variables[v]; name != "" {
		return name
	}
	name := b.variable(v)
	b.variables[v] = name
	from := b.slot(v)
	if b.kept[v] {
		from = b.rowsName(v)
	}
	from += "[" + b.from + "]"
	if b.from != ":len(x)" {
		from += "[:len(x)]"
	}
	b.declared = append(b.declared, source.Letf(name, "%s", from))
	return name
}

// outputOf reports whether the value's rows are those of y.
func (b *body) outputOf(v *ir.Value) (bool, string) {
	if b.outputs == nil {
		return false, ""
	}
	field, ok := b.outputs[v]
	return ok, field
}

// layerwise emits the phase layer by layer: matrix operations over all rows,
// the rest in loops over the samples.
func (b *body) layerwise() error { return b.layersOf(b.phase.Steps, b.phase.Repeats) }

func (b *body) layersOf(steps []*plan.Step, repeats []*plan.Repeat) error {
	var loop []jen.Code
	flush := func() {
		if len(loop) > 0 {
			b.stmts = append(b.stmts, source.ForRange("i", "x", loop...))
			loop = nil
		}
	}
	err := plan.Walk(len(steps), repeats, func(i int) error {
		if s := steps[i]; s.Vector && s.Convolution() == nil {
			flush()
			b.matrixRows(s)
			return nil
		}
		before := b.take()
		err := b.step(steps[i])
		loop = append(loop, b.stmts...)
		b.stmts = before
		return err
	}, func(r *plan.Repeat) error {
		flush()
		first := steps[r.First : r.First+r.Period]
		return b.loop(r, first, func() error { return b.layersOf(first, nil) })
	})
	flush()
	return err
}

// rowPlace makes the place of a value in a loop over the samples i.
func (b *body) rowPlace(v *ir.Value) place {
	r, name := b.rowsOf(v), b.passed(v)
	p := place{idx: name + "[i]" + r.field, ptr: r.at(name, "i")}
	if r.pass == "" && r.stride != r.size {
		p.idx = p.ptr
	}
	b.at[v] = p
	return p
}

// matrixRows emits the call of a matrix operation over the rows of a batch.
func (b *body) matrixRows(s *plan.Step) {
	m := b.e.newMatrix(s)
	k := &rowsKernel{matrix: m, train: b.training}
	for _, v := range s.Stored() {
		if b.at[v].idx == "" {
			b.rowPlace(v)
		}
	}
	for i, v := range m.stored {
		at := s.Stored()[i]
		k.values = append(k.values, rowsValue{v, b.rowsOf(at)})
	}
	k.x = b.rowsOf(m.x)
	for _, v := range m.extra {
		if source.IsNumber(v) {
			k.extras = append(k.extras, rowsValue{v: v})
		} else {
			k.extras = append(k.extras, rowsValue{v, b.rowsOf(v)})
		}
	}
	args := b.matrixArgs(m, s.Stored(), b.passed, b.passed)
	b.add(b.e.ID(k.function()).Call(args...))
	if m.whole != nil {
		b.finishRows(m.whole)
	}
}
