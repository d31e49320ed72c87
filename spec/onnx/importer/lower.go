package importer

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/spec/onnx"
)

// lowering turns the nodes of a model into layers, one by one.
type lowering struct {
	batch  bool // a dimension of inputs is the batch
	axis   int  // which
	count  int  // its size, 0 if it is not fixed
	values map[string]value
	graph  *graph
	double bool // float64 throughout
	notes  []string
}

func (l *lowering) note(format string, args ...any) {
	l.notes = append(l.notes, fmt.Sprintf(format, args...))
}

// lower imports a model with or without a batch axis.
func lower(s *source, axis int) (*lowering, error) {
	l := &lowering{batch: axis != noBatch, axis: axis, values: map[string]value{}, graph: &graph{budget: mostTried}, double: s.inFloat64()}
	for _, name := range slices.Sorted(maps.Keys(s.constants)) {
		if !s.used[name] {
			continue
		}
		a, err := newArray(s.constants[name], l.double)
		if err != nil {
			return nil, inTensor(name, err)
		}
		l.values[name] = value{array: a, name: name}
	}
	if err := l.inputs(s); err != nil {
		return nil, err
	}
	for _, c := range s.nodes {
		if err := l.call(c); err != nil {
			return nil, err
		}
	}
	return l, l.outputs(s)
}

func inTensor(name string, err error) error {
	var e *onnx.Error
	if errors.As(err, &e) {
		place := "tensor " + quote(name)
		return &Error{Place: place, Msg: strings.TrimPrefix(e.Msg, place+": "), Hint: e.Hint}
	}
	return err
}

// inputs adds the inputs that somebody reads.
func (l *lowering) inputs(s *source) error {
	first := true
	for _, in := range s.inputs {
		if !s.used[in.Name] {
			continue
		}
		shape, err := l.inputShape(in)
		if err != nil {
			return err
		}
		n := &node{kind: "input", shape: shape, hints: []string{in.Name}}
		if i := slices.IndexFunc(s.states, func(st State) bool { return st.In == in.Name }); i >= 0 {
			if slices.Contains(shape, -1) || l.batch {
				return errorf("input "+quote(in.Name), "fix its shape, "+shapeFlag(in.Name, shape)+", and leave out --batch-axis 0", "the shape %v of a state must be fixed", shape)
			}
			n.kind = "state"
			l.values[in.Name] = value{node: n, name: in.Name}
			l.graph.states = append(l.graph.states, memory{State: s.states[i], in: n})
			continue
		}
		if k := s.context[in.Name]; k > 0 {
			n.fields = []field{{"context", k}}
		}
		t := in.Type.Tensor.ElemType
		switch {
		case t.IsInteger():
			n.integer, n.bytes = true, t == onnx.Uint8
		case t != onnx.Float && t != onnx.Double:
			return errorf("input "+quote(in.Name), "convert the model to float32", "elements of type %s are not supported", t)
		}
		if l.batch {
			switch {
			case first && len(shape) > l.axis:
				l.count = max(0, shape[l.axis])
			case len(shape) < 2+l.axis || max(0, shape[l.axis]) != l.count:
				n.loose = true
			}
			first = false
			if !n.loose && len(shape) <= l.axis {
				err := errorf("input "+quote(in.Name), "give --batch-axis none", "it has no dimension that could be the batch")
				err.mixesBatch = true
				return err
			}
			if !n.loose {
				n.shape, n.at = slices.Delete(slices.Clone(shape), l.axis, l.axis+1), l.axis
			}
		}
		if i := slices.Index(n.shape, -1); i >= 0 && !n.loose {
			return errorf("input "+quote(in.Name), "fix it, "+shapeFlag(in.Name, shape)+" with a number for N, or before the export",
				"dimension %d of its shape is not fixed; only the batch, the first one, may be", i+1+len(shape)-len(n.shape))
		}
		l.values[in.Name] = value{node: n, name: in.Name}
		l.graph.inputs = append(l.graph.inputs, n)
	}
	if len(l.graph.inputs) == 0 {
		return errorf("graph.output", "name outputs that the model computes from its inputs", "the outputs depend on no input")
	}
	return nil
}

