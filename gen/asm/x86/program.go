package x86

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
func (w *writer) file(busy ...Y) *file {
	f := &file{w, w.set().NewUsed()}
	for _, y := range busy {
		f.used[0][y] = true
	}
	return f
}

// take is a free register. Its callers know that there is one.
func (f *file) take() Y {
	y, ok := f.used.Take()
	if !ok {
		panic("internal error: x86: no free register in " + f.Name)
	}
	return Y(y)
}

func (f *file) free(y Y) { f.used[0][y] = false }

// compile is kernels.Compile for the vectors at hand.
func (w *writer) compile(prog expr.Program, leaves []kernels.Leaf, results ...string) (c *vec.Code, ok bool) {
	return kernels.Compile(w.set(), w.size(), prog, leaves, results...)
}

// fits reports whether the registers suffice for code whose inputs are given,
// beside those in use.
func (f *file) fits(c *vec.Code, given ...Y) bool {
	_, ok := c.Allocate(f.used.Clone(), numbers(given)...)
	return ok
}

func numbers(ys []Y) []int {
	n := make([]int, len(ys))
	for i, y := range ys {
		n[i] = int(y)
	}
	return n
}

// run prints code that fits and returns the registers of its results, which
// are in use then. load puts an input from memory into a register.
func (f *file) run(c *vec.Code, given []Y, load func(name string, dst Y, temps []Y)) (results []Y) {
	return f.place(c, given, load, func(print func(*vec.Code)) { print(c) })
}

// formula is the role of macros that apply a scalar program.
const formula = "formula"

// apply is run for an epilogue, which is a macro but for the loads that come first.
func (f *file) apply(c *vec.Code, sum Y, load func(dst Y, temps []Y)) Y {
	one := func(_ string, dst Y, temps []Y) { load(dst, temps) }
	return f.place(c, []Y{sum}, one, func(print func(*vec.Code)) {
		loads, rest := c.Parts()
		print(loads)
		f.Named(formula, func() { print(rest) })
	})[0]
}

// place gives code registers and prints it, or parts of it one after the other.
func (f *file) place(c *vec.Code, given []Y, load func(name string, dst Y, temps []Y), parts func(print func(*vec.Code))) (results []Y) {
	a, ok := c.Allocate(f.used, numbers(given)...)
	if !ok {
		panic("internal error: x86: the registers do not suffice in " + f.Name)
	}
	parts(func(c *vec.Code) {
		c.Print(f.Func, a, f.constant, func(name string, dst int, temps []int) {
			ys := make([]Y, len(temps))
			for i, t := range temps {
				ys[i] = Y(t)
			}
			load(name, Y(dst), ys)
		})
	})
	for _, r := range c.Results {
		results = append(results, Y(a[r]))
	}
	return results
}

// constant puts a constant into the function's data.
func (w *writer) constant(c vec.Constant) string { return w.ConstTable(c.Numbers, c.Bytes) }

// epilogue is kernels.Epilogue for the vectors at hand.
func (w *writer) epilogue(programs []kernel.Epilogue, temps int) (c *vec.Code, ok bool) {
	return kernels.Epilogue(w.set(), w.size(), programs, temps)
}

// Fits reports whether the epilogue of a kernel can be applied to a sum while
// some registers are busy, the sum's among them; temps is how many registers
// more than its own the load of an operand takes.
func (s *ISA) Fits(k *kernel.Kernel, busy, temps int) bool {
	w, fits := s.newWriter("", nil, k.Elem.Acc, k.Fused), true
	for _, half := range []bool{false, s.half != nil} {
		w.sized(half, func() {
			c, ok := w.epilogue(k.Epilogue, temps)
			fits = fits && ok && w.file(first(busy)...).fits(c, 0)
		})
	}
	return fits
}

// Fuses reports whether the epilogue of a kernel can be applied at all, with
// every register free.
func (s *ISA) Fuses(k *kernel.Kernel) bool { return s.Fits(k, 1, 0) }

// first are the first registers.
func first(n int) []Y {
	ys := make([]Y, n)
	for i := range ys {
		ys[i] = Y(i)
	}
	return ys
}
