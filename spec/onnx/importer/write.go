package importer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen-go/nngen/spec"
)

// writer writes a simplified graph as a spec, and collects its weights.
type writer struct {
	*graph
	namer
	name    string
	doc     string
	double  bool
	train   bool
	lines   []string
	tensors []Tensor
	byNode  map[*node]*written
	count   map[string]int // of layers by kind, for the names they get by themselves
	last    string         // name of the layer written last
	readers map[*node][]*node
	context map[string]int      // elements of inputs that are those of the call before
	labels  map[string][]string // of the outputs of the model that have some
	trained bool                // there are parameters to train
	layers  int
}

// written is a node that has been written: the name of its layer or input, and
// the shape that nngen gives its value.
type written struct {
	name  string
	shape []int
}

func (w *writer) line(format string, args ...any) {
	w.lines = append(w.lines, fmt.Sprintf(format, args...))
}

// spec writes the whole spec.
func (w *writer) spec() []byte {
	w.byNode, w.count, w.readers = map[*node]*written{}, map[string]int{}, w.graph.readers()
	w.line("nngen: 1")
	w.line("name: %s", w.name)
	if w.doc != "" {
		w.line("doc: %s", strconv.Quote(w.doc))
	}
	w.writeInputs()
	head := len(w.lines)
	names := w.outputNames()
	w.line("layers:")
	for _, n := range w.order() {
		w.layer(n)
	}
	w.writeNext()
	w.lines = slices.Insert(w.lines, head, w.outputLines(names)...)
	if w.double {
		w.line("numeric: {dtype: float64}")
	}
	loss := ""
	if w.train && w.trained && len(w.outputs) == 1 {
		loss = lossOf(w.baseOf(w.outputs[0].node))
		if loss == "mse" && len(w.labels[w.outputs[0].name]) > 1 {
			loss = "cross_entropy" // of logits
		}
	}
	if loss != "" {
		w.line("loss: %s", loss)
	} else {
		w.line("codegen: {train: false}")
	}
	return []byte(strings.Join(w.lines, "\n") + "\n")
}

// lossOf is the loss that goes with what an output is, "" if it cannot be
// trained.
func lossOf(n *node) string {
	act := n.kind
	if n.activation != nil {
		act = n.activation.kind
	}
	switch {
	case act == "softmax" && n.field("axis") == nil:
		return "cross_entropy"
	case act == "log_softmax" && n.field("axis") == nil:
		return "nll"
	case act == "softmax", act == "log_softmax", n.integer:
		return ""
	case act == "sigmoid":
		return "bce"
	}
	return "mse"
}

// generic are names of inputs and outputs that say nothing.
func generic(name string) bool {
	return meaningful(name) == "" || digits.MatchString(name) || strings.HasPrefix(identifier(name), "input") || strings.HasPrefix(identifier(name), "output")
}

func (w *writer) writeInputs() {
	if len(w.inputs) == 1 && generic(w.inputs[0].hints[0]) {
		in := w.inputs[0]
		name, _ := w.claim("x")
		w.byNode[in] = &written{name, inputShape(in.shape)}
		w.line("input: {%s}", w.inputFields(in, name))
		return
	}
	w.line("inputs:")
	for i, in := range w.inputs {
		name, ok := w.claim(portName(in.hints[0]))
		for k := i + 1; !ok; k++ {
			name, ok = w.claim(fmt.Sprintf("x%d", k))
		}
		w.byNode[in] = &written{name, inputShape(in.shape)}
		w.line("  %s: {%s}", name, w.inputFields(in, name))
	}
}

// portName is the name of an input or output.
func portName(hint string) string {
	name := identifier(hint)
	if fixed := spec.FixName(name); fixed != "" {
		return fixed
	}
	return name
}

// inputShape is the shape of an input in the language, which has no numbers
// without a dimension.
func inputShape(shape []int) []int {
	if len(shape) == 0 {
		return []int{1}
	}
	return shape
}

func (w *writer) inputFields(in *node, name string) string {
	text := "shape: " + intList(inputShape(in.given()))
	if in.pixels != nil {
		text += ", layout: hwc"
	}
	if n := w.context[in.hints[0]]; n > 0 {
		w.train, w.byNode[in].shape = false, []int{in.size()}
		return fmt.Sprintf("shape: [%d], context: %d", in.size()-n, n)
	}
	if in.bytes {
		text += ", dtype: uint8"
	}
	if in.affine == nil {
		return text
	}
	mean, std, _ := in.affine.meanStd(in.size())
	w.tensors = append(w.tensors, Tensor{name + ".mean", []int{in.size()}, mean}, Tensor{name + ".std", []int{in.size()}, std})
	if uniform(mean) && uniform(std) {
		return fmt.Sprintf("%s, normalize: {mean: %s, std: %s}", text, number(mean[0]), number(std[0]))
	}
	return text + ", normalize: standard"
}

