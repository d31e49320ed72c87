package importer

import (
	"fmt"
	"slices"
)

// layerKinds say how the kinds of nodes are written that are not functions of one
// number.
var layerKinds map[string]func(w *writer, n *node)

func init() { // not a literal: writing reads the table
	layerKinds = map[string]func(w *writer, n *node){
		"dense":               writeDense,
		"rows":                writeRows,
		"affine":              writeAffine,
		"prelu":               writePRelu,
		"constant":            writeConstant,
		"add":                 writeMerge,
		"subtract":            writeMerge,
		"multiply":            writeMerge,
		"divide":              writeMerge,
		"minimum":             writeMerge,
		"maximum":             writeMerge,
		"average":             writeMerge,
		"where":               writeMerge,
		"equal":               writeMerge,
		"less":                writeMerge,
		"less_or_equal":       writeAs("less_equal", false),
		"greater":             writeAs("less", true),
		"greater_or_equal":    writeAs("less_equal", true),
		"expand":              writeExpand,
		"concat":              writeConcat,
		"softmax":             writeSoftmax,
		"log_softmax":         writeSoftmax,
		"layer_normalization": writeLayerNorm,
		"transpose":           writeTranspose,
		"slice":               writeSlice,
		"reduce_sum":          writeReduce,
		"reduce_mean":         writeReduce,
		"reduce_max":          writeReduce,
		"reduce_min":          writeReduce,
		"argmax":              writeArg,
		"argmin":              writeArg,
		"conv1d":              writeWindowed,
		"conv2d":              writeWindowed,
		"depthwise_conv1d":    writeWindowed,
		"depthwise_conv2d":    writeWindowed,
		"conv1d_transpose":    writeWindowed,
		"conv2d_transpose":    writeWindowed,
		"resize":              writeWindowed,
		"channel_shuffle":     writeWindowed,
		"max_pool1d":          writeWindowed,
		"max_pool2d":          writeWindowed,
		"avg_pool1d":          writeWindowed,
		"avg_pool2d":          writeWindowed,
		"global_max_pool":     writeWindowed,
		"global_avg_pool":     writeWindowed,
		"pad":                 writeWindowed,
		"rnn":                 writeCell,
		"gru":                 writeCell,
		"lstm":                writeCell,
		"state":               writeState,
	}
}

func writeDense(w *writer, n *node) {
	w.writeDense(n, n.units(), n.inputs(), false, nil, []int{n.units()})
}

// writeDense writes a dense layer of some shape; shaped says whether that of its
// source matters.
func (w *writer) writeDense(n *node, units, inputs int, shaped bool, more []field, shape []int) {
	w.trained = true
	fields := []string{fmt.Sprintf("units: %d", units)}
	for _, f := range more {
		fields = append(fields, fmt.Sprintf("%s: %v", f.name, f.value))
	}
	fields = append(fields, activationField(n)...)
	tensors := []Tensor{{"weight", []int{units, inputs}, n.w}}
	if n.b == nil {
		fields = append(fields, "use_bias: false")
	} else {
		tensors = append(tensors, Tensor{"bias", []int{units}, n.b})
	}
	w.emit(n, "dense", []string{w.source(n.from[0], shaped)}, fields, shape, tensors...)
}

func joinFields(fields []string) string {
	text := ""
	for i, f := range fields {
		if i > 0 {
			text += ", "
		}
		text += f
	}
	return text
}

// featureAxes finds the axes along which any of the lists, one number or one
// per element of a shape, varies, and the lists along them.
func featureAxes(shape []int, lists ...[]float64) (axes, stored []int, out [][]float64) {
	step := strides(shape)
	for k, d := range shape {
		varies := false
		for _, list := range lists {
			for i := range list {
				if len(list) > 1 && (i/step[k])%d > 0 && list[i] != list[i-step[k]] {
					varies = true
					break
				}
			}
		}
		if varies {
			axes, stored = append(axes, k), append(stored, d)
		}
	}
	kept := make([]int, len(stored))
	for i, a := range axes {
		kept[i] = step[a]
	}
	for _, list := range lists {
		var values []float64
		for _, p := range walk(stored, kept, 0) {
			values = append(values, at(list, p))
		}
		out = append(out, values)
	}
	return axes, stored, out
}

