// Package selftest prints what the tests of a package compare it with: the network
// in float64, as rolled loops that share nothing with the kernels, and what the
// oracle says of golden results and of errors.
package selftest

import (
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
)

// Tests are the tests of a package.
type Tests struct {
	*source.Package
	plan   *plan.Plan
	prog   *ir.Program
	sample *ir.Program // the network with the units SampledUnits alone, if it is large
	vector bool        // there are kernels in assembly

	refs    map[string]*refFunc // functions of the reference
	names   map[string]bool     // theirs
	numbers map[*ir.Value]int   // of the parameters
	movedTo map[uint64]map[*ir.Value][]float64
}

// New returns the tests of a package that is being printed.
func New(p *source.Package, pl *plan.Plan, sample *ir.Program) *Tests {
	t := &Tests{
		Package: p, plan: pl, prog: pl.Prog, sample: sample,
		refs: map[string]*refFunc{}, names: map[string]bool{}, numbers: map[*ir.Value]int{}, movedTo: map[uint64]map[*ir.Value][]float64{},
	}
	for i, v := range pl.Prog.Params {
		t.numbers[v] = i
	}
	return t
}

// Facts are what the templates of the tests see.
type Facts struct {
	InitSeed, DataSeed int
	Steps              int // of a stream
	// Golden is what portable Go gives, Fused what fused multiply-add gives.
	Golden, Fused []Value
	// Of the sample that golden results are computed with, if there is one.
	Sampled                                       bool
	SampledUnits, SampledBlocks, SampledScale     int
	ReferenceCases                                []Case
	Tolerance                                     string
	GradientSeed, GradientSamples, GradientOption int
	GradientTolerance                             string
	LossTolerance                                 string
	NoGradientCheck                               string
	GradientChecks, GradientStep                  int // elements of a tensor; of how many tensors one is checked
	OnHeap                                        bool
	AllocBatch                                    int // samples of TestZeroAllocations
}

// Value is a result the interpreter computed, as hexadecimal floats.
type Value struct {
	Expr, Value string
}

// Fill finds out what the tests need to know: whether there are kernels in assembly,
// and how large a workspace is, in bytes.
func (t *Tests) Fill(v *Facts, vector bool, workspace int) (err error) {
	t.vector = vector
	*v = Facts{
		InitSeed: goldenSeed, DataSeed: goldenData, Steps: t.testSteps(),
		Sampled: t.sample != nil, SampledUnits: sampledUnits, SampledBlocks: sampledBlocks, SampledScale: sampledScale,
		GradientChecks: t.gradientChecks(), GradientStep: t.gradientStep(), GradientOption: gradientOptions,
		OnHeap: t.testsOnHeap(workspace), AllocBatch: zeroAllocationBatch,
	}
	if err := t.tolerances(v); err != nil {
		return err
	}
	if v.Golden, err = t.golden(false); err != nil {
		return err
	}
	v.Fused, err = t.golden(t.prog.Mode == "fast")
	return err
}
