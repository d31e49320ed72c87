package x86

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
	vec "github.com/nngen-go/nngen/gen/vector"
)

// registers of the pointers to operands that are arrays, in order; R8 is the result.
// The last is for the pointer to a number alone, which is read at once.
var operandRegs = []string{"SI", "DI", "DX", "BX", "R10", "R11", "R14"}

// regOffset is the byte offset of the current vector.
const regOffset = "AX"

// Map prints an element-wise kernel. It reports false where an operation has
// no vector form yet or the registers do not suffice.
func (s *ISA) Map(k *kernel.Map) (f *asm.Func, ok bool) {
	f = &asm.Func{Name: k.Name, Doc: k.Doc, Args: kernels.Map(k)}
	m := &mapper{file: s.writer(f, k.Double).file(), k: k, pointers: make([]string, len(k.Ins))}
	var leaves []kernels.Leaf
	arrays := 0
	for i, in := range k.Ins {
		if in.Bytes && k.Double {
			return nil, false
		}
		role := kernels.Vector
		if m.pointers[i] = operandRegs[arrays]; !in.Single {
			if arrays++; arrays == len(operandRegs) {
				return nil, false
			}
		} else {
			role = kernels.Number
			y, ok := m.used.Take()
			if !ok {
				return nil, false
			}
			m.numbers = append(m.numbers, Y(y))
		}
		leaves = append(leaves, kernels.Leaf{Name: in.Leaf, Role: role})
	}
	code, ok := m.compile(k.Prog, leaves, k.Result)
	if !ok {
		return nil, false
	}
	m.code = code
	m.code.Mute()
	mask, ok := m.used.Take()
	if !ok {
		return nil, false
	}
	m.mask = Y(mask)
	if k.Chains > 0 && !m.sums() {
		return nil, false
	}
	all := &file{m.writer, m.used.Clone()}
	given, ok := m.operands(all)
	if !ok || !all.fits(m.code, given...) {
		return nil, false
	}
	m.write()
	return f, true
}

// mapper prints a scalar program on vectors.
type mapper struct {
	*file
	k        *kernel.Map
	code     *vec.Code
	pointers []string // the registers that point to operands
	numbers  []Y      // the registers of single operands
	mask     Y        // of a partial vector
	result   Y        // the register of the result
	chain    summer   // of the sums of a row
}

// operands gives every operand that is an array a register of f; the result are
// the registers of all operands. It reports false where they do not suffice.
func (m *mapper) operands(f *file) (given []Y, ok bool) {
	numbers := m.numbers
	for _, in := range m.k.Ins {
		if in.Single {
			given, numbers = append(given, numbers[0]), numbers[1:]
			continue
		}
		y, ok := f.used.Take()
		if !ok {
			return nil, false
		}
		given = append(given, Y(y))
	}
	return given, true
}

func (m *mapper) write() {
	const regRows, regGap = "R12", "R13"
	m.pointer("y", regY)
	numbers := m.numbers
	for i, in := range m.k.Ins {
		switch {
		case in.Single:
			m.pointer(in.Arg, m.pointers[i])
			m.broadcastTo(mem(m.pointers[i], 0), numbers[0])
			numbers = numbers[1:]
		case !in.Repeated:
			m.pointer(in.Arg, m.pointers[i])
		}
	}
	m.pointer("rows", regRows)
	m.pointer("gap", regGap)
	m.Ins("XORQ", regOffset, regOffset)
	m.Note("%s", m.k.Prog)
	row, rest, next := m.Label("row"), m.Label("rest"), m.Label("next")
	m.Place(row)
	for i, in := range m.k.Ins {
		if in.Repeated {
			m.Line(func() {
				m.pointer(in.Arg, m.pointers[i])
				m.Ins("SUBQ", regOffset, m.pointers[i])
			})
		}
	}
	if m.k.Chains > 0 {
		m.clear(m.chain.sum)
	}
	m.Line(func() {
		m.Ins("MOVQ", m.ArgOf("n"), regCount)
		m.Ins("SHRQ", fmt.Sprintf("$%d", shiftOf(m.lanes())), regCount)
		m.Ins("JZ", rest)
	})
	loop := m.Label("elements")
	m.Place(loop)
	m.vector(false)
	m.Line(func() {
		m.advance(regOffset, m.bytes)
		m.passed(fmt.Sprintf("$%d", m.lanes()), false)
	})
	m.again(loop)
	m.Place(rest)
	m.Line(func() {
		m.Ins("MOVQ", m.ArgOf("n"), regCount)
		m.Ins("ANDQ", fmt.Sprintf("$%d", m.lanes()-1), regCount)
		m.Ins("JZ", next)
	})
	m.countMask()
	m.vector(true)
	m.Ins("LEAQ", fmt.Sprintf("(%s)(%s*%d)", regOffset, regCount, m.size()), regOffset)
	m.passed(regCount, false)
	m.Place(next)
	if m.k.Chains > 0 {
		m.storeSum()
	}
	m.Ins("ADDQ", regGap, regOffset)
	for i, in := range m.k.Ins {
		if in.Dense && !in.Bytes {
			m.Ins("SUBQ", regGap, m.pointers[i])
		}
	}
	if m.hasBytes() {
		m.Line(func() {
			m.Ins("MOVQ", regGap, regCount)
			m.Ins("SHRQ", fmt.Sprintf("$%d", shiftOf(m.size())), regCount)
			m.passed(regCount, true)
		})
	}
	m.countdown(regRows, row)
	m.ret()
}

