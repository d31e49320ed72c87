package loops

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
)

// doc says what the kernel computes, as the loop it stands for.
func (m *Matrix) doc(k *function.Func) {
	index, init := "w[n][k]", "b[n]"
	if m.Grad {
		index, init = "w[k][n]", "0"
	} else if m.Bias == nil {
		init = "0"
	}
	last := "s"
	if m.Tensor.Scaled() {
		init, last = "0", map[bool]string{true: "scale[n]*s", false: "scale[n]*s + b[n]"}[m.Bias == nil]
	}
	for _, op := range m.Step.Epilogue {
		last = source.LowerCamel(op.Doc) + "(" + last + ")"
	}
	sum := fmt.Sprintf("\t\ts += %s * x[k]", index)
	k.Doc = append(k.Doc, fmt.Sprintf("%s computes %s of layer %q, %d→%d", k.Name,
		map[bool]string{true: "the input gradient", false: "the output"}[m.Grad], source.OneLine(m.layer), m.ins, m.Outs))
	k.Loops = []string{
		"\tfor n := range y {", "\t\ts := " + init, "\t\tfor k := range x {", "\t" + sum, "\t\t}", "\t\ty[n] = " + last, "\t}", "",
		"It does not allocate; y must not overlap the operands.",
	}
	k.Remark = m.remarks()
}

func (m *Matrix) remarks() string {
	how := "Rolled"
	if m.Step.Unrolled {
		how = "Fully unrolled"
	}
	terms := m.Outs * m.ins
	if m.layout.Mask != nil {
		terms = m.layout.Mask.Count()
	}
	s := fmt.Sprintf("%s: %d multiply-adds", how, terms)
	if m.layout.Mask != nil {
		s += fmt.Sprintf(" (the connections there are of %d)", m.Outs*m.ins)
	}
	if m.Step.Chains > 1 {
		s += fmt.Sprintf(", each sum in %d interleaved chains", m.Step.Chains)
	}
	return s + "."
}
