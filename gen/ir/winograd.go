package ir

// Tiled is a convolution that Winograd's transforms of windows of 3×3 can compute: of a
// value [Height][Width][channels], channels side by side, with filters of 3×3, one
// group, stride and dilation 1. Result (i, j) begins at (i − Top, j − Left). The filters of
// a gradient of inputs are transposed ones, and Turned: their last place is read first.
type Tiled struct {
	*Convolution
	Top, Left     int
	Turned        bool
	Height, Width int // of the source
	Rows, Cols    int // of the result
	Channels      int
}

// tap is the size of the window along an axis; LeastTiled is the number of channels
// and of filters from which on a vector of them is full on every instruction set, and
// from which the products take longer than the transforms.
const (
	tap        = 3
	LeastTiled = 16
)

// TiledOf returns an operation as a convolution by tiles, nil if it is none.
func TiledOf(op Op) *Tiled {
	c := ConvolutionOf(op)
	if c == nil || c.W == nil || c.Depthwise || c.Group != None || c.Row == None || c.Col == None || c.In == None || !c.Whole() {
		return nil
	}
	w := c.W.V
	if len(w.Shape) != 4 || w.StorageOf() != Float32 || c.Size(c.TapRow) != tap || c.Size(c.TapCol) != tap || w.Shape[2] != tap || w.Shape[3] != tap {
		return nil
	}
	t := &Tiled{Convolution: c, Rows: c.Size(c.Row), Cols: c.Size(c.Col), Channels: w.Shape[1]}
	if t.Channels < LeastTiled || w.Shape[0] < LeastTiled {
		return nil
	}
	x := c.X.Flat()
	for d, loop := range []int{c.TapRow, c.TapCol} {
		if a := c.W.At[2+d]; a.Offset != 0 || a.Coefficient(loop) != 1 {
			return nil
		}
	}
	if x.Coefficient(c.In) != 1 || c.Block != None && x.Coefficient(c.Block) != channelBlock {
		return nil
	}
	row, col, step := c.axis(c.Row), c.axis(c.Col), 1
	if t.Turned = w.Param.Transposed != nil; t.Turned {
		step = -1
	}
	ok := func(axis, loop, tapLoop int) bool {
		return c.X.At[axis].Coefficient(loop) == 1 && c.X.At[axis].Coefficient(tapLoop) == step
	}
	if !ok(row, c.Row, c.TapRow) || !ok(col, c.Col, c.TapCol) {
		return nil
	}
	t.Top, t.Left = -c.X.At[row].Offset, -c.X.At[col].Offset
	if t.Turned {
		t.Top, t.Left = t.Top+tap-1, t.Left+tap-1
	}
	t.Height, t.Width = c.X.Shape()[row], c.X.Shape()[col]
	if row != 0 || col != 1 || len(c.X.Shape()) != 3 || c.X.Shape()[2] != t.Channels || t.Top < 0 || t.Left < 0 {
		return nil
	}
	outputs := c.Size(c.Lane)
	if y := c.Y.Flat(); y.Offset != 0 || y.Coefficient(c.Lane) != 1 || y.Coefficient(c.Col) != outputs || y.Coefficient(c.Row) != t.Cols*outputs {
		return nil
	}
	return t
}
