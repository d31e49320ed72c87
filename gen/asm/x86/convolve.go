package x86

import (
	"fmt"
	"math"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
)

// Registers of convolutions: R12 and R13 are the tile's place in X and Y, R14 the
// distance of the operand of the epilogue from Y; SI and DI are the current block
// of channels of X and W, R10 and R11 walk it; DX, R9, AX and CX count tiles,
// blocks, rows of the window and terms, BX is the bias. Where every channel is by
// itself R9 counts panels, and where a call is done in parts of a row, R8 rows and
// SI parts.
const (
	regTileX, regTileY, regDistance         = "R12", "R13", "R14"
	regTiles, regBlocks, regTaps, regWindow = "DX", "R9", "AX", "R11"
	regRows, regParts                       = "R8", "SI"
)

// convolveWriter writes a convolution, on vectors of half the bytes where they hold
// all outputs.
func (s *ISA) convolveWriter(f *asm.Func, elem string, fused bool, outputs int) *writer {
	w := s.writer(f, elem == "float64")
	w.fused = fused
	if s.half != nil && 2*outputs*w.size() <= w.bytes {
		w.bytes /= 2
	}
	return w
}

// convolve prints rows of the result of a convolution.
type convolve struct {
	*writer
	*kernel.Kernel
	*kernel.Segment
	vectors int
	last    int // lanes of the last vector
	height  int // rows of the window
	row     []kernel.Tap
	extra   *kernel.Operand
	mask    Y // of the last vector, without mask registers
	// positions is how many the tile has that is being printed.
	positions int
	// panels are how many a tile goes through, tail what follows them; nil if nothing.
	panels int
	tail   *convolve
	// each, if not nil, is what is done at a position in place of a sum, and visit with an
	// element of a window at a displacement.
	each  func(m *convolve, cols [][]bool)
	visit func(disp int)
}

func (s *ISA) newConvolve(name string, doc []string, k *kernel.Kernel) *convolve {
	f := &asm.Func{Name: name, Doc: doc}
	if !k.Segments[0].Lanes || k.Outputs <= panel {
		return s.convolveOf(f, k, k.Outputs)
	}
	m := s.convolveOf(f, k, panel)
	m.panels = k.Outputs / panel
	if rest := k.Outputs % panel; rest > 0 {
		m.tail = s.convolveOf(f, k, rest)
		m.tail.panels = m.panels
	}
	return m
}

// convolveOf prints some outputs of a kernel.
func (s *ISA) convolveOf(f *asm.Func, k *kernel.Kernel, outputs int) *convolve {
	m := &convolve{writer: s.convolveWriter(f, k.Elem.Acc, k.Fused, outputs), Kernel: k, Segment: &k.Segments[0]}
	m.vectors = (outputs + m.lanes() - 1) / m.lanes()
	m.last = outputs - (m.vectors-1)*m.lanes()
	for _, tap := range m.Taps {
		if tap.Row == 0 {
			m.row = append(m.row, tap)
		}
	}
	m.height = len(m.Taps) / len(m.row)
	if extras := k.Extras(); len(extras) > 0 {
		m.extra = &extras[0]
	}
	m.mask = Y(m.sums - 1)
	return m
}

// FusesConvolve reports whether Convolve applies the epilogue.
func (s *ISA) FusesConvolve(k *kernel.Kernel) bool { return len(k.Extras()) < 2 && s.Fits(k, 1, 0) }

// Convolve prints Y = b + Σ W·X, or the sum or the maximum of windows, for rows of
// the result that have the same rows of the window, of up to a panel of outputs;
// the kernel is open.
func (s *ISA) Convolve(name string, doc []string, k *kernel.Kernel) *asm.Func {
	m := s.newConvolve(name, doc, k)
	m.Args = kernels.Convolve(k)
	if m.extra != nil {
		m.pointer("u", regDistance)
		m.Ins("SUBQ", m.ArgOf("y"), regDistance)
	}
	for _, c := range []*convolve{m, m.tail} {
		if c != nil && c.partial(c.vectors-1) {
			c.someMask(c.last)
		}
	}
	m.rows()
	m.ret()
	return m.Func
}

// partial reports whether a vector is the last and not full.
func (m *convolve) partial(v int) bool { return v == m.vectors-1 && m.last < m.lanes() }

// acc is the register of a chain of the sum of a vector of a position.
func (m *convolve) acc(p, v, chain int) Y { return Y((chain*m.positions+p)*m.vectors + v) }

