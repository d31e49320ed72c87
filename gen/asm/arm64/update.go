package arm64

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
	vec "github.com/nngen-go/nngen/gen/vector"
)

// Update prints an update kernel. It reports false where an operation has no
// vector form yet or the registers do not suffice.
func Update(k *kernel.Update) (f *asm.Func, ok bool) {
	if len(k.Arrays) > mostOperands {
		return nil, false
	}
	p := (&writer{Func: &asm.Func{Name: k.Name, Doc: k.Doc, Args: kernels.Update(k)}, double: k.Double}).file()
	var leaves []kernels.Leaf
	var singles []V
	for _, s := range k.Singles {
		v, ok := p.used.Take()
		if !ok {
			return nil, false
		}
		leaves, singles = append(leaves, kernels.Leaf{Name: s, Role: kernels.Number}), append(singles, V(v))
	}
	for _, a := range k.Arrays {
		if k.Prog.Reads(a) {
			leaves = append(leaves, kernels.Leaf{Name: a, Role: kernels.Array})
		}
	}
	if _, ok := p.compile(k.Prog, leaves, k.Stores...); !ok {
		return nil, false
	}
	compile := func() *vec.Code {
		c, _ := p.compile(k.Prog, leaves, k.Stores...)
		return c
	}
	c, constants, ok := p.hoist(compile, singles...)
	if !ok {
		return nil, false
	}
	p.update(k, c, constants, singles)
	return p.Func, true
}

func (f *file) update(k *kernel.Update, c, constants *vec.Code, given []V) {
	for i, s := range k.Singles {
		f.pointer(kernels.ArgName(s), regConst)
		f.broadcast(regConst, 0, given[i])
	}
	at := map[string]R{}
	for i, a := range k.Arrays {
		at[a] = operand(i)
		f.pointer(kernels.ArgName(a), at[a])
	}
	f.pointer("vectors", regLeft)
	f.keepTables(c)
	f.Line(func() { given = append(given, f.run(constants, nil, nil)...) })
	loop := f.Label("elements")
	f.Place(loop)
	results := f.run(c, given, func(name string, dst V) { f.load(at[name], 0, dst) })
	for i, s := range k.Stores {
		f.store(results[i], at[s], 0)
	}
	f.Line(func() {
		for _, a := range k.Arrays {
			f.advance(at[a], bytes)
		}
	})
	f.countdown(regLeft, loop)
	f.ret()
}

// NonZero prints a function that lists the byte offsets of the elements of x that
// are not zero (NaN is not), and their number. Every offset is stored; one that
// counts stays.
func NonZero(name string, doc []string, elem string, size int) *asm.Func {
	w := newWriter(name, doc, elem, false)
	w.Args = kernels.NonZero(elem)
	const regFound, regOffset, regEnd, regElement R = 4, 5, 6, 7
	w.pointer("list", regW)
	w.pointer("x", regX)
	w.move(regW, regFound)
	w.set(0, regOffset)
	w.set(size*w.size(), regEnd)
	loop := w.Label("elements")
	load, shift, step := "MOVWU.P", "LSLW", "ADD"
	if w.double {
		load, shift = "MOVD.P", "LSL"
	}
	w.Place(loop)
	w.Line(func() {
		w.Ins(load, mem(regX, w.size()), regElement.String())
		w.Ins("MOVW", regOffset.String(), mem(regFound, 0))
		w.Ins(shift, "$1", regElement.String(), regElement.String()) // without the sign
		w.Ins("CMP", "$0", regElement.String())
		w.Ins("CSET", "NE", regElement.String())
		w.Ins(step, fmt.Sprintf("%v<<2", regElement), regFound.String(), regFound.String())
	})
	w.Line(func() {
		w.advance(regOffset, w.size())
		w.Ins("CMP", regEnd.String(), regOffset.String())
		w.Ins("BLT", loop)
	})
	w.Line(func() {
		w.Ins("SUB", regW.String(), regFound.String(), regFound.String())
		w.Ins("LSR", "$2", regFound.String(), regFound.String())
		w.pointer("count", regX)
		w.Ins("MOVD", regFound.String(), mem(regX, 0))
	})
	w.ret()
	return w.Func
}
