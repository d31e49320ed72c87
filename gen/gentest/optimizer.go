package gentest

import (
	"slices"

	"github.com/nngen-go/nngen/spec"
)

func (n *network) optimizer() {
	words := names(n.vocab.Optimizers)
	if n.prox { // only one step size for all elements makes sense
		words = []string{"sgd"}
	}
	name := n.pick("optimizer", words)
	f := spec.Fields{"learning_rate": 0.01}
	switch name {
	case "sgd":
		if n.count("momentum", n.chance(0.5)) {
			f["momentum"] = 0.9
			switch n.IntN(3) {
			case 0:
				f["nesterov"] = n.count("nesterov", true)
			case 1:
				n.count("dampening", true)
				f["dampening"] = 0.3
			}
		}
	case "rmsprop":
		f["centered"] = n.count("rmsprop centered", n.chance(0.5))
		if n.count("rmsprop momentum", n.chance(0.5)) {
			f["momentum"] = 0.8
		}
	}
	if n.count("weight decay", n.chance(0.3)) {
		f["weight_decay"] = 0.02
	}
	if n.chance(0.6) {
		f["schedule"] = n.schedule(true)
	}
	if n.chance(0.4) {
		clip := n.pick("clip", names(n.vocab.Clips))
		f["clip"] = spec.Fields{clip: []float64{0.01, 0.3}[n.IntN(2)]}
	}
	n.b.Optimizer(name, f)
}

func (n *network) schedule(warmup bool) any {
	words := names(n.vocab.Schedules)
	if !warmup {
		words = slices.DeleteFunc(words, func(w string) bool { return w == "warmup" })
	}
	name := n.pick("schedule", words)
	f := spec.Fields{}
	switch name {
	case "step":
		f["step_size"], f["gamma"] = 2, 0.5
	case "exponential":
		f["gamma"] = 0.8
	case "cosine":
		f["steps"], f["min_factor"] = 5, 0.1
	case "warmup":
		f["steps"] = 2
		if n.chance(0.6) {
			f["then"] = n.schedule(false)
		}
	}
	return spec.Fields{name: f}
}
