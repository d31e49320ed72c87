// Package plan decides how a program is computed: the layout of everything
// that is stored, the buffers, what is fused, what is unrolled. Emitters walk
// a finished plan and decide nothing.
package plan

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
)

// Options are the code generation options that bear on the plan.
type Options struct {
	Batch  int    // largest batch of a training step or a batched inference
	Unroll string // auto | none | full
	// SkipZeros: one sample may leave out the inputs that are zero.
	SkipZeros bool
	// Targets are the instruction sets kernels are printed for, beside
	// portable Go.
	Targets []string
	// Group is how many samples go through a training step together, where that is
	// possible; 0: as many as stay in a cache.
	Group int
}

// Plan is a program with every decision made.
type Plan struct {
	Prog    *ir.Program
	Options Options

	Tensors []*Tensor // the stored tensors, in the order of Prog.Params
	Runs    []*Run    // of equal tensors
	Net     Arena     // the parameters
	// Filtered are filters of inference a second time, as kernels read them: transformed,
	// or with filters and channels exchanged.
	Filtered Arena
	// Transposed are the other copies of filters that a training step makes.
	Transposed Arena
	Infer      *Phase
	// Layerwise: batches go through the network layer by layer, every value
	// with a row per sample, as assembly kernels want them. Otherwise sample by
	// sample.
	Layerwise  bool
	aligned    map[int]bool // sizes of values whose rows begin at vectors
	InferBatch *Phase       // Infer for a batch, if Layerwise
	Train      *Train       // nil without training

	tensorOf map[*ir.ParamInfo]*Tensor
	series   map[*ir.Value]Element
	// scratches is how many values there are that no operation knows.
	scratches int
}

// Tensor is a stored parameter.
type Tensor struct {
	Value  *ir.Value
	Layout Layout
	Field  string // Go field: w1, b1
	// Run is the array of blocks that holds the tensor, nil if none does; Block is
	// its own.
	Run   *Run
	Block int
	// Tiled: filters that are stored transformed for tiles of so many results along an
	// axis, parameters beside the filters themselves; 0: they are not.
	Tiled int
	// Copied: a copy of filters that is made whenever they change.
	Copied bool
}

// Train is the plan of a training step.
type Train struct {
	Gradients *Batched
	Evaluate  *Batched // the loss alone, as in inference
	Update    *Phase
	One       *Phase // a step on one sample; nil where it is none of its own
	// Learn are the gradients with the updates that can follow each at once;
	// nil where the update must see all gradients first.
	Learn []Learn
	// LearnRepeats are the parts of Learn that are loops.
	LearnRepeats []*Repeat
	Penalty      *Phase   // nil without regularisers
	States       []string // names of the optimiser's states
	// Rows are the values kept for every sample of the batch, because a sum
	// over the batch reads them.
	Rows []*ir.Value
	// Group is how many samples go through the network together, into the sums of stage
	// Groups; 0: all of a batch. Of the values in Grouped a row per sample of a group is
	// kept.
	Group   int
	Grouped map[*ir.Value]bool
	// RowOf are the places of those that are kept side by side.
	RowOf map[*ir.Value]Element
	// Copies are parameter-shaped temporaries: connections kept by drop_connect,
	// gradients of a further use of a weight.
	Copies []*ir.Value
	// Values are vectors that a batch has one of, and numbers that samples read.
	Values []*ir.Value
}

// Learn is the gradient of a parameter and its update: what a worker does for
// its share of a parameter after all samples have gone through the network.
type Learn struct {
	Gradient ir.Op // a sum over the batch
	Update   *ir.Map
	Kernel   *kernel.Kernel // of the gradient of filters
}

// Phase is a list of steps with the buffers of their temporaries.
type Phase struct {
	Steps   []*Step
	Repeats []*Repeat // parts of Steps that are loops
	Slots   []int     // sizes of the workspace's slots, in elements
	Elem    ir.DType  // of the slots' elements; "" where there are none
	Least   int       // most elements that live at a time: no workspace is smaller
	Slot    map[*ir.Value]int
	// Many is the number of values that a slot has room for, of slots that are
	// arrays; Index says which of them a value is.
	Many  map[int]int
	Index map[*ir.Value]int
	exact bool
	// Local are the values of which the row of the first sample serves all, where a batch
	// goes layer by layer.
	Local  map[*ir.Value]bool
	oneRow map[int]bool // slots
	// Scratch is the memory of all steps that need some, in exact phases.
	Scratch *ir.Value
}

