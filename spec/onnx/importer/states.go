package importer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/spec/onnx"
)

// State is an input of a graph that is an output of it in the call before.
type State struct{ In, Out string }

// memory is a state of the network under construction.
type memory struct {
	State
	in, out *node
}

// guessed are the states of a model by the names and shapes of its inputs and
// outputs, those that were given first.
func (s *source) guessed(given []State) (states []State, notes []string, err error) {
	g := s.model.Graph
	has := func(list []*onnx.ValueInfo, name string) bool {
		return slices.ContainsFunc(list, func(v *onnx.ValueInfo) bool { return v.Name == name })
	}
	for _, st := range given {
		if st == (State{"none", ""}) {
			return nil, nil, nil
		}
		switch {
		case !has(s.inputs, st.In):
			return nil, nil, errorf("", "", "the model has no input %s to be a state", quote(st.In))
		case !has(g.Outputs, st.Out):
			return nil, nil, errorf("", "", "the model has no output %s that a state could be", quote(st.Out))
		}
		states = append(states, st)
	}
	if len(given) > 0 {
		return states, nil, nil
	}
	for _, in := range s.inputs {
		if out := s.partner(in); s.used[in.Name] && out != "" {
			states = append(states, State{in.Name, out})
			notes = append(notes, fmt.Sprintf("input %s is taken as the state that output %s leaves; --state %s=%s says so, --state none denies it", quote(in.Name), quote(out), in.Name, out))
		}
	}
	if len(states) == len(s.inputs) || len(states) == len(g.Outputs) {
		return nil, nil, nil // nothing would be left
	}
	return states, notes, nil
}

// checkContext refuses contexts of inputs that cannot have them.
func (s *source) checkContext() *Error {
	for name, n := range s.context {
		i := slices.IndexFunc(s.inputs, func(in *onnx.ValueInfo) bool { return in.Name == name })
		if i < 0 {
			return errorf("", "", "the model has no input %s to keep a context of", quote(name))
		}
		size := int64(1)
		for _, d := range s.inputs[i].Type.Tensor.Shape.Dims {
			size *= d.Value
		}
		if n < 1 || int64(n) >= size {
			return errorf("input "+quote(name), "", "a context of %d must be less than its %d elements", n, size)
		}
	}
	return nil
}

// partner is the output that is an input's state after the call, "" if none looks
// like it: one whose name is the input's with next, new, out or n beside it; or
// the only one of its shape, where a recurrent layer begins with the input.
func (s *source) partner(in *onnx.ValueInfo) string {
	short := func(name string) string { return strings.ToLower(strings.NewReplacer("_", "", ".", "").Replace(name)) }
	stem := strings.TrimRight(short(in.Name), "0")
	for _, out := range s.model.Graph.Outputs {
		o := short(out.Name)
		for _, word := range []string{"next", "new", "out", "output", "n"} {
			if o == stem+word || word != "n" && o == word+stem {
				return out.Name
			}
		}
	}
	var same []string
	for _, out := range s.model.Graph.Outputs {
		if sameShape(in, out) {
			same = append(same, out.Name)
		}
	}
	others := 0
	for _, other := range s.inputs {
		if sameShape(in, other) {
			others++
		}
	}
	if len(same) == 1 && others == 1 && s.initial()[in.Name] {
		return same[0]
	}
	return ""
}

// initial are the values that recurrent layers begin with, and those they are made
// of.
func (s *source) initial() map[string]bool {
	found := map[string]bool{}
	for _, c := range slices.Backward(s.nodes) {
		ins := c.n.Inputs
		if cellRows[c.n.OpType].kind != "" {
			ins = ins[min(5, len(ins)):]
		} else if !slices.ContainsFunc(c.n.Outputs, func(out string) bool { return found[out] }) {
			continue
		}
		for _, in := range ins {
			found[in] = in != ""
		}
	}
	return found
}

// sameShape reports whether two values have the same shape, all of it known.
func sameShape(a, b *onnx.ValueInfo) bool {
	shape := func(v *onnx.ValueInfo) []*onnx.Dim {
		if v.Type == nil || v.Type.Tensor == nil || v.Type.Tensor.Shape == nil {
			return nil
		}
		return v.Type.Tensor.Shape.Dims
	}
	x, y := shape(a), shape(b)
	return len(x) > 0 && slices.EqualFunc(x, y, func(p, q *onnx.Dim) bool { return p.HasValue && q.HasValue && p.Value == q.Value })
}

// leaf is an element of a value that is none of a view of another.
type leaf struct {
	n *node
	i int
}

