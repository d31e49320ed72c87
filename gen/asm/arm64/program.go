package arm64

import (
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/kernel"
	vec "github.com/nngen-go/nngen/gen/vector"
)

// file is the vector registers of a function being written.
type file struct {
	*writer
	used vec.Used
}

// file is a register file in which the busy registers are in use.
func (w *writer) file(busy ...V) *file {
	f := &file{w, neon.NewUsed()}
	for _, v := range busy {
		f.used[0][v] = true
	}
	return f
}

func (f *file) free(v V) { f.used[0][v] = false }

// fits reports whether the registers suffice for code whose inputs are given,
// beside those in use.
func (f *file) fits(c *vec.Code, given ...V) bool {
	_, ok := c.Allocate(f.used.Clone(), numbers(given)...)
	return ok
}

func numbers(vs []V) []int {
	n := make([]int, len(vs))
	for i, v := range vs {
		n[i] = int(v)
	}
	return n
}

// run prints code that fits and returns the registers of its results, which are
// in use then. load puts an input from memory into a register.
func (f *file) run(c *vec.Code, given []V, load func(name string, dst V)) (results []V) {
	a, ok := c.Allocate(f.used, numbers(given)...)
	if !ok {
		panic("internal error: arm64: the registers do not suffice in " + f.Name)
	}
	c.Print(f.writer, a, f.constant, func(name string, dst int, _ []int) { load(name, V(dst)) })
	for _, r := range c.Results {
		results = append(results, V(a[r]))
	}
	return results
}

// hoist takes as many constants out of the code of a loop as leave it the
// registers that it needs, and returns what loads them.
func (f *file) hoist(compile func() *vec.Code, given ...V) (c, loads *vec.Code, ok bool) {
	for most := neon.Vectors; most >= 0; most-- { // or as many as there are
		c = compile()
		loads = c.Hoist(most)
		if most > len(loads.Results) {
			most = len(loads.Results)
		}
		used := f.used.Clone()
		a, ok := loads.Allocate(used)
		if !ok {
			continue
		}
		all := numbers(given)
		for _, r := range loads.Results {
			all = append(all, a[r])
		}
		if _, ok = c.Allocate(used, all...); ok {
			return c, loads, true
		}
	}
	return nil, nil, false
}

// finish prints what an epilogue needs before it is applied to several sums: the
// constants, as many as there are registers for. It reports false where the
// registers do not suffice beside the sums; then the code is for one sum alone.
func (f *file) finish(programs []kernel.Epilogue, sum V) (c *vec.Code, constants []V, ok bool) {
	compile := func() *vec.Code {
		c, _ := f.epilogue(programs)
		return c
	}
	c, loads, ok := f.hoist(compile, sum)
	if !ok {
		return compile(), nil, false
	}
	f.Line(func() { constants = f.run(loads, nil, nil) })
	return c, constants, true
}

// compile is kernels.Compile for the elements at hand.
func (w *writer) compile(prog expr.Program, leaves []kernels.Leaf, results ...string) (c *vec.Code, ok bool) {
	return kernels.Compile(neon, w.size(), prog, leaves, results...)
}

// epilogue is kernels.Epilogue for the elements at hand.
func (w *writer) epilogue(programs []kernel.Epilogue) (c *vec.Code, ok bool) {
	return kernels.Epilogue(neon, w.size(), programs, 0)
}

// Fuses reports whether the epilogue of a kernel can be applied at all, with
// every register free.
func Fuses(k *kernel.Kernel) bool { return fits(k, 1) }

// fits reports whether the epilogue of a kernel can be applied to a sum while
// some registers are busy, the sum's among them.
func fits(k *kernel.Kernel, busy int) bool {
	w := newWriter("", nil, k.Elem.Acc, k.Fused)
	c, ok := w.epilogue(k.Epilogue)
	return ok && w.file(first(busy)...).fits(c, 0)
}

// first are the first registers.
func first(n int) []V {
	vs := make([]V, n)
	for i := range vs {
		vs[i] = V(i)
	}
	return vs
}
