package avx2

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/asm"
)

// Registers of batched kernels: SI and R8 walk the rows of X and Y, DI the
// weights, R10 the row of X, R11, R12 and R13 the strides of X.
const (
	regRow, regStride, regStride3, regStride5 = "R10", "R11", "R12", "R13"
)

// weight registers of a tile; the product of separate rounding needs one more.
const (
	weight0 Y = 12
	weight1 Y = 13
)

// TileRows are the numbers of rows a tile of MatMul takes: the kernel's last
// arguments count the tiles of each.
func TileRows(double bool, valid, chains int) []int {
	w := &writer{double: double}
	most := sums / ((valid + w.lanes() - 1) / w.lanes() * chains)
	switch {
	case most >= 6:
		return []int{6, 5, 1}
	case most >= 3:
		return []int{3, 2, 1}
	}
	return []int{1}
}

// sums is how many vectors of sums a tile may hold; the other registers are
// for weights, the input and the product.
const sums = 12

// VectorOutputs is the number of outputs a batched kernel computes for a row:
// two vectors, or one where the chains need the registers.
func VectorOutputs(double bool, chains int) int {
	w := &writer{double: double}
	return w.lanes() * min(2, sums/chains)
}

// MatMul prints a batched kernel for one panel of weights.
func MatMul(k *asm.MatMul) *asm.Func {
	f := &asm.Func{Name: k.Name, Doc: k.Doc, Args: []asm.Arg{{Name: "y", Type: "*" + k.Elem}, {Name: "x", Type: "*" + k.Elem}, {Name: "w", Type: "*" + k.Elem}}}
	if k.Bias {
		f.Args = append(f.Args, asm.Arg{Name: "b", Type: "*" + k.Elem})
	}
	m := &matMul{writer: &writer{Func: f, double: k.Double, fused: k.Fused}, MatMul: k}
	m.vectors = (k.Valid + m.lanes() - 1) / m.lanes()
	tiles := TileRows(k.Double, k.Valid, k.Chains)
	for i := range tiles {
		f.Args = append(f.Args, asm.Arg{Name: fmt.Sprintf("tiles%d", i), Type: "int"})
	}
	m.pointer("y", regY)
	m.pointer("x", regX)
	if k.Bias {
		m.pointer("b", regBias)
	}
	m.Ins("MOVQ", fmt.Sprintf("$%d", k.XStride), regStride)
	m.Ins("LEAQ", fmt.Sprintf("(%s)(%s*2)", regStride, regStride), regStride3)
	m.Ins("LEAQ", fmt.Sprintf("(%s)(%s*4)", regStride, regStride), regStride5)
	for i, rows := range tiles {
		m.tiles(fmt.Sprintf("tiles%d", i), rows)
	}
	m.ret()
	return f
}

type matMul struct {
	*writer
	*asm.MatMul
	vectors int
}

// tiles prints the loop over the tiles of a number of rows.
func (m *matMul) tiles(arg string, rows int) {
	loop, done := m.Label("rows"), m.Label("done")
	m.Ins("MOVQ", m.ArgOf(arg), regOffset)
	m.Ins("TESTQ", regOffset, regOffset)
	m.Ins("JZ", done)
	m.Place(loop)
	m.tile(rows)
	m.advance(regX, rows*m.XStride)
	m.advance(regY, rows*m.YStride)
	m.Ins("DECQ", regOffset)
	m.Ins("JNZ", loop)
	m.Place(done)
}

// row is the operand of element k in row r of the tile.
func (m *matMul) row(r, k int) string {
	disp := ""
	if k > 0 {
		disp = fmt.Sprint(k * m.size())
	}
	switch r {
	case 0:
		return fmt.Sprintf("%s(%s)", disp, regRow)
	case 1:
		return fmt.Sprintf("%s(%s)(%s*1)", disp, regRow, regStride)
	case 2:
		return fmt.Sprintf("%s(%s)(%s*2)", disp, regRow, regStride)
	case 3:
		return fmt.Sprintf("%s(%s)(%s*1)", disp, regRow, regStride3)
	case 4:
		return fmt.Sprintf("%s(%s)(%s*4)", disp, regRow, regStride)
	}
	return fmt.Sprintf("%s(%s)(%s*1)", disp, regRow, regStride5)
}

// tile sums all terms for some rows.
func (m *matMul) tile(rows int) {
	acc := func(r, v, c int) Y { return Y((r*m.vectors+v)*m.Chains + c) }
	m.Note("%d rows: y[n] = Σ w[k][n]·x[k]%s", rows, map[bool]string{true: " + b[n]"}[m.Bias])
	for r := range rows {
		for v := range m.vectors {
			for c := range m.Chains {
				if c == 0 && m.Bias {
					m.load(mem(regBias, v*vectorBytes), acc(r, v, c))
				} else {
					m.clear(acc(r, v, c))
				}
			}
		}
	}
	m.pointer("w", regW)
	m.Ins("MOVQ", regX, regRow)
	turns, rest := m.Terms/unrollTerms, m.Terms%unrollTerms
	terms := func(n int) {
		for k := range n {
			for v := range m.vectors {
				m.load(mem(regW, k*m.Width*m.size()+v*vectorBytes), weight0+Y(v))
			}
			for r := range rows {
				m.broadcast(m.row(r, k))
				for v := range m.vectors {
					m.mulAddReg(weight0+Y(v), acc(r, v, k%m.Chains))
				}
			}
		}
	}
	if turns > 1 {
		loop := m.Label("terms")
		m.count(turns)
		m.Place(loop)
		terms(unrollTerms)
		m.advance(regRow, unrollTerms*m.size())
		m.advance(regW, unrollTerms*m.Width*m.size())
		m.again(loop)
	} else {
		rest = m.Terms
	}
	terms(rest)
	m.finish(rows, acc)
}

// mulAddReg is acc += broadcast input · weights.
func (w *writer) mulAddReg(weights, acc Y) { w.mulAdd(weights.String(), acc) }

// finish adds the chains, applies relu and stores.
func (m *matMul) finish(rows int, acc func(r, v, c int) Y) {
	for r := range rows {
		for v := range m.vectors {
			for h := m.Chains / 2; h >= 1; h /= 2 {
				for c := range h {
					m.add(acc(r, v, c+h), acc(r, v, c), acc(r, v, c))
				}
			}
		}
	}
	if m.Relu {
		m.clear(zero)
		for r := range rows {
			for v := range m.vectors {
				m.max(acc(r, v, 0), zero, acc(r, v, 0))
			}
		}
	}
	partial := m.Valid % m.lanes()
	if partial > 0 {
		m.Ins("LEAQ", MaskName+"<>(SB)", regMask)
		m.load(mem(regMask, (m.lanes()-partial)*m.size()), zero)
	}
	for r := range rows {
		for v := range m.vectors {
			dst := mem(regY, r*m.YStride+v*vectorBytes)
			if partial > 0 && v == m.vectors-1 {
				m.storeMasked(acc(r, v, 0), zero, dst)
			} else {
				m.store(acc(r, v, 0), dst)
			}
		}
	}
}
