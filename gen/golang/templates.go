package golang

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"text/template"

	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/templates"
)

// embeddedName is the file of the embedded weights in the package.
const embeddedName = "weights.safetensors"

// finalsPerLine is how many parts of the gradients a line names.
const finalsPerLine = 6

// view is what the templates see: names and numbers, nothing to compute.
type view struct {
	Header, Package, Elem, Runtime string
	Version                        int
	Train, Class                   bool
	ErrorType                      string
	Doc                            []string
	Optimizer, LearningRate        string
	States, StateNames             []string
	Memory                         []memoryView // the state of a stream
	Steps                          int          // of a stream, in the tests
	Accessors                      []accessorView
	Fits                           []fitGroup
	Record                         []recordView // nil without columns
	RecordNumbers, RecordRefuses   bool         // some fields are numbers; some values are refused
	RecordImports                  bool         // the runtime is called
	FitRecords                     bool
	Encoded                        []string // the elements that the first record of the tests becomes
	EncodeCases                    []encodeCase
	EmbedFile, EmbedSum            string
	EmbedSize                      int
	EmbedIntegers                  bool // the file holds weights as they are stored
	Inputs                         []ioView
	Trained                        []ioView
	OutputViews                    []ioView
	// Golden is what portable Go gives, Fused what fused multiply-add gives.
	Golden, Fused []goldenView
	// Targets are the instruction sets that there are kernels for, the preferred
	// first.
	Targets []targetView
	NoAsm   string // the build constraint without assembly
	Half    bool   // some kernels read float16
	// Of a training step: whether one sample is a step of its own, whether
	// updates follow their gradients at once, whether something is prepared.
	StepOne, Learn, Prepare bool
	SummedLoss              bool  // sums and means are mixed
	Stages                  []int // over the samples, after the first
	MinBatch                int   // least samples of a training step
	// ShareFrom is the number of samples from which workers share a step, Shares
	// whether batches can be so large; TileRows are the rows of the smaller tile.
	ShareFrom, TileRows int
	Shares              bool
	// Of gradients of a part of a batch: how they add up, and what is final when.
	Parts      ir.Parts
	Balanced   string         // where the class weights lie that are fitted
	Finals     [][]plan.Final // by the line
	FinalParts int
	// Of the generated tests.
	InitSeed, DataSeed, MaxBatch int
	// Of the sample that golden results are computed with, if there is one.
	Sampled                                       bool
	SampledUnits, SampledBlocks, SampledScale     int
	ReferenceCases                                []referenceCase
	Tolerance                                     string
	GradientSeed, GradientSamples, GradientOption int
	GradientTolerance                             string
	LossTolerance                                 string
	NoGradientCheck                               string
	GradientChecks, GradientStep                  int // elements of a tensor; of how many tensors one is checked
	TrainedTensors                                []bool
	FixedTensors, SparseTensors                   []bool
	SkipZeros                                     bool
	OnHeap                                        bool // samples and workspace are too large for the stack
	AllocBatch                                    int  // samples of TestZeroAllocations
}

// targetView is an instruction set: its name in NNGEN_PATH and in identifiers, its
// architecture, and the names of those it is preferred to.
type targetView struct {
	Name, Upper, Arch string
	Others            []string
}

type accessorView struct {
	Name, Cell, Tensor, Args string
	Check                    string // panics where one of several axes has not the index
	Sparse                   bool
	Value                    string // expression of the number in cell c
	Doc                      string // how its comment ends, "" where it has none
}

type ioView struct {
	Field string // selector, "" if it is the only one
	Size  int
	Class bool
	Bytes bool // uint8
}

// Last is the index of the last element.
func (v ioView) Last() int { return v.Size - 1 }

// goldenView is a result the interpreter computed, as hexadecimal floats.
type goldenView struct {
	Expr, Value string
}

// templates renders the files of fixed shape.
func (e *emitter) templates() error {
	v := e.view()
	err := e.tolerances(v)
	if err != nil {
		return err
	}
	if v.Golden, err = e.golden(false); err != nil {
		return err
	}
	if v.Fused, err = e.golden(e.prog.Mode == "fast"); err != nil {
		return err
	}
	vector := len(e.vectorKernels()) > 0
	var cpu []templateFile
	if vector {
		v.Targets, v.NoAsm = e.targetViews(), "!("+asmTag(e.arches()...)+")"
		cpu = e.cpuFiles()
	}
	list := slices.Concat([]templateFile{
		{"doc.go", "doc.go.tmpl", true},
		{"net.go", "net.go.tmpl", true},
		{"state.go", "state.go.tmpl", v.Memory != nil},
		{"trainer_state.go", "trainer_state.go.tmpl", v.Memory != nil && v.Train},
		{"encode.go", "encode.go.tmpl", v.Record != nil},
		{"trainer.go", "trainer.go.tmpl", e.plan.Train != nil},
		{"embed.go", "embed.go.tmpl", e.opts.Embedded != nil},
	}, cpu, []templateFile{
		{"cpu_noasm.go", "cpu_noasm.go.tmpl", vector},
		{"net_test.go", "net_test.go.tmpl", true},
		{"encode_test.go", "encode_test.go.tmpl", v.Record != nil},
		{"trainer_test.go", "trainer_test.go.tmpl", e.plan.Train != nil},
		{"bench_test.go", "bench_test.go.tmpl", true},
	})
	if e.opts.Embedded != nil {
		e.files[embeddedName] = e.opts.Embedded
	}
	for _, t := range list {
		if !t.when {
			continue
		}
		src, err := e.render(t.tmpl, v)
		if err != nil {
			return err
		}
		if strings.HasSuffix(t.file, ".go") {
			if src, err = gofmt(t.file, src); err != nil {
				return err
			}
		}
		e.files[t.file] = src
	}
	return nil
}

