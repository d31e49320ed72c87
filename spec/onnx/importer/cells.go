package importer

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/spec/plural"
)

// cell is a recurrent layer in one direction.
type cell struct {
	steps, units int
	rows         int  // sequences beside each other in a sample, [steps, rows, …], with the same weights; else 0
	all          bool // the result is that of every step, [steps, units]
	backwards    bool
	stateful     bool    // its state is that of the stream
	initial      []*node // h, of an LSTM also c, before the first step; nil is zero
	final        *node   // of an LSTM: c after the last step
	last         *node   // of a counted cell with all results: h after the last step
	counted      bool    // its last source is the number of steps that a sequence has
	bias, after  bool
	activations  []*node // in ONNX's order
	options
}

// options are what ONNX says of a cell and the language does not.
type options struct {
	peepholes []float64 // from the cell state to the gates i, o, f, or nil
	clip      float64   // of the sums, 0 for none
	coupled   bool      // the gate f is 1 − i
}

// said reports whether a layer of the language is the cell, its initial state aside.
func (k *cell) said() bool {
	return k.rows == 0 && k.peepholes == nil && k.clip == 0 && !k.coupled
}

// cellRow is an operator with a state: its gates by name in ONNX's order and in
// that of the language, and its activations.
type cellRow struct {
	kind         string
	theirs, ours string
	activations  []string
}

var cellRows = map[string]cellRow{
	"RNN":  {"rnn", "h", "h", []string{"Tanh"}},
	"GRU":  {"gru", "zrh", "rzh", []string{"Sigmoid", "Tanh"}},
	"LSTM": {"lstm", "iofc", "ifco", []string{"Sigmoid", "Tanh", "Tanh"}},
}

// cellActivations are the activations of cells that the language has, with the
// fields that alpha and beta are, and their defaults.
var cellActivations = map[string]struct {
	kind   string
	fields []string
	preset []float64
}{
	"Sigmoid": {kind: "sigmoid"}, "Tanh": {kind: "tanh"}, "Relu": {kind: "relu"}, "Softsign": {kind: "softsign"}, "Softplus": {kind: "softplus"},
	"LeakyRelu":       {"leaky_relu", []string{"negative_slope"}, []float64{0.01}},
	"ThresholdedRelu": {"thresholded_relu", []string{"theta"}, []float64{1}},
	"Elu":             {"elu", []string{"alpha"}, []float64{1}},
	"HardSigmoid":     {"hard_sigmoid", []string{"alpha", "beta"}, []float64{0.2, 0.5}},
}

