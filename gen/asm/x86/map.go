package x86

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/kernel"
)

// registers of the operands' pointers, in order; R8 is the result.
var operandRegs = []string{"SI", "DI", "DX", "BX", "R10", "R11"}

// regOffset is the byte offset of the current vector.
const regOffset = "AX"

// Map prints an element-wise kernel. It reports false where an operation has
// no vector form yet or the registers do not suffice. After the operands come n,
// the elements of a row, rows, their number, and gap, the bytes between two.
func (s *ISA) Map(k *kernel.Map) (f *asm.Func, ok bool) {
	if len(k.Ins) > len(operandRegs) {
		return nil, false
	}
	f = &asm.Func{Name: k.Name, Doc: k.Doc, Args: []asm.Arg{{Name: "y", Type: k.YType}}}
	for _, in := range k.Ins {
		f.Args = append(f.Args, asm.Arg{Name: in.Arg, Type: in.Type})
	}
	for _, name := range []string{"n", "rows", "gap"} {
		f.Args = append(f.Args, asm.Arg{Name: name, Type: "int"})
	}
	m := &mapper{writer: s.writer(f, k.Double), k: k, at: map[string]Y{}}
	defer func() {
		if r := recover(); r != nil {
			if _, unsupported := r.(unsupported); !unsupported {
				panic(r)
			}
			f, ok = nil, false
		}
	}()
	m.write()
	return f, true
}

// unsupported is thrown where a program cannot be printed.
type unsupported struct{}

// mapper prints a scalar program on vectors.
type mapper struct {
	*writer
	k    *kernel.Map
	used [32]bool
	// masks are the mask registers in use; the first says no mask, the last is
	// that of a partial vector.
	masks [7]bool
	at    map[string]Y // leaves and names of the program
	// result is the register of a map's result.
	result Y
	once   bool // the formula is noted elsewhere
}

func (m *mapper) write() {
	m.pointer("y", regY)
	for i, in := range m.k.Ins {
		m.pointer(in.Arg, operandRegs[i])
	}
	for i, in := range m.k.Ins {
		if in.Single {
			y := m.take()
			m.Ins(m.op("VBROADCASTSS", "VBROADCASTSD"), mem(operandRegs[i], 0), y.String())
			m.at[in.Leaf] = y
		}
	}
	const regRows, regGap = "R12", "R13"
	m.pointer("rows", regRows)
	m.pointer("gap", regGap)
	m.Ins("XORQ", regOffset, regOffset)
	mask := m.take()
	m.Note("%s", m.k.Prog)
	m.once = true
	m.Macro(m.Name+"Each", nil, func() { m.Line(m.arithmetic) })
	row, rest, next := m.Label("row"), m.Label("rest"), m.Label("next")
	m.Place(row)
	m.Line(func() {
		m.Ins("MOVQ", m.ArgOf("n"), regCount)
		m.Ins("SHRQ", fmt.Sprintf("$%d", shiftOf(m.lanes())), regCount)
		m.Ins("JZ", rest)
	})
	loop := m.Label("elements")
	m.Place(loop)
	m.vector(nil)
	m.advance(regOffset, m.bytes)
	m.again(loop)
	m.Place(rest)
	m.Line(func() {
		m.Ins("MOVQ", m.ArgOf("n"), regCount)
		m.Ins("ANDQ", fmt.Sprintf("$%d", m.lanes()-1), regCount)
		m.Ins("JZ", next)
	})
	m.countMask(mask)
	m.vector(&mask)
	m.Ins("LEAQ", fmt.Sprintf("(%s)(%s*%d)", regOffset, regCount, m.size()), regOffset)
	m.Place(next)
	m.Ins("ADDQ", regGap, regOffset)
	m.countdown(regRows, row)
	m.ret()
}

// countMask makes the mask of as many lanes as regCount says.
func (m *mapper) countMask(dst Y) {
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
		m.load(fmt.Sprintf("%d(%s)(%s*%d)", m.bytes, regMask, temp, m.size()), dst)
	})
}

// arrays gives every operand that is an array a register.
func (m *mapper) arrays() (leaves []string) {
	for _, in := range m.k.Ins {
		if !in.Single {
			m.at[in.Leaf] = m.take()
			leaves = append(leaves, in.Leaf)
		}
	}
	return leaves
}

// scoped runs code and gives up the registers it takes.
func (m *mapper) scoped(code func()) {
	kept, names := m.used, map[string]Y{}
	for leaf, y := range m.at {
		names[leaf] = y
	}
	code()
	m.used, m.at = kept, names
}

// arithmetic computes one vector from the registers of the operands; the result
// gets a register that is the same every time.
func (m *mapper) arithmetic() {
	m.scoped(func() {
		m.program(m.k.Prog, m.arrays())
		m.result = m.at[m.k.Result]
	})
}

// vector computes one vector, partial with a mask.
func (m *mapper) vector(mask *Y) {
	m.scoped(func() {
		leaves := m.arrays()
		m.Line(func() {
			for i, in := range m.k.Ins {
				if !slices.Contains(leaves, in.Leaf) {
					continue
				}
				src := fmt.Sprintf("(%s)(%s*1)", operandRegs[i], regOffset)
				if mask == nil {
					m.load(src, m.at[in.Leaf])
				} else {
					m.loadMasked(src, *mask, m.at[in.Leaf])
				}
			}
		})
		m.Use(m.Name + "Each")
		dst := fmt.Sprintf("(%s)(%s*1)", regY, regOffset)
		if mask == nil {
			m.store(m.result, dst)
		} else {
			m.storeMasked(m.result, *mask, dst)
		}
	})
}

// program prints the assignments: every name gets a register, in m.at. The
// leaves in owned are given up after their last reader.
func (m *mapper) program(prog expr.Program, leaves []string) {
	c := &code{m: m, double: m.double}
	names, registers := map[string]*node{}, map[Y]*node{}
	for name, y := range m.at {
		n, ok := registers[y]
		if !ok {
			n = &node{reg: y, owned: true}
			registers[y] = n
		}
		n.owned = n.owned && slices.Contains(leaves, name)
		names[name] = n
	}
	for _, a := range prog {
		if !m.once {
			c.note("%s = %s", a.Name, a.X)
		}
		names[a.Name] = c.value(a.X, names)
	}
	var results []*node
	assigned := map[string]*node{}
	for _, a := range prog {
		n := names[a.Name]
		if assigned[a.Name] == nil && (n.op == "" || slices.Contains(results, n)) { // a constant, or a plain copy of another name
			n = c.ins("VMOVUPS", n)
			names[a.Name] = n
		}
		assigned[a.Name] = n
		results = append(results, n)
	}
	c.print(results)
	for name, y := range m.at {
		if n := registers[y]; n.owned && n.read {
			delete(m.at, name)
		}
	}
	for name, n := range assigned {
		m.at[name] = n.reg
	}
}

func (m *mapper) take() Y {
	for i := range m.isa.registers {
		if !m.used[i] {
			m.used[i] = true
			return Y(i)
		}
	}
	panic(unsupported{})
}

func (m *mapper) free(y Y) { m.used[y] = false }
