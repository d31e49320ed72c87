package x86

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/kernel"
)

// arrayRegs are the registers of an update's arrays.
var arrayRegs = []string{"SI", "DI", "DX", "BX", "R8", "R10", "R11", "R12"}

// Update prints an update kernel. It reports false where an operation has no
// vector form yet or the registers do not suffice.
func (s *ISA) Update(k *kernel.Update) (f *asm.Func, ok bool) {
	if len(k.Arrays) > len(arrayRegs) {
		return nil, false
	}
	f = &asm.Func{Name: k.Name, Doc: k.Doc}
	for _, a := range slices.Concat(k.Arrays, k.Singles) {
		f.Args = append(f.Args, asm.Arg{Name: argName(a), Type: "*" + k.Elem})
	}
	f.Args = append(f.Args, asm.Arg{Name: "vectors", Type: "int"})
	m := &mapper{writer: s.writer(f, k.Double), at: map[string]Y{}}
	defer func() {
		if r := recover(); r != nil {
			if _, unsupported := r.(unsupported); !unsupported {
				panic(r)
			}
			f, ok = nil, false
		}
	}()
	m.update(k)
	return f, true
}

// argName keeps the program's names clear of the assembler's registers.
func argName(leaf string) string { return leaf + "_" }

func (m *mapper) update(k *kernel.Update) {
	for _, s := range k.Singles {
		y := m.take()
		m.pointer(argName(s), regMask)
		m.Ins(m.op("VBROADCASTSS", "VBROADCASTSD"), mem(regMask, 0), y.String())
		m.at[s] = y
	}
	regs := map[string]string{}
	for i, a := range k.Arrays {
		regs[a] = arrayRegs[i]
		m.pointer(argName(a), arrayRegs[i])
	}
	m.Ins("XORQ", regOffset, regOffset)
	m.Ins("MOVQ", m.ArgOf("vectors"), regCount)
	loop := m.Label("elements")
	m.Place(loop)
	for _, a := range k.Arrays {
		if !k.Prog.Reads(a) {
			continue
		}
		y := m.take()
		m.load(fmt.Sprintf("(%s)(%s*1)", regs[a], regOffset), y)
		m.at[a] = y
	}
	m.program(k.Prog, slices.Concat(k.Arrays))
	for _, s := range k.Stores {
		m.store(m.at[s], fmt.Sprintf("(%s)(%s*1)", regs[s], regOffset))
	}
	m.advance(regOffset, m.bytes)
	m.again(loop)
	m.ret()
}
