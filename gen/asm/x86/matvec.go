package x86

import (
	"fmt"
	"math/bits"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
	vec "github.com/nngen-go/nngen/gen/vector"
)

const (
	panel = 16
	// unrollTerms is the number of inputs in one turn of the loop.
	unrollTerms = kernel.Turn
)

// firstCache is the least size of a first-level cache that there is.
const firstCache = 32 << 10

// atOnce is how many vectors are summed at once: enough to hide the latency of
// the multiply-add. Where long vectors come from the second cache, half as
// many keep it busy, and with fewer streams it is faster.
func (w *writer) atOnce(p kernel.Panels) int {
	if w.bytes == 64 && p.Full*p.PanelRows*panel*w.size() > firstCache {
		return mostAtOnce / 2
	}
	return mostAtOnce
}

// mostAtOnce hides the latency of the multiply-add.
const mostAtOnce = 8

// vector is one vector of outputs: where its weights, bias and results lie.
type vector struct {
	base   string // register of the weights
	disp   int    // of the first input's weights
	stride int    // from one input's weights to the next
	first  int    // output in lane 0
	valid  int    // lanes that are outputs
	half   bool   // as long as half a register
}

// partial reports whether not all lanes are outputs.
func (v vector) partial(lanes int) bool {
	if v.half {
		lanes /= 2
	}
	return v.valid < lanes
}

// matVec is a kernel being printed.
type matVec struct {
	*writer
	*kernel.Kernel
	inputs int
	listed bool // only the inputs of a list, the others being zero
}

// MatVec prints y = W·x + b for one sample, with the epilogue if it reads
// nothing but the sums.
func (s *ISA) MatVec(name string, doc []string, k *kernel.Kernel, listed bool) *asm.Func {
	m := matVec{writer: s.newWriter(name, doc, k.Elem.Acc, k.Fused), Kernel: k, inputs: k.Terms(), listed: listed}
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
	if n := m.loopPanels(); n > 0 {
		vs = m.panelLoop(vs, n, m.group)
	}
	for _, group := range m.groups(vs) {
		m.group(group)
	}
	m.ret()
	return m.Func
}

func (m matVec) bias() bool { return m.Init == kernel.Bias }

// loopPanels is the number of panels in one turn of the loop over panels, 0
// if there are too few for a loop.
func (m matVec) loopPanels() int {
	per := m.atOnce(m.Panels) * m.lanes() / panel
	if m.Chains > 1 || m.Panels.Full < 2*per {
		return 0
	}
	return per
}

// panelBytes is the distance between panels.
func (m matVec) panelBytes() int { return m.Panels.PanelRows * panel * kernels.WeightSize(m.Kernel) }

// panelLoop prints the loop over groups of whole panels and returns the
// vectors that are left.
func (m matVec) panelLoop(vs []vector, per int, group func([]vector)) []vector {
	turns := m.Panels.Full / per
	loop := m.Label("panels")
	m.Ins("MOVQ", fmt.Sprintf("$%d", turns), regTurns)
	m.Place(loop)
	group(vs[:m.atOnce(m.Panels)])
	m.advance(regPanels, per*m.panelBytes())
	m.advance(regY, per*panel*m.size())
	if m.bias() {
		m.advance(regBias, per*panel*m.size())
	}
	if m.Scaled {
		m.advance(regScale, per*panel*m.size())
	}
	m.countdown(regTurns, loop)
	rest := vs[turns*m.atOnce(m.Panels):]
	out := make([]vector, len(rest))
	for i, v := range rest {
		out[i] = v
		out[i].first -= turns * per * panel
		if v.base == regW {
			out[i].disp -= turns * per * m.panelBytes()
		}
	}
	return out
}

