package importer

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/spec/onnx"
	"github.com/nngen-go/nngen/spec/plural"
)

// Limits of what functions of the model may call.
const (
	maxCallDepth   = 24
	maxInlineNodes = 100_000
)

const inlineHint = "inline its functions with onnx.inliner.inline_local_functions"

// functionKey names a function.
type functionKey struct{ domain, name, overload string }

// inlined are nodes as calls, each call of a function of the model replaced by
// the nodes of the function.
func (s *source) inlined(nodes []*onnx.Node, opset int, place string, depth int) ([]*call, error) {
	var list []*call
	for i, n := range nodes {
		c := &call{source: s, n: n, opset: opset, depth: depth, place: place + nodePlace(i, n)}
		if s.inlineBudget--; s.inlineBudget < 0 {
			return nil, errorf(c.place, inlineHint, "the functions of the model make more than %d nodes", maxInlineNodes)
		}
		f := s.functions[functionKey{n.Domain, n.OpType, n.Overload}]
		if f == nil {
			if opset == 0 && (n.Domain == "" || n.Domain == "ai.onnx") {
				return nil, errorf("opset_import", notSorted, "the model does not say which operator set of ONNX it is written in")
			}
			list = append(list, c)
			continue
		}
		if depth >= maxCallDepth {
			return nil, errorf(c.place, inlineHint, "the functions of the model call each other more than %d deep", maxCallDepth)
		}
		inner, err := opsetOf(f.OpsetImports, opset)
		if err != nil {
			err.Place = c.place + ": opset_import"
			return nil, err
		}
		body, failed := s.body(f, c)
		if failed != nil {
			return nil, failed
		}
		calls, failed := s.inlined(body, inner, c.place+": ", depth+1)
		if failed != nil {
			return nil, failed
		}
		list = append(list, calls...)
	}
	return list, nil
}

// body is the nodes of a function with the names and attributes of a call.
func (s *source) body(f *onnx.Function, c *call) ([]*onnx.Node, error) {
	if len(c.n.Inputs) > len(f.Inputs) || len(c.n.Outputs) > len(f.Outputs) {
		return nil, errorf(c.place, notSorted, "it has %s and %s, its function has %d and %d",
			plural.Of(len(c.n.Inputs), "input"), plural.Of(len(c.n.Outputs), "output"), len(f.Inputs), len(f.Outputs))
	}
	r := s.renaming(c.n)
	for i, name := range f.Inputs {
		r.names[name] = ""
		if i < len(c.n.Inputs) {
			r.names[name] = c.n.Inputs[i]
		}
	}
	var nodes []*onnx.Node
	for i, name := range f.Outputs {
		switch _, isInput := r.names[name]; {
		case i >= len(c.n.Outputs) || c.n.Outputs[i] == "":
		case isInput:
			nodes = append(nodes, &onnx.Node{OpType: "Identity", Inputs: []string{r.names[name]}, Outputs: []string{c.n.Outputs[i]}})
		default:
			r.names[name] = c.n.Outputs[i]
		}
	}
	r.attributes = slices.Concat(c.n.Attributes, f.Defaults)
	for _, n := range f.Nodes {
		nodes = append(nodes, r.node(n))
	}
	return nodes, nil
}

// renaming gives the values inside a function or a branch names that are
// unique in the model.
type renaming struct {
	prefix     string
	names      map[string]string // of values from outside, by their name inside
	attributes []*onnx.Attribute // what references mean; the first of a name counts
	outside    bool              // other names are those of values outside
}

func (s *source) renaming(n *onnx.Node) *renaming {
	s.renamed++
	name := n.Name
	if name == "" {
		name = n.OpType
	}
	return &renaming{prefix: fmt.Sprintf("%d/%s/", s.renamed, name), names: map[string]string{}}
}

func (r *renaming) name(name string) string {
	if to, ok := r.names[name]; ok {
		return to
	}
	if name == "" || r.outside {
		return name
	}
	r.names[name] = r.prefix + name
	return r.names[name]
}

func (r *renaming) all(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = r.name(name)
	}
	return out
}

func (r *renaming) node(n *onnx.Node) *onnx.Node {
	y := *n
	y.Inputs, y.Outputs, y.Attributes = r.all(n.Inputs), r.all(n.Outputs), nil
	for _, a := range n.Attributes {
		if a.RefName != "" {
			i := slices.IndexFunc(r.attributes, func(b *onnx.Attribute) bool { return b.Name == a.RefName })
			if i < 0 {
				continue // not given: as if the node did not have it
			}
			b := *r.attributes[i]
			b.Name = a.Name
			a = &b
		}
		if a.G != nil {
			b := *a
			b.G = r.graph(a.G)
			a = &b
		}
		y.Attributes = append(y.Attributes, a)
	}
	return &y
}

