package golang

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
func (e *emitter) testSteps() int {
	if e.Remembers() {
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
func (e *emitter) tolerances(v *view) error {
	cases, outputs, err := e.referenceCases()
	if err != nil {
		return err
	}
	v.ReferenceCases, v.Tolerance = cases, short(outputs)
	if !v.Train {
		return nil
	}
	samples := max(fewestGradient, min(gradientSamples, gradientWork/(1+e.prog.MultiplyAdds())))
	v.GradientSamples = min(samples, e.plan.Options.Batch)
	seed, gradients, loss, reason, err := e.gradientCase(v.GradientSamples)
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
func (e *emitter) testsOnHeap() bool {
	size := map[ir.DType]int{ir.Float32: 4, ir.Float64: 8}[e.elem]
	inputs, outputs := 0, 0
	for _, in := range e.prog.Inputs {
		inputs += in.Size() * size
	}
	for _, o := range e.prog.Outputs {
		outputs += o.Value.Size() * size
	}
	return max(zeroAllocationBatch*inputs, zeroAllocationBatch*outputs, zeroAllocationBatch*e.MemorySize()*size, e.workspaceBytes()) > variableLimit
}

// referenceCase is a sample of TestReference.
type referenceCase struct{ Seed, Sample int }

// referenceCases chooses the samples of TestReference, and the tolerance.
func (e *emitter) referenceCases() (cases []referenceCase, tolerance float64, err error) {
	n := max(1, min(referenceSeeds*referenceSamples, int(referenceWork/float64(1+e.prog.MultiplyAdds()))))
	tolerance, _ = baseTolerances(e.elem)
	if e.opts.Sample != nil { // too large to be interpreted
		return []referenceCase{{0, 0}}, max(tolerance, e.typicalError()), nil
	}
	for seed := 0; seed*referenceSamples < n; seed++ {
		m := &measured{emitter: e, weights: e.moved(uint64(seed)), samples: min(n-seed*referenceSamples, referenceSamples)}
		exact, oracles, err := m.run(e.prog.Infer)
		if err != nil {
			return nil, 0, err
		}
		for s := range m.samples {
			worst := 0.0
			for _, oracle := range oracles {
				for _, o := range e.prog.Outputs {
					worst = worse(worst, largestErrorOf(oracle.Get(o.Value)[s], exact.Get(o.Value)[s], 1e-30))
				}
			}
			if worst <= largestError {
				cases, tolerance = append(cases, referenceCase{seed, s}), max(tolerance, errorMargin*worst)
			}
		}
	}
	return cases, tolerance, nil
}

// typicalError is a share of the largest output that roundings of sums do not
// reach: those of n terms add up like a random walk, √n of them.
func (e *emitter) typicalError() float64 {
	unit := 0x1p-24
	if e.elem == ir.Float64 {
		unit = 0x1p-53
	}
	terms := 0
	for _, op := range e.prog.Infer.Ops {
		if c, ok := op.(*ir.Contract); ok {
			terms += c.Length()
		}
	}
	return 16 * unit * math.Sqrt(float64(terms))
}

// gradientCase chooses the seed of TestGradients, and the tolerances of the
// gradients and of the loss. Without a reason, the gradients can be checked.
func (e *emitter) gradientCase(samples int) (seed int, gradients, loss float64, reason string, err error) {
	loss, gradients = baseTolerances(e.elem)
	if e.prog.Estimated != "" {
		return 0, gradients, loss, e.prog.Estimated + " is trained with an estimated gradient, which differences cannot check", nil
	}
	if e.prog.MultiplyAdds() > mostGradient {
		return 0, gradients, loss, "", nil
	}
	for seed := range gradientSeeds {
		m := &measured{emitter: e, weights: e.moved(uint64(seed)), samples: samples}
		exact, oracles, err := m.run(e.prog.Gradients)
		if err != nil {
			return 0, 0, 0, "", err
		}
		ofGradients, ofLoss := 0.0, 0.0
		for _, oracle := range oracles {
			want := exact.Get(e.prog.Loss)[0][0]
			ofLoss = worse(ofLoss, math.Abs(oracle.Get(e.prog.Loss)[0][0]-want)/(1+math.Abs(want)))
			scale := 1e-6
			for _, g := range e.prog.Grads {
				for _, x := range oracle.Get(g)[0] {
					scale = worse(scale, math.Abs(x))
				}
			}
			for _, g := range e.prog.Grads {
				for i, x := range oracle.Get(g)[0] {
					ofGradients = worse(ofGradients, math.Abs(x-exact.Get(g)[0][i])/scale)
				}
			}
		}
		if ofGradients <= largestError && ofLoss <= largestError {
			return seed, max(gradients, errorMargin*ofGradients), max(loss, errorMargin*ofLoss), "", nil
		}
	}
	return 0, gradients, loss, fmt.Sprintf("the gradients of %s are not those of float64: values overflow, or the network is too sensitive", e.elem), nil
}

// moved are the parameters of the tests: those of a seed, moved off their initial
// values.
func (e *emitter) moved(seed uint64) map[*ir.Value][]float64 {
	if values := e.movedTo[seed]; values != nil {
		return values
	}
	values := interp.InitialValues(e.prog, seed)
	for n, t := range e.plan.Tensors {
		if len(t.Value.Param.Values) > 0 {
			continue
		}
		w := interp.Stored(t.Value.Param, values[t.Value]) // as they come out of memory
		values[t.Value] = w
		shape := t.Value.Shape
		scale := 0.1 / math.Sqrt(float64(shape[len(shape)-1]))
		for i := range w {
			if t.Value.Param.Mask == nil || w[i] != 0 {
				w[i] = e.round(e.round(w[i]) + float64(scale*nnrt.Normal(seed, nnrt.PurposeData, uint32(2+n), uint64(i))))
			}
		}
	}
	e.movedTo[seed] = values
	return values
}

// round rounds to the network's type.
func (e *emitter) round(x float64) float64 {
	if e.elem == ir.Float64 {
		return x
	}
	return float64(float32(x))
}

// measured is a run of the interpreter on the first samples of the tests.
type measured struct {
	*emitter
	weights map[*ir.Value][]float64
	samples int
}

// run runs a function in float64 and as generated code computes it.
func (m *measured) run(f *ir.Func) (exact *interp.Machine, oracles []*interp.Machine, err error) {
	oracles = append(oracles, interp.NewOracle(m.prog, false))
	if m.prog.Mode == "fast" && len(m.vectorKernels()) > 0 {
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
		return []float64{math.Floor(uniform(s) * float64(size))}
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