// vectors lists the outputs, vector by vector.
func (m matVec) vectors() []vector {
	var vs []vector
	size := kernels.WeightSize(m.Kernel)
	for q := range m.Panels.Full {
		for v := 0; v < panel; v += m.lanes() {
			vs = append(vs, vector{regW, q*m.panelBytes() + v*size, panel * size, q*panel + v, m.lanes(), false})
		}
	}
	rest := m.Outputs - m.Panels.Full*panel
	for v := 0; v < rest; v += m.lanes() {
		valid := min(m.lanes(), rest-v)
		vs = append(vs, vector{regTail, v * size, m.Panels.Tail * size, m.Panels.Full*panel + v, valid, m.columns(valid).half})
	}
	return vs
}

// groups divides the vectors into balanced groups that fit the accumulators; a few
// more than hide the latency are one group, since two would have too few.
// In a list the offsets of a group's rows must be alike.
func (m matVec) groups(vs []vector) [][]vector {
	if m.listed {
		for i, v := range vs {
			if i > 0 && v.base != vs[0].base {
				return append(m.groups(vs[:i]), m.groups(vs[i:])...)
			}
		}
	}
	most := max(1, m.atOnce(m.Panels)/m.Chains)
	if m.bytes == 32 && len(vs)%most > 0 && m.Elem.W == m.Elem.Acc { // smaller groups would wait for the latency
		most = max(most, m.sums/m.Chains)
	}
	count := (len(vs) + most - 1) / most
	var out [][]vector
	for i := range count {
		out = append(out, vs[i*len(vs)/count:(i+1)*len(vs)/count])
	}
	return out
}

// group sums all inputs for a group of vectors.
func (m matVec) group(vs []vector) {
	last := vs[len(vs)-1]
	m.Note("y[%d…%d] = Σ w[n][k]·x[k]%s", vs[0].first, last.first+last.valid-1, map[bool]string{true: " + b[n]"}[m.bias()])
	m.pointer("x", regX)
	if m.Panels.Full > 0 {
		m.Ins("MOVQ", regPanels, regW)
	}
	if m.Panels.Tail > 0 {
		m.pointer("wt", regTail)
	}
	m.sized(last.half, func() { m.someMask(last.valid) })
	acc := func(v, c int) Y { return Y(v*m.Chains + c) }
	m.Line(func() {
		for v := range vs {
			m.sized(vs[v].half, func() {
				for c := range m.Chains {
					if c == 0 && m.bias() && !m.Scaled {
						m.load(mem(regBias, vs[v].first*m.size()), acc(v, c))
					} else {
						m.clear(acc(v, c))
					}
				}
			})
		}
	})
	if m.listed {
		m.listedTerms(vs, acc)
	} else {
		m.terms(vs, acc)
	}
	for v := range vs {
		m.Line(func() {
			m.sized(vs[v].half, func() {
				for h := m.Chains / 2; h >= 1; h /= 2 {
					for c := range h {
						m.add(acc(v, c+h), acc(v, c), acc(v, c))
					}
				}
				m.scale(m.Kernel, regScale, vs[v].first*m.size(), acc(v, 0))
			})
		})
	}
	m.finish(vs, func(v int) Y { return acc(v, 0) })
}

// terms adds the products of all inputs.
func (m matVec) terms(vs []vector, acc func(v, c int) Y) {
	each := func(at func(v vector, plus int) string, chain int) {
		for v := range vs {
			m.mulAddVector(vs[v], at(vs[v], 0), v, acc(v, chain))
		}
	}
	if m.double || m.inputs < 4 {
		m.overInputs(m.inputs, unrollTerms, m.Chains, m.Ahead, vs, each)
		return
	}
	m.overFours(m.inputs, unrollTerms, m.Chains, m.Ahead, vs, m.weight0, each)
}

// mulAddVector adds the products of a vector's weights, the turn-th of an input.
func (m matVec) mulAddVector(v vector, src string, turn int, acc Y) {
	partial := v.partial(m.lanes())
	m.sized(v.half, func() {
		if src = m.weights(m.Kernel, src, partial, turn); partial {
			m.mulAddPart(src, acc)
		} else {
			m.mulAdd(src, acc)
		}
	})
}

