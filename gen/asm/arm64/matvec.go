package arm64

import (
	"fmt"
	"math/bits"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
)

// Registers of a dense layer on one sample: the results, the inputs, the weights
// of the panels at hand and of the tail, bias, scale, counters; a list, its
// length, the offset of an input; from regParts on the weights of each panel of a
// group, from regStarts on where they begin.
const (
	regY, regX, regPanels, regTail, regBias, regScale, regCount, regTurns R = 0, 1, 2, 3, 4, 5, 6, 7

	regParts, regList, regListed, regRow R = 8, 13, 14, 15
	regStarts                            R = 19
)

// The vectors: sums from V0 on, inputs, weights in turn, a product.
const (
	sumsAtOnce   = 16
	vecX       V = 16
	vecW       V = 20
	wInTurn      = 10
	vecProduct V = 30
	mostParts    = 5
)

// vector is one vector of outputs.
type vector struct {
	tail  bool
	panel int // its number, if it is not of the tail
	lane  int // of the panel
	first int // output in lane 0
	valid int // lanes that are outputs
}

// part is a panel's share of a group of vectors: of the tail or of a full panel,
// so many vectors from a lane on, whose weights a register points to.
type part struct {
	tail     bool
	panel    int
	lane, n  int
	register R
}

type matVec struct {
	*writer
	*kernel.Kernel
	inputs int
	listed bool
}

// MatVec prints y = W·x + b for one sample, with the epilogue if it reads nothing
// but the sums. There is no prefetching: the panels are read from one end to the
// other.
func MatVec(name string, doc []string, k *kernel.Kernel, listed bool) *asm.Func {
	m := matVec{newWriter(name, doc, k.Elem.Acc, k.Fused), k, k.Terms(), listed}
	m.Args = kernels.MatVec(k, listed)
	m.pointer("y", regY)
	if m.bias() {
		m.pointer("b", regBias)
	}
	if m.Scaled {
		m.pointer("scale", regScale)
	}
	if m.Panels.Full > 0 {
		m.pointer("w", regPanels)
	}
	vs := m.vectors()
	if per := m.loopPanels(); per > 0 {
		vs = m.panelLoop(vs, per, m.group)
	}
	for _, g := range m.groups(vs) {
		m.group(g)
	}
	m.ret()
	return m.Func
}

func (m matVec) bias() bool { return m.Init == kernel.Bias }

// atOnce is the number of vectors that are summed at once.
func (m matVec) atOnce() int { return max(1, sumsAtOnce/m.Chains) }

// loopPanels is the number of panels in a turn of the loop over panels, 0 if there
// are too few for a loop.
func (m matVec) loopPanels() int {
	per := m.atOnce() * m.lanes() / panel
	if m.Chains > 1 || m.Panels.Full < 2*per {
		return 0
	}
	return per
}

// panelBytes is the distance between panels.
func (m matVec) panelBytes() int { return m.Panels.PanelRows * panel * kernels.WeightSize(m.Kernel) }

// panelLoop prints the loop over groups of whole panels and returns the vectors
// that are left.
func (m matVec) panelLoop(vs []vector, per int, group func([]vector)) []vector {
	turns := m.Panels.Full / per
	loop := m.Label("panels")
	m.set(turns, regTurns)
	m.Place(loop)
	group(vs[:m.atOnce()])
	m.Line(func() {
		m.advance(regPanels, per*m.panelBytes())
		m.advance(regY, per*panel*m.size())
		if m.bias() {
			m.advance(regBias, per*panel*m.size())
		}
		if m.Scaled {
			m.advance(regScale, per*panel*m.size())
		}
	})
	m.countdown(regTurns, loop)
	var rest []vector
	for _, v := range vs[turns*m.atOnce():] {
		v.first -= turns * per * panel
		v.panel -= turns * per
		rest = append(rest, v)
	}
	return rest
}

// vectors lists the outputs, vector by vector.
func (m matVec) vectors() []vector {
	var vs []vector
	for n := 0; n < m.Outputs; n += m.lanes() {
		vs = append(vs, vector{n/panel >= m.Panels.Full, n / panel, n % panel, n, min(m.lanes(), m.Outputs-n)})
	}
	return vs
}

