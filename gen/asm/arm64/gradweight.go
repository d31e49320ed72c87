package arm64

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
	vec "github.com/nngen-go/nngen/gen/vector"
)

// Registers of gradients of weights: R1 the inputs of the tile and R2 the gradients
// of the outputs, which walk the rows, the distances of their rows, the lanes of a
// partial vector, the inputs and the rows that are left; from regArrays on what
// changes.
const (
	regInputs, regDY, regInputStride, regDYStride, regGradMask R = 3, 2, 5, 6, 7

	regInputsLeft, regRowsLeftGrad R = 8, 4

	regArrays R = 9
)

// mostArrays is how many registers there are for arrays.
const mostArrays = 7

// The vectors: sums from V0 on, inputs, two vectors of dy, a product.
const (
	vecInputs  V = 24
	vecDY      V = 28
	vecGradTmp V = 30
)

// inputsOfWeights are the numbers of inputs that GradWeight takes at once; the
// smaller ones leave registers to updates.
var inputsOfWeights = []int{6, 3, 1}

type gradWeight struct {
	*writer
	*kernel.Gradient
	arrays, singles []string
	vectors         int
	atOnce          int // inputs

	update *vec.Code // of a vector of gradients, if there is one
	free   *file     // the registers for it
	given  []V       // of the gradients and the numbers
	stored []string  // arrays
	change string    // the macro of the update
}

// GradWeight prints the gradient of one panel of weights: tiles of inputs, each
// summed over the rows of the batch in their order. With an update the gradients
// stay in registers and the arrays of the update change; it reports false where
// the registers do not suffice for that.
func GradWeight(name string, doc []string, k *kernel.Gradient) (f *asm.Func, ok bool) {
	for _, inputs := range inputsOfWeights {
		w := newWriter(name, doc, k.Elem, k.Fused)
		m := &gradWeight{writer: w, Gradient: k, vectors: (k.Outputs + w.lanes() - 1) / w.lanes()}
		m.arrays, m.singles = kernels.Arrays(k)
		m.atOnce = min(inputs, sums/m.vectors)
		if len(m.arrays) > mostArrays || k.Update != nil && !m.compileUpdate() {
			continue
		}
		m.Args = kernels.GradWeight(k)
		m.print()
		return m.Func, true
	}
	return nil, false
}

// acc is the register of the sums of input k and a vector of outputs.
func (m *gradWeight) acc(k, v int) V { return V(k*m.vectors + v) }

// partial reports whether a vector is the last and not full.
func (m *gradWeight) partial(v int) bool { return m.Partial && v == m.vectors-1 }

// compileUpdate selects the instructions of the update of a vector, and gives its
// gradients and its numbers registers behind the sums. It reports false where an
// instruction is missing or the registers do not suffice.
func (m *gradWeight) compileUpdate() bool {
	leaves := []kernels.Leaf{{Name: kernels.Gradient, Role: kernels.Vector}}
	for _, s := range m.singles {
		leaves = append(leaves, kernels.Leaf{Name: s, Role: kernels.Number})
	}
	m.free = m.file(first(m.atOnce * m.vectors)...)
	for range leaves {
		v, ok := m.free.used.Take()
		if !ok {
			return false
		}
		m.given = append(m.given, V(v))
	}
	for _, a := range m.arrays {
		if m.Update.Prog.Reads(a) {
			leaves = append(leaves, kernels.Leaf{Name: a, Role: kernels.Array})
		}
		if slices.Contains(m.Update.Stores, a) {
			m.stored = append(m.stored, a)
		}
	}
	c, ok := m.compile(m.Update.Prog, leaves, m.stored...)
	if !ok || !m.free.fits(c, m.given...) {
		return false
	}
	c.Mute()
	m.update = c
	return true
}

// array is the register of an array.
func (m *gradWeight) array(i int) R { return regArrays + R(i) }

func (m *gradWeight) print() {
	for i, a := range m.arrays {
		m.pointer(kernels.ArgName(a), m.array(i))
	}
	m.pointer("dyStride", regDYStride)
	m.pointer("xStride", regInputStride)
	m.pointer("x", regX)
	if m.Partial {
		m.pointer("mask", regGradMask)
	}
	m.pointer("inputs", regInputsLeft)
	if m.Update != nil {
		m.updateMacro()
	}
	tiles := slices.Compact([]int{m.atOnce, min(m.atOnce, 2), 1})
	for i, inputs := range tiles {
		loop, done := m.Label("inputs"), m.Label("done")
		m.ifBelow(regInputsLeft, inputs, done)
		m.Place(loop)
		m.tile(inputs, tiles[i+1:])
		m.Line(func() {
			m.advance(regX, inputs*m.size())
			for i := range m.arrays {
				m.advance(m.array(i), inputs*m.Width*m.size())
			}
			m.advance(regInputsLeft, -inputs)
		})
		m.ifNotBelow(regInputsLeft, inputs, loop)
		m.Place(done)
	}
	m.ret()
}

