package x86

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
	vec "github.com/nngen-go/nngen/gen/vector"
)

// Registers of gradients of weights: SI and R10 are the inputs, DI walks dy, R12
// and R13 are the distances of their rows; the others are the arrays of a fused
// update, after the gradient, in the first panel and in the second.
var gradArrays = [][]string{{"R8", "BX", "DX"}, {"R9", "R11", "R14"}}

const (
	regInputStride, regGradStride = "R12", "R13"
	// mostSingles is how many numbers an update may take along.
	mostSingles = 3
)

// GradWeight prints the gradient of a panel of weights, or of two: tiles of inputs,
// each summed over the rows of the batch in their order. With an update the
// gradients stay in registers and the arrays of the update change; it reports
// false where the registers do not suffice for that.
func (s *ISA) GradWeight(name string, doc []string, k *kernel.Gradient) (f *asm.Func, ok bool) {
	for _, inputs := range s.inputsOfWeights() {
		if f, ok := s.gradWeight(name, doc, k, inputs); ok {
			return f, true
		}
	}
	return nil, false
}

// gradWeight is GradWeight for some inputs at once.
func (s *ISA) gradWeight(name string, doc []string, k *kernel.Gradient, inputs int) (f *asm.Func, ok bool) {
	m := &gradWeight{writer: s.newWriter(name, doc, k.Elem, k.Fused), Gradient: k, atOnce: inputs}
	if m.arrays, m.singles = kernels.Arrays(k); len(m.arrays) > len(gradArrays[0]) || len(m.singles) > mostSingles {
		return nil, false
	}
	m.columns = m.writer.columns(m.Outputs)
	if k.Update != nil && !m.compileUpdate() {
		return nil, false
	}
	m.Args = kernels.GradWeight(k)
	m.print()
	return m.Func, true
}

// sumsUnderWay is how many sums of products it takes not to wait for one.
const sumsUnderWay = 8

// inputsPerTile is the largest number of inputs whose sums are in registers.
func (m *gradWeight) inputsPerTile() int {
	at := m.atOnce
	if at*m.vectors < sumsUnderWay {
		at *= 2
	}
	return min(at, m.sums/m.vectors)
}

// acc is the register of the sums of input k and a vector of outputs.
func (m *gradWeight) acc(k, v int) Y { return Y(k*m.vectors + v) }

// compileUpdate selects the instructions of the update of a vector. It reports
// false where one is missing or the registers do not suffice.
func (m *gradWeight) compileUpdate() bool {
	leaves := []kernels.Leaf{{Name: kernels.Gradient, Role: kernels.Vector}}
	given := []Y{0}
	p := m.file(first(m.inputsPerTile() * m.vectors)...)
	for _, s := range m.singles {
		y, ok := p.used.Take()
		if !ok {
			return false
		}
		leaves, given = append(leaves, kernels.Leaf{Name: s, Role: kernels.Number}), append(given, Y(y))
	}
	var stored []string
	for _, a := range m.arrays {
		if m.Update.Prog.Reads(a) {
			leaves = append(leaves, kernels.Leaf{Name: a, Role: kernels.Array})
		}
		if slices.Contains(m.Update.Stores, a) {
			stored = append(stored, a)
		}
	}
	all := true
	for v := range m.vectors {
		m.column(m.columns, v, func() {
			c, ok := m.compile(m.Update.Prog, leaves, stored...)
			if all = all && ok && p.fits(c, given...); all {
				c.Mute()
				m.updates = append(m.updates, c)
			}
		})
	}
	return all
}

// inputsOfWeights are the numbers of inputs that GradWeight takes at once; the
// smaller one leaves registers to updates.
func (s *ISA) inputsOfWeights() []int {
	if s.masks {
		return []int{12, 8}
	}
	return []int{6}
}

type gradWeight struct {
	*writer
	*kernel.Gradient
	arrays, singles []string
	columns
	updates []*vec.Code // of the vectors of gradients, if there is one
	atOnce  int         // inputs
}

