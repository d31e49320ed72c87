package op

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// ceilMode is a field of every pooling.
var ceilMode = spec.Param{Name: "ceil_mode", Doc: "a last window too, where it is not whole; none that would start in the padding behind (PyTorch, ONNX)", Type: spec.Bool, Default: false}

// The poolings, of values [channels, length] or [channels, height, width].
var (
	maxPool2d = poolLayer(2, spec.Kind{
		Name: "max_pool2d", Aliases: []string{"max_pooling2d"},
		Doc: "Maximum of each window of [channels, height, width], y[c, i, j] = max x[c, i·s + u·d − p, j·s + v·d − p], of what lies inside of x; gradient dy at the first of equals (PyTorch MaxPool2d).",
	}, (*Builder).maxPool)
	maxPool1d = poolLayer(1, spec.Kind{
		Name: "max_pool1d", Aliases: []string{"max_pooling1d"},
		Doc: "Maximum of each window of [channels, length], as max_pool2d with one axis.",
	}, (*Builder).maxPool)
	avgPool2d = poolLayer(2, spec.Kind{
		Name: "avg_pool2d", Aliases: []string{"average_pooling2d"},
		Doc: "Mean of each window of [channels, height, width], y[c, i, j] = Σ x[c, i·s + u·d − p, j·s + v·d − p]/n; n counts what lies inside of x (Keras AveragePooling2D, ONNX), with count_include_pad what lies inside of its padding (PyTorch's default); gradient dx = Σ dy/n.",
	}, (*Builder).avgPool)
	avgPool1d = poolLayer(1, spec.Kind{
		Name: "avg_pool1d", Aliases: []string{"average_pooling1d"},
		Doc: "Mean of each window of [channels, length], as avg_pool2d with one axis.",
	}, (*Builder).avgPool)
	globalMaxPool = Layer{
		Kind: spec.Kind{
			Name: "global_max_pool", Aliases: []string{"global_max_pooling"}, Params: []spec.Param{globalKeepdims},
			Doc: "Maximum of each channel, of [channels, …], y[c] = max x[c, …]; gradient dy at the first of equals.",
		},
		Build: func(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
			x, dims, ok := b.channels(l, xs[0])
			if !ok {
				return Tensor{}
			}
			return Tensor{b.maxPool(l, x, wholeAxis(x)).Value, dims}
		},
	}
	globalAvgPool = Layer{
		Kind: spec.Kind{
			Name: "global_avg_pool", Aliases: []string{"global_average_pooling"}, Params: []spec.Param{globalKeepdims},
			Doc: "Mean of the n elements of each channel, of [channels, …], y[c] = Σ x[c, …]/n; gradient dx = dy/n.",
		},
		Build: func(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
			x, dims, ok := b.channels(l, xs[0])
			if !ok {
				return Tensor{}
			}
			return Tensor{b.avgPool(l, x, wholeAxis(x)).Value, dims}
		},
	}
)

var globalKeepdims = spec.Param{Name: "keepdims", Doc: "keep the axes behind the channels with size 1", Type: spec.Bool, Default: false}

// poolLayer is the row of a pooling over some axes.
func poolLayer(rank int, k spec.Kind, build func(b *Builder, l *spec.Layer, x Tensor, ws []window) Tensor) Layer {
	k.Params = append(windowParams(nil, false), ceilMode)
	if k.Name == "avg_pool1d" || k.Name == "avg_pool2d" {
		k.Params = append(k.Params, spec.Param{Name: "count_include_pad", Doc: "count the places of the padding too", Type: spec.Bool, Default: false})
	}
	return Layer{Kind: k, Build: func(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
		x := xs[0]
		if !b.spatial(l, x, rank) {
			return Tensor{}
		}
		ws, ok := b.windows(l, x)
		if !ok {
			return Tensor{}
		}
		for i, w := range ws {
			for o := range w.out {
				if w.reads(o, false) == 0 {
					b.Errorf(l.Args["padding"].Pos, "write less padding", code.Shapes+"window %d of axis %d would lie in the padding alone", o, i+1)
					return Tensor{}
				}
			}
		}
		if _, ok := b.outDims(l, x.Dims[0], ws); !ok {
			return Tensor{}
		}
		return build(b, l, x, ws)
	}}
}

