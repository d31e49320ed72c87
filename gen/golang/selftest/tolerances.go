package selftest

import (
	"fmt"
	"math"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/runtime/nnrt"
)

// The generated tests compare results of float32 (or float64) with a reference
// in float64. How far a right package may be from it depends on the lengths of
// the sums and on the condition of the network; a bound that holds for all
// networks says nothing about deep ones. But generated code equals the oracle
// bit for bit, so what its errors are in the cases of the tests can be found
// out here. They are allowed four times over, for the functions of package
// math that differ between platforms; cases in which they are large, because a
// value overflows or lies at a jump, are left out.

const (
	errorMargin  = 4
	largestError = 1e-2 // of a case that says something

	referenceSeeds, referenceSamples = 3, 4 // of TestReference, at most

	// Multiply-adds of a run of the interpreter on all samples, for larger networks
	// with fewer of them; mostGradient is the most of one sample.
	referenceWork = 1e6
	gradientWork  = 1e6
	mostGradient  = 7e6

	gradientSeeds   = 4  // of TestGradients: how many are tried
	gradientOptions = 11 // Options.Seed
	gradientSamples = 3  // at most
	fewestGradient  = 2  // statistics of one sample say nothing

	zeroAllocationBatch = 3 // samples of TestZeroAllocations

	memorySteps = 3 // of a stream, with one sample
)

// testSteps is how often the tests of inference run a sample.
func (t *Tests) testSteps() int {
	if t.Remembers() {
		return memorySteps
	}
	return 1
}

// baseTolerances are what errors are allowed at least, as a share of the
// largest number: of outputs and of gradients by differences.
func baseTolerances(t ir.DType) (outputs, gradients float64) {
	if t == ir.Float64 {
		return 1e-12, 5e-5
	}
	return 1e-5, 1e-3
}

// tolerances finds out what the tests of float64 need to know.
func (t *Tests) tolerances(v *Facts) error {
	cases, outputs, err := t.referenceCases()
	if err != nil {
		return err
	}
	v.ReferenceCases, v.Tolerance = cases, short(outputs)
	if t.plan.Train == nil {
		return nil
	}
	samples := max(fewestGradient, min(gradientSamples, gradientWork/(1+t.prog.MultiplyAdds())))
	v.GradientSamples = min(samples, t.plan.Options.Batch)
	seed, gradients, loss, reason, err := t.gradientCase(v.GradientSamples)
	v.GradientSeed, v.NoGradientCheck = seed, reason
	v.GradientTolerance, v.LossTolerance = short(gradients), short(loss)
	return err
}

// short writes a tolerance.
func short(x float64) string { return strconv.FormatFloat(x, 'g', 2, 64) }

// variableLimit is the size of the largest variable that Go keeps on the stack.
const variableLimit = 128 << 10

// testsOnHeap reports whether a variable of TestZeroAllocations, the largest of
// which are arrays of samples, would be allocated itself.
func (t *Tests) testsOnHeap(workspace int) bool {
	size := map[ir.DType]int{ir.Float32: 4, ir.Float64: 8}[t.prog.DType]
	inputs, outputs := 0, 0
	for _, in := range t.prog.Inputs {
		inputs += in.Size() * size
	}
	for _, o := range t.prog.Outputs {
		outputs += o.Value.Size() * size
	}
	return max(zeroAllocationBatch*inputs, zeroAllocationBatch*outputs, zeroAllocationBatch*t.MemorySize()*size, workspace) > variableLimit
}

// Case is a sample of TestReference.
type Case struct{ Seed, Sample int }