// passed moves on by some elements, or by a gap, in operands of bytes, for which the
// offset is none.
func (m *mapper) passed(n string, gap bool) {
	for i, in := range m.k.Ins {
		if in.Bytes && !(gap && in.Dense) {
			m.Ins("ADDQ", n, m.pointers[i])
		}
	}
}

// hasBytes reports whether an operand is of bytes.
func (m *mapper) hasBytes() bool {
	return slices.ContainsFunc(m.k.Ins, func(in kernel.MapOperand) bool { return in.Bytes })
}

// loadBytes loads bytes as numbers: of a part as many as regCount says, one by one
// where there are no mask registers.
func (m *mapper) loadBytes(pointer string, partial bool, dst Y) {
	const all, left = "R14", regMask
	src := mem(pointer, 0)
	switch {
	case !partial:
		m.Ins("VPMOVZXBD", src, dst.String())
	case m.isa.masks:
		m.Ins("VPMOVZXBD.Z", src, maskTail, dst.String())
	default:
		loop := m.Label("bytes")
		m.Line(func() {
			m.Ins("XORQ", all, all)
			m.Ins("MOVQ", regCount, left)
		})
		m.Place(loop)
		m.Line(func() {
			m.Ins("SHLQ", "$8", all)
			m.Ins("MOVB", fmt.Sprintf("-1(%s)(%s*1)", pointer, left), all)
		})
		m.countdown(left, loop)
		m.Ins("VMOVQ", all, dst.x())
		m.Ins("VPMOVZXBD", dst.x(), dst.String())
	}
	m.Ins("VCVTDQ2PS", dst.String(), dst.String())
}

// countMask makes the mask of as many lanes as regCount says.
func (m *mapper) countMask() {
	const temp = "R14"
	m.Line(func() {
		if m.isa.masks {
			m.Ins("MOVL", "$1", temp)
			m.Ins("SHLL", regCount, temp)
			m.Ins("DECL", temp)
			m.Ins("KMOVW", temp, maskTail)
			return
		}
		m.Ins("LEAQ", MaskName+"<>(SB)", regMask)
		m.Ins("MOVQ", regCount, temp)
		m.Ins("NEGQ", temp)
		m.load(fmt.Sprintf("%d(%s)(%s*%d)", m.bytes, regMask, temp, m.size()), m.mask)
	})
}

// arithmetic computes one vector from the registers of the operands; the result
// has a register that is the same every time.
func (m *mapper) arithmetic() {
	all := &file{m.writer, m.used.Clone()}
	given, _ := m.operands(all)
	m.result = all.run(m.code, given, nil)[0]
}

// vector computes one vector, or a part of it.
func (m *mapper) vector(partial bool) {
	given, _ := m.operands(&file{m.writer, m.used.Clone()})
	m.Line(func() {
		for i, in := range m.k.Ins {
			src := fmt.Sprintf("(%s)(%s*1)", m.pointers[i], regOffset)
			switch {
			case in.Single:
			case in.Bytes:
				m.loadBytes(m.pointers[i], partial, given[i])
			case partial:
				m.loadMasked(src, m.mask, given[i])
			default:
				m.load(src, given[i])
			}
		}
	})
	m.Line(func() { m.Named(formula, m.arithmetic) })
	dst := fmt.Sprintf("(%s)(%s*1)", regY, regOffset)
	if m.k.Chains > 0 {
		m.addParts(partial)
	} else if partial {
		m.storeMasked(m.result, m.mask, dst)
	} else {
		m.store(m.result, dst)
	}
}