// lowerCell is RNN, GRU or LSTM: a recurrent layer for each direction.
func lowerCell(c *call) {
	row := cellRows[c.n.OpType]
	gates := len(row.theirs)
	w, r := c.constant(1, "weight W"), c.constant(2, "weight R")
	if len(w.shape) != 3 || len(r.shape) != 3 || w.shape[0] != r.shape[0] || w.shape[1] != r.shape[1] || r.shape[1] != gates*r.shape[2] {
		c.fail(notSorted, "its weights have the shapes %v and %v", w.shape, r.shape)
	}
	dirs, units := w.shape[0], r.shape[2]
	if n := c.integer("hidden_size", units); n != units {
		c.fail(notSorted, "attribute hidden_size is %d, but R has the shape %v", n, r.shape)
	}
	x, rows, layout := c.sequence(w.shape[2])
	steps := x.shape[0]
	direction := c.text("direction", "forward")
	if want, ok := map[string]int{"forward": 1, "reverse": 1, "bidirectional": 2}[direction]; !ok || want != dirs {
		c.fail(notSorted, "direction is %s, but its weights are those of %s", quote(direction), plural.Of(dirs, "direction"))
	}
	length, counts := c.length(steps)
	x = part(x, 0, 0, length)
	activations := c.activations(row.activations, dirs)
	after := c.integer("linear_before_reset", 0) != 0
	beside := []int{units} // the shape of a state
	if rows > 0 {
		beside = []int{rows, units}
	}
	var states []*node
	for i := range min(len(row.activations), 2) { // h, and of an LSTM c
		if c.n.OpType == "LSTM" || i == 0 {
			states = append(states, c.initialState(5+i, dirs, beside, layout))
		}
	}
	var all, last, final []*node
	for d := range dirs {
		k := &cell{
			steps: length, units: units, rows: rows, all: c.wants(0) && (steps > 1 || counts != nil), bias: c.has(3), after: after, options: c.options(d, dirs, units),
			backwards: direction == "reverse" || d == 1, activations: activations[d*len(row.activations):][:len(row.activations)],
		}
		n := &node{kind: row.kind, from: []*node{x}, shape: beside, cell: k, place: c.place, op: c.n.OpType, node: c.n.Name}
		for i, s := range states {
			if s != nil {
				k.initial = append(k.initial[:i:i], part(s, 0, d, d+1))
				n.from = append(n.from, k.initial[i])
			} else {
				k.initial = append(k.initial, nil)
			}
		}
		if k.counted = counts != nil; k.counted {
			n.from = append(n.from, counts)
		}
		c.cellWeights(n, row, w, r, d)
		h := n
		if k.all {
			n.shape = slices.Concat([]int{length}, beside)
			at := length - 1
			if k.backwards {
				at = 0
			}
			if h = part(n, 0, at, at+1); k.counted {
				k.last = &node{kind: "last state", from: []*node{n}, shape: beside, place: c.place, op: c.n.OpType, node: c.n.Name}
				h = k.last
			}
		}
		y := reshaped(n, slices.Concat([]int{length, 1}, beside))
		all, last = append(all, behind(y, steps)), append(last, reshaped(h, slices.Concat([]int{1}, beside)))
		if c.n.OpType == "LSTM" {
			k.final = &node{kind: "final cell", from: []*node{n}, shape: beside, place: c.place, op: c.n.OpType, node: c.n.Name}
			final = append(final, reshaped(k.final, slices.Concat([]int{1}, beside)))
		}
	}
	c.cellResult(0, all, 1, 2, rows, layout)
	c.cellResult(1, last, 0, 1, rows, layout)
	if final != nil {
		c.cellResult(2, final, 0, 1, rows, layout)
	}
}

// behind is a value with zeros behind it along axis 0, so that it has a length.
func behind(x *node, length int) *node {
	if x.shape[0] == length {
		return x
	}
	pads := make([]int, 2*len(x.shape))
	pads[len(x.shape)] = length - x.shape[0]
	return &node{kind: "pad", from: []*node{x}, shape: slices.Concat([]int{length}, x.shape[1:]), fields: []field{{"padding", intList(pads)}}}
}

// cellWeights gives a layer the weights of a direction in the order of the language.
func (c *call) cellWeights(n *node, row cellRow, w, r *array, d int) {
	gates, units := len(row.ours), n.cell.units
	take := func(a []float64, width int, of string) []float64 {
		var out []float64
		for _, g := range of {
			at := slices.Index([]rune(row.theirs), g) * units * width
			out = append(out, a[at:at+units*width]...)
		}
		return out
	}
	parts := []struct{ suffix, gates string }{{"", row.ours}}
	if row.kind == "gru" && !n.cell.after {
		parts = []struct{ suffix, gates string }{{"", row.ours[:2]}, {"_n", row.ours[2:]}}
	}
	inputs := w.shape[2]
	of := func(a *array) []float64 { size := len(a.data) / w.shape[0]; return a.data[d*size : (d+1)*size] }
	var b []float64
	if n.cell.bias {
		a := c.constant(3, "bias B")
		if len(a.data) != w.shape[0]*2*gates*units {
			c.fail(notSorted, "its bias has the shape %v for %s", a.shape, plural.Of(units, "unit"))
		}
		b = of(a)
	}
	n.weights = append(n.weights, weight{"weight_ih", []int{gates * units, inputs}, take(of(w), inputs, row.ours)})
	if b != nil {
		n.weights = append(n.weights, weight{"bias_ih", []int{gates * units}, take(b, 1, row.ours)})
	}
	for _, p := range parts {
		n.weights = append(n.weights, weight{"weight_hh" + p.suffix, []int{len(p.gates) * units, units}, take(of(r), units, p.gates)})
		if b != nil {
			n.weights = append(n.weights, weight{"bias_hh" + p.suffix, []int{len(p.gates) * units}, take(b[gates*units:], 1, p.gates)})
		}
	}
}