// groups divides the vectors into balanced groups that fit the sums.
func (m matVec) groups(vs []vector) [][]vector {
	count := (len(vs) + m.atOnce() - 1) / m.atOnce()
	var out [][]vector
	for i := range count {
		out = append(out, vs[i*len(vs)/count:(i+1)*len(vs)/count])
	}
	return out
}

// parts are the panels of a group.
func parts(vs []vector) []part {
	var ps []part
	for i, v := range vs {
		if i > 0 && v.lane > 0 {
			ps[len(ps)-1].n++
			continue
		}
		ps = append(ps, part{v.tail, v.panel, v.lane, 1, regParts + R(len(ps))})
	}
	if len(ps) > mostParts {
		panic("internal error: arm64: too many panels at once")
	}
	return ps
}

// stride is the distance of the weights of two inputs.
func (m matVec) stride(p part) int {
	if p.tail {
		return m.Panels.Tail * kernels.WeightSize(m.Kernel)
	}
	return panel * kernels.WeightSize(m.Kernel)
}

// start points a register at the first weights of a part.
func (m matVec) start(p part, dst R) {
	base, at := regPanels, p.panel*m.panelBytes()
	if p.tail {
		m.pointer("wt", regTail)
		base, at = regTail, 0
	}
	m.addTo(base, at+p.lane*kernels.WeightSize(m.Kernel), dst)
}

// group sums all inputs for a group of vectors.
func (m matVec) group(vs []vector) {
	last, ps := vs[len(vs)-1], parts(vs)
	m.Note("y[%d…%d] = Σ w[n][k]·x[k]%s", vs[0].first, last.first+last.valid-1, map[bool]string{true: " + b[n]"}[m.bias()])
	m.pointer("x", regX)
	m.Line(func() {
		for i, p := range ps {
			if m.listed {
				m.start(p, regStarts+R(i))
			} else {
				m.start(p, p.register)
			}
		}
	})
	acc := func(v, c int) V { return V(v*m.Chains + c) }
	m.Line(func() {
		for v := range vs {
			for c := range m.Chains {
				if c == 0 && m.bias() && !m.Scaled {
					m.load(regBias, vs[v].first*m.size(), acc(v, c))
				} else {
					m.clear(acc(v, c))
				}
			}
		}
	})
	if m.listed {
		m.listedTerms(ps)
	} else {
		m.terms(ps)
	}
	for v := range vs {
		m.Line(func() {
			m.addChains(m.Chains, func(c int) V { return acc(v, c) })
			m.scale(m.Kernel, regScale, regBias, vs[v].first*m.size(), acc(v, 0), vecW, vecW+1)
		})
	}
	m.finish(vs, func(v int) V { return acc(v, 0) })
}

// unroll is how many terms a turn of a loop takes: whole vectors of inputs, and
// every chain as often.
func unroll(chains int) int { return max(4, chains) }

// terms adds the products of all inputs.
func (m matVec) terms(ps []part) {
	n := unroll(m.Chains)
	turns := m.inputs / n
	if turns > 1 {
		loop := m.Label("inputs")
		m.set(turns, regCount)
		m.Place(loop)
		m.some(ps, n, true)
		m.countdown(regCount, loop)
	} else if turns == 1 {
		m.some(ps, n, m.inputs > n)
	}
	m.some(ps, m.inputs%n, false)
}

// some adds the products of some inputs and goes on behind them.
func (m matVec) some(ps []part, n int, more bool) {
	if n == 0 {
		return
	}
	m.loadTerms(regX, vecX, n)
	for k := range n {
		m.row(ps, k/m.lanes(), k%m.lanes(), k%m.Chains, k)
	}
	if more {
		m.Line(func() {
			m.advance(regX, n*m.size())
			for _, p := range ps {
				m.advance(p.register, n*m.stride(p))
			}
		})
	}
}

// loadTerms loads some elements into as many vectors as they take.
func (w *writer) loadTerms(base R, dst V, n int) {
	w.Line(func() {
		for i := 0; i < n; i += w.lanes() {
			w.loadFirst(base, i*w.size(), min(w.lanes(), n-i), dst+V(i/w.lanes()))
		}
	})
}

