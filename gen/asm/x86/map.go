package x86

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/kernel"
	vec "github.com/nngen-go/nngen/gen/vector"
)

// registers of the operands' pointers, in order; R8 is the result.
var operandRegs = []string{"SI", "DI", "DX", "BX", "R10", "R11"}

// regOffset is the byte offset of the current vector.
const regOffset = "AX"

// Map prints an element-wise kernel. It reports false where an operation has
// no vector form yet or the registers do not suffice.
func (s *ISA) Map(k *kernel.Map) (f *asm.Func, ok bool) {
	if len(k.Ins) > len(operandRegs) {
		return nil, false
	}
	f = &asm.Func{Name: k.Name, Doc: k.Doc, Args: []asm.Arg{{Name: "y", Type: k.YType}}}
	for _, in := range k.Ins {
		f.Args = append(f.Args, asm.Arg{Name: in.Arg, Type: in.Type})
	}
	m := &mapper{file: s.writer(f, k.Double).file(), k: k, at: map[string]string{}}
	var leaves []leaf
	for i, in := range k.Ins {
		role := array
		if in.Single {
			y, ok := m.used.Take()
			if !ok {
				return nil, false
			}
			role = number
			m.numbers = append(m.numbers, Y(y))
		}
		leaves = append(leaves, leaf{in.Leaf, role})
		m.at[in.Leaf] = fmt.Sprintf("(%s)(%s*1)", operandRegs[i], regOffset)
	}
	if m.code, ok = m.compile(k.Prog, leaves, k.Result); !ok {
		return nil, false
	}
	// Beside the program there is the mask of a partial vector.
	all := &file{m.writer, m.used.Clone()}
	if _, ok := all.used.Take(); !ok || !all.fits(m.code, m.numbers...) {
		return nil, false
	}
	m.write()
	return f, true
}

// mapper prints a scalar program on vectors.
type mapper struct {
	*file
	k       *kernel.Map
	code    *vec.Code
	numbers []Y               // the registers of single operands
	at      map[string]string // the current vectors of the others
}

func (m *mapper) write() {
	m.pointer("y", regY)
	for i, in := range m.k.Ins {
		m.pointer(in.Arg, operandRegs[i])
	}
	numbers := m.numbers
	for i, in := range m.k.Ins {
		if in.Single {
			m.Ins(m.op("VBROADCASTSS", "VBROADCASTSD"), mem(operandRegs[i], 0), numbers[0].String())
			numbers = numbers[1:]
		}
	}
	m.Ins("XORQ", regOffset, regOffset)
	whole, rest := m.k.Size/m.lanes(), m.k.Size%m.lanes()
	dst := fmt.Sprintf("(%s)(%s*1)", regY, regOffset)
	kept := m.used.Clone()
	if whole > 0 {
		loop := m.Label("elements")
		m.count(whole)
		m.Place(loop)
		y := m.run(m.code, m.numbers, func(name string, dst Y, _ []Y) { m.load(m.at[name], dst) })[0]
		m.store(y, dst)
		m.used = kept
		m.advance(regOffset, m.bytes)
		m.again(loop)
	}
	if rest > 0 {
		mask := m.take()
		m.tailMask(rest, mask)
		y := m.run(m.code, m.numbers, func(name string, dst Y, _ []Y) { m.loadMasked(m.at[name], mask, dst) })[0]
		m.storeMasked(y, mask, dst)
	}
	m.ret()
}
