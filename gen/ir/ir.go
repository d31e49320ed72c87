// Package ir is the program a network becomes: what must be computed, as
// tensor operations in static single assignment, shapes known, forward,
// backward and update as ordinary operations.
//
// The batch is the one symbolic dimension; a value says whether it has it.
package ir

import (
	"github.com/nngen-go/nngen/gen/ir/expr"
)

// DType is the element type of a value.
type DType string

// The element types.
const (
	Float32 DType = "float32"
	Float64 DType = "float64"
	Int32   DType = "int32"

	Uint8 DType = "uint8" // of inputs alone

	// Of stored weights alone.
	Float16 DType = "float16"
	Int8    DType = "int8"
)

// Kind says where a value comes from.
type Kind uint8

// The kinds of values.
const (
	Temp     Kind = iota // result of an operation
	Input                // an input of the network, per sample
	Target               // what an output is compared with, per sample
	Param                // a parameter: trained, or a stored constant (normalisation)
	Constant             // a value known to the compiler
	State                // an optimiser's state, of a trainer
	Scalar               // a number of a training step: "step", "batch", "learning_rate", "seed"
	Gradient             // the gradient of the loss by a parameter
	Stream               // what a stream of samples keeps from one step to the next, per stream
)

var kindNames = [...]string{"temp", "input", "target", "param", "constant", "state", "scalar", "gradient", "stream"}

// String returns the kind's name.
func (k Kind) String() string { return kindNames[k] }

// Value is a tensor: one per sample if it has the batch dimension, else one.
type Value struct {
	ID    int
	Name  string
	Kind  Kind
	DType DType
	Shape []int // without the batch; nil is a scalar
	Batch bool
	Const []float64  // Constant
	Param *ParamInfo // Param, Gradient, State: the parameter they belong to
}

// Size returns the number of elements per sample.
func (v *Value) Size() int {
	n := 1
	for _, d := range v.Shape {
		n *= d
	}
	return n
}

// ParamInfo describes a stored tensor.
type ParamInfo struct {
	Name   string // canonical: "dense1.weight"
	Layer  int    // counter of the random generator
	Shape  []int  // canonical: [out, in] or [out]; of filters [out, in, window]; of an element-wise parameter any
	Mask   *Mask  // connections of a sparse weight; nil is all
	Bias   *Value // weight only: the bias of the same layer, or nil
	FanIn  float64
	FanOut float64
	// Init is the formula of an element: leaves u (uniform in [0,1)), z
	// (standard normal), tz (standard normal truncated at ±2).
	Init expr.Program
	// Orthogonal, if not 0, is the gain of an orthogonal matrix instead, whose
	// rows are the outputs.
	Orthogonal float64
	// Values are the initial values instead, one or one per element.
	Values []float64
	// Order is how its elements follow each other in memory.
	Order Order
	// Transposed, of a copy of filters that a step makes, is what they are of: with
	// filters and channels exchanged.
	Transposed *ParamInfo
	// Trained is false for constants stored with the weights.
	Trained bool
	// Momentum, if not 0, makes a constant a running average: each step's
	// "gradient" of it is that batch's statistic s, and w ← (1 − Momentum)·w +
	// Momentum·s.
	Momentum float64
	// FitPort is the input or output of whose training data this constant holds a
	// statistic: by Stat the "mean" or "std" that it is normalised by, or
	// "missing", what stands for elements of an input that a sample lacks, or
	// "class_weights", balanced ones of the loss.
	FitPort, Stat string
	// Storage is the type of the elements in memory, "" if it is the value's.
	// What is stored is rounded first, to nearest, ties to even:
	//
	//	float16  W' = half(W), at most ±65504
	//	int8     W' = q·s, q = round(W/s) from −127 to 127, with a scale per
	//	         output, s[n] = max|W[n,:]|/127, rounded up to 17 bits, at least
	//	         2⁻¹²⁶; so W' is a float32, and storing it changes nothing
	//
	// A Dense of int8 weights is Y[n] = B[n] + s[n]·Σ_k q[n,k]·X[k].
	Storage DType
}

// Order is how the elements of a parameter follow each other.
type Order uint8

// The orders.
const (
	ByOutputs Order = iota // of matrices, filters and biases: outputs side by side in panels
	// ByInputs, of the weights of a layer with few outputs: those of an output lie
	// side by side, and a sum of the gradient of inputs has one chain.
	ByInputs
	// RowMajor, whatever the shape: one number per element of what it is combined
	// with.
	RowMajor
)

// IsNumber reports whether a value is one number for the whole step.
func (v *Value) IsNumber() bool { return !v.Batch && v.Size() == 1 && v.Param == nil }

// StorageOf returns the type of a parameter's elements in memory.
func (v *Value) StorageOf() DType {
	if v.Param != nil && v.Param.Storage != "" {
		return v.Param.Storage
	}
	return v.DType
}

// Size returns the number of elements, those a mask leaves out included.
func (p *ParamInfo) Size() int { return (&Value{Shape: p.Shape}).Size() }

// Mask is the set of connections of a sparse layer.
type Mask struct {
	Out, In int
	// Cols holds, per output, the inputs it is connected to, ascending.
	Cols [][]int
}

// Count returns the number of connections.
func (m *Mask) Count() int {
	n := 0
	for _, c := range m.Cols {
		n += len(c)
	}
	return n
}

