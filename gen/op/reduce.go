package op

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
)

// keepdims is a field of every reduction.
var keepdims = spec.Param{Name: "keepdims", Doc: "keep the axes with size 1", Type: spec.Bool, Default: false}

// reduceParams are the fields of the reductions over several axes.
var reduceParams = []spec.Param{
	{Name: "axes", Doc: "axes that are combined, of the shape without the batch, from the end if negative; all if absent", Type: spec.NumberList},
	keepdims,
}

// The reductions over axes.
var (
	reduceSum = Layer{
		Kind:  spec.Kind{Name: "reduce_sum", Doc: "Sum along axes, y = Σ x, gradient dx = dy.", Params: reduceParams},
		Build: reduceLayer(ir.Sum, false),
	}
	reduceMean = Layer{
		Kind:  spec.Kind{Name: "reduce_mean", Doc: "Mean of the n elements along axes, y = Σ x/n, gradient dx = dy/n.", Params: reduceParams},
		Build: reduceLayer(ir.Sum, true),
	}
	reduceMax = Layer{
		Kind:  spec.Kind{Name: "reduce_max", Doc: "Maximum along axes, y = max x, gradient dx = dy/k for the k elements that are it, else 0 (PyTorch amax).", Params: reduceParams},
		Build: reduceLayer(ir.MaxOf, false),
	}
	reduceMin = Layer{
		Kind:  spec.Kind{Name: "reduce_min", Doc: "Minimum along axes, y = min x, gradient dx = dy/k for the k elements that are it, else 0 (PyTorch amin).", Params: reduceParams},
		Build: reduceLayer(ir.MinOf, false),
	}
)

func reduceLayer(kind ir.ReduceKind, mean bool) func(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
	return func(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
		axes, ok := b.axesField("axes", l.Args, xs[0].Dims)
		if !ok {
			return Tensor{}
		}
		x, g := b.toGroups(l, xs[0], axes)
		y := b.ReduceAxis(l.Kind, l.Name, kind, x, g)
		if kind == ir.Sum {
			b.Record(y, func(dy *ir.Value) { b.AddGrad(x, b.perElement(g, dy)) })
		} else {
			b.Record(y, func(dy *ir.Value) { b.AddGrad(x, extremeGrad(b, l, x, y, dy, g)) })
		}
		if mean {
			sum, n := y, map[string]float64{"n": float64(g.length)}
			y = b.Map(l.Kind, l.Name, formula("y = s/n").Bind(n), "y", g.count(), "s", sum)
			b.Record(y, func(dy *ir.Value) {
				b.AddGrad(sum, b.Map(l.Kind+" gradient", "d"+l.Name, formula("ds = dy/n").Bind(n), "ds", g.count(), "dy", dy))
			})
		}
		return Tensor{y, reducedDims(l, xs[0].Dims, axes)}
	}
}

// extremeGrad divides dy among the elements that are the extreme of their
// group.
func extremeGrad(b *Builder, l *spec.Layer, x, y, dy *ir.Value, g groups) *ir.Value {
	most := b.repeat(g, y)
	is := b.Map("is the extreme", l.Name+"_is", formula("e = select(x == y, 1, 0)"), "e", g.size(), "x", x, "y", most)
	count := b.ReduceAxis("count", l.Name+"_count", ir.Sum, is, g)
	return b.Map(l.Kind+" gradient", "d"+x.Name, formula("dx = select(x == y, dy/k, select(y == y, 0, y))"), "dx", g.size(),
		"x", x, "y", most, "dy", b.repeat(g, dy), "k", b.repeat(g, count))
}

// perElement is repeat as a value of its own, not the operand of a Map.
func (b *Builder) perElement(g groups, v *ir.Value) *ir.Value {
	if g.length == 1 {
		return v
	}
	y := b.Temp(v.Name+"_repeated", g.size())
	b.Emit(&ir.View{Doc: "repeat", Y: y, X: v, Axes: g.axes()})
	return y
}

// toGroups returns x with the axes in one run, moved to the end if they are
// not, and the groups along them.
func (b *Builder) toGroups(l *spec.Layer, x Tensor, axes []int) (*ir.Value, groups) {
	if len(axes) == 0 { // a single number
		return x.Value, whole(1)
	}
	first, last := axes[0], axes[len(axes)-1]
	run := true
	for i := first; i <= last; i++ {
		run = run && (slices.Contains(axes, i) || x.Dims[i] == 1)
	}
	if run {
		return x.Value, along(x.Dims, first, last)
	}
	var kept, reduced []ir.Axis
	for i, a := range axesOf(x.Dims) {
		if slices.Contains(axes, i) {
			reduced = append(reduced, a)
		} else {
			kept = append(kept, a)
		}
	}
	outer := 1
	for _, a := range kept {
		outer *= a.Size
	}
	return b.View("axes to end", l.Name+"_moved", x.Value, append(kept, reduced...), 0), groups{outer, x.Size() / outer, 1}
}

// reducedDims is the shape of a reduction along axes.
func reducedDims(l *spec.Layer, dims, axes []int) []int {
	out := []int{}
	for i, d := range dims {
		switch {
		case !slices.Contains(axes, i):
			out = append(out, d)
		case l.Args.Bool("keepdims"):
			out = append(out, 1)
		}
	}
	return out
}
