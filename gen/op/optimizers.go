package op

import (
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
)

// Fields that several optimisers share. Their names must differ from those of
// states and of the programs' own variables, since they are put in by name.
var (
	scheduleField = spec.Param{Name: "schedule", Doc: "how the learning rate changes with the steps; default constant", Type: spec.Word, Slot: spec.ScheduleSlot}
	clipField     = spec.Param{Name: "clip", Doc: "limit on the gradient, applied before the optimiser", Type: spec.Word, Slot: spec.ClipSlot}
	epsilonField  = number("epsilon", "ε, added to the root so that it is not 0", 1e-8, notNegative)
)

func learningRate(rate float64) spec.Param {
	return number("learning_rate", "base learning rate", rate, positive)
}

func weightDecay(rate float64, doc string) spec.Param {
	return number("weight_decay", doc, rate, notNegative)
}

func number(name, doc string, value float64, r *spec.Range) spec.Param {
	return spec.Param{Name: name, Doc: doc, Type: spec.Number, Default: value, Range: r}
}

const coupled = "λ, adds λ·w to the gradient, of biases too"

// optimizers is the optimiser table: PyTorch's update rules, with its order of
// operations.
var optimizers = []Optimizer{
	{
		Kind: spec.Kind{
			Name: "sgd", Doc: "Stochastic gradient descent, w −= lr·g (lecture eq. 9), with momentum b = μ·b + (1 − d)·g, w −= lr·b (PyTorch SGD).",
			Params: []spec.Param{
				learningRate(0.01),
				number("momentum", "momentum μ", 0.0, fraction),
				number("dampening", "dampening d of the gradient in the momentum", 0.0, &spec.Range{Min: 0, Max: 1}),
				weightDecay(0, coupled),
				{Name: "nesterov", Doc: "Nesterov's momentum: step along g + μ·b", Type: spec.Bool, Default: false},
				scheduleField, clipField,
			},
		},
		Check:  checkSGD,
		States: func(a spec.Args) []string { return onlyIf(a.Float("momentum") != 0, "momentum_buffer") },
		Update: sgd,
	},
	{
		Kind: spec.Kind{
			Name: "adam", Doc: "Adam, m = β₁·m + (1 − β₁)·g, v = β₂·v + (1 − β₂)·g², w −= lr·m̂/(√v̂ + ε) with bias correction (Kingma and Ba 2014; PyTorch Adam).",
			Params: adamFields(weightDecay(0, coupled)),
		},
		States:  func(spec.Args) []string { return []string{"exp_avg", "exp_avg_sq"} },
		Scalars: func(spec.Args) expr.Program { return adamScalars },
		Update: func(a spec.Args) expr.Program {
			return programs(decay(a), adamUpdate(a))
		},
		Adaptive: true,
	},
	{
		Kind: spec.Kind{
			Name: "adamw", Doc: "Adam with decoupled weight decay, w = w·(1 − lr·λ), then Adam's step (Loshchilov and Hutter 2017; PyTorch AdamW).",
			Params: adamFields(weightDecay(0.01, "λ, multiplies w by 1 − lr·λ, biases too")),
		},
		States: func(spec.Args) []string { return []string{"exp_avg", "exp_avg_sq"} },
		Scalars: func(spec.Args) expr.Program {
			return programs(adamScalars, formula("shrink = 1 - lr*weight_decay"))
		},
		Update: func(a spec.Args) expr.Program {
			return programs(formula("w = w*shrink"), adamUpdate(a))
		},
		Adaptive: true,
	},
	{
		Kind: spec.Kind{
			Name: "rmsprop", Doc: "RMSprop, v = α·v + (1 − α)·g², w −= lr·g/(√v + ε); centred: √(v − ḡ²); with momentum b = μ·b + g/(√v + ε), w −= lr·b (Hinton 2012; PyTorch RMSprop).",
			Params: []spec.Param{
				learningRate(0.01),
				number("alpha", "decay α of the mean of squares", 0.99, fraction),
				epsilonField,
				weightDecay(0, coupled),
				number("momentum", "momentum μ", 0.0, fraction),
				{Name: "centered", Doc: "divide by the standard deviation instead of the root mean square", Type: spec.Bool, Default: false},
				scheduleField, clipField,
			},
		},
		States: func(a spec.Args) []string {
			s := append([]string{"square_avg"}, onlyIf(a.Bool("centered"), "grad_avg")...)
			return append(s, onlyIf(a.Float("momentum") != 0, "momentum_buffer")...)
		},
		Update:   rmsprop,
		Adaptive: true,
	},
}