// tile sums the gradients of some inputs' weights.
func (m *gradWeight) tile(inputs int, smaller []int) {
	m.Note("%d inputs: g[k][n] = Σ over the rows of x[k]·dy[n]", inputs)
	m.Line(func() {
		for i := range inputs * m.vectors {
			m.clear(V(i))
		}
	})
	m.Line(func() {
		m.pointer("dy", regDY)
		m.move(regX, regInputs)
		m.pointer("rows", regRowsLeftGrad)
	})
	loop := m.Label("rows")
	m.Place(loop)
	m.loadTerms(regInputs, vecInputs, inputs)
	for v := 0; v < m.vectors; v += 2 {
		n := min(2, m.vectors-v)
		m.Line(func() {
			switch {
			case m.partial(v + n - 1):
				for i := range n {
					if m.partial(v + i) {
						m.loadSome(regDY, (v+i)*bytes, regGradMask, vecDY+V(i))
					} else {
						m.load(regDY, (v+i)*bytes, vecDY+V(i))
					}
				}
			case n == 2:
				m.Ins("FLDPQ", mem(regDY, v*bytes), two(vecDY, vecDY+1))
			default:
				m.load(regDY, v*bytes, vecDY)
			}
		})
		m.products(inputs, smaller, v, n)
	}
	m.Line(func() {
		m.sum(regInputs, regInputStride, regInputs)
		m.sum(regDY, regDYStride, regDY)
	})
	m.countdown(regRowsLeftGrad, loop)
	m.finish(inputs)
}

// products adds the products of the inputs and one or two vectors of dy: a macro
// that goes on where that of the smaller tile ends.
func (m *gradWeight) products(inputs int, smaller []int, v, n int) {
	name := func(inputs int) string {
		return fmt.Sprintf("gradients%dVectors%dFrom%dTo%d", inputs, m.vectors, v, v+n-1)
	}
	for i := len(smaller); i >= 0; i-- {
		all, before := inputs, 0
		if i > 0 {
			all = smaller[i-1]
		}
		if i < len(smaller) {
			before = smaller[i]
		}
		m.writer.Shared(name(all), nil, func() {
			m.Line(func() {
				if before > 0 {
					m.Use(name(before))
				}
				for k := before; k < all; k++ {
					for i := range n {
						m.mulAddElement(m.acc(k, v+i), vecDY+V(i), vecInputs+V(k/m.lanes()), k%m.lanes(), vecGradTmp)
					}
				}
			})
		})
	}
	m.Use(name(inputs))
}

// finish stores the gradients, or updates what they belong to.
func (m *gradWeight) finish(inputs int) {
	at := func(k, v int) int { return k*m.Width*m.size() + v*bytes }
	if m.Update == nil {
		m.Line(func() {
			for k := range inputs {
				for v := range m.vectors { // what is stored beyond the outputs is nobody's
					m.store(m.acc(k, v), m.array(0), at(k, v))
				}
			}
		})
		return
	}
	for i, s := range m.singles {
		m.Line(func() {
			m.pointer(kernels.ArgName(s), regConst)
			m.broadcast(regConst, 0, m.given[1+i])
		})
	}
	m.Note("%s", m.Update.Prog)
	for k := range inputs {
		m.Line(func() {
			for v := range m.vectors {
				m.Use(m.change, m.acc(k, v).String(), fmt.Sprint(at(k, v)))
			}
		})
	}
}

// updateMacro gives the update of a vector a name: v are its gradients, d the
// displacement in the arrays.
func (m *gradWeight) updateMacro() {
	m.change = m.Macro("update", []string{"v", "d"}, func() {
		m.Line(func() {
			m.Ins("VORR", "v.B16", "v.B16", m.given[0].String()+".B16")
			results := m.free.run(m.update, m.given, func(name string, dst V) {
				m.Ins("FMOVQ", "d("+m.array(slices.Index(m.arrays, name)).String()+")", dst.f())
			})
			for i, a := range m.stored {
				m.Ins("FMOVQ", results[i].f(), "d("+m.array(slices.Index(m.arrays, a)).String()+")")
			}
		})
	})
}
