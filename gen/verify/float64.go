package verify

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
)

// tolerances are the errors allowed against float64, relative to the largest
// number of a tensor.
func tolerances(t ir.DType) (gradient, step float64) {
	if t == ir.Float64 {
		return 1e-9, 1e-12
	}
	return 1e-4, 1e-5
}

// roundings are the relative errors of a rounding and of a few, in a type.
func roundings(t ir.DType) (one, few float64) {
	if t == ir.Float64 {
		return 0x1p-53, 7 * 0x1p-53
	}
	return 0x1p-24, 7 * 0x1p-24
}

// inFloat64 compares the gradients with float64, and the step that was made
// with a float64 step from the generated gradient and state.
func (s *trainingStep) inFloat64(checks *Checks) error {
	prog := s.Network.Plan.Prog
	tolerance, stepTolerance := tolerances(prog.DType)
	grads, err := s.Network.Decode(s.got.Gradients)
	if err != nil {
		return err
	}
	if err := s.gradientsInFloat64(checks, grads, tolerance); err != nil {
		return err
	}
	stepped, err := s.updated(interp.New(prog), grads)
	if err != nil {
		return err
	}
	after, err := s.Network.Decode(s.got.Weights)
	if err != nil {
		return err
	}
	for _, p := range prog.Params {
		want := stepped[p] // a step may cancel what was there before
		atol := stepTolerance * max(largest(want), largest(s.weights[p]))
		if DiffNear("", after[p], want, 0, atol) != "" {
			well, err := s.wellConditionedStep(grads, p, want, atol/2)
			if err != nil {
				return err
			}
			if !well {
				continue
			}
		}
		checks.Near(CheckStep64, s.named(s.Network.Net.Optimizer.Name+" "+p.Name), after[p], want, 0, atol)
	}
	return nil
}

// gradientsInFloat64 compares the gradients with float64, unless the training has diverged
// beyond what float32 can hold.
func (s *trainingStep) gradientsInFloat64(checks *Checks, grads Values, tolerance float64) error {
	prog := s.Network.Plan.Prog
	exact, err := s.gradients(s.weights)
	if err != nil {
		return err
	}
	s.Gradients += len(exact)
	if prog.DType == ir.Float32 && beyond(exact) {
		s.LeftOut, s.IllConditioned = s.LeftOut+len(exact), s.IllConditioned+1
		return nil
	}
	leftOut := 0
	var well map[*ir.Value]bool
	for _, p := range prog.Params {
		want, trained := exact[p]
		if !trained {
			continue
		}
		if prog.DType == ir.Float32 && max(largest(want), largest(grads[p])) < subnormal {
			continue // equal as far as float32 can say
		}
		if well == nil && DiffWithin("", grads[p], want, tolerance) != "" {
			if well, err = s.wellConditioned(exact); err != nil {
				return err
			}
		}
		if well != nil && !well[p] && DiffWithin("", grads[p], want, tolerance) != "" {
			leftOut++
			continue
		}
		checks.Within(CheckGrad64, s.named(p.Name), grads[p], want, tolerance)
	}
	if s.LeftOut += leftOut; leftOut > 0 {
		s.IllConditioned++
	}
	return nil
}

// beyond reports whether a number is beyond the largest of float32.
func beyond(values Values) bool {
	for _, rows := range values {
		if slices.ContainsFunc(rows, func(x float64) bool { return math.Abs(x) > math.MaxFloat32 }) {
			return true
		}
	}
	return false
}

// updated are the parameters after a step from some gradients.
func (s *trainingStep) updated(m *interp.Machine, grads Values) (Values, error) {
	prog := s.Network.Plan.Prog
	m = s.start(m, s.weights)
	for _, p := range prog.Params {
		if g := gradOf(prog, p); g != nil {
			m.Set(g, grads[p])
		}
	}
	if err := m.Run(prog.Update); err != nil {
		return nil, err
	}
	out := Values{}
	for _, p := range prog.Params {
		out[p] = m.Get(p)[0]
	}
	return out, nil
}

