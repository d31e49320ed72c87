package x86

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
	vec "github.com/nngen-go/nngen/gen/vector"
)

// arrayRegs are the registers of an update's arrays.
var arrayRegs = []string{"SI", "DI", "DX", "BX", "R8", "R10", "R11", "R12"}

// Update prints an update kernel. It reports false where an operation has no
// vector form yet or the registers do not suffice.
func (s *ISA) Update(k *kernel.Update) (f *asm.Func, ok bool) {
	if len(k.Arrays) > len(arrayRegs) {
		return nil, false
	}
	f = &asm.Func{Name: k.Name, Doc: k.Doc, Args: kernels.Update(k)}
	w := s.writer(f, k.Double)
	p := w.file()
	var leaves []kernels.Leaf
	var numbers []Y
	for _, s := range k.Singles {
		y, ok := p.used.Take()
		if !ok {
			return nil, false
		}
		leaves, numbers = append(leaves, kernels.Leaf{Name: s, Role: kernels.Number}), append(numbers, Y(y))
	}
	for _, a := range k.Arrays {
		if k.Prog.Reads(a) {
			leaves = append(leaves, kernels.Leaf{Name: a, Role: kernels.Array})
		}
	}
	c, ok := w.compile(k.Prog, leaves, k.Stores...)
	if !ok || !p.fits(c, numbers...) {
		return nil, false
	}
	p.update(k, c, numbers)
	return f, true
}

func (f *file) update(k *kernel.Update, c *vec.Code, numbers []Y) {
	for i, s := range k.Singles {
		f.pointer(kernels.ArgName(s), regMask)
		f.Ins(f.op("VBROADCASTSS", "VBROADCASTSD"), mem(regMask, 0), numbers[i].String())
	}
	at := map[string]string{}
	for i, a := range k.Arrays {
		at[a] = fmt.Sprintf("(%s)(%s*1)", arrayRegs[i], regOffset)
		f.pointer(kernels.ArgName(a), arrayRegs[i])
	}
	f.Ins("XORQ", regOffset, regOffset)
	f.Ins("MOVQ", f.ArgOf("vectors"), regCount)
	loop := f.Label("elements")
	f.Place(loop)
	results := f.run(c, numbers, func(name string, dst Y, _ []Y) { f.load(at[name], dst) })
	for i, s := range k.Stores {
		f.store(results[i], at[s])
	}
	f.advance(regOffset, f.bytes)
	f.again(loop)
	f.ret()
}
