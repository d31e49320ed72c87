package weights

import (
	"slices"
	"strings"

	"github.com/nngen-go/nngen/gen/ir"
)

// kerasGates are the gates of Keras's recurrent layers by their number, as its kernels
// [in, gates·units] have them, and as the network has them.
var kerasGates = map[int]struct{ theirs, ours string }{1: {"h", "h"}, 3: {"zrh", "rzh"}, 4: {"ifco", "ifco"}}

// kerasLayer is a recurrent layer of the network whose weights are Keras's.
type kerasLayer struct {
	*matcher
	p      *ir.ParamInfo
	rule   *Rule
	units  int
	gates  int
	before bool // the reset is before the product with the state
}

// keras returns a parameter of a recurrent layer out of Keras's kernel, recurrent_kernel
// and bias, or nil after an error.
func (m *matcher) keras(p *ir.ParamInfo, r *Rule) *Match {
	name, ending := split(p.Name)
	recurrent := m.prog.ParamByName(name + ".weight_hh")
	if r.To == p.Name || recurrent == nil {
		m.errorf("--map "+r.String(), "matrices of other layers take :transpose", ":keras is for whole recurrent layers")
		return nil
	}
	k := &kerasLayer{matcher: m, p: p, rule: r, units: recurrent.Shape[1], before: m.prog.ParamByName(name+".weight_hh_n") != nil}
	k.gates = m.prog.ParamByName(name + ".weight_ih").Shape[0] / k.units
	wide := k.gates * k.units
	switch ending {
	case ".weight_ih":
		return k.take("kernel", []int{p.Shape[1], wide}, 0)
	case ".weight_hh", ".weight_hh_n":
		return k.take("recurrent_kernel", []int{k.units, wide}, 0)
	}
	shape, row := []int{wide}, 0
	if k.gates == 3 && !k.before {
		shape = []int{2, wide}
	}
	if strings.HasPrefix(ending, ".bias_hh") {
		row = 1
	}
	return k.take("bias", shape, row)
}

// take is the parameter out of a tensor that must have a shape: its columns by gate, of a
// bias a row; a bias of one row is that of the input, that of the state is 0.
func (k *kerasLayer) take(what string, shape []int, row int) *Match {
	var from *Tensor
	var names []string
	for _, name := range []string{"/" + what, "." + what, "/" + what + ":0"} {
		names = append(names, k.rule.From+name)
		if t := k.file.Tensor(k.rule.From + name); t != nil && from == nil {
			from = t
		}
	}
	if from == nil {
		k.errorf("--map "+k.rule.String(), "map another one", "for %s %s the file has no tensor %s%s", quote(k.p.Name), Shape(k.p.Shape), strings.Join(names, ", "), k.names("; it has "))
		return nil
	}
	k.used[from.Name] = true
	if !from.IsFloat() || !slices.Equal(from.Shape, shape) {
		hint := "check the units in the spec"
		if what == "bias" && k.gates == 3 {
			hint = "a bias of two rows is that of reset_after: true, one of one row that of reset_after: false"
		}
		k.errorf(from.String()+" as "+quote(k.p.Name)+" "+Shape(k.p.Shape), hint, "it must be floating-point numbers of the shape %s", Shape(shape))
		return nil
	}
	match := &Match{Name: k.p.Name, Shape: k.p.Shape, From: from.Name, DType: from.DType, Values: make([]float64, size(k.p.Shape))}
	order, wide := kerasGates[k.gates], k.gates*k.units
	ours := order.ours[:k.p.Shape[0]/k.units]
	if strings.HasSuffix(k.p.Name, "_n") {
		ours = order.ours[k.gates-1:]
	}
	values, columns := from.Values(), size(k.p.Shape)/k.p.Shape[0]
	for g, gate := range ours {
		at := strings.IndexRune(order.theirs, gate) * k.units
		for u := range k.units {
			for c := range columns {
				i := c*wide + at + u
				if what == "bias" {
					i += row * wide
				}
				if i < len(values) {
					match.Values[(g*k.units+u)*columns+c] = values[i]
				}
			}
		}
	}
	if !k.sound(k.p, from, match.Values) {
		return nil
	}
	return match
}
