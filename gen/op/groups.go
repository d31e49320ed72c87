package op

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
)

// groups divides the elements of a value: element [o, n, i] of [outer,
// length, inner] belongs to the group (o, i).
type groups struct{ outer, length, inner int }

// whole is the one group of all elements.
func whole(size int) groups { return groups{1, size, 1} }

func (g groups) one() bool  { return g.outer*g.inner == 1 }
func (g groups) count() int { return g.outer * g.inner }
func (g groups) size() int  { return g.outer * g.length * g.inner }

// along are the groups along the axes first … last.
func along(dims []int, first, last int) groups {
	return groups{volume(dims[:first]), volume(dims[first : last+1]), volume(dims[last+1:])}
}

// overAxis marks an activation that was taken of several groups, overLast of those
// along the last axis.
const (
	overAxis = " over an axis"
	overLast = " over the last axis"
)

// axisParam is the field of activations that work along an axis.
var axisParam = spec.Param{Name: "axis", Doc: "axis along which it is taken, of the shape without the batch, from the end if negative; all elements of a sample together if absent", Type: spec.Integer}

// groupsOf returns the groups along the axis a word names.
func (b *Builder) groupsOf(at spec.Pos, args spec.Args, dims []int) (g groups, ok bool) {
	if !args.Has("axis") {
		return whole(volume(dims)), true
	}
	axis, ok := b.axis("axis", at, args.Int("axis"), dims)
	if !ok {
		return g, false
	}
	return along(dims, axis, axis), true
}

// reduce combines the elements of each group, each first passed through prog,
// which assigns "e". A sum of NaN and a maximum of NaN is NaN; over one group
// a maximum passes NaN over.
func (b *Builder) reduce(g groups, doc, name string, kind ir.ReduceKind, prog expr.Program, ins ...any) *ir.Value {
	if g.one() {
		return b.Reduce(doc, name, kind, prog, ins...)
	}
	x, copied := ins[1].(*ir.Value), len(prog) == 1 && prog[0].X.Op == expr.OpLeaf
	if !copied {
		x = b.Map(doc, name+"_terms", prog, "e", g.size(), ins...)
	}
	return b.ReduceAxis(doc, name, kind, x, g)
}

// ReduceAxis adds a reduction of the elements of each group.
func (b *Builder) ReduceAxis(doc, name string, kind ir.ReduceKind, x *ir.Value, g groups) *ir.Value {
	y := b.Temp(name, g.count())
	b.Emit(&ir.ReduceAxis{Doc: doc, Kind: kind, Y: y, X: x, Outer: g.outer, Length: g.length, Inner: g.inner})
	return y
}

// repeat gives every element the value of its group, as an operand of a Map.
func (b *Builder) repeat(g groups, v *ir.Value) *ir.Value {
	if g.one() || g.length == 1 {
		return v
	}
	y := b.Temp(v.Name+"_repeated", g.size())
	b.Emit(&ir.View{Doc: "repeat", Y: y, X: v, Axes: g.axes()})
	return y
}

// axes are the loops over the elements that give the place of their group.
func (g groups) axes() []ir.Axis {
	return []ir.Axis{{Size: g.outer, Stride: g.inner}, {Size: g.length}, {Size: g.inner, Stride: 1}}
}
