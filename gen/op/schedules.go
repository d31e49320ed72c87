package op

import (
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
)

// Schedules returns the schedule table. t counts training steps from 0. It is
// a function because warmup looks up the schedule that follows it.
func Schedules() []Schedule {
	return []Schedule{
		{
			Kind:   spec.Kind{Name: "constant", Doc: "Constant learning rate, factor 1."},
			Factor: factor("1"),
		},
		{
			Kind: spec.Kind{
				Name: "step", Doc: "Steps down, factor γ^⌊t/n⌋ (PyTorch StepLR, per training step).",
				Params: []spec.Param{
					{Name: "step_size", Doc: "number n of training steps between two reductions", Type: spec.Integer, Required: true, Range: count},
					number("gamma", "factor γ of a reduction", 0.1, positive),
				},
			},
			Factor: factor("pow(gamma, floor(t/step_size))"),
		},
		{
			Kind: spec.Kind{
				Name: "exponential", Doc: "Exponential decay, factor γ^t (PyTorch ExponentialLR, per training step).",
				Params: []spec.Param{{Name: "gamma", Doc: "factor γ of one step", Type: spec.Number, Required: true, Range: positive}},
			},
			Factor: factor("pow(gamma, t)"),
		},
		{
			Kind: spec.Kind{
				Name: "cosine", Doc: "Half a cosine, factor f + (1 − f)·(1 + cos(π·min(t, n)/n))/2 (Loshchilov and Hutter 2016; PyTorch CosineAnnealingLR, then constant).",
				Params: []spec.Param{
					{Name: "steps", Doc: "number n of training steps until the factor is f", Type: spec.Integer, Required: true, Range: count},
					number("min_factor", "factor f at the end", 0.0, &spec.Range{Min: 0, Max: 1}),
				},
			},
			Factor: factor("min_factor + (1 - min_factor)*(0.5*(1 + cos(3.141592653589793*(min(t, steps)/steps))))"),
		},
		{
			Kind: spec.Kind{
				Name: "warmup", Doc: "Linear warm-up, factor (t + 1)/n for t < n, then another schedule counted from there (Goyal et al. 2017; PyTorch LinearLR).",
				Params: []spec.Param{
					{Name: "steps", Doc: "number n of training steps until the factor is 1", Type: spec.Integer, Required: true, Range: count},
					{Name: "then", Doc: "the schedule that follows; default constant", Type: spec.Word, Slot: spec.ScheduleSlot},
				},
			},
			Factor: warmup,
		},
	}
}

// ScheduleByName returns the row of a schedule, or nil.
func ScheduleByName(name string) *Schedule {
	return find(Schedules(), name, func(r *Schedule) *spec.Kind { return &r.Kind })
}

// LearningRate returns the learning rate of training step t (0, 1, …) of an
// optimiser with some fields.
func LearningRate(a spec.Args, t int) (float64, error) {
	rate := expr.C(a.Float("learning_rate"))
	if s := a.Word("schedule"); s != nil {
		rate = expr.Mul(rate, ScheduleByName(s.Name).Factor(s.Args, expr.C(float64(t))))
	}
	return expr.Eval(expr.One("lr", rate), expr.Float64, "lr", nil)
}

// factor puts the arguments and the step into a formula.
func factor(src string) func(a spec.Args, t *expr.Node) *expr.Node {
	return func(a spec.Args, t *expr.Node) *expr.Node {
		by := map[string]*expr.Node{"t": t}
		for name, v := range Numbers(a) {
			by[name] = expr.C(v)
		}
		return expr.MustParseNode(src).Substitute(by).Fold()
	}
}

func warmup(a spec.Args, t *expr.Node) *expr.Node {
	n := expr.C(float64(a.Int("steps")))
	after := expr.C(1)
	if then := a.Word("then"); then != nil {
		after = ScheduleByName(then.Name).Factor(then.Args, expr.Sub(t, n))
	}
	return expr.Select(expr.Less(t, n), expr.Div(expr.Add(t, expr.C(1)), n), after)
}