// channels sees a value as [channels, elements], and gives the shape of one
// number per channel.
func (b *Builder) channels(l *spec.Layer, x Tensor) (seen Tensor, dims []int, ok bool) {
	if len(x.Dims) < 2 {
		b.Errorf(l.Pos, "write reshape before it", code.Shapes+"%s needs channels and at least one more axis, got the shape %s", l.Kind, shapeText(x.Dims))
		return x, nil, false
	}
	dims = []int{x.Dims[0]}
	if l.Args.Bool("keepdims") {
		dims = append(dims, slices.Repeat([]int{1}, len(x.Dims)-1)...)
	}
	return Tensor{x.Value, []int{x.Dims[0], x.Size() / x.Dims[0]}}, dims, true
}

// wholeAxis is the window of everything behind the channels.
func wholeAxis(x Tensor) []window {
	n := x.Dims[1]
	return []window{{size: n, kernel: n, stride: 1, dilation: 1, out: 1}}
}

// pooled are the loops of a pooling over the results and over the window, and
// the maps of the result and of what it reads.
func pooled(x Tensor, ws []window) (loops, over []ir.Loop, y []ir.Affine, from ir.Operand) {
	loops = append([]ir.Loop{{Name: "c", Size: x.Dims[0], Channels: true}}, outLoops(ws)...)
	from = ir.Operand{V: x.Value, Dims: x.Dims, At: []ir.Affine{ir.Unit(0)}}
	for i, w := range ws {
		from.At = append(from.At, w.at(ir.Unit(1+i), ir.Unit(len(loops)+i)))
	}
	return loops, kernelLoops(ws), units(0, len(loops)), from
}

func poolDims(x Tensor, ws []window) []int {
	dims := []int{x.Dims[0]}
	for _, w := range ws {
		dims = append(dims, w.out)
	}
	return dims
}

func (b *Builder) maxPool(l *spec.Layer, x Tensor, ws []window) Tensor {
	dims := poolDims(x, ws)
	loops, over, at, from := pooled(x, ws)
	result := func(y *ir.Value) ir.Operand { return ir.Operand{V: y, Dims: dims, At: at} }
	y := b.Temp(l.Name, dims...)
	b.Emit(&ir.Pool{Layer: l.Name, Loops: loops, Y: result(y), X: from, Window: over})
	b.Record(y, func(dy *ir.Value) {
		to := from
		to.V = b.Temp("d"+x.Name, x.Shape...)
		b.Emit(&ir.PoolGradient{Layer: l.Name, Loops: loops, DX: to, DY: result(dy), X: from, Window: over})
		b.AddGrad(x.Value, to.V)
	})
	return Tensor{y, dims}
}

func (b *Builder) avgPool(l *spec.Layer, x Tensor, ws []window) Tensor {
	dims := poolDims(x, ws)
	loops, over, at, from := pooled(x, ws)
	s := b.Temp(l.Name+"_sum", dims...)
	b.Contract(&ir.Contract{Layer: l.Name, Loops: loops, Y: ir.Operand{V: s, Dims: dims, At: at}, Terms: []ir.Term{{Loops: over, A: from}}})
	// mean divides by the numbers of places, for which n stands.
	mean := func(doc, name, prog, out string, ins ...any) *ir.Value {
		p, counts := expr.MustParse(prog), placesOf(ws, l.Args.Bool("count_include_pad"))
		if n := counts[0]; !slices.ContainsFunc(counts, func(m float64) bool { return m != n }) {
			return b.Map(doc, name, p.Bind(map[string]float64{"n": n}), out, s.Size(), ins...)
		}
		each, _ := b.spread(Tensor{b.Constant(l.Name+"_places", counts), dims[1:]}, dims)
		return b.Map(doc, name, p, out, s.Size(), append(ins, "n", each)...)
	}
	y := mean(l.Kind, l.Name, "y = s/n", "y", "s", s)
	b.Record(y, func(dy *ir.Value) { b.AddGrad(s, mean(l.Kind+" gradient", "d"+l.Name, "ds = dy/n", "ds", "dy", dy)) })
	return Tensor{y, dims}
}

// placesOf are how many places the window at each position has.
func placesOf(ws []window, padding bool) []float64 {
	counts := []float64{1}
	for _, w := range ws {
		var next []float64
		for _, n := range counts {
			for o := range w.out {
				next = append(next, n*float64(w.reads(o, padding)))
			}
		}
		counts = next
	}
	return counts
}