// Func is a list of operations in an order in which they can run.
type Func struct {
	Name string
	Ops  []Op
	// Results must be kept; what they do not need is dead.
	Results []*Value
}

// Waits reports whether what is done for a sample depends on a sum over the
// samples.
func (f *Func) Waits() bool {
	summed := map[*Value]bool{}
	for _, op := range f.Ops {
		c, ok := op.(*Contract)
		sum := ok && c.OverBatch()
		for _, x := range op.Ins() {
			sum = sum || summed[x]
		}
		for _, y := range op.Outs() {
			if sum && y.Batch {
				return true
			}
			summed[y] = sum
		}
	}
	return false
}

// Program is a network, ready to be planned.
type Program struct {
	Name string
	// DType is what the spec asks for, numeric.dtype: the type of the numbers that a
	// user of the network sees, and of its arithmetic. That of a value is its own.
	DType  DType
	Mode   string // fast | reproducible
	Values []*Value

	Inputs  []*Value
	Outputs []Output
	Params  []*Value // in the order of the weight file's layers
	// Shapes of inputs and layers by name, without the batch, and the values of
	// inference.
	Shapes map[string][]int
	Layers map[string]*Value
	States []*Value
	// Memory is what a network with memory keeps of a stream of samples.
	Memory []*Memory

	Infer     *Func // inputs → outputs
	Gradients *Func // inputs, targets → loss, gradients; nil without training
	Evaluate  *Func // inputs, targets → loss, as in inference; nil without training
	Update    *Func // gradients, params, states → params, states
	// StepOne is Gradients and Update for a batch of one sample, to the same
	// bits, where the gradient of a weight is a product of two vectors and need
	// not be stored; nil where the optimiser wants the gradients.
	StepOne  *Func
	Penalty  *Func // params → penalty; nil without regularisers
	Grads    []*Value
	Loss     *Value // of Gradients
	EvalLoss *Value // of Evaluate
	// SummedLoss is the loss of Gradients summed over the samples; nil unless some
	// outputs' losses are sums and others means.
	SummedLoss *Value
	// Parts says how the gradients of parts of a batch make those of the batch.
	Parts Parts
	// MinBatch is the least number of samples of a training step: 2 where one
	// would leave batch normalisation a single value; 0 is 1.
	MinBatch int
	// Estimated names an activation whose gradient is not its derivative
	// (straight-through), so that differences cannot check it.
	Estimated string
	PenaltyOf *Value
}

// Parts is how the gradients of the parts of a batch, computed by themselves, add
// up to those of the batch. They do not where the losses of several outputs divide by
// different things: then both are false.
type Parts struct {
	Mean bool // each times its share of the samples
	Sum  bool // as they are; the statistics of batch normalisation by their share
	// ClassWeights are what the samples of each class count in the mean; nil is 1.
	// Balanced is the parameter that holds them where they are fitted.
	ClassWeights []float64
	Balanced     *Value
}

// Memory is a part of the state of a stream: In is its value before a call, zero at
// the beginning, Out the one after a step of Infer.
type Memory struct {
	Name    string // "gru1.h"
	In, Out *Value
	// Trained and Evaluated are the values after Gradients and Evaluate, which the
	// samples of the next batch begin with; nil without training.
	Trained, Evaluated *Value
}

// After is the value of a part of the state after a function.
func (p *Program) After(m *Memory, f *Func) *Value {
	switch f {
	case p.Gradients:
		return m.Trained
	case p.Evaluate:
		return m.Evaluated
	}
	return m.Out
}

// SetAfter sets the value of a part of the state after a function.
func (p *Program) SetAfter(m *Memory, f *Func, v *Value) {
	switch f {
	case p.Gradients:
		m.Trained = v
	case p.Evaluate:
		m.Evaluated = v
	default:
		m.Out = v
	}
}

// Output is a result of the network and how it is trained.
type Output struct {
	Name   string
	Value  *Value // result of Infer
	Shape  []int  // of a sample; Value is row-major
	Target *Value // nil if it is not trained
	Labels []string
	// Class reports whether the target is a class number, or one of every place.
	Class bool
	// Classifier reports whether the outputs are scores of classes.
	Classifier bool
	LossName   string
	// Places is how many places of a sample the loss compares with a class each; 1 where
	// it is one of the sample.
	Places int
}

// Classes is how many classes a place may be of.
func (o *Output) Classes() int { return o.Value.Size() / max(1, o.Places) }

// Numbers is how many class numbers the target has, 1 of others.
func (o *Output) Numbers() int {
	if o.Class {
		return max(1, o.Places)
	}
	return 1
}

// ParamByName returns the parameter with the canonical name, or nil.
func (p *Program) ParamByName(name string) *Value {
	for _, v := range p.Params {
		if v.Name == name {
			return v
		}
	}
	return nil
}

// MultiplyAdds returns the number of multiply-adds of one inference.
func (p *Program) MultiplyAdds() int {
	n := 0
	for _, op := range p.Infer.Ops {
		if c, ok := op.(*Contract); ok {
			n += c.MultiplyAdds()
		}
	}
	return n
}

// ParamCount returns the number of weights and biases; of a sparse weight,
// the connections.
func (p *Program) ParamCount() int {
	n := 0
	for _, v := range p.Params {
		switch {
		case len(v.Param.Values) > 0 && !v.Param.Trained: // a stored constant
		case v.Param.Mask != nil:
			n += v.Param.Mask.Count()
		default:
			n += v.Size()
		}
	}
	return n
}
