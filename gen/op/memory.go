package op

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// Keep returns what a layer keeps of a stream from one step to the next, zero at
// the beginning: slot says which of its values it is. Kept is what it keeps then.
func (b *Builder) Keep(l *spec.Layer, slot string, dims ...int) *ir.Value {
	if b.Net.Codegen.Train && len(b.Prog.Memory) == 0 {
		b.Errorf(l.Pos, "write codegen: {train: false}; train the same layers over whole sequences, with axis: 0, whose weights this net loads",
			code.NotTrainable+"a layer that keeps a state from call to call cannot be trained")
	}
	name := l.Name + "." + slot
	m := &ir.Memory{Name: name, In: b.Value(ir.Value{Name: l.Name + "_" + slot, Kind: ir.Stream, Shape: dims, Batch: true})}
	b.Prog.Memory = append(b.Prog.Memory, m)
	return m.In
}

// Kept says what becomes of a value of Keep.
func (b *Builder) Kept(in, out *ir.Value) {
	i := slices.IndexFunc(b.Prog.Memory, func(m *ir.Memory) bool { return m.In == in })
	b.Prog.Memory[i].Out = out
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
