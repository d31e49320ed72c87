package plan

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/schedule"
)

// Order is how the elements of a stored tensor follow each other.
type Order string

// The orders.
const (
	Panels      Order = "panels"      // [N/16][K][16], the last panel 8 or 16 wide, of filters 16
	Vector      Order = "vector"      // [N/16][16], a bias or a constant
	Connections Order = "connections" // the connections of a sparse weight, by output then input
)

// Layout says where the elements of a stored tensor lie. All paths of a
// package share it: packing, gradients, optimiser state, kernels.
type Layout struct {
	Order Order
	Elem  ir.DType
	Out   int // N, outputs
	In    int // K, inputs; channels of filters; 1 for a vector
	Taps  int // positions of a filter; a dense layer has one
	Group int // neighbouring inputs side by side in a lane: 4 for int8, else 1
	Full  int // number of 16-wide panels
	Tail  int // width of the last panel: 0, 8 or 16
	// Rows is the length of a panel: K, or one more where panels would
	// otherwise lie a multiple of 4 KiB apart and compete for cache sets.
	Rows int
	Mask *ir.Mask
	// ByInputs: Out are the layer's inputs and In its outputs.
	ByInputs bool
	// first holds the position of each output's first connection.
	first []int
}

// InputStride is the distance from one sample of an input to the next, in its
// elements: all inputs of a sample lie in one struct, floating-point numbers behind
// bytes at multiples of their size.
func InputStride(p *ir.Program, v *ir.Value) int {
	size, align := 0, 1
	upTo := func(align int) int { return (size + align - 1) / align * align }
	for _, in := range p.Inputs {
		e := ElemSize(in.DType)
		size, align = upTo(e)+in.Size()*e, max(align, e)
	}
	return upTo(align) / ElemSize(v.DType)
}

// ElemSize returns the bytes of an element.
func ElemSize(t ir.DType) int {
	switch t {
	case ir.Float64:
		return 8
	case ir.Float16:
		return 2
	case ir.Int8, ir.Uint8:
		return 1
	}
	return 4
}

// NewLayout chooses the layout of a parameter.
func NewLayout(p *ir.ParamInfo, elem ir.DType) Layout {
	l := Layout{Order: Vector, Elem: elem, In: 1, Rows: 1, Taps: 1, Group: 1, Mask: p.Mask}
	switch {
	case p.Mask != nil:
		l.Order, l.Out, l.In = Connections, p.Shape[0], p.Shape[1]
		l.first = make([]int, l.Out+1)
		for o, cols := range p.Mask.Cols {
			l.first[o+1] = l.first[o] + len(cols)
		}
		return l
	case len(p.Shape) == 1 || p.Order == ir.RowMajor:
		l.Out = p.Size()
		l.Full = (l.Out + schedule.Panel - 1) / schedule.Panel
		return l
	}
	if p.Order == ir.ByInputs {
		l = NewPanels(p.Shape[1], p.Shape[0], 1, 1, elem)
		l.ByInputs = true
		return l
	}
	l = NewPanels(p.Shape[0], p.Shape[1], p.Size()/(p.Shape[0]*p.Shape[1]), 1, elem)
	if len(p.Shape) > 2 && l.Tail > 0 {
		l.Full, l.Tail = l.Full+1, 0
		l.Rows = l.Ins()
		l.spread()
	}
	return l
}

// Ins is the number of inputs of an output: of every tap all.
func (l *Layout) Ins() int { return l.In * l.Taps }

// aliasing is the distance at which panels compete for the same cache sets.
const aliasing = 4096

// NewPanels lays out weights in panels of 16 outputs: [N/16][taps·K/group][16][group],
// the inputs of a tap side by side.
func NewPanels(out, in, taps, group int, elem ir.DType) Layout {
	l := Layout{Order: Panels, Elem: elem, Out: out, In: in, Taps: taps, Group: group}
	l.Rows = taps * roundUp(in, group) / group
	l.Full = out / schedule.Panel
	if rest := out % schedule.Panel; rest > 0 {
		l.Tail = TailWidth(rest)
	}
	l.spread()
	return l
}

