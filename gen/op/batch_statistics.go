package op

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// needBatch notes that a step needs two samples where a feature has one number
// per sample: one number has no variance.
func (b *Builder) needBatch(l *spec.Layer, numbers int) {
	if numbers > 1 {
		return
	}
	b.Prog.MinBatch = 2
	if b.Net.Codegen.Batch < 2 {
		b.Errorf(l.Pos, "write codegen: {batch: 32}", code.NotTrainable+"the statistics of a batch need at least 2 samples, but batch is %d", b.Net.Codegen.Batch)
	}
}

// features sums over all numbers of a batch that belong to a feature.
type features struct {
	*Builder
	dims, combined []int // of the values, and of what is combined with them
	axis           int
	count          *ir.Value // n, how many numbers a feature has in the batch
}

// size is the number of features.
func (f *features) size() int { return f.dims[f.axis] }

// sum is the sum of v for every feature: of a sample, then over the samples.
func (f *features) sum(name string, v *ir.Value) *ir.Value {
	y := f.Value(ir.Value{Name: name, Shape: []int{f.size()}})
	f.Emit((&ir.BatchSum{Y: y, X: f.ofSample(name, v)}).Contract())
	return y
}

// ofSample is the sum over the numbers of a sample.
func (f *features) ofSample(name string, v *ir.Value) *ir.Value {
	n := volume(f.dims) / f.size()
	g := groups{f.size(), n, 1}
	switch {
	case n == 1:
		return v
	case f.axis == len(f.dims)-1:
		g = groups{1, n, f.size()}
	case f.axis > 0:
		axes := axesOf(f.dims)
		axes = append([]ir.Axis{axes[f.axis]}, append(axes[:f.axis:f.axis], axes[f.axis+1:]...)...)
		moved := f.Temp(name+"_moved", v.Size())
		f.Emit(&ir.View{Doc: "features first", Y: moved, X: v, Axes: axes})
		v = moved
	}
	return f.ReduceAxis("sum", name+"_sample", ir.Sum, v, g)
}

// each gives every number what its feature has, as an operand of a Map.
func (f *features) each(v *ir.Value) *ir.Value {
	x, _ := f.spread(Tensor{v, f.combined}, f.dims)
	return x
}

// normalisation is that of x by the statistics of the batch: d = x − μ, h = d·r.
type normalisation struct {
	*features
	layer   string
	numbers map[string]float64
	d, r, h *ir.Value
}

// perFeature is a number for every feature, of others and of their count n.
func (n *normalisation) perFeature(doc, name, prog, out string, ins ...any) *ir.Value {
	return n.Map(doc, n.layer+"_"+name, expr.MustParse(prog).Bind(n.numbers), out, n.size(), append(ins, "n", n.count)...)
}

// normalise normalises by the mean and the variance of the batch, which are left as
// what the running averages move to.
func (b *Builder) normalise(l *spec.Layer, x Tensor, axis int, combined []int) *normalisation {
	n := &normalisation{layer: l.Name, numbers: map[string]float64{"numbers": float64(x.Size() / x.Dims[axis]), "epsilon": l.Args.Float("epsilon")}}
	f := &features{Builder: b, dims: x.Dims, combined: combined, axis: axis}
	f.count = b.Scalars("numbers of a feature", expr.MustParse("n = batch*numbers").Bind(n.numbers), []string{"n"}, x.DType, "batch", b.Scalar("batch"))[0]
	n.features = f
	size := x.Size()
	mean := n.perFeature("mean", "mean", "m = s/n", "m", "s", f.sum(l.Name+"_sum", x.Value))
	n.d = b.Map("deviation", l.Name+"_deviation", formula("d = x - m"), "d", size, "x", x.Value, "m", f.each(mean))
	squares := f.sum(l.Name+"_squares", b.Map("square", l.Name+"_square", formula("e = d*d"), "e", size, "d", n.d))
	n.r = n.perFeature("reciprocal deviation", "scale", "r = 1/sqrt(v/n + epsilon)", "r", "v", squares)
	n.h = b.Map("normalise", l.Name+"_normalised", formula("h = d*r"), "h", size, "d", n.d, "r", f.each(n.r))
	b.statistic(l.Name+".running_mean", mean)
	b.statistic(l.Name+".running_var", n.perFeature("unbiased variance", "variance", "u = v/(n - 1)", "u", "v", squares))
	return n
}

