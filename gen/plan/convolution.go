package plan

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/schedule"
)

// convolution returns an operation as a convolution that there are kernels for,
// nil of others.
func convolution(op ir.Op) *ir.Convolution {
	if c := ir.ConvolutionOf(op); c != nil && c.Regular(chains(op)) {
		return c
	}
	return nil
}

// Convolution is the step's convolution, nil of others.
func (s *Step) Convolution() *ir.Convolution {
	if s.Kernel == nil {
		return nil
	}
	return convolution(s.Op)
}

// describeConvolution is the kernel of a convolution: rows of the result with the
// rows of the window that are inside, and runs of places by its columns.
func describeConvolution(c *ir.Convolution, chains int, epilogue []kernel.Epilogue) *kernel.Kernel {
	elem := string(c.Y.V.DType)
	x, y := c.X.Flat(), c.Y.Flat()
	rows, cols := axisOf(c, c.Row, c.TapRow), axisOf(c, c.Col, c.TapCol)
	at := func(a ir.Affine, loop int) int {
		if loop == ir.None {
			return 0
		}
		return a.Coefficient(loop)
	}
	s := kernel.Segment{
		Source: "x", Lanes: c.Depthwise, Channels: 1, Blocks: c.Size(c.Block), PerBlock: c.Size(c.In),
		PosStride: at(x, c.Col), RowStride: at(x, c.Row), ChannelStride: at(x, c.In), BlockStride: at(x, c.Block),
	}
	if c.W != nil {
		s.Weight, s.Channels = "w", c.W.V.Shape[1]
	}
	if c.Group != ir.None {
		s.GroupOutputs, s.GroupStride = c.Size(c.Lane), at(x, c.Group)
	}
	height, width := c.Size(c.TapRow), c.Size(c.TapCol)
	// A row alone has all of the window as columns where chains go on from row to
	// row of it.
	one := c.Row == ir.None && (chains > 1 || c.W == nil)
	before := cols.offset * cols.stride
	if one {
		before += rows.offset * rows.stride
	}
	for u := range height {
		for v := range width {
			tap := kernel.Tap{Row: u, Col: v, Weight: weightTap(c, u, v), Offset: u*at(x, c.TapRow) + v*at(x, c.TapCol) + before}
			if one {
				tap.Row, tap.Col = 0, u*width+v
			}
			s.Taps = append(s.Taps, tap)
		}
	}
	k := &kernel.Kernel{
		Elem: kernel.Elements{X: elem, W: elem, Acc: elem}, Outputs: c.Outputs(), Chains: chains, Init: kernel.Zero, Max: c.Max, Epilogue: epilogue,
		Segments: []kernel.Segment{s}, Batch: kernel.Batch{Count: 1},
		Out: kernel.Out{Base: y.Offset, RowStride: at(y, c.Row), PosStride: at(y, c.Col), PanelStride: schedule.Panel, Panel: schedule.Panel},
	}
	switch {
	case c.Init != nil:
		k.Init = kernel.Bias
	case c.Max:
		k.Init = kernel.Lowest
	}
	first := x.Offset - before
	for i := range c.Size(c.Row) {
		row := kernel.Row{Offset: first + i*s.RowStride}
		if one {
			row.TapRows = 1
			k.Rows = append(k.Rows, row)
			break
		}
		for u := range height {
			if rows.inside(i, u) {
				if row.TapRows == 0 {
					row.TapRow = u
				}
				row.TapRows++
			}
		}
		k.Rows = append(k.Rows, row)
	}
	for j := range c.Size(c.Col) {
		var inside []bool
		for u := range height {
			for v := range width {
				if one || u == 0 {
					inside = append(inside, cols.inside(j, v) && (!one || rows.inside(0, u)))
				}
			}
		}
		k.Runs = kernel.AddPosition(k.Runs, inside)
	}
	return k
}

// weightTap is the place in the window of the filters that is read at (u, v).
func weightTap(c *ir.Convolution, u, v int) int {
	if c.W == nil {
		return 0
	}
	steps := make([]int, len(c.All(&c.Terms[0])))
	for loop, step := range map[int]int{c.TapRow: u, c.TapCol: v} {
		if loop != ir.None {
			steps[loop] = step
		}
	}
	taps := ir.Operand{V: c.W.V, Dims: c.W.V.Shape[2:], At: c.W.At[2:]}
	return taps.Flat().Eval(steps)
}

// windowAxis is how places of the result and of the window move along an axis of
// the source.
type windowAxis struct {
	offset, step, tap int // place offset + i·step + u·tap
	size, stride      int // of the axis
}

func axisOf(c *ir.Convolution, loop, tap int) windowAxis {
	w := windowAxis{size: 1, stride: 1}
	stride := 1
	for d := len(c.X.At) - 1; d >= 0; d-- {
		a := c.X.At[d]
		has := func(i int) bool { return i != ir.None && a.Coefficient(i) != 0 }
		if has(loop) || has(tap) {
			w.offset, w.size, w.stride = a.Offset, c.X.Shape()[d], stride
			if has(loop) {
				w.step = a.Coefficient(loop)
			}
			if has(tap) {
				w.tap = a.Coefficient(tap)
			}
		}
		stride *= c.X.Shape()[d]
	}
	return w
}

// inside reports whether place u of the window exists at place i.
func (w windowAxis) inside(i, u int) bool {
	at := w.offset + i*w.step + u*w.tap
	return at >= 0 && at < w.size
}