// leaves are the elements of a value, followed through what only moves elements.
func leaves(n *node, known map[*node][]leaf) []leaf {
	if out, ok := known[n]; ok {
		return out
	}
	var out []leaf
	from := func(places []int) {
		in := leaves(n.from[0], known)
		for _, p := range places {
			out = append(out, in[p])
		}
	}
	switch n.kind {
	case "reshape", "linear", "flatten":
		out = leaves(n.from[0], known)
	case "slice":
		axis := n.integerField("axis")
		_, p := sliced(n.from[0].shape, axis, n.integerField("start"), n.integerField("step"), n.shape[axis])
		from(p)
	case "transpose":
		_, p := transposed(n.from[0].shape, n.field("perm").([]int))
		from(p)
	case "concat":
		axis, outer := n.integerField("axis"), size(n.shape[:n.integerField("axis")])
		for o := range outer {
			for _, x := range n.from {
				each := size(x.shape[axis:])
				out = append(out, leaves(x, known)[o*each:(o+1)*each]...)
			}
		}
	default:
		for i := range n.size() {
			out = append(out, leaf{n, i})
		}
	}
	known[n] = out
	return out
}

// ownStates makes states that are those of recurrent layers, element by element,
// the layers' own: what goes into a layer before the first step must be what comes
// out of it after the last.
func (g *graph) ownStates() {
	known := map[*node][]leaf{}
	var cells []*node
	for _, n := range g.order() {
		if n.cell != nil && slices.ContainsFunc(n.cell.initial, func(s *node) bool { return s != nil }) {
			cells = append(cells, n)
		}
	}
	for {
		own := slices.DeleteFunc(slices.Clone(cells), func(n *node) bool { return !g.owns(n, known) })
		if len(own) == len(cells) {
			break
		}
		cells = own
	}
	if len(cells) == 0 {
		return
	}
	covered := map[leaf]bool{}
	for _, n := range cells {
		for _, s := range n.cell.initial {
			for _, l := range leaves(s, known) {
				covered[l] = true
			}
		}
	}
	whole := func(m memory) bool {
		for i := range m.in.size() {
			if !covered[leaf{m.in, i}] {
				return false
			}
		}
		return true
	}
	for _, n := range cells {
		for _, s := range n.cell.initial {
			if !slices.ContainsFunc(g.states, func(m memory) bool { return m.in == leaves(s, known)[0].n && whole(m) }) {
				return // a part of it is something else's
			}
		}
	}
	g.owned = map[string][]leaf{}
	for _, m := range g.states {
		if whole(m) {
			g.owned[m.In] = make([]leaf, m.in.size())
		}
	}
	for _, n := range cells {
		for slot, s := range n.cell.initial {
			for i, l := range leaves(s, known) {
				m := g.states[slices.IndexFunc(g.states, func(m memory) bool { return m.in == l.n })]
				g.owned[m.In][l.i] = leaf{n, slot*n.cell.units + i}
			}
		}
		counts := n.from[1+len(n.cell.initial):]
		n.cell.stateful, n.cell.initial, n.from = true, nil, slices.Concat(n.from[:1], counts)
	}
	g.states = slices.DeleteFunc(g.states, whole)
}

// owns reports whether the states of a layer before the first step are elements of
// the graph's, all of one, that are the layer's after the last step.
func (g *graph) owns(n *node, known map[*node][]leaf) bool {
	k := n.cell
	if k.backwards && k.steps > 1 || !k.said() {
		return false
	}
	for slot, s := range k.initial {
		if s == nil {
			return false
		}
		for i, l := range leaves(s, known) {
			at := slices.IndexFunc(g.states, func(m memory) bool { return m.in == l.n })
			if at < 0 || l.n != leaves(s, known)[0].n {
				return false
			}
			want := leaf{n, i}
			if slot == 1 {
				want = leaf{k.final, i}
			} else if k.counted && k.all {
				want = leaf{k.last, i}
			} else if k.all {
				want.i += (k.steps - 1) * k.units
			}
			if leaves(g.states[at].out, known)[l.i] != want {
				return false
			}
		}
	}
	return true
}

// writeState writes a state whose next value is written below it.
func writeState(w *writer, n *node) {
	w.train = false
	i := slices.IndexFunc(w.states, func(m memory) bool { return m.in == n })
	w.emit(n, "state", nil, []string{"shape: " + intList(inputShape(n.shape)), "next: " + pending(i)}, inputShape(n.shape))
}

// stateParts are the elements of the states under the names of the network.
func (w *writer) stateParts() map[string][]StatePart {
	parts := map[string][]StatePart{}
	for in, list := range w.owned {
		for _, l := range list {
			slot, units := []string{".h", ".c"}[l.i/l.n.cell.units], l.n.cell.units
			parts[in] = append(parts[in], StatePart{w.byNode[l.n].name + slot, l.i % units})
		}
	}
	for _, m := range w.states {
		for i := range m.in.size() {
			parts[m.In] = append(parts[m.In], StatePart{w.byNode[m.in].name + ".state", i})
		}
	}
	return parts
}

// pending stands for the name of the layer that a state is next.
func pending(i int) string { return fmt.Sprintf("\x00%d\x00", i) }

// writeNext puts the names of what states are next in their places.
func (w *writer) writeNext() {
	for i, m := range w.states {
		for k, line := range w.lines {
			w.lines[k] = strings.ReplaceAll(line, pending(i), w.byNode[m.out].name)
		}
	}
}