// Registers of a list: R9 walks it, R12 and R13 are the offset of an input
// and of its weights.
const (
	regList, regInput, regRowAt = "R9", "R12", "R13"
)

// listedTerms adds the products of the inputs in the list, each sum in the
// order of the inputs.
func (m matVec) listedTerms(vs []vector, acc func(v, c int) Y) {
	loop, done := m.Label("listed"), m.Label("done")
	m.pointer("list", regList)
	m.Ins("MOVQ", m.ArgOf("count"), regCount)
	m.Ins("TESTQ", regCount, regCount)
	m.Ins("JZ", done)
	m.Place(loop)
	m.Line(func() {
		m.rowOf(regList, regInput, regRowAt, vs[0].stride)
		m.Ins(m.op("VBROADCASTSS", "VBROADCASTSD"), fmt.Sprintf("(%s)(%s*1)", regX, regInput), m.input.String())
	})
	m.Line(func() { m.prefetchListed(vs) })
	m.advance(regList, 4)
	m.Line(func() {
		for v := range vs {
			m.mulAddVector(vs[v], fmt.Sprintf("%d(%s)(%s*1)", vs[v].disp, vs[v].base, regRowAt), v, acc(v, 0))
		}
	})
	m.again(loop)
	m.Place(done)
}

// prefetchListed fetches the weights of an input further down the list, which
// has room for that many more.
func (m matVec) prefetchListed(vs []vector) {
	if m.Ahead == 0 {
		return
	}
	m.Ins("MOVL", mem(regList, 4*m.Ahead), regOffset)
	m.Ins("SHLQ", fmt.Sprintf("$%d", shiftOf(vs[0].stride/m.size())), regOffset)
	for _, v := range vs {
		if v.disp%cacheLine == 0 {
			m.Ins("PREFETCHT0", fmt.Sprintf("%d(%s)(%s*1)", v.disp, v.base, regOffset))
		}
	}
}

// shiftOf is the power of two that n is.
func shiftOf(n int) int { return bits.TrailingZeros(uint(n)) }

// rowOf reads the next byte offset of an input, and that of its weights.
func (w *writer) rowOf(list, input, row string, stride int) {
	w.Ins("MOVL", "("+list+")", input)
	w.Ins("MOVQ", input, row)
	w.Ins("SHLQ", fmt.Sprintf("$%d", shiftOf(stride/w.size())), row)
}

// finish applies the epilogue and stores the valid lanes. Where the registers
// do not suffice it goes through the results in memory.
func (m matVec) finish(vs []vector, sum func(v int) Y) {
	var busy []Y
	for v := range vs {
		busy = append(busy, sum(v))
	}
	codes, p, inRegisters := map[bool]*vec.Code{}, m.file(busy...), true
	for _, v := range vs {
		m.sized(v.half, func() {
			if codes[v.half] == nil {
				codes[v.half], _ = m.epilogue(m.Epilogue, 0)
			}
			inRegisters = inRegisters && p.fits(codes[v.half], busy[0])
		})
	}
	m.Line(func() {
		for v := range vs {
			m.sized(vs[v].half, func() {
				y := sum(v)
				if inRegisters {
					y = p.apply(codes[vs[v].half], y, nil)
					codes[vs[v].half].Mute()
				}
				m.put(y, vs[v], p)
				p.free(y)
			})
		}
	})
	if inRegisters {
		return
	}
	for _, v := range vs {
		m.Line(func() {
			m.sized(v.half, func() {
				p := m.file(0)
				m.loadFirst(regY, v.first*m.size(), v.valid*m.size(), 0, 1)
				m.put(p.run(codes[v.half], []Y{0}, nil)[0], v, p)
				codes[v.half].Mute()
			})
		})
	}
}

// put stores a vector of results.
func (m matVec) put(y Y, v vector, p *file) {
	if v.valid == m.lanes() {
		m.store(y, mem(regY, v.first*m.size()))
		return
	}
	part := p.take()
	m.storeFirst(y, regY, v.first*m.size(), v.valid*m.size(), part)
	p.free(part)
}
