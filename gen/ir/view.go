package ir

import (
	"fmt"
	"strings"
)

// Axis is one loop of a view: Size steps, Stride elements of X apart.
type Axis struct{ Size, Stride int }

// View is Y[i₀,i₁,…] = X[Offset + Σ iₖ·Stride(k)] with Y row-major over Axes:
// a transposition, a slice, a repetition (stride 0).
type View struct {
	Doc    string
	Y, X   *Value
	Axes   []Axis
	Offset int
}

// ViewGrad is the transpose of a View: DX = 0, then for i₀, i₁, … in the order
// of DY, DX[Offset + Σ iₖ·Stride(k)] += DY[i₀,i₁,…].
type ViewGrad struct {
	Doc    string
	DX, DY *Value
	Axes   []Axis
	Offset int
}

// Reductions of a ReduceAxis beside Sum and MaxOf. The arg reductions give the
// place of the extreme along the axis, the first or the last of equals.
const (
	MinOf      ReduceKind = "min"
	ArgMax     ReduceKind = "argmax"
	ArgMin     ReduceKind = "argmin"
	ArgMaxLast ReduceKind = "argmax_last"
	ArgMinLast ReduceKind = "argmin_last"
)

// ReduceAxis is Y[o,i] = combination over n of X[o,n,i], with X as
// [Outer, Length, Inner]. A sum has the chains of schedule.Chains(Inner,
// Length). Unlike that of Reduce, MaxOf (and MinOf) of a NaN is NaN, and
// the arg reductions give its place.
type ReduceAxis struct {
	Doc                  string
	Kind                 ReduceKind
	Y, X                 *Value
	Outer, Length, Inner int
}

// MergeAxes drops axes of one step and joins neighbours that are one run.
func MergeAxes(axes []Axis) []Axis {
	var out []Axis
	for _, a := range axes {
		last := len(out) - 1
		switch {
		case a.Size == 1:
		case last >= 0 && out[last].Stride == a.Size*a.Stride:
			out[last] = Axis{out[last].Size * a.Size, a.Stride}
		default:
			out = append(out, a)
		}
	}
	return out
}

// Ins and Outs are the operands and the results of an operation.
func (o *View) Ins() []*Value        { return []*Value{o.X} }
func (o *View) Outs() []*Value       { return []*Value{o.Y} }
func (o *ViewGrad) Ins() []*Value    { return []*Value{o.DY} }
func (o *ViewGrad) Outs() []*Value   { return []*Value{o.DX} }
func (o *ReduceAxis) Ins() []*Value  { return []*Value{o.X} }
func (o *ReduceAxis) Outs() []*Value { return []*Value{o.Y} }

func (o *View) String() string {
	return line(o, "view %q (%s)[%d%s]", o.Doc, o.X, o.Offset, axesText(o.Axes))
}
func (o *ViewGrad) String() string {
	return line(o, "view_dx %q (%s)[%d%s]", o.Doc, o.DY, o.Offset, axesText(o.Axes))
}
func (o *ReduceAxis) String() string {
	return line(o, "reduce_%s %q (%s)[%d,%d,%d]", o.Kind, o.Doc, o.X, o.Outer, o.Length, o.Inner)
}

func axesText(axes []Axis) string {
	var b strings.Builder
	for _, a := range axes {
		fmt.Fprintf(&b, " %d×%d", a.Size, a.Stride)
	}
	return b.String()
}

// checkView reports whether a view has as many elements as y and stays in x.
func checkView(y, x *Value, axes []Axis, offset int) bool {
	size, low, high := 1, offset, offset
	for _, a := range axes {
		size *= a.Size
		low += min(0, (a.Size-1)*a.Stride)
		high += max(0, (a.Size-1)*a.Stride)
	}
	return size == y.Size() && low >= 0 && high < x.Size()
}
