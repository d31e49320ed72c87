package arm64

import (
	"math"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
	vec "github.com/nngen-go/nngen/gen/vector"
)

// Registers of convolutions: the tile's place in X and Y, the distance of the
// operand of the epilogue from Y; counters of tiles, blocks of channels, rows of
// the window; the weights at hand, the current block of X and W, the terms at
// hand; a counter, the bias, the rows that are left, where they begin in X and Y,
// the operand.
const (
	regTileX, regTileY, regDistance, regTileCount, regBlockCount, regTaps R = 0, 1, 2, 3, 4, 5

	regWindow, regBlockX, regBlockW, regTermX, regTermCount, regFilterBias R = 6, 7, 8, 9, 10, 11

	regRowCount, regRowX, regRowOfY, regOperandAt R = 12, 13, 14, 15
)

// The vectors: sums from V0 on, weights before V28, inputs, a product.
const (
	vecFilterEnd V = 28
	vecElement   V = 28
	vecConvProd  V = 30
)

// convolve prints rows of the result of a convolution.
type convolve struct {
	*writer
	*kernel.Kernel
	*kernel.Segment
	vectors   int
	last      int // lanes of the last vector
	height    int // rows of the window
	taps      []kernel.Tap
	extra     bool // the epilogue has an operand
	positions int  // of the tile that is being printed
	// each, if not nil, is what is done at a position in place of a sum, and visit with an
	// element of a window at a displacement.
	each  func(m *convolve, cols [][]bool)
	visit func(disp int)
}

func newConvolve(name string, doc []string, k *kernel.Kernel) *convolve {
	m := &convolve{writer: newWriter(name, doc, k.Elem.Acc, k.Fused), Kernel: k, Segment: &k.Segments[0]}
	m.vectors = (k.Outputs + m.lanes() - 1) / m.lanes()
	m.last = k.Outputs - (m.vectors-1)*m.lanes()
	for _, tap := range m.Taps {
		if tap.Row == 0 {
			m.taps = append(m.taps, tap)
		}
	}
	m.height, m.extra = len(m.Taps)/len(m.taps), len(k.Extras()) > 0
	return m
}

// FusesConvolve reports whether Convolve applies the epilogue.
func FusesConvolve(k *kernel.Kernel) bool { return len(k.Extras()) < 2 && Fuses(k) }

// Convolve prints Y = b + Σ W·X, or the sum or the maximum of windows, for rows of
// the result that have the same rows of the window, of up to a panel of outputs;
// the kernel is open.
func Convolve(name string, doc []string, k *kernel.Kernel) *asm.Func {
	m := newConvolve(name, doc, k)
	m.Args = kernels.Convolve(k)
	m.pointer("y", regRowOfY)
	m.pointer("x", regRowX)
	if m.extra {
		m.pointer("u", regDistance)
		m.Ins("SUB", regRowOfY.String(), regDistance.String(), regDistance.String())
	}
	if m.Init == kernel.Bias {
		m.pointer("b", regFilterBias)
	}
	m.rows()
	m.ret()
	return m.Func
}

// rows prints the loop over rows of the result, and in it that over the tiles of a row.
func (m *convolve) rows() {
	m.pointer("rows", regRowCount)
	row := m.Label("row")
	m.Place(row)
	m.move(regRowX, regTileX)
	m.move(regRowOfY, regTileY)
	for _, strip := range kernel.Strips(m.Runs, m.Tile.Positions) {
		m.strip(strip)
	}
	m.Line(func() {
		m.advance(regRowX, m.RowStride*m.size())
		m.advance(regRowOfY, m.Out.RowStride*m.size())
	})
	m.countdown(regRowCount, row)
}

// valid is how many lanes a vector has.
func (m *convolve) valid(v int) int {
	if v == m.vectors-1 {
		return m.last
	}
	return m.lanes()
}

// acc is the register of a chain of the sum of a vector of a position.
func (m *convolve) acc(p, v, chain int) V { return V((chain*m.positions+p)*m.vectors + v) }

