package importer

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/spec/onnx"
	"github.com/nngen-go/nngen/spec/plural"
)

// cell is a recurrent layer in one direction.
type cell struct {
	steps, units int
	all          bool // the result is that of every step, [steps, units]
	backwards    bool
	stateful     bool    // its state is that of the stream
	initial      []*node // h, of an LSTM also c, before the first step; nil is zero
	final        *node   // of an LSTM: c after the last step
	bias, after  bool
	activations  []*node // in ONNX's order
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
	x, layout := c.sequence(w.shape[2])
	direction := c.text("direction", "forward")
	if want, ok := map[string]int{"forward": 1, "reverse": 1, "bidirectional": 2}[direction]; !ok || want != dirs {
		c.fail(notSorted, "direction is %s, but its weights are those of %s", quote(direction), plural.Of(dirs, "direction"))
	}
	c.withoutOptions(x.shape[0])
	activations := c.activations(row.activations, dirs)
	after := c.integer("linear_before_reset", 0) != 0
	var states []*node
	for i := range min(len(row.activations), 2) { // h, and of an LSTM c
		if c.n.OpType == "LSTM" || i == 0 {
			states = append(states, c.initialState(5+i, dirs, units, layout))
		}
	}
	var all, last, final []*node
	for d := range dirs {
		k := &cell{
			steps: x.shape[0], units: units, all: c.wants(0) && x.shape[0] > 1, bias: c.has(3), after: after,
			backwards: direction == "reverse" || d == 1, activations: activations[d*len(row.activations):][:len(row.activations)],
		}
		n := &node{kind: row.kind, from: []*node{x}, shape: []int{units}, cell: k, place: c.place, op: c.n.OpType, node: c.n.Name}
		for i, s := range states {
			if s != nil {
				k.initial = append(k.initial[:i:i], part(s, 0, d, d+1))
				n.from = append(n.from, k.initial[i])
			} else {
				k.initial = append(k.initial, nil)
			}
		}
		c.cellWeights(n, row, w, r, d)
		h := n
		if k.all {
			n.shape = []int{k.steps, units}
			at := k.steps - 1
			if k.backwards {
				at = 0
			}
			h = part(n, 0, at, at+1)
		}
		all, last = append(all, reshaped(n, []int{k.steps, 1, units})), append(last, reshaped(h, []int{1, units}))
		if c.n.OpType == "LSTM" {
			k.final = &node{kind: "final cell", from: []*node{n}, shape: []int{units}, place: c.place, op: c.n.OpType, node: c.n.Name}
			final = append(final, reshaped(k.final, []int{1, units}))
		}
	}
	c.cellResult(0, all, 1, []int{x.shape[0], dirs, units}, 2, layout)
	c.cellResult(1, last, 0, []int{dirs, units}, 1, layout)
	if final != nil {
		c.cellResult(2, final, 0, []int{dirs, units}, 1, layout)
	}
}

// sequence is input 0 as [steps, inputs], one sample of a batch.
func (c *call) sequence(inputs int) (x *node, layout int) {
	x, layout = c.node(0), c.integer("layout", 0)
	if layout != 0 && layout != 1 {
		c.fail(notSorted, "attribute layout must be 0 or 1, got %d", layout)
	}
	at := 1 - layout // of the batch
	shape := x.shape
	switch {
	case c.batch && c.apart(x):
		if x.at != at {
			c.mixes("the batch must be dimension %d of its input", at)
		}
	case len(shape) == 3 && shape[at] == 1:
		shape = []int{shape[layout], shape[2]}
	default:
		c.mixes("its input has the shape %v: dimension %d, the batch, must be 1, or the batch of the model", shape, at)
	}
	if len(shape) != 2 || shape[1] != inputs {
		c.fail(notSorted, "its input has the shape %v, but W has %s", x.shape, plural.Of(inputs, "input"))
	}
	return reshaped(x, shape), layout
}