// spread keeps panels from competing for cache sets.
func (l *Layout) spread() {
	if l.Full > 1 && l.PanelBytes()%aliasing == 0 {
		l.Rows++
	}
}

// TailWidth is the width of a panel of some outputs.
func TailWidth(outputs int) int {
	if outputs > schedule.Panel/2 {
		return schedule.Panel
	}
	return schedule.Panel / 2
}

// Index returns the position of the weight of (output, input, tap) among the
// stored elements, or −1 for a connection that does not exist. Dense weights
// have one tap, 0. It is the one definition of the layout.
func (l *Layout) Index(out, in, tap int) int {
	if l.ByInputs {
		out, in = in, out
	}
	switch l.Order {
	case Connections:
		for i, c := range l.Mask.Cols[out] {
			if c == in {
				return l.first[out] + i
			}
		}
		return -1
	case Vector:
		return out
	}
	q, lane := out/schedule.Panel, out%schedule.Panel
	row := tap*(roundUp(l.In, l.Group)/l.Group) + in/l.Group
	if q < l.Full {
		return ((q*l.Rows+row)*schedule.Panel+lane)*l.Group + in%l.Group
	}
	return (l.Full*l.Rows*schedule.Panel+row*l.Tail+lane)*l.Group + in%l.Group
}

// WholePanels is the number of 16-wide panels whose lanes are all outputs.
func (l *Layout) WholePanels() int { return min(l.Full, l.Out/schedule.Panel) }

// Partial reports whether the last 16-wide panel has fewer outputs.
func (l *Layout) Partial() bool { return l.WholePanels() < l.Full }

// KernelPanels are the panels as kernels are told of them.
func (l *Layout) KernelPanels() kernel.Panels {
	return kernel.Panels{Full: l.Full, Tail: l.Tail, PanelRows: l.Rows}
}

// PanelBytes is the distance between full panels.
func (l *Layout) PanelBytes() int { return l.Rows * schedule.Panel * l.Group * ElemSize(l.Elem) }

// Size returns the number of stored elements, padding included.
func (l *Layout) Size() int {
	switch l.Order {
	case Connections:
		return (l.first[l.Out] + schedule.Panel - 1) / schedule.Panel * schedule.Panel
	case Vector:
		return l.Full * schedule.Panel
	}
	rows := l.Taps * roundUp(l.In, l.Group) / l.Group
	return (l.Full*l.Rows*schedule.Panel + roundUp(rows*l.Tail, schedule.Panel)) * l.Group
}

// Panels returns the number of panels of 16 outputs, a partial one included.
func (l *Layout) Panels() int { return (l.Out + schedule.Panel - 1) / schedule.Panel }

// First returns the position of an output's first connection.
func (l *Layout) First(out int) int { return l.first[out] }

// TailOutputs returns the number of outputs in the tail panel.
func (l *Layout) TailOutputs() int { return l.Out - l.Full*schedule.Panel }

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// String describes the layout: [49][784][16]float32.
func (l *Layout) String() string {
	if l.ByInputs {
		return "by inputs " + l.Dims()
	}
	return l.Dims()
}

// Dims are the arrays of the layout.
func (l *Layout) Dims() string {
	switch {
	case l.Order == Connections:
		return fmt.Sprintf("connections[%d]%s", l.first[l.Out], l.Elem)
	case l.Order == Vector:
		return fmt.Sprintf("[%d][16]%s", l.Full, l.Elem)
	case l.Tail == 0:
		return fmt.Sprintf("[%d][%d][16]%s", l.Full, l.Rows, l.Elem)
	case l.Full == 0:
		return fmt.Sprintf("[%d][%d]%s", l.In, l.Tail, l.Elem)
	}
	return fmt.Sprintf("[%d][%d][16]+[%d][%d]%s", l.Full, l.Rows, l.In, l.Tail, l.Elem)
}
