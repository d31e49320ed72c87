package verify

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
)

// CheckDifferences is the comparison of float64 gradients with differences.
const CheckDifferences = "float64 gradients by differences"

// GradientReport is the gradient check of one parameter. Errors are relative
// to the largest gradient of the network.
type GradientReport struct {
	Parameter string `json:"parameter"`
	Checked   int    `json:"checked"`
	Kinks     int    `json:"kinks"` // the loss is not differentiable there
	// Differences is the largest error of the float64 gradient against central
	// differences of the loss, Generated that of the generated gradient.
	Differences float64 `json:"differences"`
	Generated   float64 `json:"generated"`
}

// Limits of the gradient check.
const (
	gradientWork = 1e8 // multiply-adds for all parameters together
	kinkLimit    = 1e-5
)

// differenceLimits are the errors allowed against differences.
func differenceLimits(t ir.DType) (exact, generated float64) {
	if t == ir.Float64 {
		return 5e-5, 5e-5
	}
	return 5e-5, 1e-3
}

// gradientCheck compares the gradients of a case's first step.
type gradientCheck struct {
	*trainingStep
	loss             *ir.Func
	exact, generated Values
	scale            float64
}

// gradients checks the gradients of the random parameters: far from any
// symmetry, none is zero by chance.
func (v *verification) gradients(ctx context.Context) error {
	prog := v.n.Plan.Prog
	switch {
	case prog.Gradients == nil:
		v.report.GradientNote = "the network is not trained"
		return nil
	case prog.Estimated != "":
		v.report.GradientNote = prog.Estimated + " is trained with an estimated gradient, which differences cannot check"
		return nil
	}
	i := slices.IndexFunc(v.cases, func(c *testCase) bool { return c.name == "random" })
	c := v.cases[i]
	g := &gradientCheck{trainingStep: &trainingStep{
		Replay: &Replay{Network: v.n, Job: c.job}, batch: c.job.Batches[0], weights: c.initial, got: &v.results[i].Steps[0],
	}, loss: lossOnly(prog)}
	var err error
	if g.exact, err = g.trainingStep.gradients(g.weights); err != nil {
		return err
	}
	if g.generated, err = v.n.Decode(g.got.Gradients); err != nil {
		return err
	}
	return g.run(ctx, v.report)
}

// run checks every trained parameter.
func (g *gradientCheck) run(ctx context.Context, report *Report) error {
	prog := g.Network.Plan.Prog
	for _, d := range g.exact {
		for _, x := range d {
			g.scale = max(g.scale, math.Abs(x))
		}
	}
	if g.scale == 0 || math.IsInf(g.scale, 0) {
		report.GradientNote = "all gradients are zero or not finite"
		return nil
	}
	work := 5 * float64(len(g.batch.Inputs)*(1+prog.MultiplyAdds())*len(prog.Grads))
	elements := max(3, min(40, int(gradientWork/work)))
	for _, p := range prog.Params {
		if g.exact[p] == nil || p.Param.Momentum > 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		row, err := g.param(p, elements)
		if err != nil {
			return err
		}
		report.Gradients = append(report.Gradients, row)
	}
	exact, generated := differenceLimits(prog.DType)
	for _, row := range report.Gradients {
		if !(row.Differences <= exact) {
			report.fail("%s: %s: error %.3g of the largest gradient (limit %g)", CheckDifferences, row.Parameter, row.Differences, exact)
		}
		if !(row.Generated <= generated) {
			report.fail("generated gradients by differences: %s: error %.3g of the largest gradient (limit %g)", row.Parameter, row.Generated, generated)
		}
	}
	return nil
}

// param checks some elements of a parameter.
func (g *gradientCheck) param(p *ir.Value, count int) (GradientReport, error) {
	row := GradientReport{Parameter: p.Name}
	all := existing(p)
	rng := rand.New(rand.NewPCG(g.Job.Seed, 0))
	for _, j := range rng.Perm(len(all))[:min(count, len(all))] {
		i := all[j]
		want, smooth, err := g.difference(p, i)
		switch {
		case err != nil:
			return row, err
		case !smooth:
			row.Kinks++
			continue
		}
		row.Checked++
		row.Differences = worse(row.Differences, math.Abs(g.exact[p][i]-want)/g.scale)
		row.Generated = worse(row.Generated, math.Abs(g.generated[p][i]-want)/g.scale)
	}
	return row, nil
}

// worse is the larger error, NaN being the largest; as a number, so that it
// can be written as JSON.
func worse(a, b float64) float64 {
	if math.IsNaN(b) {
		return math.MaxFloat64
	}
	return max(a, b)
}

// difference is the derivative of the loss by an element, by central
// differences, and whether it is one: it must not depend on their width, and
// be the same to the left and to the right.
func (g *gradientCheck) difference(p *ir.Value, i int) (d float64, smooth bool, err error) {
	moved := Values{}
	for q, w := range g.weights {
		moved[q] = w
	}
	moved[p] = slices.Clone(g.weights[p])
	at := func(dx float64) float64 {
		moved[p][i] = g.weights[p][i] + dx
		m := g.start(interp.New(g.Network.Plan.Prog), moved)
		if e := m.Run(g.loss); e != nil {
			err = e
			return 0
		}
		return m.Get(g.Network.Plan.Prog.Loss)[0][0]
	}
	h := 1e-5 * (1 + math.Abs(g.weights[p][i]))
	d = (at(h) - at(-h)) / (2 * h)
	h /= 8
	left, here, right := at(-h), at(0), at(h)
	smooth = math.Abs(d-(right-left)/(2*h)) <= kinkLimit*g.scale && math.Abs(right-2*here+left)/h <= 5*kinkLimit*g.scale
	return d, smooth, err
}

// existing lists the elements of a parameter; of a sparse weight its
// connections.
func existing(p *ir.Value) []int {
	var all []int
	if m := p.Param.Mask; m != nil {
		for o, cols := range m.Cols {
			for _, k := range cols {
				all = append(all, o*m.In+k)
			}
		}
		return all
	}
	for i := range p.Size() {
		all = append(all, i)
	}
	return all
}

// lossOnly is the part of the training step that computes the loss.
func lossOnly(prog *ir.Program) *ir.Func {
	f := &ir.Func{Name: "loss", Results: []*ir.Value{prog.Loss}}
	needed := map[*ir.Value]bool{prog.Loss: true}
	for _, op := range slices.Backward(prog.Gradients.Ops) {
		if slices.ContainsFunc(op.Outs(), func(y *ir.Value) bool { return needed[y] }) {
			f.Ops = append(f.Ops, op)
			for _, x := range op.Ins() {
				needed[x] = true
			}
		}
	}
	slices.Reverse(f.Ops)
	return f
}
