package arm64

import (
	"github.com/nngen-go/nngen/gen/asm/kernels"
	"github.com/nngen-go/nngen/gen/kernel"
)

// narrow reports whether weights are widened when they are read.
func narrow(k *kernel.Kernel) bool { return k.Elem.W != k.Elem.Acc }

// loadWeights loads a vector of weights, or two neighbours, whose displacement is
// a text, and widens them.
func (w *writer) loadWeights(k *kernel.Kernel, base R, disp func(n int) string, dst ...V) {
	size := w.lanes() * kernels.WeightSize(k)
	at := func(i int) string { return disp(i*size) + "(" + base.String() + ")" }
	if len(dst) == 2 && !narrow(k) {
		w.Ins("FLDPQ", at(0), "("+dst[0].f()+", "+dst[1].f()+")")
		return
	}
	for i, v := range dst {
		switch k.Elem.W {
		case "float16":
			w.Ins("FMOVD", at(i), v.f())
			w.Ins("FCVTLH", v.String(), v.String())
		case "int8":
			w.Ins("FMOVS", at(i), v.f())
			w.Ins("SXTLB", v.String(), v.String())
			w.Ins("SXTLH", v.String(), v.String())
			w.Ins("SCVTF.S4", v.String(), v.String())
		default:
			w.Ins("FMOVQ", at(i), v.f())
		}
	}
}

// scale is sum·scale + b for a vector of sums, whose scale and bias lie at a
// displacement; nothing for other kernels. Two registers are free.
func (w *writer) scale(k *kernel.Kernel, scale, bias R, disp int, sum, a, b V) {
	if !k.Scaled {
		return
	}
	w.load(scale, disp, a)
	if k.Init != kernel.Bias {
		w.times(sum, a, sum)
		return
	}
	w.load(bias, disp, b)
	if w.fused {
		w.mulAdd(b, sum, a, scratch)
		w.copy(b, sum)
		return
	}
	w.times(sum, a, sum)
	w.add(sum, b, sum)
}