// referenceCases chooses the samples of TestReference, and the tolerance.
func (t *Tests) referenceCases() (cases []Case, tolerance float64, err error) {
	n := max(1, min(referenceSeeds*referenceSamples, int(referenceWork/float64(1+t.prog.MultiplyAdds()))))
	tolerance, _ = baseTolerances(t.prog.DType)
	if t.sample != nil { // too large to be interpreted
		return []Case{{0, 0}}, max(tolerance, t.typicalError()), nil
	}
	for seed := 0; seed*referenceSamples < n; seed++ {
		m := &measured{Tests: t, weights: t.moved(uint64(seed)), samples: min(n-seed*referenceSamples, referenceSamples)}
		exact, oracles, err := m.run(t.prog.Infer)
		if err != nil {
			return nil, 0, err
		}
		for s := range m.samples {
			worst := 0.0
			for _, oracle := range oracles {
				for _, o := range t.prog.Outputs {
					worst = worse(worst, largestErrorOf(oracle.Get(o.Value)[s], exact.Get(o.Value)[s], 1e-30))
				}
			}
			if worst <= largestError {
				cases, tolerance = append(cases, Case{seed, s}), max(tolerance, errorMargin*worst)
			}
		}
	}
	return cases, tolerance, nil
}

// typicalError is a share of the largest output that roundings of sums do not
// reach: those of n terms add up like a random walk, √n of them.
func (t *Tests) typicalError() float64 {
	unit := 0x1p-24
	if t.prog.DType == ir.Float64 {
		unit = 0x1p-53
	}
	terms := 0
	for _, op := range t.prog.Infer.Ops {
		if c, ok := op.(*ir.Contract); ok {
			terms += c.Length()
		}
	}
	return 16 * unit * math.Sqrt(float64(terms))
}

// gradientCase chooses the seed of TestGradients, and the tolerances of the
// gradients and of the loss. Without a reason, the gradients can be checked.
func (t *Tests) gradientCase(samples int) (seed int, gradients, loss float64, reason string, err error) {
	loss, gradients = baseTolerances(t.prog.DType)
	if t.prog.Estimated != "" {
		return 0, gradients, loss, t.prog.Estimated + " is trained with an estimated gradient, which differences cannot check", nil
	}
	if t.prog.MultiplyAdds() > mostGradient {
		return 0, gradients, loss, "", nil
	}
	for seed := range gradientSeeds {
		m := &measured{Tests: t, weights: t.moved(uint64(seed)), samples: samples}
		exact, oracles, err := m.run(t.prog.Gradients)
		if err != nil {
			return 0, 0, 0, "", err
		}
		ofGradients, ofLoss := 0.0, 0.0
		for _, oracle := range oracles {
			want := exact.Get(t.prog.Loss)[0][0]
			ofLoss = worse(ofLoss, math.Abs(oracle.Get(t.prog.Loss)[0][0]-want)/(1+math.Abs(want)))
			scale := 1e-6
			for _, g := range t.prog.Grads {
				for _, x := range oracle.Get(g)[0] {
					scale = worse(scale, math.Abs(x))
				}
			}
			for _, g := range t.prog.Grads {
				for i, x := range oracle.Get(g)[0] {
					ofGradients = worse(ofGradients, math.Abs(x-exact.Get(g)[0][i])/scale)
				}
			}
		}
		if ofGradients <= largestError && ofLoss <= largestError {
			return seed, max(gradients, errorMargin*ofGradients), max(loss, errorMargin*ofLoss), "", nil
		}
	}
	return 0, gradients, loss, fmt.Sprintf("the gradients of %s are not those of float64: values overflow, or the network is too sensitive", t.prog.DType), nil
}

// moved are the parameters of the tests: those of a seed, moved off their initial
// values.
func (t *Tests) moved(seed uint64) map[*ir.Value][]float64 {
	if values := t.movedTo[seed]; values != nil {
		return values
	}
	values := interp.InitialValues(t.prog, seed)
	for n, v := range t.plan.Tensors {
		if len(v.Value.Param.Values) > 0 {
			continue
		}
		w := interp.Stored(v.Value.Param, values[v.Value]) // as they come out of memory
		values[v.Value] = w
		shape := v.Value.Shape
		scale := 0.1 / math.Sqrt(float64(shape[len(shape)-1]))
		for i := range w {
			if v.Value.Param.Mask == nil || w[i] != 0 {
				w[i] = t.round(t.round(w[i]) + float64(scale*nnrt.Normal(seed, nnrt.PurposeData, uint32(2+n), uint64(i))))
			}
		}
	}
	t.movedTo[seed] = values
	return values
}