// row adds the products of an input, a lane of one of the vectors of inputs,
// whose weights lie so many inputs after those at hand. It is a macro that all
// layers share whose groups are alike.
func (m matVec) row(ps []part, x, lane, chain, k int) {
	name, parameters, arguments := "sum", []string{}, []string{}
	for _, p := range ps {
		letter := map[bool]string{false: "w", true: "v"}[p.tail]
		name += fmt.Sprint(letter, p.n)
		if len(parameters) == 0 || parameters[len(parameters)-1] != letter {
			parameters = append(parameters, letter)
			arguments = append(arguments, fmt.Sprint(k*m.stride(p)))
		}
	}
	if narrow(m.Kernel) {
		name += m.Elem.W
	}
	if m.Chains > 1 {
		name += fmt.Sprintf("Chain%dOf%d", chain, m.Chains)
	}
	name += fmt.Sprintf("Lane%d", x*m.lanes()+lane)
	m.Shared(name, parameters, func() {
		m.Line(func() {
			v, turn := 0, 0
			for _, p := range ps {
				letter := map[bool]string{false: "w", true: "v"}[p.tail]
				for i := 0; i < p.n; i += 2 {
					pair := []V{vecW + V(turn), vecW + V(turn) + 1}[:min(2, p.n-i)]
					turn = (turn + 2) % wInTurn
					m.loadWeights(m.Kernel, p.register, func(n int) string { return plus(letter, i*m.lanes()*kernels.WeightSize(m.Kernel)+n) }, pair...)
					for _, w := range pair {
						m.mulAddElement(V(v*m.Chains+chain), w, vecX+V(x), lane, vecProduct)
						v++
					}
				}
			}
		})
	})
	m.Use(name, arguments...)
}

// plus is the text of a displacement and a number.
func plus(disp string, n int) string {
	if n == 0 {
		return disp
	}
	return fmt.Sprintf("(%s+%d)", disp, n)
}

// shiftOf is the power of two that n is.
func shiftOf(n int) int { return bits.TrailingZeros(uint(n)) }

// listedTerms adds the products of the inputs in the list, each sum in the order
// of the inputs.
func (m matVec) listedTerms(ps []part) {
	loop, done := m.Label("listed"), m.Label("done")
	m.pointer("list", regList)
	m.pointer("count", regListed)
	m.ifZero(regListed, done)
	m.Place(loop)
	m.listedRow(ps)
	m.row(ps, 0, 0, 0, 0)
	m.countdown(regListed, loop)
	m.Place(done)
}

// listedRow loads the next input of the list and points at its weights.
func (m matVec) listedRow(ps []part) {
	m.Line(func() {
		m.Ins("MOVWU.P", "4("+regList.String()+")", regRow.String())
		m.sum(regX, regRow, regAt)
		m.loadElement(regAt, 0, vecX)
		for i, p := range ps {
			m.shiftLeft(regRow, shiftOf(m.stride(p)/m.size()), regAt)
			m.sum(regStarts+R(i), regAt, p.register)
		}
	})
}

// finish applies the epilogue and stores the valid lanes. Where the registers do
// not suffice it goes through the results in memory.
func (m matVec) finish(vs []vector, sum func(v int) V) {
	var busy []V
	for v := range vs {
		busy = append(busy, sum(v))
	}
	p := m.file(busy...)
	c, given, inRegisters := p.finish(m.Epilogue, busy[0])
	put := func(y V, v vector) { m.storeFirst(y, regY, v.first*m.size(), v.valid) }
	if inRegisters {
		for v := range vs {
			m.Line(func() {
				y := p.run(c, append([]V{sum(v)}, given...), nil)[0]
				c.Mute()
				put(y, vs[v])
				p.free(y)
			})
		}
		return
	}
	m.Line(func() {
		for v := range vs {
			put(sum(v), vs[v])
		}
	})
	for _, v := range vs {
		m.Line(func() {
			m.loadFirst(regY, v.first*m.size(), v.valid, 0)
			put(m.file(0).run(c, []V{0}, nil)[0], v)
			c.Mute()
		})
	}
}
