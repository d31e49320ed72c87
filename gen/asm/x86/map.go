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
// no vector form yet or the registers do not suffice.
func (s *ISA) Map(k *kernel.Map) (f *asm.Func, ok bool) {
	if len(k.Ins) > len(operandRegs) {
		return nil, false
	}
	f = &asm.Func{Name: k.Name, Doc: k.Doc, Args: []asm.Arg{{Name: "y", Type: k.YType}}}
	for _, in := range k.Ins {
		f.Args = append(f.Args, asm.Arg{Name: in.Arg, Type: in.Type})
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
	at   map[string]Y // leaves and names of the program
	mask *Y           // of the last, partial vector
	once bool         // the formula is noted elsewhere
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
	m.Ins("XORQ", regOffset, regOffset)
	whole, rest := m.k.Size/m.lanes(), m.k.Size%m.lanes()
	kept := m.used
	if whole > 0 {
		loop := m.Label("elements")
		m.count(whole)
		m.Place(loop)
		m.vector()
		m.advance(regOffset, m.bytes)
		m.again(loop)
	}
	if rest > 0 {
		m.used = kept
		mask := m.take()
		m.tailMask(rest, mask)
		m.mask = &mask
		m.vector()
	}
	m.ret()
}

// vector computes one vector.
func (m *mapper) vector() {
	kept, names := m.used, map[string]Y{}
	for leaf, y := range m.at {
		names[leaf] = y
	}
	defer func() { m.used, m.at = kept, names }()
	var arrays []string
	for i, in := range m.k.Ins {
		if in.Single {
			continue
		}
		y := m.take()
		src := fmt.Sprintf("(%s)(%s*1)", operandRegs[i], regOffset)
		if m.mask == nil {
			m.load(src, y)
		} else {
			m.loadMasked(src, *m.mask, y)
		}
		m.at[in.Leaf] = y
		arrays = append(arrays, in.Leaf)
	}
	m.program(m.k.Prog, arrays)
	dst := fmt.Sprintf("(%s)(%s*1)", regY, regOffset)
	if m.mask == nil {
		m.store(m.at[m.k.Result], dst)
	} else {
		m.storeMasked(m.at[m.k.Result], *m.mask, dst)
	}
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