// round rounds to the network's type.
func (t *Tests) round(x float64) float64 {
	if t.prog.DType == ir.Float64 {
		return x
	}
	return float64(float32(x))
}

// measured is a run of the interpreter on the first samples of the tests.
type measured struct {
	*Tests
	weights map[*ir.Value][]float64
	samples int
}

// run runs a function in float64 and as generated code computes it.
func (m *measured) run(f *ir.Func) (exact *interp.Machine, oracles []*interp.Machine, err error) {
	oracles = append(oracles, interp.NewOracle(m.prog, false))
	if m.prog.Mode == "fast" && m.vector {
		oracles = append(oracles, interp.NewOracle(m.prog, true))
	}
	exact = interp.New(m.prog)
	var all errgroup.Group
	for _, machine := range append(oracles, exact) {
		all.Go(func() error {
			machine.Batch, machine.Seed = m.samples, gradientOptions
			for v, w := range m.weights {
				machine.Set(v, w)
			}
			m.data(machine)
			steps := 1 // of training
			if f == m.prog.Infer {
				steps = m.testSteps()
			}
			for step := range steps {
				if step > 0 {
					machine.Advance(f)
				}
				if err := machine.Run(f); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return exact, oracles, all.Wait()
}

// data sets the samples and targets that the tests draw.
func (m *measured) data(machine *interp.Machine) {
	at := uint64(0)
	rows := map[*ir.Value][][]float64{}
	for s := range m.samples {
		for _, in := range m.prog.Inputs {
			rows[in] = append(rows[in], make([]float64, in.Size()))
			for i := range rows[in][s] {
				rows[in][s][i] = sampleOf(in, m.round, at)
				at++
			}
		}
		for _, o := range m.Trained() {
			rows[o.Target] = append(rows[o.Target], m.target(o, s))
		}
	}
	for v, r := range rows {
		machine.Set(v, r...)
	}
}

// target is what an output of sample s is compared with.
func (m *measured) target(o ir.Output, s int) []float64 {
	size := o.Value.Size()
	uniform := func(i int) float64 { return nnrt.Uniform(goldenData, nnrt.PurposeData, 1, uint64(i)) }
	if o.Class {
		y := make([]float64, o.Numbers())
		for i := range y {
			y[i] = math.Floor(uniform(s*len(y)+i) * float64(o.Classes()))
		}
		return y
	}
	y := make([]float64, size)
	for i := range y {
		y[i] = m.round(uniform(s*size + i))
	}
	return y
}

// largestErrorOf is the largest error as a share of the largest number wanted,
// or of least.
func largestErrorOf(got, want []float64, least float64) float64 {
	scale, worst := least, 0.0
	for _, w := range want {
		if a := math.Abs(w); a > scale && !math.IsInf(a, 0) {
			scale = a
		}
	}
	for i, w := range want {
		if got[i] != w && !(math.IsNaN(got[i]) && math.IsNaN(w)) {
			worst = worse(worst, math.Abs(got[i]-w)/scale)
		}
	}
	return worst
}

// worse is the larger error; a NaN is infinite.
func worse(a, b float64) float64 {
	if math.IsNaN(b) {
		return math.Inf(1)
	}
	return max(a, b)
}

// gradientChecks is how many elements of a tensor the gradient check tries:
// the whole check should take about half a second.
func (t *Tests) gradientChecks() int {
	const budget = 3e7 // multiply-adds of the reference
	return max(3, min(40, int(budget/float64(1+t.prog.MultiplyAdds()))/max(1, len(t.plan.Tensors))))
}

// gradientStep says of how many tensors the gradient check tries one, where a deep
// network has so many that all would take minutes. It is odd, so that weights and
// biases get their source.Turn.
func (t *Tests) gradientStep() int {
	const budget, least, enough = 3e8, 3, 16 // multiply-adds, elements of a tensor, tensors
	n := len(t.plan.Tensors)
	step := min(int(float64(least*n)*float64(t.prog.MultiplyAdds())/budget), n/enough)
	if step < 2 {
		return 1
	}
	return step | 1
}