// cellResult joins the directions of an output along an axis. With layout 0 its batch
// is dimension at, with layout 1 the first.
func (c *call) cellResult(i int, parts []*node, axis, at, rows, layout int) {
	if !c.wants(i) {
		return
	}
	y := c.concat(parts, axis)
	switch {
	case rows > 0 && layout == 1:
		perm := slices.Insert(slices.Delete(places(len(y.shape)), at, at+1), 0, at)
		shape, from := transposed(y.shape, perm)
		y = permuted(y, shape, from, perm)
	case rows == 0:
		if layout == 1 {
			at = 0
		}
		shape := y.shape
		if !c.batch {
			shape = slices.Insert(slices.Clone(shape), at, 1)
		}
		y = reshaped(y, shape)
		if c.batch {
			y.at = at
		}
	}
	c.set(i, value{node: y})
}

// writeCell writes a recurrent layer.
func writeCell(w *writer, n *node) {
	w.trained = true
	k := n.cell
	fields := []string{fmt.Sprintf("units: %d", k.units)}
	names, presets := []string{"recurrent_activation", "activation", "output_activation"}, []string{"sigmoid", "tanh", ""}
	switch n.kind {
	case "rnn":
		names, presets = names[1:2], presets[1:2]
	case "gru":
		if !k.after {
			fields = append(fields, "reset_after: false")
		}
	}
	for i, act := range k.activations {
		text := activationField(&node{activation: act})[0][len("activation: "):]
		if i == 2 && text == activationField(&node{activation: k.activations[1]})[0][len("activation: "):] {
			continue
		}
		if text != presets[i] {
			fields = append(fields, names[i]+": "+text)
		}
	}
	steps := !k.stateful || k.steps > 1 || k.counted
	if steps {
		fields = append(fields, "axis: 0")
	}
	for _, f := range []struct {
		is   bool
		text string
	}{{k.all, "return: all"}, {k.backwards, "go_backwards: true"}, {k.stateful && steps, "stateful: true"}, {!k.bias, "use_bias: false"}} {
		if f.is {
			fields = append(fields, f.text)
		}
	}
	var tensors []Tensor
	for _, p := range n.weights {
		tensors = append(tensors, Tensor{p.name, p.shape, p.data})
	}
	w.train = w.train && !k.stateful
	from := []string{w.source(n.from[0], steps)}
	if k.counted {
		from = append(from, w.source(n.from[len(n.from)-1], false))
	}
	w.emit(n, n.kind, from, fields, n.shape, tensors...)
}

// squeezeMoved removes dimensions beside a batch that is not the first.
func (c *call) squeezeMoved(x *node, list []int, listed bool) {
	if !listed {
		c.mixes("it removes all dimensions of 1, perhaps the batch among them")
	}
	var axes []int
	before := 0
	for _, a := range list {
		if a < 0 {
			a += len(x.shape) + 1
		}
		switch {
		case a == x.at:
			c.mixes("it removes the batch")
		case a < x.at:
			before++
		default:
			a--
		}
		axes = append(axes, a)
	}
	y := reshaped(x, c.squeezed(x.shape, axes))
	y.at = x.at - before
	c.setNode(y)
}