// axesFields are the fields of a layer with parameters along axes.
func axesFields(axes []int, rank int) []string {
	switch {
	case len(axes) == 0:
		return []string{"shared: true"}
	case len(axes) == 1 && axes[0] == rank-1:
		return nil
	}
	return []string{"axes: " + intList(axes)}
}

func parameterShape(stored []int) []int {
	if len(stored) == 0 {
		return []int{1}
	}
	return stored
}

func writeAffine(w *writer, n *node) {
	a := n.affine
	if len(a.mul) == 1 && a.mul[0] == -1 && a.sub == nil && a.div == nil && a.add == nil {
		writeFunction(w, &node{kind: "neg", from: n.from, shape: n.shape, hints: n.hints})
		w.byNode[n] = &written{w.last, w.byNode[w.baseOf(n.from[0])].shape}
		return
	}
	w.trained = true
	if n.norm != nil && len(n.shape) > 0 {
		writeBatchNorm(w, n)
		return
	}
	count := max(len(a.sub), len(a.mul), len(a.div), len(a.add))
	scale, shift := make([]float64, count), make([]float64, count)
	for i := range count {
		scale[i], shift[i] = a.scale(i), a.shift(i)
	}
	axes, stored, lists := featureAxes(n.shape, scale, shift)
	fields := axesFields(axes, len(n.shape))
	var tensors []Tensor
	if s, ok := (&array{data: scale}).uniform(); ok && s == 1 {
		fields = append(fields, "use_weight: false")
	} else {
		tensors = append(tensors, Tensor{"weight", parameterShape(stored), lists[0]})
	}
	if t, ok := (&array{data: shift}).uniform(); ok && t == 0 {
		fields = append(fields, "use_bias: false")
	} else {
		tensors = append(tensors, Tensor{"bias", parameterShape(stored), lists[1]})
	}
	w.emit(n, "scale_shift", []string{w.source(n.from[0], len(axes) > 0)}, fields, w.kept(n, len(axes) > 0), tensors...)
}

// kept is the shape of an element-wise layer: that of its source.
func (w *writer) kept(n *node, matters bool) []int {
	if matters {
		return n.shape
	}
	return w.byNode[w.baseOf(n.from[0])].shape
}

func writeBatchNorm(w *writer, n *node) {
	p := n.norm
	fields := []string{"epsilon: " + number(p.epsilon)}
	if p.axis != 0 {
		fields = append(fields, fmt.Sprintf("axis: %d", p.axis))
	}
	if w.train {
		fields = append(fields, "trainable: false")
	}
	shape := []int{n.shape[p.axis]}
	w.emit(n, "batch_normalization", []string{w.source(n.from[0], true)}, fields, n.shape,
		Tensor{"weight", shape, p.scale}, Tensor{"bias", shape, p.bias}, Tensor{"running_mean", shape, p.mean}, Tensor{"running_var", shape, p.variance})
}

func writePRelu(w *writer, n *node) {
	w.trained = true
	axes, stored, lists := featureAxes(n.shape, n.affine.mul)
	w.emit(n, "prelu", []string{w.source(n.from[0], len(axes) > 0)}, axesFields(axes, len(n.shape)), w.kept(n, len(axes) > 0),
		Tensor{"weight", parameterShape(stored), lists[0]})
}

func writeConstant(w *writer, n *node) {
	shape := inputShape(n.shape)
	w.emit(n, "constant", nil, []string{"shape: " + intList(shape)}, shape, Tensor{"weight", shape, n.value.data})
}

// writeMerge writes an element-wise layer of several sources. Their shapes
// matter where they are not all the same.
func writeMerge(w *writer, n *node) {
	matters := false
	first := w.byNode[w.baseOf(n.from[0])].shape
	for _, x := range n.from {
		matters = matters || !slices.Equal(x.shape, n.from[0].shape) || !slices.Equal(w.byNode[w.baseOf(x)].shape, first)
	}
	var from []string
	full := slices.ContainsFunc(n.from, func(x *node) bool { return slices.Equal(x.shape, n.shape) })
	for _, x := range n.from {
		from = append(from, w.source(x, matters && !(full && x.size() == 1 && n.size() > 1)))
	}
	shape := first
	if matters {
		shape = n.shape
	}
	w.emit(n, n.kind, from, nil, shape)
}

