package x86

import "github.com/nngen-go/nngen/gen/kernel"

// regScale and regPanelScale point to the scales of the outputs, in MatVec and in
// MatMul.
const regScale, regPanelScale = "AX", regTail

// turns is how many registers take turns to hold widened weights, below those
// with a role of their own; the first of the latter takes a vector of scales.
const turns = 4

// loadWeights loads a vector of weights, partial or not, and widens it.
func (w *writer) loadWeights(k *kernel.Kernel, src string, partial bool, dst Y) {
	widen := func(op string) {
		if partial && w.isa.masks {
			w.Ins(op+".Z", src, maskTail, dst.String())
		} else {
			w.Ins(op, src, dst.String())
		}
	}
	switch k.Elem.W {
	case "float16":
		widen("VCVTPH2PS")
	case "int8":
		widen("VPMOVSXBD")
		w.Ins("VCVTDQ2PS", dst.String(), dst.String())
	default:
		w.loadSome(src, partial, dst)
	}
}

// weights is the operand of a vector of weights in memory: a register, in turn,
// where they must be widened first.
func (w *writer) weights(k *kernel.Kernel, src string, partial bool, turn int) string {
	if k.Elem.W == k.Elem.Acc {
		return src
	}
	y := w.weight0 - turns + Y(turn%turns)
	w.loadWeights(k, src, partial, y)
	return y.String()
}

// scale is sum·scale + b for a vector of sums, whose scale and bias lie at a
// displacement, the former from base; nothing for other kernels.
func (w *writer) scale(k *kernel.Kernel, base string, disp int, sum Y) {
	if !k.Scaled {
		return
	}
	bias := k.Init == kernel.Bias
	if bias && w.fused {
		w.load(mem(base, disp), w.weight0)
		w.Ins("VFMADD213PS", mem(regBias, disp), w.weight0.String(), sum.String())
		return
	}
	w.Ins("VMULPS", mem(base, disp), sum.String(), sum.String())
	if bias {
		w.Ins("VADDPS", mem(regBias, disp), sum.String(), sum.String())
	}
}
