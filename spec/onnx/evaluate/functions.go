package evaluate

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/spec/onnx"
)

// maxDepth is how deep functions of a model may call each other.
const maxDepth = 32

// functionKey names a function of the model.
type functionKey struct{ domain, name, overload string }

func functionsOf(m *onnx.Model) map[functionKey]*onnx.Function {
	list := map[functionKey]*onnx.Function{}
	for _, f := range m.Functions {
		list[functionKey{f.Domain, f.Name, f.Overload}] = f
	}
	return list
}

// called computes the results of a node that calls a function of the model:
// its nodes, in a scope of their own, with the attributes of the call.
func called(f *onnx.Function) row {
	return func(c *call) []*Tensor {
		inner := &Graph{opset: c.g.opset, exact: c.g.exact, functions: c.g.functions, depth: c.g.depth + 1}
		if inner.depth > maxDepth {
			c.fail("functions call each other more than %d deep", maxDepth)
		}
		if version := opsetOf(f.OpsetImports); version > 0 {
			inner.opset = version
		}
		given := slices.Concat(c.n.Attributes, f.Defaults)
		absent := map[string]bool{}
		values := map[string]*Tensor{}
		for i, name := range f.Inputs {
			if i < len(c.in) && c.in[i] != nil {
				values[name] = c.in[i]
			} else {
				absent[name] = true
			}
		}
		body := &onnx.Graph{}
		for _, n := range f.Nodes {
			body.Nodes = append(body.Nodes, filled(n, given, absent))
		}
		for _, name := range f.Outputs {
			body.Outputs = append(body.Outputs, &onnx.ValueInfo{Name: name})
		}
		for _, n := range needed(body) {
			if err := inner.node(c.r, n, values); err != nil {
				panic(fmt.Errorf("function %s: %w", f.Name, err))
			}
		}
		var out []*Tensor
		for i, name := range f.Outputs {
			if i < len(c.n.Outputs) && c.n.Outputs[i] != "" && values[name] == nil {
				c.fail("its function does not compute %q", name)
			}
			out = append(out, values[name])
		}
		return out
	}
}

// filled is a node of a function without the inputs that the call lacks, its
// references to attributes replaced by those that are given, the first of a
// name.
func filled(n *onnx.Node, given []*onnx.Attribute, absent map[string]bool) *onnx.Node {
	y := *n
	y.Inputs, y.Attributes = slices.Clone(n.Inputs), nil
	for i, name := range y.Inputs {
		if absent[name] {
			y.Inputs[i] = ""
		}
	}
	for _, a := range n.Attributes {
		b := *a
		if a.RefName != "" {
			i := slices.IndexFunc(given, func(g *onnx.Attribute) bool { return g.Name == a.RefName })
			if i < 0 {
				continue // not given: as if the node did not have it
			}
			b = *given[i]
			b.Name = a.Name
		}
		if a.G != nil {
			g := *a.G
			g.Nodes = nil
			for _, inner := range a.G.Nodes {
				g.Nodes = append(g.Nodes, filled(inner, given, absent))
			}
			b.G = &g
		}
		y.Attributes = append(y.Attributes, &b)
	}
	return &y
}

// opsetOf is the operator set of ONNX itself, 0 if there is none.
func opsetOf(list []*onnx.OperatorSet) int {
	for _, s := range list {
		if s.Domain == "" || s.Domain == "ai.onnx" {
			return int(s.Version)
		}
	}
	return 0
}