// outputNames claims the names of the outputs, "" for one without.
func (w *writer) outputNames() []string {
	if len(w.outputs) == 1 && generic(w.outputs[0].name) {
		if _, ok := w.claim("y"); ok {
			return []string{""}
		}
	}
	var names []string
	for i, o := range w.outputs {
		name, ok := w.claim(portName(o.name))
		for k := i + 1; !ok; k++ {
			name, ok = w.claim(fmt.Sprintf("y%d", k))
		}
		names = append(names, name)
	}
	return names
}

func (w *writer) outputLines(names []string) []string {
	from := func(o output) string { return "from: " + w.byNode[o.node].name + w.labelsOf(o) }
	if len(names) == 1 && names[0] == "" {
		if w.byNode[w.outputs[0].node].name == w.last {
			if labels := w.labelsOf(w.outputs[0]); labels != "" {
				return []string{"output: {" + strings.TrimPrefix(labels, ", ") + "}"}
			}
			return nil
		}
		return []string{"output: {" + from(w.outputs[0]) + "}"}
	}
	lines := []string{"outputs:"}
	for i, o := range w.outputs {
		lines = append(lines, fmt.Sprintf("  %s: {%s}", names[i], from(o)))
	}
	return lines
}

// emit writes a layer and returns its name.
func (w *writer) emit(n *node, kind string, from []string, fields []string, shape []int, tensors ...Tensor) {
	w.layers++
	w.count[kind]++
	preset := fmt.Sprintf("%s%d", kind, w.count[kind])
	name := preset
	named := false
	if len(tensors) > 0 || len(w.readers[n]) > 1 || n.kind == "dense" || n.kind == "state" {
		for _, h := range n.hints {
			if name, named = w.claim(short(meaningful(h))); named {
				break
			}
		}
	}
	if !named {
		if name, named = w.claim(preset); named {
			named = false
		} else {
			for k := 2; !named; k++ {
				name, named = w.claim(fmt.Sprintf("%s_%d", preset, k))
			}
		}
	}
	if named {
		fields = append([]string{"name: " + name}, fields...)
	}
	switch {
	case len(from) == 1 && (w.last == from[0] || w.last == "" && len(w.inputs) == 1):
	case len(from) == 1:
		fields = append(fields, "from: "+from[0])
	case len(from) > 1:
		fields = append(fields, "from: ["+strings.Join(from, ", ")+"]")
	}
	if len(fields) == 0 {
		w.line("  - %s", kind)
	} else {
		w.line("  - %s: {%s}", kind, strings.Join(fields, ", "))
	}
	for _, t := range tensors {
		t.Name = name + "." + t.Name
		w.tensors = append(w.tensors, t)
	}
	w.last = name
	w.byNode[n] = &written{name, shape}
}

// short drops names that are too long to say anything.
func short(name string) string {
	if len(name) > 32 {
		return ""
	}
	return name
}

// source is the name of what a layer reads, with a reshape before it if its
// shape matters and is another.
func (w *writer) source(n *node, matters bool) string {
	base := n
	for base.kind == "reshape" {
		base = base.from[0]
	}
	at := w.byNode[base]
	if !matters || slices.Equal(at.shape, n.shape) || len(n.shape) == 0 {
		return at.name
	}
	if done := w.byNode[n]; done != nil && slices.Equal(done.shape, n.shape) {
		return done.name
	}
	fields := []string{"shape: " + intList(inputShape(n.shape))}
	kind := "reshape"
	if len(n.shape) == 1 {
		kind, fields = "flatten", nil
	}
	r := &node{kind: "reshape"}
	w.emit(r, kind, []string{at.name}, fields, inputShape(n.shape))
	if n.kind == "reshape" {
		w.byNode[n] = w.byNode[r]
	}
	return w.byNode[r].name
}

// layer writes a node as the layers of the language.
func (w *writer) layer(n *node) {
	switch {
	case n.kind == "input", n.kind == "constant" && w.byNode[n] != nil:
		return
	case n.kind == "reshape":
		switch base := w.baseOf(n); {
		case !slices.Contains(w.readers[n], nil):
		case base.kind == "input": // an output reads a layer
			w.source(n, true)
			if w.byNode[n] == nil {
				w.emit(n, "linear", []string{w.byNode[base].name}, nil, n.shape)
			}
		default: // the order of its elements is that of the base
			w.byNode[n] = w.byNode[base]
		}
		return
	}
	write, ok := layerKinds[n.kind]
	if !ok {
		write = writeFunction
	}
	write(w, n)
}

func (w *writer) baseOf(n *node) *node {
	for n.kind == "reshape" {
		n = n.from[0]
	}
	return n
}

// number writes a number of the spec: the shortest decimal that is the same
// float64.
func number(x float64) string {
	text := strconv.FormatFloat(x, 'g', -1, 64)
	if !strings.ContainsAny(text, ".eIN") {
		return text
	}
	if i := strings.Index(text, "e"); i >= 0 && !strings.Contains(text[:i], ".") {
		text = text[:i] + ".0" + text[i:]
	}
	return text
}

func intList(list []int) string {
	var items []string
	for _, x := range list {
		items = append(items, strconv.Itoa(x))
	}
	return "[" + strings.Join(items, ", ") + "]"
}