// wellConditionedStep tells whether steps of a parameter with roundings on the way, of the
// network's type, are like it: a gradient and a weight decay may cancel, and what is
// divided by little more than epsilon then is a rounding.
func (s *trainingStep) wellConditionedStep(grads Values, p *ir.Value, want []float64, atol float64) (bool, error) {
	one, _ := roundings(s.Network.Plan.Prog.DType)
	rng := rand.New(rand.NewPCG(uint64(s.index), 1))
	for range neighbours {
		m := interp.New(s.Network.Plan.Prog)
		m.Arith = noisy{m.Arith, rng, one}
		near, err := s.updated(m, grads)
		if err != nil || DiffNear("", near[p], want, 0, atol) != "" {
			return false, err
		}
	}
	return true, nil
}

// subnormal bounds gradients that float32 has too few bits for, or none.
const subnormal = 0x1p-126

// largest is the largest finite magnitude.
func largest(x []float64) float64 {
	most := math.SmallestNonzeroFloat64
	for _, v := range x {
		if a := math.Abs(v); a > most && !math.IsInf(a, 0) {
			most = a
		}
	}
	return most
}

// neighbours is how many problems near a step's are tried to see whether it
// is well conditioned.
const neighbours = 6

// noisy is float64 arithmetic with the errors of a type: what its results are
// like, a program's in that type may be.
type noisy struct {
	expr.Arith
	rng      *rand.Rand
	rounding float64
}

func (a noisy) round(x float64) float64 { return x * (1 + a.rounding*(2*a.rng.Float64()-1)) }

func (a noisy) MulAdd(x, y, z float64) float64 { return a.round(a.Arith.MulAdd(x, y, z)) }

func (a noisy) Apply(op expr.Op, v ...float64) float64 {
	y := a.Arith.Apply(op, v...)
	switch op {
	case expr.OpNeg, expr.OpAbs, expr.OpMin, expr.OpMax, expr.OpLess, expr.OpLessEqual, expr.OpEqual, expr.OpFloor:
		return y // exact
	}
	return a.round(y)
}

// wellConditioned tells of which parameters the gradients in float64 are well
// conditioned: parameters moved by a few roundings, and roundings on the way, of the
// network's type, give gradients that differ by half of what is allowed at most.
func (s *trainingStep) wellConditioned(exact Values) (map[*ir.Value]bool, error) {
	prog := s.Network.Plan.Prog
	well := map[*ir.Value]bool{}
	for p := range exact {
		well[p] = true
	}
	tolerance, _ := tolerances(prog.DType)
	one, few := roundings(prog.DType)
	rng := rand.New(rand.NewPCG(uint64(s.index), 0))
	for range neighbours {
		shifted := Values{}
		for _, p := range prog.Params {
			shifted[p] = make([]float64, len(s.weights[p]))
			for j, x := range s.weights[p] {
				shifted[p][j] = x + math.Abs(x)*few*(2*rng.Float64()-1)
			}
		}
		m := interp.New(prog)
		m.Arith = noisy{m.Arith, rng, one}
		near, err := s.gradientsOn(m, shifted)
		if err != nil {
			return nil, err
		}
		for p, want := range exact {
			well[p] = well[p] && DiffWithin("", near[p], want, tolerance/2) == ""
		}
	}
	return well, nil
}

// gradients computes the gradients of the step in float64.
func (s *trainingStep) gradients(w Values) (Values, error) {
	return s.gradientsOn(interp.New(s.Network.Plan.Prog), w)
}

func (s *trainingStep) gradientsOn(m *interp.Machine, w Values) (Values, error) {
	prog := s.Network.Plan.Prog
	m = s.start(m, w)
	if err := m.Run(prog.Gradients); err != nil {
		return nil, err
	}
	out := Values{}
	for _, p := range prog.Params {
		if g := gradOf(prog, p); g != nil {
			out[p] = m.Get(g)[0]
		}
	}
	return out, nil
}
