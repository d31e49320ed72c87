package arm64

import (
	"flag"
	"testing"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/asmtest"
	vec "github.com/nngen-go/nngen/gen/vector"
)

var functionsFlag = flag.Uint64("functions", 50, "number of random functions of each element type in TestRandom")

// TestRandom runs random functions as assembly.
func TestRandom(t *testing.T) { asmtest.Random(t, "arm64", "", bytes, form, *functionsFlag) }

// form prints a program of two vectors: y = p(a, b), one vector each.
func form(name string, p *vec.Program, double bool) (f *asm.Func, ok bool) {
	typ := map[bool]string{false: "*float32", true: "*float64"}[double]
	w := &writer{Func: &asm.Func{Name: name, Args: []asm.Arg{{Name: "y", Type: typ}, {Name: "a", Type: typ}, {Name: "b", Type: typ}}}, double: double}
	c, given := neon.Select(p), []V{0, 1}
	r := w.file(given...)
	if !r.fits(c, given...) {
		return nil, false
	}
	w.pointer("y", regY)
	w.pointer("a", regX)
	w.pointer("b", regW)
	w.load(regX, 0, 0)
	w.load(regW, 0, 1)
	w.store(r.run(c, given, nil)[0], regY, 0)
	w.ret()
	return w.Func, true
}