func (m *gradWeight) print() {
	m.eachArray(func(base string, panel, i int) {
		m.pointer(kernels.ArgName(m.arrays[i]), base)
		if panel > 0 {
			m.Ins("ADDQ", m.ArgOf("panelStride"), base)
		}
	})
	m.pointer("dyStride", regGradStride)
	m.pointer("xStride", regInputStride)
	m.pointer("x", regX)
	if m.Partial {
		m.lastMask(regMask)
	}
	at := m.inputsPerTile()
	m.Ins("MOVQ", m.ArgOf("inputs"), regOffset)
	for _, t := range m.tiles(at) {
		loop, do, done := m.Label("inputs"), m.Label("tile"), m.Label("done")
		m.Place(loop)
		m.Line(func() {
			m.Ins("CMPQ", regOffset, fmt.Sprintf("$%d", t.from))
			if t.only == 0 {
				m.Ins("JLT", done)
				if t.bits > 0 {
					m.Ins("TESTQ", fmt.Sprintf("$%d", t.bits), regOffset)
					m.Ins("JEQ", done)
				}
				return
			}
			m.Ins("JGE", do)
			m.Ins("CMPQ", regOffset, fmt.Sprintf("$%d", t.only))
			m.Ins("JNE", done)
		})
		if t.only > 0 {
			m.Place(do)
		}
		m.tile(t.inputs)
		m.Line(func() {
			m.advance(regX, t.inputs*m.size())
			m.eachArray(func(base string, _, _ int) { m.advance(base, t.inputs*m.Width*m.size()) })
		})
		m.Line(func() {
			m.Ins("SUBQ", fmt.Sprintf("$%d", t.inputs), regOffset)
			m.Ins("JMP", loop)
		})
		m.Place(done)
	}
	m.ret()
}

// eachArray goes through the arrays of every panel.
func (m *gradWeight) eachArray(do func(base string, panel, array int)) {
	for q := range max(m.Panels, 1) {
		for i := range m.arrays {
			do(gradArrays[q][i], q, i)
		}
	}
}

// inputTile is a tile of some inputs: it is taken while so many are left at least,
// or as many as only says, and if there are bits, while their number has some of them.
type inputTile struct{ inputs, from, only, bits int }

// tiles divide the inputs, as few as can be one by one, which would wait for each
// other: 10 = 6 + 4, 15 = 5 + 6 + 4, 46 = 5 + 5 + 12 + 12 + 12; those that the kernel
// is for evenly, 7 = 4 + 3.
func (m *gradWeight) tiles(at int) []inputTile {
	switch n := m.Inputs; {
	case n > 0:
		blocks := (n + at - 1) / at
		large, small := (n+blocks-1)/blocks, n/blocks
		if large == small {
			return []inputTile{{inputs: large, from: large}, {inputs: 1, from: 1}}
		}
		return []inputTile{{inputs: large, from: n - (n%blocks-1)*large, only: large}, {inputs: small, from: small}, {inputs: 1, from: 1}}
	case at == 6:
		return []inputTile{{inputs: 5, from: 5, bits: 1}, {inputs: 6, from: 10, only: 6}, {inputs: 4, from: 4}, {inputs: 1, from: 1}}
	case at > 4:
		return []inputTile{{inputs: 5, from: 5, bits: 3}, {inputs: at, from: at}, {inputs: 4, from: 4}, {inputs: 1, from: 1}}
	}
	return []inputTile{{inputs: at, from: at}, {inputs: 1, from: 1}}
}

// tile sums the gradients of some inputs' weights.
func (m *gradWeight) tile(inputs int) {
	if inputs == m.inputsPerTile() {
		m.Note("%d inputs: g[k][n] = Σ over the rows of x[k]·dy[n]", inputs)
	}
	m.clearFirst(inputs * m.vectors)
	if m.Shared {
		m.fetch(inputs)
	}
	m.Use(m.Macro("start", nil, func() {
		m.Line(func() {
			m.pointer("dy", regW)
			m.Ins("MOVQ", regX, regRow)
			m.Ins("MOVQ", m.ArgOf("rows"), regCount)
		})
	}))
	loop := m.Label("rows")
	m.Place(loop)
	m.inTurn("sums", inputs, func(k int) {
		if k == 0 {
			m.row()
		}
		m.mulAddRow(mem(regRow, k*m.size()), m.columns, func(v int) Y { return m.acc(k, v) })
	})
	m.Line(func() {
		m.Ins("ADDQ", regInputStride, regRow)
		m.Ins("ADDQ", regGradStride, regW)
	})
	m.again(loop)
	m.finish(inputs)
}