func (e *emitter) render(name string, v *view) ([]byte, error) {
	t, err := template.New(name).Option("missingkey=error").Funcs(template.FuncMap{
		// rt names an identifier of the runtime, imported or copied.
		"rt": e.RTName,
	}).ParseFS(templates.FS, name)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	if err := t.ExecuteTemplate(&buf, name, v); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

func (e *emitter) view() *view {
	v := &view{
		Header: e.Header(), Package: e.opts.Package, Elem: typeName(e.elem), Runtime: e.opts.Runtime,
		Version: nnrt.Version, Train: e.plan.Train != nil, ErrorType: "TensorError", Doc: e.doc(),
		InitSeed: goldenSeed, DataSeed: goldenData, MaxBatch: e.plan.Options.Batch,
		Sampled: e.opts.Sample != nil, SampledUnits: sampledUnits, SampledBlocks: sampledBlocks, SampledScale: sampledScale,
		GradientChecks: e.gradientChecks(), GradientStep: e.gradientStep(), GradientOption: gradientOptions,
		SkipZeros: e.plan.Options.SkipZeros, OnHeap: e.testsOnHeap(), AllocBatch: zeroAllocationBatch,
	}
	if e.opts.Runtime != "" {
		v.ErrorType = "nnrt.TensorError"
	} else {
		v.ErrorType = source.StandalonePrefix + "TensorError"
	}
	if v.Train {
		v.Optimizer = e.net.Optimizer.Name
		v.LearningRate = literal(e.net.Optimizer.Args.Float("learning_rate"), e.elem)
		v.StepOne, v.Learn, v.Prepare = e.plan.Train.One != nil, e.plan.Train.Learn != nil, len(e.trainSteps) > 0
		v.SummedLoss = e.prog.SummedLoss != nil
		for n := range e.plan.Train.Gradients.Phases(plan.Samples)[1:] {
			v.Stages = append(v.Stages, n+1)
		}
		v.MinBatch = max(1, e.prog.MinBatch)
		if w := e.prog.Parts.Balanced; w != nil {
			v.Balanced = paramName(w)
		}
		v.Parts, v.Finals, v.FinalParts = e.prog.Parts, slices.Collect(slices.Chunk(e.plan.Finals(), finalsPerLine)), len(e.prog.Params)
		v.ShareFrom, v.Shares, v.TileRows = e.plan.ShareFrom(), e.plan.Shares(), calls.TileRows(e.plan)
		for _, s := range e.plan.Train.States {
			v.States, v.StateNames = append(v.States, lowerCamel(s)), append(v.StateNames, s)
		}
	}
	for _, t := range e.plan.Tensors {
		v.Half = v.Half || t.Layout.Elem == ir.Float16
		v.TrainedTensors = append(v.TrainedTensors, e.isTrained(t))
		v.FixedTensors = append(v.FixedTensors, len(t.Value.Param.Values) > 0)
		v.SparseTensors = append(v.SparseTensors, t.Value.Param.Mask != nil)
		v.Accessors = append(v.Accessors, e.accessorOf(t))
	}
	v.Fits, v.Memory, v.Steps = e.fits(), e.memoryViews(), e.testSteps()
	e.records(v)
	for _, in := range e.prog.Inputs {
		v.Inputs = append(v.Inputs, ioView{Field: e.InputField(in), Size: in.Size(), Bytes: in.DType == ir.Uint8})
	}
	for _, o := range e.prog.Outputs {
		v.OutputViews = append(v.OutputViews, ioView{Field: e.OutputField(o.Name), Size: o.Value.Size()})
	}
	for _, o := range e.Trained() {
		field := ""
		if len(e.prog.Outputs) > 1 {
			field = "." + spec.GoName(o.Name)
		}
		v.Trained = append(v.Trained, ioView{Field: field, Size: o.Value.Size(), Class: o.Class})
	}
	if data := e.opts.Embedded; data != nil {
		v.EmbedIntegers = e.embedsIntegers()
		h := fnv.New64a()
		h.Write(data)
		v.EmbedFile, v.EmbedSize, v.EmbedSum = embeddedName, len(data), fmt.Sprintf("%#x", h.Sum64())
	}
	return v
}

// gradientChecks is how many elements of a tensor the gradient check tries:
// the whole check should take about half a second.
func (e *emitter) gradientChecks() int {
	const budget = 3e7 // multiply-adds of the reference
	return max(3, min(40, int(budget/float64(1+e.prog.MultiplyAdds()))/max(1, len(e.plan.Tensors))))
}

// gradientStep says of how many tensors the gradient check tries one, where a deep
// network has so many that all would take minutes. It is odd, so that weights and
// biases get their turn.
func (e *emitter) gradientStep() int {
	const budget, least, enough = 3e8, 3, 16 // multiply-adds, elements of a tensor, tensors
	n := len(e.plan.Tensors)
	step := min(int(float64(least*n)*float64(e.prog.MultiplyAdds())/budget), n/enough)
	if step < 2 {
		return 1
	}
	return step | 1
}
