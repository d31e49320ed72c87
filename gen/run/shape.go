package run

import (
	"slices"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
)

// Shape is what the outside must know of a network: what goes in, what comes
// out, what it is compared with.
type Shape struct {
	Name    string
	DType   ir.DType
	Inputs  []dataset.Port
	Outputs []Output
	Batch   int
	// MinBatch is the least number of samples of a training step.
	MinBatch  int
	Train     bool // there is a trainer
	Fit       bool // an input is normalised by the training data
	FitTarget bool // an output is, or its classes are weighed by it
	// Record are the fields of a sample as the program reads it, to encode it, where
	// the spec has columns; nil if it reads inputs.
	Record  []spec.RecordField
	SumLoss bool // a loss is summed, not averaged, over the samples
	// ClassWeights are those of the loss of the only output, if they weigh its mean.
	ClassWeights []float64
	// Balanced are the outputs with balanced class weights, WeighedBy is the only
	// output if they weigh its mean.
	Balanced  []string
	WeighedBy string
	// MixedLoss: some are, others are not.
	MixedLoss bool
	// Memory: samples are the steps of one stream, or the windows of sequences to train
	// on.
	Memory bool
	// Divides: gradients of parts of a batch add up to those of the batch.
	Divides bool
	Params  []Param
	// texts stand beside the outputs in a table: the sequences that rows belong to.
	texts []dataset.TextColumn
}

// Output is an output of the network.
type Output struct {
	Name   string
	Dims   []int
	Size   int
	Labels []string
	// Places is how many classes a sample has, of Size/Places each; Length the input
	// that says how many steps of it there are, -1 if none does.
	Places, Length int
	// Steps is how many steps of a sequence it has, 0 if it is one of all of it.
	Steps int
	Loss  string
	// Target says what the output is compared with; nil if it is not trained.
	Target *dataset.Port
	Kind   OutputKind
}

// OutputKind is how an output is judged.
type OutputKind string

// The kinds of outputs.
const (
	KindClasses OutputKind = "classes" // a score per class, the largest wins
	KindBinary  OutputKind = "binary"  // a score above the threshold means yes
	KindSeveral OutputKind = "several" // a score per label, each like KindBinary
	KindValues  OutputKind = "values"  // numbers
)

// Param is a tensor of the weight file.
type Param struct {
	Name    string
	Dims    []int
	Mask    *ir.Mask // the connections of a sparse weight
	Trained bool     // not a stored constant
}

// binaryThreshold is the output above which a loss reads it as yes; without a
// loss it is a probability.
var binaryThreshold = map[string]float64{"bce": 0.5, "bce_with_logits": 0, "": 0.5}

// Describe returns the shape of a network from its spec and its program.
func Describe(net *spec.Network, prog *ir.Program) *Shape {
	s := &Shape{Name: net.Name, DType: prog.DType, Batch: net.Codegen.Batch, MinBatch: max(1, prog.MinBatch), Train: prog.Gradients != nil, MixedLoss: prog.SummedLoss != nil,
		Memory: len(prog.Memory) > 0, Divides: prog.Parts.Mean || prog.Parts.Sum}
	for i, in := range prog.Inputs {
		p := dataset.Port{Name: in.Name, Size: in.Size(), Bytes: in.DType == ir.Uint8}
		if i < len(net.Inputs) {
			from := &net.Inputs[i]
			s.Fit = s.Fit || from.Normalize != nil && from.Normalize.Fit
			p.Columns, p.Cells, p.Shape = from.ColumnNames(), cells(from), from.Shape
			p.Steps, p.Length = net.Steps(from.Shape), net.IsLength(in.Name)
			p.Windows = s.Memory && p.Steps > 0
		}
		s.Inputs = append(s.Inputs, p)
	}
	s.Record = net.Record()
	for _, out := range net.Outputs {
		s.FitTarget = s.FitTarget || out.Loss != nil && out.Normalize != nil && out.Normalize.Fit
		mean := out.Loss != nil && len(net.Outputs) == 1 && out.Loss.Args.Text("target") == "class" && out.Loss.Args.Text("reduction") != "sum"
		if mean {
			s.ClassWeights = out.Loss.Args.Floats("class_weights")
		}
		if s.Train && prog.ParamByName(out.Name+".class_weights") != nil {
			s.Balanced, s.FitTarget = append(s.Balanced, out.Name), true
			if mean {
				s.WeighedBy = out.Name
			}
		}
		s.SumLoss = s.SumLoss || out.Loss != nil && out.Loss.Args.Text("reduction") == "sum"
	}
	for i, out := range prog.Outputs {
		o := describeOutput(out)
		if i < len(net.Outputs) {
			o.Steps = net.Steps(out.Shape)
			o.Length = slices.IndexFunc(s.Inputs, func(p dataset.Port) bool { return p.Name == net.Outputs[i].Lengths })
		}
		if o.Target != nil && (o.Target.Classes == 0 || o.Target.Places > 0) {
			o.Target.Steps = net.Steps(out.Shape)
			o.Target.Windows = s.Memory && o.Target.Steps > 0
		}
		s.Outputs = append(s.Outputs, o)
	}
	for _, p := range prog.Params {
		s.Params = append(s.Params, Param{Name: p.Param.Name, Dims: p.Param.Shape, Mask: p.Param.Mask, Trained: p.Param.Trained})
	}
	return s
}

