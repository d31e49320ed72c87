package api

import (
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/nngen-go/nngen/spec"
)

// EmbeddedName is the file of the embedded weights in the package.
const EmbeddedName = "weights.safetensors"

// finalsPerLine is how many parts of the gradients a line names.
const finalsPerLine = 6

// Integers are the integer types of inputs and targets, behind others in a constraint.
func (v View) Integers() (text string) {
	if slices.ContainsFunc(v.Inputs, func(in ioView) bool { return in.Bytes }) {
		text += " | ~uint8"
	}
	if slices.ContainsFunc(v.Trained, func(t ioView) bool { return t.Places > 1 }) {
		text += " | ~int32"
	}
	return text
}

// View is what the templates see: names and numbers, nothing to compute.
type View struct {
	Header, Package, Elem, Runtime string
	Version                        int
	Train, Class                   bool
	ErrorType                      string
	Doc                            []string
	Optimizer, LearningRate        string
	States, StateNames             []string
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
	Half                           bool // some kernels read float16
	// Of a training step: whether one sample is a step of its own, whether
	// updates follow their gradients at once, whether something is prepared.
	StepOne, Learn, Prepare bool
	Filters                 bool  // some are stored a second time, as kernels read them
	SummedLoss              bool  // sums and means are mixed
	Stages                  []int // over the samples, after the first
	MinBatch                int   // least samples of a training step
	// ShareFrom is the number of samples from which workers share a step, Shares
	// whether batches can be so large; TileRows are the rows of the smaller tile.
	ShareFrom, TileRows int
	Shares              bool
	Group               int // samples that go through the network together, 0 if all do
	// Of gradients of a part of a batch: how they add up, and what is final when.
	Parts                       ir.Parts
	Balanced                    string         // where the class weights lie that are fitted
	Finals                      [][]plan.Final // by the line
	FinalParts                  int
	MaxBatch                    int
	TrainedTensors              []bool
	FixedTensors, SparseTensors []bool
	SkipZeros                   bool
}

// accessorView is the method for the elements of a tensor.
type accessorView struct {
	Name, Cell, Tensor, Args string
	Check                    string // panics where one of several axes has not the index
	Sparse                   bool
	Value                    string // expression of the number in cell c
	Doc                      string // how its comment ends, "" where it has none
}

// ioView is an input, an output or a target.
type ioView struct {
	Field string // selector, "" if it is the only one
	Size  int
	Class bool
	Bytes bool // uint8
	// Places is how many class numbers a target has, of Classes each.
	Places, Classes int
}

// Last is the index of the last element.
func (v ioView) Last() int { return v.Size - 1 }

// View is what the templates see of the package; prepare says that a training step
// prepares something.
func (e *API) View(prepare bool) View {
	v := View{
		Header: e.Header(), Package: e.Title, Elem: source.TypeName(e.prog.DType), Runtime: e.Runtime,
		Version: nnrt.Version, Train: e.plan.Train != nil, ErrorType: "TensorError", Doc: e.doc(),
		MaxBatch: e.plan.Options.Batch, SkipZeros: e.plan.Options.SkipZeros, Filters: len(e.plan.Filtered.Fields) > 0,
	}
	if e.Runtime != "" {
		v.ErrorType = "nnrt.TensorError"
	} else {
		v.ErrorType = source.StandalonePrefix + "TensorError"
	}
	if v.Train {
		v.Optimizer = e.net.Optimizer.Name
		v.LearningRate = source.Literal(e.net.Optimizer.Args.Float("learning_rate"), e.prog.DType)
		v.StepOne, v.Learn, v.Prepare = e.plan.Train.One != nil, e.plan.Train.Learn != nil, prepare
		v.SummedLoss = e.prog.SummedLoss != nil
		for n := range e.plan.Train.Gradients.Phases(plan.Samples)[1:] {
			v.Stages = append(v.Stages, n+1)
		}
		v.MinBatch = max(1, e.prog.MinBatch)
		if w := e.prog.Parts.Balanced; w != nil {
			v.Balanced = source.ParamName(w)
		}
		v.Parts, v.Finals, v.FinalParts = e.prog.Parts, slices.Collect(slices.Chunk(e.plan.Finals(), finalsPerLine)), len(e.prog.Params)
		v.Group = e.plan.Train.Group
		v.ShareFrom, v.Shares, v.TileRows = e.plan.ShareFrom(), e.plan.Shares(), calls.TileRows(e.plan)
		for _, s := range e.plan.Train.States {
			v.States, v.StateNames = append(v.States, source.LowerCamel(s)), append(v.StateNames, s)
		}
	}
	for _, t := range e.plan.Tensors {
		v.Half = v.Half || t.Layout.Elem == ir.Float16
		v.TrainedTensors = append(v.TrainedTensors, e.isTrained(t))
		v.FixedTensors = append(v.FixedTensors, len(t.Value.Param.Values) > 0)
		v.SparseTensors = append(v.SparseTensors, t.Value.Param.Mask != nil)
		v.Accessors = append(v.Accessors, e.accessorOf(t))
	}
	v.Fits = e.fits()
	e.records(&v)
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
		v.Trained = append(v.Trained, ioView{Field: field, Size: o.Value.Size(), Class: o.Class, Places: o.Numbers(), Classes: o.Classes()})
	}
	if data := e.Embedded; data != nil {
		v.EmbedIntegers = e.embedsIntegers()
		h := fnv.New64a()
		h.Write(data)
		v.EmbedFile, v.EmbedSize, v.EmbedSum = EmbeddedName, len(data), fmt.Sprintf("%#x", h.Sum64())
	}
	return v
}
