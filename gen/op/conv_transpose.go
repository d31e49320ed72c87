package op

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// The transposed convolutions, of values [channels, length] or [channels, height,
// width].
var (
	conv2dTranspose = convTransposeLayer(2, spec.Kind{
		Name: "conv2d_transpose",
		Doc:  "Transposed convolution of [channels, height, width] (PyTorch ConvTranspose2d, Keras Conv2DTranspose, ONNX ConvTranspose), the gradient of a convolution by its input: z[n, i·s + u·d − p, j·s + v·d − p] sums b[n] and W[c, n, u, v]·x[c, i, j] over the channels c of n's group, the places i, j and the window, y = f(z). An axis of m places becomes one of (m − 1)·s + (k − 1)·d + 1 − padding + output_padding. W is [channels, filters/groups, height, width].",
	})
	conv1dTranspose = convTransposeLayer(1, spec.Kind{
		Name: "conv1d_transpose",
		Doc:  "Transposed convolution of [channels, length], as conv2d_transpose with one axis.",
	})
)

// convTransposeLayer is the row of a transposed convolution over some axes.
func convTransposeLayer(rank int, k spec.Kind) Layer {
	count := &spec.Range{Min: 1, Max: 1e6}
	places := &spec.Range{Min: 0, Max: 1 << 16}
	k.Params = []spec.Param{{Name: "filters", Doc: "number of filters, the channels of the result", Type: spec.Integer, Required: true, Range: count}}
	for _, p := range windowParams(1.0, false) {
		if p.Name == "padding" {
			p.Doc = "places that are left out of the result: valid: none; same: as many as leave size·strides, an odd one behind (Keras; ONNX SAME_UPPER); same_lower: an odd one before; or numbers: one for every side, or those before each axis, then those behind each"
		}
		k.Params = append(k.Params, p)
	}
	k.Params = append(k.Params,
		spec.Param{Name: "output_padding", Doc: "places that the result has behind these, one number or one per axis (PyTorch, ONNX)", Type: spec.NumberList, Default: 0.0, Range: places},
		spec.Param{Name: "groups", Doc: "groups of channels, each with filters of its own", Type: spec.Integer, Default: 1, Range: count})
	k.Params = append(k.Params, kernelParams...)
	return Layer{Kind: k, Build: func(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
		if !b.spatial(l, xs[0], rank) {
			return Tensor{}
		}
		return b.convTranspose(l, xs[0])
	}}
}

// convTranspose adds the gradient of the convolution that makes a value like x of
// one like the result.
func (b *Builder) convTranspose(l *spec.Layer, x Tensor) Tensor {
	number, filters := b.NextDense(), l.Args.Int("filters")
	c := &convolution{Builder: b, l: l, groups: l.Args.Int("groups"), filters: x.Dims[0]}
	if !b.divides(l, c.groups, x.Dims[0], filters) {
		return Tensor{}
	}
	var ok bool
	if c.ws, ok = b.transposedWindows(l, x); !ok {
		return Tensor{}
	}
	dims := []int{filters}
	for _, w := range c.ws {
		dims = append(dims, w.size)
	}
	if !b.small(l, dims) {
		return Tensor{}
	}
	z := b.Temp("z"+number, dims...)
	c.x = Tensor{z, dims}
	w, bias := c.params(filters)
	if w == nil {
		return Tensor{}
	}
	conv := func(from, to *ir.Value) *ir.Contract {
		c.x.Value = from
		k := c.contraction(to, w, nil)
		k.Y.Dims = x.Dims
		return k
	}
	k := conv(z, x.Value)
	if !k.Exists(&k.Terms[0]) {
		b.Errorf(l.Args["padding"].Pos, "write less padding", code.Shapes+"nothing of its input reaches the result")
		return Tensor{}
	}
	for _, part := range k.Grad(&k.Terms[0], 0, x.Value, z) {
		if bias != nil {
			part.Init = &ir.Operand{V: bias, At: part.Y.At[:1]}
		}
		b.Emit(part.Merged())
	}
	b.Record(z, func(dz *ir.Value) {
		back := conv(dz, x.Value)
		b.gather(x.Value, func(dx *ir.Value) []*ir.Contract { return []*ir.Contract{conv(dz, dx)} })
		b.gather(w, func(dw *ir.Value) []*ir.Contract { return back.Grad(&back.Terms[0], 1, x.Value, dw) })
		if bias != nil {
			spread := &ir.Contract{
				Layer: l.Name, Loops: append([]ir.Loop{{Name: "n", Size: filters, Channels: true}}, placeLoops(c.ws)...),
				Y: ir.Operand{V: dz, Dims: dims, At: units(0, len(dims))}, Init: &ir.Operand{V: bias, At: units(0, 1)},
			}
			b.gather(bias, func(db *ir.Value) []*ir.Contract { return spread.GradInit(dz, db) })
		}
	})
	return b.Activate(l.Args.Word("activation"), Tensor{z, dims}, "a"+number)
}

// placeLoops are the loops over the places that windows read.
func placeLoops(ws []window) []ir.Loop {
	loops := outLoops(ws)
	for i, w := range ws {
		loops[i].Size = w.size
	}
	return loops
}

// transposedWindows returns how the places of x are read from the axes of the
// result.
func (b *Builder) transposedWindows(l *spec.Layer, x Tensor) (ws []window, ok bool) {
	rank := len(x.Dims) - 1
	lists := map[string][]int{}
	for _, field := range []string{"kernel_size", "strides", "dilation", "output_padding"} {
		if lists[field], ok = b.perAxis(l, field, rank); !ok {
			return nil, false
		}
	}
	ws = make([]window, rank)
	for i := range ws {
		ws[i] = window{kernel: lists["kernel_size"][i], stride: lists["strides"][i], dilation: lists["dilation"][i], out: x.Dims[i+1]}
		more := lists["output_padding"][i]
		if arg := l.Args["output_padding"]; isSame(l) && more > 0 {
			b.Errorf(arg.Pos, "remove one of the two", code.Conflict+"padding: %s says how large the result is, so that there is no output_padding", l.Args.Text("padding"))
			return nil, false
		} else if more >= max(ws[i].stride, ws[i].dilation) {
			b.Errorf(arg.Pos, "", code.Range+"output_padding must be less than strides or dilation, got %d for axis %d, where these are %d and %d", more, i+1, ws[i].stride, ws[i].dilation)
			return nil, false
		}
	}
	before, after := make([]int, rank), make([]int, rank)
	if !isSame(l) && l.Args.Text("padding") != "valid" {
		if before, after, ok = b.sides("padding", l.Args["padding"], rank); !ok {
			return nil, false
		}
	}
	for i := range ws {
		w := &ws[i]
		full := (w.out-1)*w.stride + w.span()
		w.before, w.after = before[i], after[i]
		if isSame(l) {
			all := max(w.span()-w.stride, 0)
			w.before, w.after = all/2, all-all/2
			if l.Args.Text("padding") == "same_lower" {
				w.before, w.after = w.after, w.before
			}
			full = w.out*w.stride + all
		}
		if w.size = full - w.before - w.after + lists["output_padding"][i]; w.size < 1 {
			b.Errorf(l.Args["padding"].Pos, "write less padding", code.Shapes+"its padding leaves nothing of the %d places of axis %d", full, i+1)
			return nil, false
		}
	}
	return ws, true
}