// writeAs writes a comparison by the name of another, its sources swapped or
// not.
func writeAs(kind string, swapped bool) func(w *writer, n *node) {
	return func(w *writer, n *node) {
		n.kind = kind
		if swapped {
			n.from = []*node{n.from[1], n.from[0]}
		}
		writeMerge(w, n)
	}
}

// writeExpand repeats a value by a factor of 1 in the larger shape.
func writeExpand(w *writer, n *node) {
	ones := constantNode(&array{shape: n.shape, data: slices.Repeat([]float64{1}, n.size())})
	writeConstant(w, ones)
	n.kind, n.from = "multiply", []*node{n.from[0], ones}
	writeMerge(w, n)
}

func writeConcat(w *writer, n *node) {
	axis := n.integerField("axis")
	flat := size(n.shape[:axis]) == 1 && len(n.shape) < 3 // an image keeps its shape
	var from []string
	for _, x := range n.from {
		from = append(from, w.source(x, !flat))
	}
	if flat {
		w.emit(n, "concat", from, nil, []int{n.size()})
		return
	}
	w.emit(n, "concat", from, []string{fmt.Sprintf("axis: %d", axis)}, n.shape)
}

// axisField is the field axis, counted from the end where that is shorter.
func axisField(axis, rank int) string {
	if axis == rank-1 {
		axis = -1
	}
	return fmt.Sprintf("axis: %d", axis)
}

func writeSoftmax(w *writer, n *node) {
	axis := n.integerField("axis")
	if n.shape[axis] == n.size() {
		n.fields = nil
		w.emit(n, n.kind, []string{w.source(n.from[0], false)}, nil, w.kept(n, false))
		return
	}
	w.emit(n, n.kind, []string{w.source(n.from[0], true)}, []string{axisField(axis, len(n.shape))}, n.shape)
}

func writeLayerNorm(w *writer, n *node) {
	w.trained = true
	axis := n.integerField("axis")
	var fields []string
	if e := n.number("epsilon"); e != 1e-5 {
		fields = append(fields, "epsilon: "+number(e))
	}
	if axis != len(n.shape)-1 {
		fields = append(fields, fmt.Sprintf("axis: %d", axis))
	}
	var tensors []Tensor
	for _, name := range []string{"weight", "bias"} {
		i := slices.IndexFunc(n.weights, func(p weight) bool { return p.name == name })
		if i < 0 {
			fields = append(fields, "use_"+name+": false")
			continue
		}
		tensors = append(tensors, Tensor{name, n.weights[i].shape, n.weights[i].data})
	}
	w.emit(n, n.kind, []string{w.source(n.from[0], true)}, fields, n.shape, tensors...)
}

func writeTranspose(w *writer, n *node) {
	perm := n.field("perm").([]int)
	w.emit(n, "transpose", []string{w.source(n.from[0], true)}, []string{"perm: " + intList(perm)}, n.shape)
}

func writeSlice(w *writer, n *node) {
	axis, start, step := n.integerField("axis"), n.integerField("start"), n.integerField("step")
	length, count := n.from[0].shape[axis], n.shape[axis]
	var fields []string
	if axis != len(n.shape)-1 {
		fields = append(fields, fmt.Sprintf("axis: %d", axis))
	}
	if start != 0 || step < 0 {
		fields = append(fields, fmt.Sprintf("start: %d", start))
	}
	last := start + (count-1)*step
	if end := last + step; step > 0 && end < length {
		fields = append(fields, fmt.Sprintf("end: %d", last+1))
	} else if step < 0 && end >= 0 {
		fields = append(fields, fmt.Sprintf("end: %d", end))
	}
	if step != 1 {
		fields = append(fields, fmt.Sprintf("step: %d", step))
	}
	w.emit(n, "slice", []string{w.source(n.from[0], true)}, fields, n.shape)
}

func writeReduce(w *writer, n *node) {
	x := n.from[0]
	axes := n.field("axes").([]int)
	var fields []string
	whole := n.size() == 1
	if !whole {
		fields = append(fields, "axes: "+intList(axes))
	}
	keep, _ := n.field("keepdims").(bool)
	if keep && !whole {
		fields = append(fields, "keepdims: true")
	}
	shape := n.shape
	if whole {
		shape = []int{}
	}
	w.emit(n, n.kind, []string{w.source(x, !whole)}, fields, shape)
}
