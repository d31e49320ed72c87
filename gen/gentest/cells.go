package gentest

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/spec"
)

// cell adds a recurrent layer: over a whole sequence, or, where nothing is trained,
// one that keeps a state.
func (n *network) cell(kind string) {
	units := []int{1, 3, 5, 8, 9, 16, 17}[n.IntN(7)]
	f := spec.Fields{"units": units, "use_bias": n.chance(0.8)}
	n.cellActivations(kind, f)
	n.frozen(f)
	if !n.train && n.count("state", n.chance(0.5)) {
		n.push(n.b.Layer(kind, n.any().ref, f), units)
		return
	}
	x := n.any()
	if x.size < 6 || x.size > 60 {
		x = n.dense(x, []int{12, 15, 18, 24, 28}[n.IntN(5)])
		x.read = true
	}
	var fit []int
	for steps := 1; steps <= min(x.size, 7); steps++ {
		if x.size%steps == 0 {
			fit = append(fit, steps)
		}
	}
	steps, axis := fit[n.IntN(len(fit))], n.IntN(2)
	dims := []int{steps, x.size / steps}
	if axis == 1 {
		slices.Reverse(dims)
	}
	x = n.reshaped(x, dims)
	f["axis"], f["return"] = axis-2*n.IntN(2), n.pick("return", []string{"last", "all", "mean"})
	if n.count("state over a sequence", n.chance(0.5)) {
		f["stateful"] = true
		n.count("trained on windows", n.train)
	} else if n.count("go_backwards", n.chance(0.4)) {
		f["go_backwards"] = true
	}
	from := x.ref
	if n.count("length", n.chance(0.3)) {
		y := n.push(n.b.Layer("dense", n.any().ref, spec.Fields{"units": 1}), 1)
		y.read = true
		from = spec.Join(from, n.push(n.b.Layer("step", y.ref, n.activationFields("step")), 1).ref)
		n.nodes[len(n.nodes)-1].read = true
	}
	size := units
	if f["return"] == "all" {
		size *= steps
	}
	n.push(n.b.Layer(kind, from, f), size)
}

// remember adds what goes back to a layer above, or a delay.
func (n *network) remember(kind string) {
	x := n.any()
	switch {
	case kind == "delay":
		n.push(n.b.Layer("delay", x.ref, spec.Fields{"steps": 1 + n.IntN(3)}), x.size)
	default:
		size, next := []int{2, 8, 9}[n.IntN(3)], fmt.Sprintf("next%d", n.IntN(1<<30))
		s := n.b.Source("state", spec.Fields{"shape": size, "next": next})
		joined := n.b.Layer("concat", spec.Join(x.ref, s))
		n.push(n.b.Layer("dense", joined, spec.Fields{"name": next, "units": size, "activation": "tanh"}), size)
	}
}

// cellActivations chooses the activations of a recurrent layer, bounded ones so
// that its state is.
func (n *network) cellActivations(kind string, f spec.Fields) {
	if kind == "gru" {
		f["reset_after"] = n.count("reset_after", n.chance(0.5))
	}
	if n.chance(0.5) {
		f["activation"] = n.pick("cell activation", []string{"tanh", "softsign", "hard_sigmoid", "relu"})
		if kind != "rnn" {
			f["recurrent_activation"] = n.pick("gate activation", []string{"sigmoid", "hard_sigmoid"})
		}
	}
	if kind == "lstm" && n.chance(0.3) {
		f["output_activation"] = "softsign"
	}
}