// begin starts the sums of a tile.
func (m *convolve) begin(positions int) {
	if m.Init == kernel.Bias && m.panels == 0 {
		m.pointer("b", regBias)
	}
	m.Line(func() {
		for p := range positions {
			for v := range m.vectors {
				switch m.Init {
				case kernel.Bias:
					m.load(mem(regBias, v*m.bytes), m.acc(p, v, 0))
				case kernel.Lowest:
					m.broadcastTo(m.Const(math.Inf(-1), m.double), m.acc(p, v, 0))
				default:
					m.clear(m.acc(p, v, 0))
				}
				for chain := 1; chain < m.Chains; chain++ {
					m.clear(m.acc(p, v, chain))
				}
			}
		}
	})
}

// sum adds all terms of a tile.
func (m *convolve) sum(cols [][]bool) {
	if m.Lanes {
		m.sumLanes(cols)
		return
	}
	m.pointer("w", regW)
	m.Ins("MOVQ", regTileX, regX)
	full, rest := m.Channels/m.PerBlock, m.Channels%m.PerBlock
	loop := m.Label("blocks")
	if full > 1 {
		m.Ins("MOVQ", fmt.Sprintf("$%d", full), regBlocks)
		m.Place(loop)
	}
	m.block(cols, m.PerBlock)
	if full > 1 || rest > 0 {
		m.Line(func() {
			m.advance(regX, m.BlockStride*m.size())
			m.advance(regW, m.PerBlock*panel*m.size())
		})
	}
	if full > 1 {
		m.countdown(regBlocks, loop)
	}
	if rest > 0 {
		m.block(cols, rest)
	}
}

// sumLanes adds those of the channels that are the outputs.
func (m *convolve) sumLanes(cols [][]bool) {
	if m.Weight != "" && m.panels == 0 {
		m.pointer("w", regW)
	}
	if m.masked() {
		m.toLanes(m.mask)
	}
	m.block(cols, 1)
}

// block adds the terms of some channels: of every row of the window in turn.
func (m *convolve) block(cols [][]bool, channels int) {
	loop, done := m.Label("window"), m.Label("done")
	m.Line(func() {
		if m.Lanes {
			m.Ins("MOVQ", regTileX, regRow)
		} else {
			m.Ins("MOVQ", regX, regRow)
		}
		if m.Weight != "" {
			m.Ins("MOVQ", regW, regWindow)
		}
	})
	m.Line(func() {
		m.Ins("MOVQ", m.ArgOf("taps"), regTaps)
		m.Ins("TESTQ", regTaps, regTaps)
		m.Ins("JZ", done)
	})
	m.Place(loop)
	x, w := 0, 0 // how far the pointers went
	if registers := m.free(len(cols)); m.inOrder() && len(registers) > len(m.row) {
		m.laneRow(cols, registers)
	} else {
		for _, r := range m.runs(cols, channels) {
			x, w = m.run(r, x, w)
		}
	}
	if m.height > 1 {
		below := m.Taps[len(m.row)]
		m.Line(func() {
			m.advance(regRow, (below.Offset-m.row[0].Offset)*m.size()-x)
			m.forward((below.Weight-m.row[0].Weight)*m.Channels*panel*m.size() - w)
		})
		m.countdown(regTaps, loop)
	}
	m.Place(done)
}

// termRun is terms that follow each other at even distances in X and W: of the
// positions that have their columns.
type termRun struct {
	x, w, step int // displacements of the first, and the distance in X, in elements
	index      int // of the first in a row of the window
	terms      int
	positions  []int
}

// runs are the terms of a row of the window for some channels.
func (m *convolve) runs(cols [][]bool, channels int) []termRun {
	var out []termRun
	for _, tap := range m.row {
		r := termRun{x: tap.Offset, w: (tap.Weight - m.row[0].Weight) * m.Channels * panel, step: m.ChannelStride, index: tap.Col * m.PerBlock, terms: channels}
		for p, has := range cols {
			if has == nil || has[tap.Col] {
				r.positions = append(r.positions, p)
			}
		}
		if len(r.positions) == 0 {
			continue
		}
		last := len(out) - 1
		if channels == 1 && last >= 0 { // taps follow each other
			r.step = tap.Offset - m.row[tap.Col-1].Offset
		}
		if last >= 0 && len(out[last].positions) == len(r.positions) && out[last].positions[0] == r.positions[0] &&
			r.x == out[last].x+out[last].terms*r.step && r.w == out[last].w+out[last].terms*panel && r.index == out[last].index+out[last].terms && (out[last].step == r.step || out[last].terms == 1) {
			out[last].step = r.step
			out[last].terms += r.terms
			continue
		}
		out = append(out, r)
	}
	return out
}

