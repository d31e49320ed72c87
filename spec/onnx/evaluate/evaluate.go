package evaluate

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"strconv"

	"github.com/nngen-go/nngen/spec/onnx"
)

// Graph is a graph that can be run.
type Graph struct {
	opset     int
	exact     bool
	nodes     []*onnx.Node // those the outputs need that depend on an input, each below those it reads
	outputs   []string
	constants map[string]*Tensor
	functions map[functionKey]*onnx.Function
	depth     int            // of functions that call each other
	names     []string       // of the constants
	last      map[string]int // the node that reads a value last
}

// Options say how a graph is read.
type Options struct {
	// Bind gives inputs that are really constants their values.
	Bind map[string]*onnx.Tensor
	// Exact takes float32 tensors as they are, as a model in float64 does; else
	// those of one number stand for what onnx.Ideal says, as attributes do.
	Exact bool
}

// Run is one run of a graph.
type Run struct {
	// Noise, if not nil, changes the inputs, the smaller constants and the
	// results of all nodes, for whoever wants to know how much small errors
	// matter.
	Noise func(x float64) float64
	// See, if not nil, is told every value.
	See func(name string, t *Tensor)
	// Limit is the most multiply-adds, 0 for no limit; what moves an element
	// counts as one.
	Limit int64

	// Work is the multiply-adds that were needed.
	Work int64
	// Largest is the magnitude of the largest finite number that occurred;
	// Infinite and NaN report whether an infinite one did, and one that is none.
	Largest       float64
	Infinite, NaN bool

	live int // elements of values that are still needed
}

// ErrTooLarge is returned where a run would exceed its limit.
var ErrTooLarge = errors.New("the graph is too large to be evaluated")

// mostLive is the most elements of values at a time.
const mostLive = 1 << 27

// mostFolded is the most work for what depends on constants alone.
const mostFolded = 1e9

// mostNoisy is the most elements of constants that noise is added to; larger
// ones are weights, whose noise shows in the results.
const mostNoisy = 1 << 12

// failure is the panic of a node that cannot be computed.
type failure struct{ msg string }

// New reads a graph. What depends on constants alone is computed once.
func New(m *onnx.Model, o Options) (*Graph, error) {
	g := &Graph{
		opset: opsetOf(m.OpsetImports), exact: o.Exact, functions: functionsOf(m),
		constants: map[string]*Tensor{}, last: map[string]int{},
	}
	for _, o := range m.Graph.Outputs {
		g.outputs = append(g.outputs, o.Name)
	}
	nodes := needed(m.Graph)
	used := map[string]bool{}
	for _, n := range nodes {
		for _, name := range reads(n) {
			used[name] = true
		}
	}
	for _, list := range []map[string]*onnx.Tensor{initializers(m.Graph), o.Bind} {
		for name, t := range list {
			if !used[name] && !slices.Contains(g.outputs, name) {
				continue
			}
			v, err := g.tensor(t)
			if err != nil {
				return nil, err
			}
			g.constants[name] = v
		}
	}
	r := &Run{Limit: mostFolded}
	for _, n := range nodes {
		constant := !slices.ContainsFunc(reads(n), func(name string) bool { return name != "" && g.constants[name] == nil })
		if !constant {
			g.nodes = append(g.nodes, n)
			continue
		}
		if err := g.node(r, n, g.constants); err != nil {
			return nil, err
		}
	}
	for i, n := range g.nodes {
		for _, name := range reads(n) {
			g.last[name] = i
		}
	}
	g.names = slices.Sorted(maps.Keys(g.constants))
	return g, nil
}

func initializers(g *onnx.Graph) map[string]*onnx.Tensor {
	m := map[string]*onnx.Tensor{}
	for _, t := range g.Initializers {
		m[t.Name] = t
	}
	return m
}

// reads are the inputs of a node and what the graphs inside it may read.
func reads(n *onnx.Node) []string {
	list := n.Inputs
	for _, a := range n.Attributes {
		if a.G != nil {
			list = slices.Clip(list)
			for _, inner := range a.G.Nodes {
				list = append(list, reads(inner)...)
			}
			for _, o := range a.G.Outputs {
				list = append(list, o.Name)
			}
		}
	}
	return list
}

// needed lists the nodes that the outputs depend on, each below those it reads,
// however the file orders them.
func needed(g *onnx.Graph) []*onnx.Node {
	maker := map[string]*onnx.Node{}
	for _, n := range g.Nodes {
		for _, out := range n.Outputs {
			maker[out] = n
		}
	}
	var list []*onnx.Node
	seen := map[*onnx.Node]bool{}
	type frame struct {
		n     *onnx.Node
		reads []string
		next  int
	}
	var stack []frame
	push := func(name string) {
		if n := maker[name]; name != "" && n != nil && !seen[n] {
			seen[n] = true
			stack = append(stack, frame{n: n, reads: reads(n)})
		}
	}
	for _, o := range g.Outputs {
		push(o.Name)
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if top.next < len(top.reads) {
				top.next++
				push(top.reads[top.next-1])
				continue
			}
			list, stack = append(list, top.n), stack[:len(stack)-1]
		}
	}
	return list
}