// Optimizers returns the optimiser table.
func Optimizers() []Optimizer { return optimizers }

// OptimizerByName returns the row of an optimiser, or nil.
func OptimizerByName(name string) *Optimizer {
	return find(optimizers, name, func(r *Optimizer) *spec.Kind { return &r.Kind })
}

func checkSGD(a spec.Args) (why, hint string) {
	if a.Bool("nesterov") && (a.Float("momentum") == 0 || a.Float("dampening") != 0) {
		return "nesterov needs momentum and no dampening", "write momentum: 0.9 and dampening: 0"
	}
	return "", ""
}

// decay is the coupled weight decay: a gradient λ·w.
func decay(a spec.Args) expr.Program {
	if a.Float("weight_decay") == 0 {
		return nil
	}
	return formula("g = g + weight_decay*w")
}

func sgd(a spec.Args) expr.Program {
	p := decay(a)
	switch {
	case a.Float("momentum") == 0:
		return programs(p, formula("w = w - lr*g"))
	case a.Float("dampening") != 0: // the first gradient is not damped
		p = programs(p, formula("momentum_buffer = select(step == 1, g, momentum*momentum_buffer + (1 - dampening)*g)"))
	default:
		p = programs(p, formula("momentum_buffer = momentum*momentum_buffer + g"))
	}
	if a.Bool("nesterov") {
		return programs(p, formula("g = g + momentum*momentum_buffer; w = w - lr*g"))
	}
	return programs(p, formula("w = w - lr*momentum_buffer"))
}

func adamFields(decay spec.Param) []spec.Param {
	return []spec.Param{
		learningRate(0.001),
		number("beta1", "decay β₁ of the mean of the gradient", 0.9, fraction),
		number("beta2", "decay β₂ of the mean of its square", 0.999, fraction),
		epsilonField, decay, scheduleField, clipField,
	}
}

// adamScalars are Adam's bias corrections: the step size, and √(1 − β₂ⁿ).
var adamScalars = formula(`
	step_size = lr/(1 - pow(beta1, step))
	correction = sqrt(1 - pow(beta2, step))`)

func adamUpdate(a spec.Args) expr.Program {
	return programs(
		lerp("exp_avg", "beta1", a.Float("beta1")),
		formula(`
			exp_avg_sq = beta2*exp_avg_sq + (1 - beta2)*g*g
			w = w - step_size*exp_avg/(sqrt(exp_avg_sq)/correction + epsilon)`))
}

// lerp moves an average towards g, in the form PyTorch's lerp chooses.
func lerp(state, decay string, value float64) expr.Program {
	form := "m = m + (1 - beta)*(g - m)"
	if 1-value >= 0.5 {
		form = "m = g - beta*(g - m)"
	}
	return formula(form).Rename(map[string]string{"m": state, "beta": decay})
}

func rmsprop(a spec.Args) expr.Program {
	p := programs(decay(a), formula("square_avg = alpha*square_avg + (1 - alpha)*g*g"))
	if a.Bool("centered") {
		// Rounding may make the variance negative; PyTorch's root is NaN then.
		p = programs(p, lerp("grad_avg", "alpha", a.Float("alpha")),
			formula("root = sqrt(max(square_avg - grad_avg*grad_avg, 0)) + epsilon"))
	} else {
		p = programs(p, formula("root = sqrt(square_avg) + epsilon"))
	}
	if a.Float("momentum") != 0 {
		return programs(p, formula("momentum_buffer = momentum*momentum_buffer + g/root; w = w - lr*momentum_buffer"))
	}
	return programs(p, formula("w = w - lr*g/root"))
}

// programs joins programs.
func programs(ps ...expr.Program) expr.Program {
	var all expr.Program
	for _, p := range ps {
		all = append(all, p...)
	}
	return all
}

// onlyIf is a list of one name, or none.
func onlyIf(cond bool, name string) []string {
	if cond {
		return []string{name}
	}
	return nil
}