// run adds the terms of a run; x and w are how far the pointers went before it,
// and, as the result, after it.
func (m *convolve) run(r termRun, x, w int) (int, int) {
	size := m.size()
	each := panel * size
	at := func(k int) {
		m.term(r.positions, r.x*size-x+k*r.step*size, r.w*size-w+k*each, (r.index+k)%m.Chains)
	}
	unroll, k := max(unrollTerms/2, m.Chains), 0
	if turns := r.terms / unroll; turns > 2 {
		loop := m.Label("terms")
		m.count(turns)
		m.Place(loop)
		for k := range unroll {
			at(k)
		}
		m.Line(func() {
			m.advance(regRow, unroll*r.step*size)
			m.forward(unroll * each)
		})
		m.again(loop)
		k = turns * unroll
		x, w = x+k*r.step*size, w+k*each
	}
	for ; k < r.terms; k++ {
		at(k)
	}
	return x, w
}

// forward moves on in W.
func (m *convolve) forward(by int) {
	if m.Weight != "" {
		m.advance(regWindow, by)
	}
}

// weightsAt is how far behind the first weights of a product those of a vector lie.
func (m *convolve) weightsAt(v int) int {
	lane := v * m.lanes()
	return (lane/panel*m.Panels.PanelRows*panel + lane%panel) * m.size()
}

// term adds a product to the sums of some positions.
func (m *convolve) term(positions []int, x, w, chain int) {
	if m.visit != nil {
		m.visit(x)
		return
	}
	m.Line(func() {
		if m.Weight != "" {
			for v := range m.vectors {
				m.load(mem(regWindow, w+m.weightsAt(v)), m.weight0+Y(v))
			}
		}
		for _, p := range positions {
			m.add1(x+p*m.PosStride*m.size(), p, chain)
		}
	})
}

// add1 adds to the sums of a position: products of the element at a displacement
// and the weights, or what its channels give.
func (m *convolve) add1(disp, p, chain int) {
	element := mem(regRow, disp)
	switch {
	case m.Lanes:
		for v := range m.vectors {
			m.lane(mem(regRow, disp+v*m.bytes), v, m.acc(p, v, chain))
		}
	case m.isa.masks && m.vectors == 1 && m.fused:
		m.Ins(m.op("VFMADD231PS", "VFMADD231PD")+".BCST", element, m.weight0.String(), m.acc(p, 0, chain).String())
	case m.isa.masks && m.vectors == 1:
		m.Ins(m.op("VMULPS", "VMULPD")+".BCST", element, m.weight0.String(), m.product.String())
		m.add(m.product, m.acc(p, 0, chain), m.acc(p, 0, chain))
	default:
		m.mulAddRow(element, columns{vectors: m.vectors}, func(v int) Y { return m.acc(p, v, chain) })
	}
}

// lane adds a vector of channels to their sums.
func (m *convolve) lane(src string, v int, acc Y) {
	if !m.partial(v) && m.Weight != "" {
		m.mulAddAny(src, m.weight0+Y(v), acc)
		return
	}
	m.loadLanes(src, v, m.input)
	switch {
	case m.Weight != "":
		m.mulAddOf(m.input, m.weight0+Y(v), acc)
	case m.Max:
		m.greater(m.input, acc)
	default:
		m.add(m.input, acc, acc)
	}
}

// greater puts what is greater than acc in its place, and every NaN.
func (m *convolve) greater(x, acc Y) {
	m.Ins(m.op("VMAXPS", "VMAXPD"), acc.String(), x.String(), acc.String()) // acc where either is NaN
	const unordered = "$3"
	if m.isa.masks {
		m.Ins(m.op("VCMPPS", "VCMPPD"), unordered, x.String(), x.String(), "K1")
		m.Ins(m.op("VMOVAPS", "VMOVAPD"), x.String(), "K1", acc.String())
		return
	}
	nan := m.weight0.String()
	m.Ins(m.op("VCMPPS", "VCMPPD"), unordered, x.String(), x.String(), nan)
	m.Ins(m.op("VBLENDVPS", "VBLENDVPD"), nan, x.String(), acc.String(), acc.String())
}
