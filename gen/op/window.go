package op

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// window is how the positions of a result read an axis: position o reads
// o·stride + k·dilation − before for every k of the kernel. Before the axis and
// behind it there is padding.
type window struct {
	size, kernel, stride, dilation int
	before, after                  int
	out                            int // positions of the result
}

// span is how many places a kernel covers.
func (w window) span() int { return (w.kernel-1)*w.dilation + 1 }

// at is the place read, by the loops o and k of a contraction.
func (w window) at(o, k ir.Affine) ir.Affine {
	return ir.Affine{Offset: -w.before}.Plus(o, w.stride).Plus(k, w.dilation)
}

// reads counts the places that position o reads below a bound, those of the
// axis alone or also those of its padding.
func (w window) reads(o int, padding bool) int {
	low, high := 0, w.size
	if padding {
		low, high = -w.before, w.size+w.after
	}
	first := o*w.stride - w.before
	from := (max(low-first, 0) + w.dilation - 1) / w.dilation // the first place that is not below
	if last := high - 1 - first; last >= 0 {
		return max(min(w.kernel, last/w.dilation+1)-from, 0)
	}
	return 0
}

// windowParams are the fields of layers that move a window over the axes behind
// the channels; stride is the default, nil the size of the kernel.
func windowParams(stride any, causal bool) []spec.Param {
	strides := "positions from one window to the next, one number or one per axis"
	if stride == nil {
		strides += "; the size of the kernel if absent"
	}
	words := []string{"valid", "same", "same_lower"}
	padding := "valid: none; same: as much as makes ⌈size/stride⌉ positions, an odd one behind (ONNX SAME_UPPER); same_lower: an odd one before"
	if causal {
		words = append(words, "causal")
		padding += "; causal: all before, so that no position reads a later one"
	}
	padding += "; or numbers: one for every side, or those before each axis, then those behind each ([top, left, bottom, right], as ONNX pads)"
	size := &spec.Range{Min: 1, Max: 1 << 16}
	return []spec.Param{
		{Name: "kernel_size", Doc: "size of the window, one number or one per axis", Type: spec.NumberList, Required: true, Range: size},
		{Name: "strides", Doc: strides, Type: spec.NumberList, Default: stride, Range: size},
		{Name: "dilation", Doc: "distance of neighbours in the window, one number or one per axis", Type: spec.NumberList, Default: 1.0, Range: size},
		{Name: "padding", Doc: padding, Type: spec.EnumOrNumbers, Enum: words, Default: "valid", Range: &spec.Range{Min: 0, Max: 1 << 16}},
	}
}

// spatial checks that a value has channels and some axes behind them.
func (b *Builder) spatial(l *spec.Layer, x Tensor, rank int) bool {
	if len(x.Dims) == rank+1 {
		return true
	}
	want := map[int]string{1: "[channels, length]", 2: "[channels, height, width]"}[rank]
	hint := "write reshape before it"
	if len(x.Dims) == rank { // without channels
		shape := shapeText(append([]int{1}, x.Dims...))
		hint = "write reshape: {shape: " + shape + "} before it, with one channel"
		for _, in := range b.Net.Inputs {
			if in.Name == l.From[0] {
				hint = "write shape: " + shape + " for the input, with one channel"
			}
		}
	}
	b.Errorf(l.Pos, hint, code.Shapes+"%s needs the shape %s, got %s", l.Kind, want, shapeText(x.Dims))
	return false
}

// perAxis returns a field with one number per axis.
func (b *Builder) perAxis(l *spec.Layer, field string, rank int) (list []int, ok bool) {
	arg := l.Args[field]
	list, ok = b.wholeNumbers(field, arg)
	switch {
	case !ok:
		return nil, false
	case len(list) == 1:
		return slices.Repeat(list, rank), true
	case len(list) != rank:
		b.Errorf(arg.Pos, map[int]string{1: "write one number", 2: "write one number, or [vertical, horizontal]"}[rank], code.Count+"%s must be one number or one per axis, got %s", field, listText(arg))
		return nil, false
	}
	return list, true
}