// cells say what the columns of an input may hold; nil if that is numbers, its
// elements.
func cells(in *spec.Input) []dataset.Cell {
	if !in.Encoded() {
		return nil
	}
	var cells []dataset.Cell
	for i := range in.Columns {
		c := &in.Columns[i]
		cells = append(cells, dataset.Cell{
			Elements: c.Width(), Categories: c.Categories, Missing: c.Missing != "error", Fitted: c.Fitted(), Unknown: c.Unknown == "zero",
		})
	}
	return cells
}

func describeOutput(out ir.Output) Output {
	o := Output{
		Name: out.Name, Places: max(1, out.Places), Length: -1, Dims: out.Shape, Size: out.Value.Size(),
		Labels: out.Labels, Loss: out.LossName, Kind: KindValues,
	}
	if out.Target != nil {
		o.Target = &dataset.Port{Name: out.Name, Size: out.Target.Size()}
		if out.Class {
			o.Target.Classes, o.Target.Labels = out.Classes(), out.Labels
			if n := out.Numbers(); n > 1 {
				o.Target.Places = n
			}
		}
	}
	_, binary := binaryThreshold[out.LossName]
	two := o.Size == 1 && len(o.Labels) == 2 // the names of no and yes
	binary = binary && (out.LossName != "" || two)
	if two && o.Target != nil {
		o.Target.Labels = o.Labels
	}
	switch {
	case out.Classifier && o.Size > 1:
		o.Kind = KindClasses
	case binary && o.Size == 1:
		o.Kind = KindBinary
	case binary:
		o.Kind = KindSeveral
	}
	return o
}

// answer returns the class that the scores of a sample say, for KindClasses
// and KindBinary.
func (o *Output) answer(scores []float64) int {
	if o.Kind == KindBinary {
		return yes(scores[0] > binaryThreshold[o.Loss])
	}
	return argMax(scores)
}

// Targets returns what the trained outputs are compared with.
func (s *Shape) Targets() []dataset.Port {
	var ports []dataset.Port
	for _, o := range s.Outputs {
		if o.Target != nil {
			ports = append(ports, *o.Target)
		}
	}
	return ports
}

// InputSize returns the numbers of a sample's inputs.
func (s *Shape) InputSize() int {
	n := 0
	for _, p := range s.Inputs {
		n += p.Size
	}
	return n
}

// OutputSize returns the numbers of a sample's outputs.
func (s *Shape) OutputSize() int {
	n := 0
	for _, o := range s.Outputs {
		n += o.Size
	}
	return n
}

// NumberSize returns the bytes of a number.
func (s *Shape) NumberSize() int {
	if s.DType == ir.Float64 {
		return 8
	}
	return 4
}
