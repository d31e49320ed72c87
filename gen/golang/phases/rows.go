package phases

import (
	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/loops"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
)

// rowsOf describes where a value's rows lie.
func (b *body) rowsOf(v *ir.Value) loops.Rows {
	r := loops.Rows{Size: v.Size(), Stride: v.Size(), Elem: v.DType}
	if v.Kind == ir.Input {
		r.Pass, r.Typ, r.Field, r.Named = "x", "[]Input", b.e.InputField(v), true
		r.Stride = plan.InputStride(b.e.prog, v)
		return r
	}
	if o, field := b.outputOf(v); o {
		r.Pass, r.Typ, r.Field, r.Named = "y", "[]Output", field, true
		r.Stride = 0
		for _, out := range b.e.prog.Outputs {
			r.Stride += out.Value.Size()
		}
		return r
	}
	if m, ok := b.memory[v]; ok {
		r.Pass, r.Typ, r.Field, r.Named = m.slice, "[]State", m.field, true
		r.Stride = b.e.MemorySize()
		return r
	}
	r.Stride = b.e.RowStride(v.Size(), v.DType)
	r.Typ = "[]" + source.Array(v.DType, r.Stride)
	return r
}

// passed is what a call passes for a value's rows.
func (b *body) passed(v *ir.Value) string {
	if r := b.rowsOf(v); r.Pass != "" {
		return r.Pass
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
	from, rows := b.slot(v), b.from
	if b.kept[v] {
		from = b.rowsName(v)
	}
	if b.group && (!b.kept[v] || b.e.plan.Train.Grouped[v]) {
		rows = ":len(x)"
	}
	if slot, ok := b.phase.Slot[v]; ok && b.phase.OneRow(slot) {
		rows = ":1"
	}
	from += "[" + rows + "]"
	if rows != ":len(x)" && rows != ":1" {
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
		if s := steps[i]; s.AllRows() {
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
	r, name, i := b.rowsOf(v), b.passed(v), "i"
	if b.phase.Local[v] {
		i = "0"
	}
	p := place{idx: name + "[" + i + "]" + r.Field, ptr: r.At(name, i)}
	if r.Pass == "" && r.Stride != r.Size {
		p.idx = p.ptr
	}
	b.at[v] = p
	return p
}
