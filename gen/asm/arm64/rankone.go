package arm64

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/schedule"
)

// The vectors of a step without gradients: dy from V0 on, inputs, in turn weights
// and what they change by, the rate, zero.
const (
	vecTurn    V = 18
	stepsTurn    = 5
	vecRate    V = 28
	vecZero    V = 29
	vecStepTmp V = 30
)

// rankOne prints the step of one sample on a layer's weights.
type rankOne struct {
	matVec
	*kernel.RankOne
	parts int // vectors that hold the chains of a sum
}

// RankOne prints w −= rate·(x·dy), b −= rate·dy, rounded as gradients and their
// update are. With DX it also computes dx from the weights before the step, with
// the epilogue; the kernel is open then, and the bias is left to a call without
// DX.
func RankOne(name string, doc []string, k *kernel.RankOne) *asm.Func {
	w := newWriter(name, doc, k.Elem, k.Fused)
	init := kernel.Zero
	if k.Bias {
		init = kernel.Bias
	}
	mv := matVec{w, &kernel.Kernel{
		Elem: kernel.Elements{X: k.Elem, W: k.Elem, Acc: k.Elem}, Outputs: k.Outputs, Chains: 1, Panels: k.Panels, Init: init,
	}, k.Inputs, k.Listed}
	m := &rankOne{mv, k, schedule.GradInputChains / w.lanes()}
	w.Args = kernels.RankOne(k)
	if k.DX {
		m.withGradient()
	} else {
		m.alone()
	}
	w.ret()
	return w.Func
}

// FusesRankOne reports whether RankOne applies the epilogue to the gradients of
// the inputs itself.
func FusesRankOne(elem string, epilogue []kernel.Epilogue) bool {
	k := &kernel.Kernel{Elem: kernel.Elements{Acc: elem}, Epilogue: epilogue}
	return elem == "float32" && len(k.Extras()) <= 1 && Fuses(k)
}

// step adds −rate·(0 + x·dy) to weights. The gradient is a sum that starts at
// zero, so it is never −0 for a product of zeros, which is left out where a weight of
// any zero will do; its product is rounded once either way.
func (w *writer) step(weights, change, rate, zero V, anyZero bool) {
	if !anyZero {
		w.add(change, zero, change)
	}
	w.times(change, rate, change)
	w.add(weights, change, weights)
}

// alone takes every group of panels once, the step's factors in registers.
func (m *rankOne) alone() {
	if m.matVec.Panels.Full > 0 {
		m.pointer("w", regPanels)
	}
	m.pointer("dy", regY)
	if m.Bias {
		m.pointer("b", regBias)
	}
	m.pointer("rate", regConst)
	m.broadcast(regConst, 0, vecRate)
	m.clear(vecZero)
	vs := m.vectors()
	if per := m.loopPanels(); per > 0 {
		vs = m.panelLoop(vs, per, m.group)
	}
	for _, g := range m.groups(vs) {
		m.group(g)
	}
}

// group changes the weights of some vectors of outputs.
func (m *rankOne) group(vs []vector) {
	last, ps := vs[len(vs)-1], parts(vs)
	m.Note("b[n] −= rate·dy[n], w[n][k] −= rate·(x[k]·dy[n]), n = %d…%d", vs[0].first, last.first+last.valid-1)
	for i, v := range vs {
		m.Line(func() { m.loadFirst(regY, v.first*m.size(), v.valid, V(i)) })
		if m.Bias {
			m.Line(func() {
				m.load(regBias, v.first*m.size(), vecTurn)
				m.copy(V(i), vecTurn+1)
				m.step(vecTurn, vecTurn+1, vecRate, vecZero, false)
				m.store(vecTurn, regBias, v.first*m.size())
			})
		}
	}
	if m.RankOne.Inputs == 0 {
		return
	}
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
	if m.listed {
		loop, done := m.Label("listed"), m.Label("done")
		m.pointer("list", regList)
		m.pointer("count", regListed)
		m.ifZero(regListed, done)
		m.Place(loop)
		m.listedRow(ps)
		m.input(ps, 0)
		m.countdown(regListed, loop)
		m.Place(done)
		return
	}
	loop := m.Label("inputs")
	m.set(m.RankOne.Inputs, regCount)
	m.Place(loop)
	m.loadElement(regX, 0, vecX)
	m.input(ps, 0)
	m.Line(func() {
		m.advance(regX, m.size())
		for _, p := range ps {
			m.advance(p.register, m.stride(p))
		}
	})
	m.countdown(regCount, loop)
}

// input changes the weights of an input, lane of a vector: a macro that all layers
// share whose groups are alike.
func (m *rankOne) input(ps []part, lane int) {
	name := map[bool]string{false: "step", true: "stepOf"}[m.AnyZero]
	for _, p := range ps {
		name += fmt.Sprint(map[bool]string{false: "w", true: "v"}[p.tail], p.n)
	}
	m.Shared(name, nil, func() {
		v := 0
		for _, p := range ps {
			for i := range p.n {
				w := vecTurn + 2*V(v%stepsTurn)
				m.Line(func() {
					m.load(p.register, i*bytes, w)
					m.fmulElement(w+1, V(v), vecX, lane)
					m.step(w, w+1, vecRate, vecZero, m.AnyZero)
					m.store(w, p.register, i*bytes)
				})
				v++
			}
		}
	})
	m.Use(name)
}
