package x86

import (
	"github.com/nngen-go/nngen/gen/asm"
	vec "github.com/nngen-go/nngen/gen/vector"
)

// Form prints a program of two vectors: y = p(a, b), one vector each.
func (s *ISA) Form(name string, p *vec.Program, double bool) (f *asm.Func, ok bool) {
	typ := map[bool]string{false: "*float32", true: "*float64"}[double]
	w := s.writer(&asm.Func{Name: name, Args: []asm.Arg{{Name: "y", Type: typ}, {Name: "a", Type: typ}, {Name: "b", Type: typ}}}, double)
	c, given := w.set().Select(p), []Y{0, 1}
	r := w.file(given...)
	if !r.fits(c, given...) {
		return nil, false
	}
	w.pointer("y", regY)
	w.pointer("a", "SI")
	w.pointer("b", "DI")
	w.load("(SI)", 0)
	w.load("(DI)", 1)
	w.store(r.run(c, given, nil)[0], "("+regY+")")
	w.ret()
	return w.Func, true
}
