package ir

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir/expr"
)

// Op is an operation. The set is closed: back ends switch over it, and a
// default case that reports an unexpected op.
type Op interface {
	// Ins returns the values the operation reads.
	Ins() []*Value
	// Outs returns the values it defines, or, for parameters and states,
	// assigns.
	Outs() []*Value
	String() string
}

// RankOne is the step of plain gradient descent on the one sample of a batch:
// W[n,k] −= Rate·(0 + DY[n]·X[k]) and B[n] −= Rate·(0 + DY[n]), rounded as the
// gradient, a sum of one term, and its update. B may be nil.
type RankOne struct {
	Layer             string
	W, B, DY, X, Rate *Value
}

// Map applies a scalar program to every element. Operands of fewer elements, whose
// number divides that of the result, are repeated; operands without the batch are
// the same for all samples.
// An output that is a parameter or a state is assigned in place.
type Map struct {
	Doc      string // what it is: "relu", "relu gradient"
	Prog     expr.Program
	In       []*Value
	InNames  []string // leaf of each In
	Out      []*Value
	OutNames []string // assigned name of each Out
}

// Repeated is how many elements the operands have that are repeated, 0 where none is;
// one element alone does not count.
func (o *Map) Repeated() int {
	for _, x := range o.In {
		if n := x.Size(); n > 1 && n < o.Out[0].Size() {
			return n
		}
	}
	return 0
}

// PerStep reports whether it computes numbers of the step in float64.
func (o *Map) PerStep() bool {
	for _, x := range o.In {
		if x.DType != Float64 || x.Shape != nil || x.Batch {
			return false
		}
	}
	return o.Out[0].Shape == nil
}

// ReduceKind is how a Reduce combines.
type ReduceKind string

// The reductions.
const (
	Sum   ReduceKind = "sum"
	MaxOf ReduceKind = "max"
)

// Reduce combines all elements (of a sample, or of a parameter), each first
// passed through Prog, which assigns "e". The order is the schedule's.
type Reduce struct {
	Doc     string
	Kind    ReduceKind
	Prog    expr.Program
	In      []*Value
	InNames []string
	// When, if not nil, is a number of the step: where it is 0, Y is 0 and nothing
	// is computed.
	When *Value
	Y    *Value
}

// Concat places the Xs one after the other.
type Concat struct {
	Y  *Value
	Xs []*Value
}

// Slice is Y = X[From : From+len(Y)].
type Slice struct {
	Y, X *Value
	From int
}

// Gather is Y = X[T], the element of the target class.
type Gather struct {
	Y, X, T *Value
}

// OneHot is Y[k·C + i] = 1 if i = T[k] else 0, for C classes of each element of T.
type OneHot struct {
	Y, T *Value
}

// Random is the inverted dropout mask: 0 with probability Rate, else
// 1/(1−Rate). Its counter is (Purpose and step, Layer, sample, unit).
type Random struct {
	Y       *Value
	Purpose string // dropout | drop_connect
	Layer   int
	Rate    float64
}

// Ins and Outs are the operands and the results of an operation.
func (o *RankOne) Ins() []*Value { return []*Value{o.DY, o.X, o.Rate} }
func (o *RankOne) Outs() []*Value {
	if o.B == nil {
		return []*Value{o.W}
	}
	return []*Value{o.W, o.B}
}
func (o *Map) Ins() []*Value  { return o.In }
func (o *Map) Outs() []*Value { return o.Out }
func (o *Reduce) Ins() []*Value {
	if o.When == nil {
		return o.In
	}
	return append(slices.Clone(o.In), o.When)
}
func (o *Reduce) Outs() []*Value { return []*Value{o.Y} }
func (o *Concat) Ins() []*Value  { return o.Xs }
func (o *Concat) Outs() []*Value { return []*Value{o.Y} }
func (o *Slice) Ins() []*Value   { return []*Value{o.X} }
func (o *Slice) Outs() []*Value  { return []*Value{o.Y} }
func (o *Gather) Ins() []*Value  { return []*Value{o.X, o.T} }
func (o *Gather) Outs() []*Value { return []*Value{o.Y} }
func (o *OneHot) Ins() []*Value  { return []*Value{o.T} }
func (o *OneHot) Outs() []*Value { return []*Value{o.Y} }
func (o *Random) Ins() []*Value  { return nil }
func (o *Random) Outs() []*Value { return []*Value{o.Y} }