// normaliseFast is y = h·w + b in fast mode, whose gradients are two sums and
// a formula of them: db = Σ dy, dw = r·Σ dy·d, dx = r·w·(dy − db/n − d·r·dw/n).
func (b *Builder) normaliseFast(l *spec.Layer, x Tensor, axis int, stored, combined []int) Tensor {
	n := b.normalise(l, x, axis, combined)
	y, size := n.h, x.Size()
	params := map[string]*ir.Value{}
	for _, p := range []struct {
		name, field, doc, prog, leaf string
		start                        float64
	}{{"weight", "use_weight", "scale", "y = x*w", "w", 1}, {"bias", "use_bias", "shift", "y = x + b", "b", 0}} {
		if !l.Args.Bool(p.field) {
			continue
		}
		t, ok := b.elementwise(l, p.name, stored, combined, p.start)
		if !ok {
			return Tensor{}
		}
		params[p.name] = t.Value
		y = b.Map(p.doc, l.Name, formula(p.prog), "y", size, "x", y, p.leaf, n.each(t.Value))
	}
	y.Name = l.Name
	b.Record(y, func(dy *ir.Value) {
		sum := n.sum(dy.Name+"_sum", dy)
		dot := n.sum(dy.Name+"_dot", b.Map("product", dy.Name+"_product", formula("e = dy*d"), "e", size, "dy", dy, "d", n.d))
		learn := func(name string, g *ir.Value) {
			if p := params[name]; p != nil && p.Param.Trained {
				b.statistic(p.Name, g)
			}
		}
		learn("weight", n.perFeature("weight gradient", "dweight", "dw = r*q", "dw", "q", dot, "r", n.r))
		learn("bias", sum)
		scale := n.r
		if w := params["weight"]; w != nil {
			scale = n.perFeature("weight by reciprocal deviation", "factor", "f = r*w", "f", "r", n.r, "w", w)
		}
		g := n.perFeature("mean gradient", "dmean", "g = s/n", "g", "s", sum)
		k := n.perFeature("gradient of the deviation", "ddeviation", "k = q*(r*r)/n", "k", "q", dot, "r", n.r)
		b.AddGrad(x.Value, b.Map("batch normalisation gradient", "d"+x.Name, formula("dx = f*((dy - g) - d*k)"), "dx", size,
			"f", n.each(scale), "dy", dy, "g", n.each(g), "d", n.d, "k", n.each(k)))
	})
	return Tensor{y, x.Dims}
}

// normaliseBatch is h = (x − μ)·r with the mean and the variance of the batch.
func (b *Builder) normaliseBatch(l *spec.Layer, x Tensor, axis int, combined []int) Tensor {
	n := b.normalise(l, x, axis, combined)
	f, h, r, size := n.features, n.h, n.r, x.Size()
	b.Record(h, func(dh *ir.Value) {
		s := f.each(f.sum(dh.Name+"_sum", dh))
		t := f.each(f.sum(dh.Name+"_dot", b.Map("product", dh.Name+"_product", formula("e = dh*h"), "e", size, "dh", dh, "h", h)))
		b.AddGrad(x.Value, b.Map("batch normalisation gradient", "d"+x.Name, formula("dx = r*(dh - (s + h*t)/n)"), "dx", size,
			"r", f.each(r), "dh", dh, "s", s, "h", h, "t", t, "n", f.count))
	})
	return Tensor{h, x.Dims}
}

// statistic is what a running average moves to in the step's update.
func (b *Builder) statistic(name string, v *ir.Value) {
	p := b.params[name]
	s := b.gradValue(p)
	b.Emit((&ir.Copy{Y: s, X: v}).Contract())
	b.AddGrad(p, s)
}
