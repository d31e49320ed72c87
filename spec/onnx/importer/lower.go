package importer

import (
	"errors"
	"math"
	"slices"

	"github.com/nngen-go/nngen/spec/onnx"
)

// lowering turns the nodes of a model into layers, one by one.
type lowering struct {
	batch  bool // the first dimension of inputs is the batch
	count  int  // its size, 0 if it is not fixed
	values map[string]value
	graph  *graph
	double bool // float64 throughout
}

// lower imports a model with or without a batch axis.
func lower(s *source, batch bool) (*lowering, error) {
	l := &lowering{batch: batch, values: map[string]value{}, graph: &graph{budget: mostTried}, double: s.inFloat64()}
	for name, t := range s.constants {
		if !s.used[name] {
			continue
		}
		a, err := newArray(t, l.double)
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
	if errors.As(err, &e) && e.Place == "" {
		return &Error{Place: "tensor " + quote(name), Msg: e.Msg, Hint: e.Hint}
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
		t := in.Type.Tensor.ElemType
		switch {
		case t.IsInteger():
			n.integer = true
		case t != onnx.Float && t != onnx.Double:
			return errorf("input "+quote(in.Name), "convert the model to float32", "elements of type %s are not supported", t)
		}
		if l.batch {
			switch {
			case first && len(shape) > 0:
				l.count = max(0, shape[0])
			case len(shape) < 2 || max(0, shape[0]) != l.count:
				n.loose = true
			}
			first = false
			if !n.loose && len(shape) == 0 {
				err := errorf("input "+quote(in.Name), "give --batch-axis none", "it has no dimension that could be the batch")
				err.mixesBatch = true
				return err
			}
			if !n.loose {
				n.shape = shape[1:]
			}
		}
		if i := slices.Index(n.shape, -1); i >= 0 && !n.loose {
			return errorf("input "+quote(in.Name), "fix it before the export, or with onnx.tools.update_model_dims",
				"dimension %d of its shape is not fixed; only the batch may be", i+1+len(shape)-len(n.shape))
		}
		l.values[in.Name] = value{node: n, name: in.Name}
		l.graph.inputs = append(l.graph.inputs, n)
	}
	if len(l.graph.inputs) == 0 {
		return errorf("graph.input", "", "the outputs depend on no input")
	}
	return nil
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
	row, ok := operators[c.n.OpType]
	if !ok || c.n.Domain != "" && c.n.Domain != "ai.onnx" {
		c.refuse(unsupportedHint(c.n.OpType), "the operator %s is not supported", cut(operatorName(c.n)))
	}
	if c.n.OpType != "Constant" {
		c.in(0) // every other operator has a first input
	}
	constant := true
	for i := range c.n.Inputs {
		if c.has(i) {
			constant = constant && c.values[c.n.Inputs[i]].array != nil
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

func operatorName(n *onnx.Node) string {
	if n.Domain != "" {
		return n.Domain + "." + n.OpType
	}
	return n.OpType
}

// outputs names the results.
func (l *lowering) outputs(s *source) error {
	seen := map[string]bool{}
	for _, o := range s.model.Graph.Outputs {
		v := l.values[o.Name]
		place := "output " + quote(o.Name)
		switch {
		case seen[o.Name]:
			return errorf(place, notSorted, "it occurs twice")
		case v.node == nil:
			return errorf(place, "remove the output from the model", "it is a constant")
		case v.node.loose:
			err := errorf(place, "give --batch-axis none", "it does not depend on the batch")
			err.mixesBatch = true
			return err
		case v.node.truth:
			return errorf(place, "remove the output from the model", "results that are true or false are not supported")
		case size(v.node.shape) == 0:
			return errorf(place, "", "it has no elements")
		}
		seen[o.Name] = true
		if o.Type != nil && o.Type.Tensor != nil {
			if t := o.Type.Tensor.ElemType; t != onnx.Float && t != onnx.Double && t != 0 && !(v.node.integer && t.IsInteger()) {
				return errorf(place, "convert the model to float32", "elements of type %s are not supported", t)
			}
		}
		l.graph.outputs = append(l.graph.outputs, output{o.Name, v.node})
	}
	return nil
}