// row loads the row of dy.
func (m *gradWeight) row() {
	for v := range m.vectors {
		m.column(m.columns, v, func() {
			src := mem(regW, v*m.isa.bytes)
			if m.isPartial(v) {
				m.toMask(regMask, m.input) // the register serves the inputs too
				m.loadMasked(src, m.input, m.weight0+Y(v))
			} else {
				m.load(src, m.weight0+Y(v))
			}
		})
	}
}

// inTurn writes what is done with each input of a tile: with the first four, which most
// tiles have, as a macro.
func (m *gradWeight) inTurn(role string, inputs int, do func(k int)) {
	const together = 4
	from := 0
	if inputs >= together {
		from = together
		m.Use(m.Macro(role, nil, func() {
			m.Line(func() {
				for k := range together {
					do(k)
				}
			})
		}))
	}
	m.Line(func() {
		for k := from; k < inputs; k++ {
			do(k)
		}
	})
}

// fetch asks for what the tile will change, before the sums, which take their
// time: another core, which has read it for its samples, must give it up, and
// stores would wait for that.
func (m *gradWeight) fetch(inputs int) {
	if inputs == m.inputsPerTile() {
		m.Note("PREFETCHW of what will change")
	}
	m.eachArray(func(base string, _, i int) {
		if !slices.Contains(m.Update.Stores, m.arrays[i]) {
			return
		}
		var lines []int
		for k := range inputs {
			from := k * m.Width * m.size()
			for line := from / cacheLine * cacheLine; line < from+m.room(m.lanes())*m.size()/max(m.Panels, 1); line += cacheLine {
				lines = append(lines, line)
			}
		}
		m.prefetchToWrite(base, slices.Compact(lines))
	})
}

// isPartial reports whether a vector is the last and not full.
func (m *gradWeight) isPartial(v int) bool { return m.Partial && v == m.vectors-1 }

// finish stores the gradients, or updates what they belong to.
func (m *gradWeight) finish(inputs int) {
	at := func(array, k, v int) string {
		lane := v * m.isa.bytes / m.size()
		return mem(gradArrays[lane/panel][array], (k*m.Width+lane%panel)*m.size())
	}
	if m.Update == nil {
		m.inTurn("stores", inputs, func(k int) {
			for v := range m.vectors {
				m.column(m.columns, v, func() { m.storeSome(m.acc(k, v), m.isPartial(v), at(0, k, v)) })
			}
		})
		return
	}
	p := m.file(first(m.inputsPerTile() * m.vectors)...) // the same for tiles of all sizes
	given := []Y{0}
	for range m.singles {
		given = append(given, p.take())
	}
	numbers := func() {
		for i, s := range m.singles {
			m.pointer(kernels.ArgName(s), regW)
			m.broadcastTo(mem(regW, 0), given[1+i])
		}
	}
	if inputs == m.inputsPerTile() {
		m.Note("%s", m.Update.Prog)
	}
	change := func(k, v int) {
		given[0] = m.acc(k, v)
		results := p.run(m.updates[v], given, func(name string, dst Y, _ []Y) {
			m.loadSome(at(slices.Index(m.arrays, name), k, v), m.isPartial(v), dst)
		})
		for i, a := range m.arrays {
			if slices.Contains(m.Update.Stores, a) {
				m.storeSome(results[0], m.isPartial(v), at(i, k, v))
				results = results[1:]
			}
		}
	}
	m.inTurn("updates", inputs, func(k int) {
		if k == 0 {
			numbers()
		}
		for v := range m.vectors {
			kept := p.used.Clone()
			m.Named("update", func() { m.column(m.columns, v, func() { change(k, v) }) })
			p.used = kept
			p.free(m.acc(k, v))
		}
	})
}