// Step is one operation with what is fused to it.
type Step struct {
	Op ir.Op
	// Epilogue holds the element-wise operations computed on the result while
	// it is in registers.
	Epilogue []*ir.Map
	// Keep: the operation's own result is stored too, because something
	// beside the epilogue reads it.
	Keep bool
	// Kept: in training the same layer keeps its sums beside the same epilogue.
	Kept bool
	// hidden are results of the epilogue that only the epilogue reads.
	hidden map[*ir.Value]bool
	// Vector: there is an assembly kernel of it for every target.
	Vector bool
	// Kernel describes a matrix operation; nil for others.
	Kernel *kernel.Kernel
	// Chains is the number of accumulator chains of each sum.
	Chains int
	// Scratch is memory that the step works with, alone at that time; nil if it needs none.
	Scratch *ir.Value
	// Transforms: the operation copies filters, which are stored transformed.
	Transforms bool
	// Unrolled: straight-line code.
	Unrolled bool
	// Skip: inputs that are zero are left out, where there are enough of them.
	Skip bool
	// Then is the update of the weights that the step is the last to read.
	Then *ir.RankOne
}

// TensorOf returns the stored tensor of a parameter, gradient or state.
func (p *Plan) TensorOf(info *ir.ParamInfo) *Tensor {
	return p.tensorOf[info]
}

// New plans a program.
func New(prog *ir.Program, o Options) (*Plan, error) {
	p := &Plan{Prog: prog, Options: o, tensorOf: map[*ir.ParamInfo]*Tensor{}}
	p.alignRows()
	p.series = findSeries(prog.Infer, prog.Gradients, prog.Evaluate, prog.StepOne)
	p.tensors()
	p.Layerwise = len(o.Targets) > 0
	p.Infer = p.phase(prog.Infer.Ops, keepAll(prog.Infer.Results), false)
	if p.Layerwise {
		p.InferBatch = p.phase(prog.Infer.Ops, keepAll(prog.Infer.Results), true)
	}
	if prog.Gradients != nil {
		p.train()
		p.keptSums()
	}
	p.unroll()
	p.vectorize()
	p.skip()
	p.repeats()
	return p, p.Verify()
}

// tensors lays out the parameters. Dense layers are numbered, as in the
// mathematics: w1, b1, w2, ….
func (p *Plan) tensors() {
	fields, numbers, tiled := map[string]int{}, numbered(p.Prog.Infer.Ops), tiledFilters(p.Prog)
	for _, v := range p.Prog.Params {
		t := &Tensor{Value: v, Layout: NewLayout(v.Param, v.StorageOf()), Tiled: tiled[v]}
		t.Field = field(v, numbers, fields)
		p.Tensors = append(p.Tensors, t)
		p.tensorOf[v.Param] = t
	}
	p.runs()
	for _, t := range p.Tensors {
		p.Net.add(t)
		p.Filtered.addTiles(t)
	}
	p.transposed()
}

func keepAll(vs []*ir.Value) map[*ir.Value]bool {
	m := map[*ir.Value]bool{}
	for _, v := range vs {
		m[v] = true
	}
	return m
}

// phase fuses and assigns buffers to a list of operations. Values in keep
// have a place of their own and get no slot.
// exact slots are shared by values of one size alone, but for the scratch.
func (p *Plan) phase(ops []ir.Op, keep map[*ir.Value]bool, exact bool) *Phase {
	ops = slices.DeleteFunc(slices.Clone(ops), p.copied)
	ph := &Phase{Steps: p.fuse(ops, keep), exact: exact}
	for _, s := range ph.Steps {
		s.Chains = p.chains(s.Op)
		s.Kernel = p.describe(s)
		s.Scratch = p.scratch(ph, s)
		s.Transforms = p.transforms(s.Op)
	}
	ph.assign(keep, p.series)
	return ph
}