// withoutOptions refuses what the language cannot say of a cell, by name.
func (c *call) withoutOptions(steps int) {
	if c.has(4) {
		for _, n := range c.integers(4, "sequence_lens") {
			if n != steps {
				c.refuse("", "sequence_lens other than all %s are not supported", plural.Of(steps, "step"))
			}
		}
	}
	if c.has(7) {
		if p, ok := c.constant(7, "peephole weight P").uniform(); !ok || p != 0 {
			c.refuse("", "peepholes (input P) are not supported")
		}
	}
	if c.hasAttribute("clip") {
		c.attribute("clip", onnx.AttributeFloat)
		c.refuse("", "attribute clip is not supported")
	}
	if c.integer("input_forget", 0) != 0 {
		c.refuse("", "attribute input_forget: 1 is not supported")
	}
}

// activations are the activations of all directions, as layers.
func (c *call) activations(presets []string, dirs int) []*node {
	names := slices.Repeat(presets, dirs)
	if a := c.attribute("activations", onnx.AttributeStrings); a != nil && len(a.Strings) > 0 {
		if len(a.Strings) != len(names) {
			c.fail(notSorted, "attribute activations must have %s, got %d", plural.Of(len(names), "name"), len(a.Strings))
		}
		for i, s := range a.Strings {
			names[i] = string(s)
		}
	}
	var numbers [2][]float32
	for i, name := range []string{"activation_alpha", "activation_beta"} {
		if a := c.attribute(name, onnx.AttributeFloats); a != nil {
			numbers[i] = a.Floats
		}
	}
	var out []*node
	for _, name := range names {
		row, ok := cellActivations[name]
		if !ok {
			c.refuse("", "the activation %s is not supported", quote(name))
		}
		n := &node{kind: row.kind}
		for i, f := range row.fields {
			v := row.preset[i]
			if len(numbers[i]) > 0 {
				v, numbers[i] = onnx.Ideal(numbers[i][0]), numbers[i][1:]
			}
			n.fields = append(n.fields, field{f, v})
		}
		out = append(out, n)
	}
	return out
}

// initialState is a state before the first step as [directions, units], nil for zero.
func (c *call) initialState(i, dirs, units, layout int) *node {
	if !c.has(i) {
		return nil
	}
	v := c.in(i)
	if v.array != nil {
		if x, ok := v.array.uniform(); !ok || x != 0 {
			c.refuse("", "an initial state (input %s) other than zero is not supported", quote(c.n.Inputs[i]))
		}
		return nil
	}
	s := c.asNode(v)
	if zero := isZero(s); zero {
		return nil
	}
	if s.size() != dirs*units || c.batch && c.apart(s) && s.at != 1-layout {
		c.mixes("its initial state %s has the shape %v", quote(c.n.Inputs[i]), s.shape)
	}
	return reshaped(s, []int{dirs, units})
}

// isZero reports whether a value is zero for every sample.
func isZero(n *node) bool {
	for n.kind == "reshape" || n.kind == "linear" {
		n = n.from[0]
	}
	if n.kind != "constant" {
		return false
	}
	x, ok := n.value.uniform()
	return ok && x == 0
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

// cellResult joins the directions of an output, whose batch is at some place of
// the model's dimensions with layout 0.
func (c *call) cellResult(i int, parts []*node, axis int, shape []int, at, layout int) {
	if !c.wants(i) {
		return
	}
	y := parts[0]
	if len(parts) > 1 {
		y = &node{kind: "concat", from: parts, shape: shape, fields: []field{{"axis", axis}}}
	}
	if layout == 1 {
		at = 0
	}
	if !c.batch {
		shape = slices.Insert(slices.Clone(shape), at, 1)
	}
	y = reshaped(y, shape)
	if c.batch {
		y.at = at
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
	steps := !k.stateful || k.steps > 1
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
	w.emit(n, n.kind, []string{w.source(n.from[0], steps)}, fields, n.shape, tensors...)
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
