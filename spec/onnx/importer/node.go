package importer

import (
	"slices"
)

// node is a value of the network and the layer that makes it. Beside the kinds
// of the language there are some that do not outlive simplification, or become
// one in the end: input, affine, constant, and those of compare.go.
type node struct {
	kind   string
	from   []*node
	shape  []int // of a sample, as in the model
	fields []field
	place  string   // of the model, for messages
	op     string   // operator it came from, for messages
	node   string   // name of its node, for messages
	hints  []string // names of the model that may name the layer, the best one first

	weights    []weight  // parameters of the layer
	pixels     []int     // of an input whose channels are last: its shape in the model
	bytes      bool      // of an input of uint8, that may be converted
	affine     *affine   // of kind affine
	w, b       []float64 // of kind dense: [units, inputs] and [units] or nil
	activation *node     // of kind dense: applied to the sums; its from is ignored
	value      *array    // of kind constant
	norm       *batchNorm
	integer    bool // whole numbers: the result of argmax
	rows       int  // the first dimension, if the model joins it with the batch; else 0
	truth      bool // the result of a comparison
	cell       *cell
	at         int  // the dimension of the model that is the batch
	loose      bool // an input without the batch axis, while others have it
}

// field is a field of a layer.
type field struct {
	name  string
	value any // int, float64, string, bool, []int
}

// weight is a parameter of a layer, such as bias.
type weight struct {
	name  string
	shape []int
	data  []float64
}

func (n *node) size() int { return size(n.shape) }

func (n *node) field(name string) any {
	for _, f := range n.fields {
		if f.name == name {
			return f.value
		}
	}
	return nil
}

func (n *node) number(name string) float64   { x, _ := n.field(name).(float64); return x }
func (n *node) integerField(name string) int { x, _ := n.field(name).(int); return x }

// become turns the node into another in place, so that its readers see it. Its
// names are kept as further hints.
func (n *node) become(m *node) {
	hints := n.hints
	place, op, name := n.place, n.op, n.node
	*n = *m
	n.hints = joinHints(m.hints, hints)
	if n.place == "" {
		n.place, n.op, n.node = place, op, name
	}
}

// joinHints puts names together; the first ones are the best.
func joinHints(a, b []string) []string {
	const most = 12
	all := slices.Concat(a[:min(len(a), most)], b[:min(len(b), most)])
	return all[:min(len(all), most)]
}

// graph is the network under construction.
type graph struct {
	inputs  []*node
	outputs []output
	states  []memory
	owned   map[string][]leaf // states that are those of layers: which, by the inputs
	budget  int               // graphs that may still be tried as functions
}

type output struct {
	name  string
	batch int // the dimension of the model that is the batch
	*node
}

// order lists the nodes that the outputs need, each below those it reads.
func (g *graph) order() []*node {
	var list []*node
	done := map[*node]bool{}
	type frame struct {
		n    *node
		next int
	}
	var stack []frame
	push := func(n *node) {
		if !done[n] {
			done[n] = true
			stack = append(stack, frame{n: n})
		}
	}
	for _, in := range g.inputs {
		push(in)
		list, stack = append(list, in), stack[:0]
	}
	for _, m := range g.states {
		push(m.in)
		list, stack = append(list, m.in), stack[:0]
	}
	for _, o := range g.results() {
		push(o)
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if top.next < len(top.n.from) {
				top.next++
				push(top.n.from[top.next-1])
				continue
			}
			list = append(list, top.n)
			stack = stack[:len(stack)-1]
		}
	}
	return list
}

// results are what is wanted: the outputs, and what the states are next.
func (g *graph) results() []*node {
	var list []*node
	for _, o := range g.outputs {
		list = append(list, o.node)
	}
	for _, m := range g.states {
		list = append(list, m.out)
	}
	return list
}

// readers lists the readers of every node; an output reads as nil.
func (g *graph) readers() map[*node][]*node {
	m := map[*node][]*node{}
	for _, n := range g.order() {
		for _, from := range n.from {
			m[from] = append(m[from], n)
		}
	}
	for _, o := range g.results() {
		m[o] = append(m[o], nil)
	}
	return m
}

// only reports whether a node has one reader and returns it; nil for an output.
func only(readers map[*node][]*node, n *node) (*node, bool) {
	list := readers[n]
	if len(list) == 0 {
		return nil, false
	}
	for _, r := range list[1:] {
		if r != list[0] {
			return nil, false
		}
	}
	return list[0], true
}