// shapeFlag is the flag that fixes a shape: what is open is a batch of 1 first, then N.
func shapeFlag(name string, shape []int) string {
	open, dims := "1", make([]string, len(shape))
	for i, d := range shape {
		if dims[i] = fmt.Sprint(d); d < 0 {
			dims[i], open = open, "N"
		}
	}
	return "--shape " + name + "=" + strings.Join(dims, ",")
}

// inFloat64 reports whether an input that is read has elements in float64.
func (s *source) inFloat64() bool {
	return slices.ContainsFunc(s.inputs, func(in *onnx.ValueInfo) bool {
		return s.used[in.Name] && in.Type != nil && in.Type.Tensor != nil && in.Type.Tensor.ElemType == onnx.Double
	})
}

// inputShape is the shape of an input in the model; −1 is unknown.
func (l *lowering) inputShape(in *onnx.ValueInfo) ([]int, error) {
	place := "input " + quote(in.Name)
	switch {
	case in.Type == nil || in.Type.Tensor == nil:
		other := "nothing"
		if in.Type != nil && in.Type.Other != "" {
			other = in.Type.Other
		}
		return nil, errorf(place, "", "it must be a tensor, got %s", other)
	case in.Type.Tensor.Shape == nil:
		return nil, errorf(place, "fix its shape before the export", "it has no shape")
	}
	shape := []int{}
	total := 1.0
	for _, d := range in.Type.Tensor.Shape.Dims {
		switch {
		case !d.HasValue:
			shape = append(shape, -1)
			continue
		case d.Value > maxDim && (len(shape) > 0 || !l.batch):
			return nil, errorf(place, "", "a dimension must be at most %d, got %d", maxDim, d.Value)
		case d.Value < 0 || d.Value > math.MaxInt32 || d.Value == 0 && !in.Type.Tensor.ElemType.IsInteger():
			return nil, errorf(place, notSorted, "a dimension must be positive and at most %d, got %d", math.MaxInt32, d.Value)
		}
		shape = append(shape, int(d.Value))
		total *= float64(d.Value)
	}
	if len(shape) > 8 || !l.batch && total > maxElements {
		return nil, errorf(place, "", "its shape %v is too large", shape)
	}
	return shape, nil
}

// call turns one node into layers.
func (l *lowering) call(c *call) (err error) {
	c.lowering, c.read, c.taken = l, map[string]bool{}, map[int]bool{}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case failure:
			err = p.err
		default:
			panic(p)
		}
	}()
	row, ok := operators[operatorName(c.n)]
	if !ok || strings.Contains(c.n.OpType, ".") {
		c.refuse(unsupportedHint(operatorName(c.n)), "the operator %s is not supported", cut(operatorName(c.n)))
	}
	if c.n.OpType != "Constant" {
		c.in(0) // every other operator has a first input
	}
	constant := true
	for i := range c.n.Inputs {
		if c.has(i) {
			v := c.values[c.n.Inputs[i]]
			constant = constant && v.array != nil
			c.checkInput(row, v)
		}
	}
	if constant && row.fold != nil {
		row.fold(c)
	} else {
		if constant && len(c.n.Inputs) > 0 {
			c.refuse("fold constants before the export, for instance with onnxsim", "all its inputs are constants, which is not folded")
		}
		if row.lower == nil {
			c.constant(c.firstNode(), "input")
		}
		if !row.operands && c.in(0).node == nil {
			c.refuse("fold constants before the export, for instance with onnxsim", "its first input, %s, is a constant, but another is not", quote(c.n.Inputs[0]))
		}
		row.lower(c)
	}
	c.unread()
	c.inherit()
	for i := range c.n.Outputs {
		if _, made := l.values[c.n.Outputs[i]]; !made && c.wants(i) {
			c.refuse("", "output %d, %s, is not supported", i+1, quote(c.n.Outputs[i]))
		}
	}
	return nil
}

