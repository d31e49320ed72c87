package phases

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/golang/function"
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
	for _, o := range b.e.Trained() {
		if o.Target == v {
			r.Pass, r.Typ, r.Named = "y", "[]Target", true
			if len(b.e.prog.Outputs) > 1 {
				r.Stride = 0 // of several
			}
			return r
		}
	}
	if m, ok := b.memory[v]; ok {
		r.Pass, r.Typ, r.Field, r.Named = m.slice, "[]State", m.field, true
		r.Stride = b.e.MemorySize()
		return r
	}
	r.Stride = b.e.plan.RowStride(v.Size(), v.DType)
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
			if b.apart { // a step alone may have no more than what is kept of one sample
				loop = append([]jen.Code{source.Set("_", jen.Id("i"))}, loop...)
			}
			b.stmts = append(b.stmts, source.ForRange("i", "x", loop...))
			loop = nil
		}
	}
	err := plan.Walk(len(steps), repeats, func(i int) error {
		if rows := b.overRows(steps[i]); rows != nil {
			flush()
			rows()
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

// overRows emits a step that goes through the rows of all samples; nil if none does.
func (b *body) overRows(s *plan.Step) func() {
	if b.mixOf(s) != nil {
		return nil
	}
	switch o := s.Op.(type) {
	case *ir.Contract:
		if s.AllRows() {
			return func() { b.matrixRows(s) }
		}
	case *ir.Map:
		if f, k := b.e.MapKernel(o, o.Out[0].Size()); f != nil && b.e.plan.Through(o.Out[0], o.In) {
			return b.inOne(&loops.MappedRows{Doc: o.Doc, One: f, Kernel: k}, o.Out[0], o.In)
		}
	case *ir.Reduce:
		if k := calls.SumOf(b.e.Targets(), o, s.Chains); k != nil && b.e.plan.Through(o.Y, o.In) {
			return b.inOne(&loops.MappedRows{Doc: o.Doc, One: b.e.Sums(o, k, b.training), Kernel: k}, o.Y, o.In)
		}
	}
	return nil
}

// inOne emits the call of a function for the rows of a result and its operands; nil where
// these lie neither behind each other nor with the same gaps.
func (b *body) inOne(rows *loops.MappedRows, y *ir.Value, ins []*ir.Value) func() {
	rows.Train = b.training
	for _, v := range append([]*ir.Value{y}, ins...) {
		if !rows.Add(v, b.rowsOf(v)) {
			return nil
		}
	}
	if rows.Gap == 0 {
		return b.inFlat(rows.One, y, ins)
	}
	return func() {
		if b.at[y].idx == "" {
			b.rowPlace(y)
		}
		args := []jen.Code{source.Exprf("%s", b.passed(y))}
		for _, x := range ins {
			if x.IsNumber() {
				args = append(args, source.Exprf("%s", b.at[x].idx))
			} else {
				args = append(args, source.Exprf("%s", b.passed(x)))
			}
		}
		b.add(b.e.ID(b.e.Mapped(rows)).Call(args...))
	}
}

// inFlat emits the call of a function for rows that lie behind each other.
func (b *body) inFlat(k *function.Func, y *ir.Value, ins []*ir.Value) func() {
	return func() {
		if b.at[y].idx == "" {
			b.rowPlace(y)
		}
		args := []jen.Code{b.flatRow(y)}
		for _, x := range ins {
			args = append(args, b.flatRow(x))
		}
		b.add(b.e.ID(k).Call(args...))
	}
}

// flatRow is a number, or the rows of a value, which lie behind each other, as a slice.
func (b *body) flatRow(v *ir.Value) jen.Code {
	if v.IsNumber() {
		return source.Exprf("%s", b.at[v].idx)
	}
	name := b.passed(v)
	size := fmt.Sprintf("%d*len(%s)", v.Size(), name)
	return b.e.RT("Flat").Call(source.Exprf("%s", b.rowsOf(v).Element(name, "0", "0")), source.Exprf("%s", strings.TrimPrefix(size, "1*")))
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
