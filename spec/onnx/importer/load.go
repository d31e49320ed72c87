package importer

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/nngen-go/nngen/spec/onnx"
)

const (
	oldestOpset = 6
	notSorted   = "export the model again, and check it with onnx.checker.check_model"
)

// source is a model whose names are resolved.
type source struct {
	model     *onnx.Model
	constants map[string]*onnx.Tensor // initialisers and what is bound
	inputs    []*onnx.ValueInfo       // without those that are constants
	nodes     []*call                 // those the outputs need, each below those it reads
	used      map[string]bool         // values that some node or output reads

	states       []State
	context      map[string]int
	functions    map[functionKey]*onnx.Function
	inlineBudget int // nodes that may still be made of functions
	renamed      int // functions and branches whose names were made unique
}

// load checks the names of a model and puts its nodes in order.
func load(m *onnx.Model, bind map[string]*onnx.Tensor) (*source, error) {
	s := &source{model: m, constants: map[string]*onnx.Tensor{}, used: map[string]bool{}, functions: map[functionKey]*onnx.Function{}}
	g := m.Graph
	s.inlineBudget = maxInlineNodes + len(g.Nodes)
	for _, f := range m.Functions {
		s.functions[functionKey{f.Domain, f.Name, f.Overload}] = f
	}
	if len(g.SparseInitializers) > 0 {
		return nil, errorf("graph.sparse_initializer", "store the weights dense", "sparse initialisers are not supported")
	}
	for i, t := range g.Initializers {
		place := fmt.Sprintf("graph.initializer[%d]", i)
		switch {
		case t.Name == "":
			return nil, errorf(place, notSorted, "an initialiser must have a name")
		case s.constants[t.Name] != nil:
			return nil, errorf(place, notSorted, "the initialiser %s occurs twice", quote(t.Name))
		}
		s.constants[t.Name] = t
	}
	names := map[string]bool{}
	for i, in := range g.Inputs {
		if names[in.Name] {
			return nil, errorf(fmt.Sprintf("graph.input[%d]", i), notSorted, "the input %s occurs twice", quote(in.Name))
		}
		names[in.Name] = true
		if t := bind[in.Name]; t != nil {
			s.constants[in.Name] = t
		}
		if s.constants[in.Name] == nil {
			s.inputs = append(s.inputs, in)
		}
	}
	for name := range bind {
		if !names[name] {
			return nil, errorf("", "", "the model has no input %s to bind", quote(name))
		}
	}
	opset, failed := opsetOf(m.OpsetImports, 0)
	if failed != nil {
		return nil, failed
	}
	calls, err := s.inlined(g.Nodes, opset, "", 0)
	if err != nil {
		return nil, err
	}
	return s, s.order(calls)
}

// opsetOf finds the operator set of ONNX itself, 0 if there is none; a function
// may leave it to the model.
func opsetOf(list []*onnx.OperatorSet, preset int) (int, *Error) {
	opset := int64(preset)
	for _, set := range list {
		if set.Domain != "" && set.Domain != "ai.onnx" {
			continue
		}
		if opset = set.Version; opset < oldestOpset {
			return 0, errorf("opset_import", "convert the model with onnx.version_converter.convert_version(model, 21)",
				"operator set %d is older than %d", opset, oldestOpset)
		}
	}
	return int(min(opset, 1<<30)), nil
}

// order sorts the nodes that the outputs need.
func (s *source) order(calls []*call) error {
	g := s.model.Graph
	made := map[string]*call{}
	for _, c := range calls {
		for _, out := range c.n.Outputs {
			if out == "" {
				continue
			}
			_, isConst := s.constants[out]
			isInput := slices.ContainsFunc(g.Inputs, func(in *onnx.ValueInfo) bool { return in.Name == out })
			if made[out] != nil || isConst || isInput {
				return errorf(c.place, notSorted, "the value %s is made twice", quote(out))
			}
			made[out] = c
		}
	}
	if len(g.Outputs) == 0 {
		return errorf("graph.output", notSorted, "the graph has no outputs")
	}
	const visiting, done = 1, 2
	state := map[*call]int{}
	type frame struct {
		c     *call
		reads []string
		next  int
	}
	var stack []frame
	visit := func(name, reader string) error {
		c := made[name]
		switch {
		case name == "":
		case c == nil && !s.known(name):
			return errorf(reader, notSorted, "it reads %s, which is no input, no initialiser and no output of a node", quote(name))
		case c == nil:
			s.used[name] = true
		case state[c] == visiting:
			return errorf(reader, notSorted, "the nodes form a cycle: it reads %s, which depends on it", quote(name))
		case state[c] == 0:
			state[c] = visiting
			s.used[name] = true
			stack = append(stack, frame{c: c, reads: reads(c.n)})
		default:
			s.used[name] = true
		}
		return nil
	}
	for i, o := range g.Outputs {
		if err := visit(o.Name, fmt.Sprintf("graph.output[%d]", i)); err != nil {
			return err
		}
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if top.next < len(top.reads) {
				top.next++
				if err := visit(top.reads[top.next-1], top.c.place); err != nil {
					return err
				}
				continue
			}
			state[top.c] = done
			s.nodes = append(s.nodes, top.c)
			stack = stack[:len(stack)-1]
		}
	}
	return nil
}

// known reports whether a name is an input or a constant.
func (s *source) known(name string) bool {
	if _, ok := s.constants[name]; ok {
		return true
	}
	return slices.ContainsFunc(s.inputs, func(in *onnx.ValueInfo) bool { return in.Name == name })
}

// nodePlace names a node in a message.
func nodePlace(i int, n *onnx.Node) string {
	if n.Name != "" {
		return fmt.Sprintf("node %s (%s)", quote(n.Name), cut(n.OpType))
	}
	for _, out := range n.Outputs {
		if out != "" {
			return fmt.Sprintf("node %d (%s, which makes %s)", i+1, cut(n.OpType), quote(out))
		}
	}
	return fmt.Sprintf("node %d (%s)", i+1, cut(n.OpType))
}

// cut shortens text of the file.
func cut(s string) string {
	if q := strconv.Quote(s); len(q) != len(s)+2 || len(s) > 64 {
		return quote(s)
	}
	return s
}

func quote(s string) string {
	if len(s) > 64 {
		return strconv.Quote(s[:64]) + "…"
	}
	return strconv.Quote(s)
}