// firstNode is the first input that is not a constant.
func (c *call) firstNode() int {
	for i, name := range c.n.Inputs {
		if c.has(i) && c.values[name].array == nil {
			return i
		}
	}
	return 0
}

// checkInput refuses values that an operator cannot work on.
func (c *call) checkInput(row operator, v value) {
	switch {
	case v.array != nil && v.array.names != nil && operatorName(c.n) != "ai.onnx.ml.ArrayFeatureExtractor":
		c.refuse("", "it reads text, which is not supported")
	case v.array != nil && !row.sizes && v.array.readsSamples():
		c.noSize()
	case v.node != nil && v.node.at > 0 && !row.moved:
		c.mixes("it reads a value whose batch is dimension %d", v.node.at)
	case v.node != nil && v.node.rows > 0 && !row.rows:
		c.mixes("it reads a value whose first dimension holds the batch and others")
	case v.node != nil && v.node.integer && v.node.kind != "input" && !row.whole:
		c.refuse("convert them to float32 first (Cast)", "arithmetic of whole numbers that the network computes is not supported")
	}
}

// inherit joins the results of an operator with the batch as its inputs are.
func (c *call) inherit() {
	if c.n.OpType == "Reshape" {
		return
	}
	for _, in := range c.n.Inputs {
		for _, out := range c.n.Outputs {
			if x, y := c.values[in].node, c.values[out].node; x != nil && y != nil && x.rows > 0 {
				y.rows = y.shape[0]
			}
		}
	}
}

func operatorName(n *onnx.Node) string {
	if n.Domain != "" && n.Domain != "ai.onnx" {
		return n.Domain + "." + n.OpType
	}
	return n.OpType
}

// outputs names the results. Constants among them are dropped.
func (l *lowering) outputs(s *source) error {
	seen := map[string]bool{}
	for i, m := range l.graph.states {
		v := l.values[m.Out]
		switch {
		case v.node == nil:
			return errorf("output "+quote(m.Out), "", "the state %s is a constant after the call", quote(m.In))
		case v.node.size() != m.in.size():
			return errorf("output "+quote(m.Out), "", "it has the shape %v, but the state %s has %v", v.node.shape, quote(m.In), m.in.shape)
		}
		l.graph.states[i].out = v.node
	}
	for _, o := range s.model.Graph.Outputs {
		if slices.ContainsFunc(l.graph.states, func(m memory) bool { return m.Out == o.Name }) {
			continue
		}
		v := l.values[o.Name]
		place := "output " + quote(o.Name)
		switch {
		case seen[o.Name]:
			return errorf(place, notSorted, "it occurs twice")
		case v.node == nil, v.node.kind == "constant":
			seen[o.Name] = true
			l.note("output %s is a constant and is left out", quote(o.Name))
			continue
		case v.node.loose:
			err := errorf(place, "give --batch-axis none", "it does not depend on the batch")
			err.mixesBatch = true
			return err
		case v.node.rows > 0:
			err := errorf(place, "give --batch-axis none, or reshape it so that the batch is a dimension of its own", "its first dimension holds the batch and others")
			err.mixesBatch = true
			return err
		case size(v.node.shape) == 0:
			return errorf(place, "", "it has no elements")
		}
		seen[o.Name] = true
		if o.Type != nil && o.Type.Tensor != nil {
			t := o.Type.Tensor.ElemType
			switch {
			case t == onnx.Float, t == onnx.Double, t == 0, v.node.integer && (t.IsInteger() || t == onnx.String):
			case t == onnx.Bool:
				l.note("output %s, true or false in the model, is 1 or 0", quote(o.Name))
			default:
				return errorf(place, "convert the model to float32", "elements of type %s are not supported", t)
			}
		}
		l.graph.outputs = append(l.graph.outputs, output{o.Name, v.node.at, v.node})
	}
	if len(l.graph.outputs) == 0 {
		return errorf("graph.output", "name outputs that the model computes from its inputs", "the outputs depend on no input")
	}
	return nil
}
