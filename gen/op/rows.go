package op

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
)

// Activation is a row of the activation table: y = f(x).
type Activation struct {
	spec.Kind
	// Y assigns "y" from the leaf x; DX assigns "dx" from dy and whichever of
	// x and y it needs. The row's numeric fields are leaves of their names.
	// What the backward pass must keep follows from the leaves of DX, so
	// prefer y where the derivative can be written with it.
	Y, DX expr.Program
	// Variant, if not nil, gives the programs instead, for rows with an
	// enumerated field.
	Variant func(a spec.Args) (y, dx expr.Program)
	// Mixing is set instead for what combines the elements of a sample.
	Mixing *Mixing
	// Relu marks the relu family: its layers are initialised by He's rule.
	Relu bool
	// Kinks are the x at which f is not differentiable.
	Kinks func(a spec.Args) []float64
	// Check is as in Optimizer.
	Check func(a spec.Args) (why, hint string)
	// Refuse, if not nil, says why the activation cannot be trained with
	// these arguments, and what to do.
	Refuse func(a spec.Args) (why, hint string)
	// Bound is the measured error against float64, for the documentation.
	Bound string
}

// Mixing is an activation that combines the elements of a sample, or of each
// of its groups along the axis of the field axis.
type Mixing struct {
	Forward  func(b *Builder, x *ir.Value, g groups) *ir.Value
	Backward func(b *Builder, x, y, dy *ir.Value, g groups) *ir.Value
}

// Programs returns y and dx with the row's arguments put in.
func (r *Activation) Programs(a spec.Args) (y, dx expr.Program) {
	y, dx = r.Y, r.DX
	if r.Variant != nil {
		y, dx = r.Variant(a)
	}
	return y.Bind(Numbers(a)), dx.Bind(Numbers(a))
}

// Loss is a row of the loss table. The loss of a batch is the sum over
// samples (and elements) of l, times s; s is the output's weight, divided for
// the mean by what Mean says.
type Loss struct {
	spec.Kind
	// Value assigns "l" from the leaves p (prediction) and t (target); DP
	// assigns "dp" = s·∂l/∂p from p, t and s. Both are per element.
	Value, DP expr.Program
	// Mix is set instead for what combines the elements of a sample: l has
	// one element per sample; dp, already multiplied by s, is the gradient of
	// the value of: p, or the logits if the loss is fused with the activation
	// that made p. w is what Weigh returned.
	Mix func(b *Builder, a spec.Args, p, t, s, w *ir.Value) (l, dp, of *ir.Value)
	// Places is Mix where an argument axis says that every place along the other axes
	// has a target of its own, of the last axis; w are the weights of the elements.
	Places func(b *Builder, a spec.Args, p Tensor, t, s, w *ir.Value) (l, dp, of *ir.Value)
	// Weigh, if not nil, returns the weight of each sample, by whose sum the
	// mean divides instead; nil if all count alike.
	Weigh func(b *Builder, a spec.Args, t *ir.Value) *ir.Value
	// Mean is what `reduction: mean` divides by: the samples, or all elements.
	Mean MeanOver
	// Numbers: the target is any numbers, as of a regression.
	Numbers bool
	// Class: the target is a class number unless `target` says otherwise.
	Class bool
	// Kinks reports whether l is not differentiable near (p, t).
	Kinks func(a spec.Args, p, t float64) bool
	// Refuse, if not nil, says why the loss cannot follow the activation that
	// made p ("" if none), and what to do.
	Refuse func(a spec.Args, activation string) (why, hint string)
}

// MeanOver is what the mean of a loss runs over.
type MeanOver string

// The two means: PyTorch's classification losses average over the samples,
// the others over samples and outputs.
const (
	OverSamples  MeanOver = "samples"
	OverElements MeanOver = "elements"
)

// Optimizer is a row of the optimiser table.
type Optimizer struct {
	spec.Kind
	// Check, if not nil, says why the fields do not go together, and what to
	// do; "" if they do.
	Check func(a spec.Args) (why, hint string)
	// States names the state tensors kept per parameter, zero at the start.
	States func(a spec.Args) []string
	// Scalars are computed once per step in float64 from the leaves step
	// (1, 2, …) and lr (the scheduled learning rate), then rounded to the
	// network's dtype for Update.
	Scalars func(a spec.Args) expr.Program
	// Update assigns "w" and the states from w, g, lr, step, the states and
	// the scalars, per element. The fields of the row are leaves.
	Update func(a spec.Args) expr.Program
	// Adaptive optimisers scale each element's step, so a proximal step of
	// lr·λ would be wrong for them.
	Adaptive bool
}

// Schedule is a row of the schedule table: the factor of the base learning
// rate. Factor gets t, the number of steps already made (0, 1, …).
type Schedule struct {
	spec.Kind
	Factor func(a spec.Args, t *expr.Node) *expr.Node
}

// Clip is a row of the clipping table. Value assigns "g" from g; Norm, set
// instead, assigns "c" from "r" and "s", by which every gradient is multiplied:
// the global norm of all gradients is s·r, where s is 1 unless r would overflow.
type Clip struct {
	spec.Kind
	Value, Norm expr.Program
}

// Regularizer is a row of the regulariser table, over the leaf w.
type Regularizer struct {
	spec.Kind
	// Check is as in Optimizer.
	Check   func(a spec.Args) (why, hint string)
	Penalty expr.Program // assigns "r", summed over the elements
	Grad    expr.Program // assigns "dw"
	// Prox assigns "w" from w and lr: argmin_v ½(v−w)² + lr·r(v).
	Prox func(a spec.Args) expr.Program
}

// Initializer is a row of the initialiser table. Value assigns "w" from the
// leaves fan_in, fan_out, u (uniform in [0,1)), z (standard normal) and tz
// (standard normal cut off at ±2), in float64.
type Initializer struct {
	spec.Kind
	// Check is as in Optimizer.
	Check func(a spec.Args) (why, hint string)
	Value func(a spec.Args) expr.Program
	// Orthogonal is set instead: an orthogonal matrix times the gain.
	Orthogonal bool
}

// Layer is a row of the layer table; each has a file of its own.
type Layer struct {
	spec.Kind
	// Build adds the layer to the program. It reports problems with b.Errorf
	// and returns no value then. In training it records how gradients flow back.
	Build func(b *Builder, l *spec.Layer, xs []Tensor) Tensor
}

// Numbers returns the numeric arguments, for binding leaves.
func Numbers(a spec.Args) map[string]float64 {
	m := map[string]float64{}
	for name, arg := range a {
		switch v := arg.Value.(type) {
		case float64:
			m[name] = v
		case int:
			m[name] = float64(v)
		}
	}
	return m
}

// find returns the row with the name, or nil.
func find[T any](rows []T, name string, kind func(*T) *spec.Kind) *T {
	for i := range rows {
		if kind(&rows[i]).Name == name {
			return &rows[i]
		}
	}
	return nil
}

// kinds returns the words of a table.
func kinds[T any](rows []T, kind func(*T) *spec.Kind) []spec.Kind {
	ks := make([]spec.Kind, len(rows))
	for i := range rows {
		ks[i] = *kind(&rows[i])
	}
	return ks
}

// Programs returns the row's penalty and gradient with the arguments put in.
func (r *Regularizer) Programs(a spec.Args) Regularizer {
	return Regularizer{Kind: r.Kind, Penalty: r.Penalty.Bind(Numbers(a)), Grad: r.Grad.Bind(Numbers(a)), Prox: r.Prox}
}