// tensor reads a constant. Text becomes its place in the list.
func (g *Graph) tensor(t *onnx.Tensor) (*Tensor, error) {
	if t.DataType == onnx.String {
		list := &Tensor{Shape: []int{len(t.StringData)}, Integer: true}
		for i := range t.StringData {
			list.Data = append(list.Data, float64(i))
		}
		return list, nil
	}
	read := t.Numbers
	if g.exact {
		read = t.Float64s
	}
	data, err := read()
	if err != nil {
		return nil, err
	}
	out := &Tensor{Data: data, Shape: []int{}, Integer: t.DataType.IsInteger()}
	for _, d := range t.Dims {
		out.Shape = append(out.Shape, int(d))
	}
	return out, nil
}

// Run computes the outputs. Inputs that no output depends on may be absent.
func (g *Graph) Run(r *Run, inputs map[string]*Tensor) ([]*Tensor, error) {
	values := map[string]*Tensor{}
	for _, name := range g.names {
		values[name] = g.constants[name]
		if len(values[name].Data) <= mostNoisy {
			if noisy := r.noisy(values[name]); noisy != values[name] {
				noisy.plain = values[name]
				values[name] = noisy
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		values[name] = r.noisy(inputs[name])
		r.note(name, values[name])
	}
	for i, n := range g.nodes {
		if err := g.node(r, n, values); err != nil {
			return nil, err
		}
		for _, name := range slices.Concat(reads(n), n.Outputs) {
			last, read := g.last[name]
			if v := values[name]; v != nil && g.constants[name] == nil && (!read || last <= i) && !slices.Contains(g.outputs, name) {
				r.live -= len(v.Data)
				delete(values, name)
			}
		}
	}
	var out []*Tensor
	for _, name := range g.outputs {
		if values[name] == nil {
			return nil, fmt.Errorf("the graph does not compute its output %s", strconv.Quote(name))
		}
		out = append(out, values[name])
	}
	return out, nil
}

// noisy is a value with noise.
func (r *Run) noisy(t *Tensor) *Tensor {
	if r.Noise == nil || t.Integer {
		return t
	}
	out := &Tensor{Shape: t.Shape, Data: make([]float64, len(t.Data))}
	for i, x := range t.Data {
		out.Data[i] = r.Noise(x)
	}
	return out
}

// note counts a value and tells about it.
func (r *Run) note(name string, t *Tensor) {
	r.live += len(t.Data)
	if !t.Integer {
		for _, x := range t.Data {
			switch a := math.Abs(x); {
			case math.IsNaN(a):
				r.NaN = true
			case math.IsInf(a, 0):
				r.Infinite = true
			case a > r.Largest:
				r.Largest = a
			}
		}
	}
	if r.See != nil {
		r.See(name, t)
	}
}

// spend counts work before it is done.
func (r *Run) spend(work int64, elements int) {
	r.Work += work
	if r.Limit > 0 && r.Work > r.Limit || r.live+elements > mostLive {
		panic(ErrTooLarge)
	}
}

// sizes reports whether the results of a node follow from sizes and constants alone,
// which it then reads without noise: a shape changed by noise is another one.
func (c *call) sizes() bool {
	if c.n.OpType == "Shape" || c.n.OpType == "Size" {
		return true
	}
	in, some := slices.Clone(c.in), false
	for i, v := range in {
		switch {
		case v == nil || v.Integer:
		case v.plain != nil:
			in[i] = v.plain
		case !v.sizes:
			return false
		}
		some = some || v != nil && v.sizes
	}
	if some {
		c.in = in
	}
	return some
}

// node computes the results of a node.
func (g *Graph) node(r *Run, n *onnx.Node, values map[string]*Tensor) (err error) {
	c := &call{g: g, r: r, n: n, values: values}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case failure:
			err = fmt.Errorf("node %s (%s): %s", strconv.Quote(n.Name), n.OpType, p.msg)
		case runtime.Error: // shapes that do not go together
			err = fmt.Errorf("node %s (%s) cannot be computed: %v", strconv.Quote(n.Name), n.OpType, p)
		case error:
			err = p
		default:
			panic(p)
		}
	}()
	row := operators[key(n.Domain, n.OpType)]
	if f := g.functions[functionKey{n.Domain, n.OpType, n.Overload}]; f != nil {
		row = called(f)
	}
	if row == nil {
		return fmt.Errorf("node %s: the evaluation does not know the operator %s", strconv.Quote(n.Name), strconv.Quote(key(n.Domain, n.OpType)))
	}
	for _, name := range n.Inputs {
		v := values[name]
		if name != "" && v == nil {
			return fmt.Errorf("node %s (%s) reads %s, which has no value", strconv.Quote(n.Name), n.OpType, strconv.Quote(name))
		}
		c.in = append(c.in, v)
	}
	sizes := c.sizes()
	for i, t := range row(c) {
		if i < len(n.Outputs) && n.Outputs[i] != "" {
			if t.sizes = sizes; !sizes {
				t = r.noisy(t)
			}
			values[n.Outputs[i]] = t
			r.note(n.Outputs[i], t)
		}
	}
	return nil
}