// weight is the register of a vector of weights.
func (m *convolve) weight(v int) V { return vecFilterEnd - V(m.vectors) + V(v) }

// strip prints neighbouring tiles.
func (m *convolve) strip(s kernel.Strip) {
	n := len(s.Cols)
	m.positions = n
	m.Note("%d tiles of %d positions", s.Repeat, n)
	loop := m.Label("tiles")
	if s.Repeat > 1 {
		m.set(s.Repeat, regTileCount)
		m.Place(loop)
	}
	if m.each != nil {
		m.each(m, s.Cols)
	} else {
		m.begin()
		m.blocks(s.Cols)
		m.finish()
	}
	m.Line(func() {
		m.advance(regTileX, n*m.PosStride*m.size())
		m.advance(regTileY, n*m.Out.PosStride*m.size())
	})
	if s.Repeat > 1 {
		m.countdown(regTileCount, loop)
	}
}

// begin starts the sums of a tile.
func (m *convolve) begin() {
	m.Line(func() {
		for p := range m.positions {
			for v := range m.vectors {
				for chain := range m.Chains {
					switch acc := m.acc(p, v, chain); {
					case chain > 0 || m.Init == kernel.Zero:
						m.clear(acc)
					case m.Init == kernel.Bias:
						m.load(regFilterBias, v*bytes, acc)
					default:
						m.Ins("CONST", m.everyLane(math.Inf(-1)), acc.String())
					}
				}
			}
		}
	})
}

// everyLane is a constant that has a number in every lane.
func (w *writer) everyLane(x float64) string {
	c := vec.Constant{Bytes: w.size()}
	for range w.lanes() {
		if w.double {
			c.Numbers = append(c.Numbers, math.Float64bits(x))
		} else {
			c.Numbers = append(c.Numbers, uint64(math.Float32bits(float32(x))))
		}
	}
	return w.constant(c)
}

// blocks adds all terms of a tile, some channels after the other.
func (m *convolve) blocks(cols [][]bool) {
	if m.Weight != "" {
		m.pointer("w", regBlockW)
	}
	m.move(regTileX, regBlockX)
	full, rest := m.Channels/m.PerBlock, m.Channels%m.PerBlock
	loop := m.Label("blocks")
	if full > 1 {
		m.set(full, regBlockCount)
		m.Place(loop)
	}
	m.block(cols, m.PerBlock)
	if full > 1 || rest > 0 {
		m.Line(func() {
			m.advance(regBlockX, m.BlockStride*m.size())
			m.advance(regBlockW, m.PerBlock*panel*m.size())
		})
	}
	if full > 1 {
		m.countdown(regBlockCount, loop)
	}
	if rest > 0 {
		m.block(cols, rest)
	}
}

// block adds the terms of some channels: of every row of the window in turn.
func (m *convolve) block(cols [][]bool, channels int) {
	loop, done := m.Label("window"), m.Label("done")
	m.Line(func() {
		m.move(regBlockX, regTermX)
		if m.Weight != "" {
			m.move(regBlockW, regWindow)
		}
	})
	m.pointer("taps", regTaps)
	m.ifZero(regTaps, done)
	m.Place(loop)
	x, w := 0, 0 // how far the pointers went
	for _, r := range m.runs(cols, channels) {
		x, w = m.run(r, x, w)
	}
	if m.height > 1 {
		below := m.Taps[len(m.taps)]
		m.Line(func() {
			m.forward((below.Offset-m.taps[0].Offset)*m.size()-x, (below.Weight-m.taps[0].Weight)*m.Channels*panel*m.size()-w)
		})
		m.countdown(regTaps, loop)
	}
	m.Place(done)
}

// forward moves on in X and W.
func (m *convolve) forward(x, w int) {
	m.advance(regTermX, x)
	if m.Weight != "" {
		m.advance(regWindow, w)
	}
}