// graph renames what a graph inside a node reads and makes.
func (r *renaming) graph(g *onnx.Graph) *onnx.Graph {
	y := &onnx.Graph{Name: g.Name, SparseInitializers: g.SparseInitializers}
	for _, t := range g.Initializers {
		u := *t
		u.Name = r.name(t.Name)
		y.Initializers = append(y.Initializers, &u)
	}
	for _, n := range g.Nodes {
		y.Nodes = append(y.Nodes, r.node(n))
	}
	rename := func(list []*onnx.ValueInfo) (out []*onnx.ValueInfo) {
		for _, v := range list {
			out = append(out, &onnx.ValueInfo{Name: r.name(v.Name), Type: v.Type})
		}
		return out
	}
	y.Inputs, y.Outputs = rename(g.Inputs), rename(g.Outputs)
	return y
}

// reads lists what a node reads, with what its graphs read from outside.
func reads(n *onnx.Node) []string {
	list := n.Inputs
	for _, a := range n.Attributes {
		if a.G != nil {
			list = slices.Concat(list, captured(a.G))
		}
	}
	return list
}

// captured lists what a graph inside a node reads from outside.
func captured(g *onnx.Graph) []string {
	inside := map[string]bool{"": true}
	for _, t := range g.Initializers {
		inside[t.Name] = true
	}
	for _, v := range g.Inputs {
		inside[v.Name] = true
	}
	for _, n := range g.Nodes {
		for _, name := range n.Outputs {
			inside[name] = true
		}
	}
	var list []string
	add := func(name string) {
		if !inside[name] {
			list = append(list, name)
		}
	}
	for _, n := range g.Nodes {
		for _, name := range reads(n) {
			add(name)
		}
	}
	for _, o := range g.Outputs {
		add(o.Name)
	}
	return list
}

// lowerIf is the branch that a constant condition takes.
func lowerIf(c *call) {
	then, otherwise := c.attribute("then_branch", onnx.AttributeGraph), c.attribute("else_branch", onnx.AttributeGraph)
	v := c.in(0)
	if v.array == nil {
		c.refuse("export the model with one of the branches, or write the choice as Where", "its condition depends on the input; nngen has no branches")
	}
	cond, ok := v.array.single()
	branch := otherwise
	if cond != 0 {
		branch = then
	}
	if !ok || branch == nil || branch.G == nil || len(branch.G.Outputs) != len(c.n.Outputs) {
		c.fail(notSorted, "its condition must be one truth value, and its branches need a result for each of its %d", len(c.n.Outputs))
	}
	if err := c.runGraph(branch.G); err != nil {
		panic(failure{err})
	}
}

// runGraph lowers a graph inside the node; its outputs become those of the
// node.
func (c *call) runGraph(g *onnx.Graph) *Error {
	if len(g.SparseInitializers) > 0 || len(g.Inputs) > 0 {
		return errorf(c.place, cutOut, "a branch with inputs or sparse initialisers is not supported")
	}
	r := c.renaming(c.n)
	for _, t := range g.Initializers {
		r.name(t.Name)
	}
	for _, n := range g.Nodes {
		r.all(n.Outputs)
	}
	r.outside = true
	g = r.graph(g)
	for _, t := range g.Initializers {
		c.values[t.Name] = value{array: c.tensor(t), name: t.Name}
	}
	calls, err := c.inlined(g.Nodes, c.opset, c.place+": ", c.depth+1)
	if err != nil {
		return err.(*Error)
	}
	for _, o := range g.Outputs {
		c.used[o.Name] = true
	}
	needed := calls[:0:0]
	for _, inner := range slices.Backward(calls) {
		if !slices.ContainsFunc(inner.n.Outputs, func(name string) bool { return c.used[name] }) {
			continue
		}
		for _, name := range reads(inner.n) {
			c.used[name] = true
		}
		needed = append(needed, inner)
	}
	for _, inner := range slices.Backward(needed) {
		if err := c.lowering.call(inner); err != nil {
			return err.(*Error)
		}
	}
	for i, o := range g.Outputs {
		v, ok := c.values[o.Name]
		if !ok {
			return errorf(c.place, notSorted, "the output %s of its branch is made by no node", quote(o.Name))
		}
		if v.node != nil {
			v.node = apply("linear", c.asNode(v))
		}
		c.set(i, v)
	}
	return nil
}
