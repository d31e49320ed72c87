package op

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
)

// Keep returns what a layer keeps of a stream from one call to the next, zero at
// the beginning: slot says which of its values it is. Kept is what it keeps then. In
// training no gradient flows back to the call before.
func (b *Builder) Keep(l *spec.Layer, slot string, dims ...int) *ir.Value {
	name := l.Name + "." + slot
	if i := slices.IndexFunc(b.Prog.Memory, func(m *ir.Memory) bool { return m.Name == name }); i >= 0 {
		return b.Prog.Memory[i].In // of inference, for training
	}
	m := &ir.Memory{Name: name, In: b.Value(ir.Value{Name: l.Name + "_" + slot, Kind: ir.Stream, Shape: dims, Batch: true})}
	b.Prog.Memory = append(b.Prog.Memory, m)
	return m.In
}

// Kept says what becomes of a value of Keep. A batch that trains keeps it apart, as
// what it was before is read until the end.
func (b *Builder) Kept(in, out *ir.Value) {
	i := slices.IndexFunc(b.Prog.Memory, func(m *ir.Memory) bool { return m.In == in })
	if b.fn != b.Prog.Infer {
		out = b.Map("state", in.Name+"_next", formula("y = x"), "y", out.Size(), "x", out)
	}
	b.Prog.SetAfter(b.Prog.Memory[i], b.fn, out)
}

// zeros is a value of zeros: sums of nothing.
func (b *Builder) zeros(name string, size int) *ir.Value {
	y := b.Temp(name, size)
	b.Emit(&ir.Contract{Loops: []ir.Loop{{Name: "n", Size: size}}, Y: ir.Operand{V: y, At: []ir.Affine{ir.Unit(0)}}})
	return y
}

// split divides a vector into parts of a size each. How their gradients flow
// back is the caller's to record.
func (b *Builder) split(x *ir.Value, size int, names ...string) []*ir.Value {
	parts := make([]*ir.Value, len(names))
	for i, name := range names {
		parts[i] = b.part(x, i*size, size, name)
	}
	return parts
}

func (b *Builder) part(x *ir.Value, from, size int, name string) *ir.Value {
	y := b.Temp(name, size)
	b.Emit(&ir.Slice{Y: y, X: x, From: from})
	return y
}

// join places values one after the other; nil stands for zeros of a size.
func (b *Builder) join(name string, size int, xs ...*ir.Value) *ir.Value {
	op := &ir.Concat{}
	total := 0
	for _, x := range xs {
		if x == nil {
			x = b.zeros(name+"_zeros", size)
		}
		op.Xs = append(op.Xs, x)
		total += x.Size()
	}
	op.Y = b.Temp(name, total)
	b.Emit(op)
	return op.Y
}

// combine adds an element-wise operation; partials are the products of dy with
// the derivatives by operands, by leaf, which assign "d".
func (b *Builder) combine(doc, name, y string, size int, partials map[string]string, ins ...any) *ir.Value {
	v := b.Map(doc, name, formula(y), "y", size, ins...)
	b.Record(v, func(dy *ir.Value) {
		for i := 0; i < len(ins); i += 2 {
			x := ins[i+1].(*ir.Value)
			d, ok := partials[ins[i].(string)]
			if !ok || !b.Flows(x) {
				continue
			}
			if d == "d = dy" {
				b.AddGrad(x, dy)
				continue
			}
			b.AddGrad(x, b.Map(doc+" gradient", "d"+x.Name, formula(d), "d", size, append(slices.Clone(ins), "dy", dy)...))
		}
	})
	return v
}