// windows returns how a layer reads the axes behind the channels.
func (b *Builder) windows(l *spec.Layer, x Tensor) (ws []window, ok bool) {
	rank := len(x.Dims) - 1
	ws = make([]window, rank)
	for _, f := range []struct {
		field string
		set   func(w *window, n int)
	}{
		{"kernel_size", func(w *window, n int) { w.kernel, w.stride = n, n }},
		{"strides", func(w *window, n int) { w.stride = n }},
		{"dilation", func(w *window, n int) { w.dilation = n }},
	} {
		if !l.Args.Has(f.field) {
			continue
		}
		list, ok := b.perAxis(l, f.field, rank)
		if !ok {
			return nil, false
		}
		for i, n := range list {
			f.set(&ws[i], n)
		}
	}
	for i := range ws {
		ws[i].size = x.Dims[i+1]
	}
	if !b.padWindows(l, ws) {
		return nil, false
	}
	for i := range ws {
		w := &ws[i]
		padded := w.size + w.before + w.after
		if w.span() > padded {
			b.Errorf(l.Args["kernel_size"].Pos, "make it smaller, or write padding", code.Shapes+"a window of %d covers %d along axis %d of the shape %s, which has %d with its padding",
				w.kernel, w.span(), i+1, shapeText(x.Dims), padded)
			return nil, false
		}
		if w.out = (padded-w.span())/w.stride + 1; l.Args.Bool("ceil_mode") && !isSame(l) {
			w.out = (padded-w.span()+w.stride-1)/w.stride + 1
			if (w.out-1)*w.stride >= w.size+w.before { // it would start in the padding behind
				w.out--
			}
		}
	}
	return ws, true
}

func isSame(l *spec.Layer) bool {
	word := l.Args.Text("padding")
	return word == "same" || word == "same_lower"
}

// padWindows fills in the padding.
func (b *Builder) padWindows(l *spec.Layer, ws []window) bool {
	switch word := l.Args.Text("padding"); word {
	case "":
		before, after, ok := b.sides("padding", l.Args["padding"], len(ws))
		for i := range before {
			ws[i].before, ws[i].after = before[i], after[i]
		}
		return ok
	case "causal":
		for i := range ws {
			ws[i].before = ws[i].span() - 1
		}
	case "same", "same_lower":
		for i := range ws {
			w := &ws[i]
			positions := (w.size + w.stride - 1) / w.stride
			all := max((positions-1)*w.stride+w.span()-w.size, 0)
			w.before, w.after = all/2, all-all/2
			if word == "same_lower" {
				w.before, w.after = w.after, w.before
			}
		}
	}
	return true
}

// sides returns a field with a number for every side: one for all, or those
// before each axis and then those behind each.
func (b *Builder) sides(field string, arg spec.Arg, rank int) (before, after []int, ok bool) {
	list, ok := b.wholeNumbers(field, arg)
	switch {
	case !ok:
		return nil, nil, false
	case len(list) == 1:
		list = slices.Repeat(list, 2*rank)
	case len(list) != 2*rank:
		b.Errorf(arg.Pos, map[int]string{1: "write one number, or [left, right]", 2: "write one number, or [top, left, bottom, right]"}[rank],
			code.Count+"%s must be one number or one per side, got %s", field, listText(arg))
		return nil, nil, false
	}
	return list[:rank], list[rank:], true
}

// outDims is the shape of a result with some channels; it reports false where
// it has too many elements.
func (b *Builder) outDims(l *spec.Layer, channels int, ws []window) (dims []int, ok bool) {
	dims = []int{channels}
	for _, w := range ws {
		dims = append(dims, w.out)
	}
	return dims, b.small(l, dims)
}

// small reports whether a result of a shape has not too many elements.
func (b *Builder) small(l *spec.Layer, dims []int) bool {
	n := float64Volume(dims)
	if n > MaxElements {
		b.Errorf(l.Pos, "make it smaller", code.Limit+"its result has the shape %s, %.0f elements; the limit is %d", shapeText(dims), n, MaxElements)
	}
	return n <= MaxElements
}

// float64Volume is the number of elements of a shape, however many.
func float64Volume(dims []int) float64 {
	n := 1.0
	for _, d := range dims {
		n *= float64(d)
	}
	return n
}

// Names of the loops over the axes of a result and of a window.
var (
	outNames    = [][]string{{"j"}, {"i", "j"}}
	kernelNames = [][]string{{"v"}, {"u", "v"}}
)

// outLoops are the loops over the positions of a result.
func outLoops(ws []window) []ir.Loop {
	loops := make([]ir.Loop, len(ws))
	for i, w := range ws {
		loops[i] = ir.Loop{Name: outNames[len(ws)-1][i], Size: w.out}
	}
	return loops
}

// kernelLoops are the loops over a window.
func kernelLoops(ws []window) []ir.Loop {
	loops := make([]ir.Loop, len(ws))
	for i, w := range ws {
		loops[i] = ir.Loop{Name: kernelNames[len(ws)-1][i], Size: w.kernel}
	}
	return loops
}

// units are the loops from … on as maps, n of them.
func units(from, n int) []ir.Affine {
	maps := make([]ir.Affine, n)
	for i := range maps {
		maps[i] = ir.Unit(from + i)
	}
	return maps
}
