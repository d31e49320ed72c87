package loops

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/target"
)

// listed are the statements that list the elements of x that are not zero and, where
// there are few, do what then says.
func (e *Loops) listed(name string, x *ir.Value, then ...jen.Code) []jen.Code {
	t, elem, inputs := e.Target(), source.TypeName(x.DType), x.Size()
	list := e.Common(fmt.Sprintf("non zero %d", inputs), fmt.Sprintf("nonZero%d", inputs), "lists the byte offsets of the elements that are not zero.",
		func(name string, doc []string) *asm.Func { return t.NonZero(name, doc, elem, inputs) })
	e.Reads(t.NonZeroData)
	return []jen.Code{
		jen.Var().Id("list").Id(fmt.Sprintf("[%d]int32", inputs+max(t.Lanes(elem), e.plan.Ahead()))),
		jen.Var().Id("count").Int(),
		jen.Id(list).Call(source.Exprf("&list[0], &count, &%s[0]", name)),
		jen.If(source.Exprf("count <= %d", calls.FewEnough(inputs))).Block(append(then, jen.Return())...),
	}
}

// skipping is a dense layer for one sample that leaves out the inputs that are
// zero.
func (m *Matrix) skipping(all *function.Func, train bool) *function.Func {
	e := m.e
	return e.Make("skip "+m.key(), m.hint(train)+" skip", func(k *function.Func) {
		k.Train, k.Rows, k.Args = train, true, all.Args
		var pass []string
		for _, a := range all.Args {
			pass = append(pass, a.Name)
		}
		call := e.ID(all).Call(source.Exprf("%s", strings.Join(pass, ", ")))
		k.Doc = []string{fmt.Sprintf("%s is %s; where enough elements of x are zero, their weights are not read.", k.Name, all.Name)}
		k.Plain = all.Name
		e.ID(all)
		kern := m.forAssembly()
		args := append([]string{"&y[0]", "&x[0]"}, viewsFrom(m.layout.KernelPanels(), m.Bias != nil, "0")...)
		if kern.Scaled {
			args = append(args, "&scale[0][0]")
		}
		args = append(args, "&list[0]", "count")
		e.Fast(k, func() []jen.Code {
			name := e.Assembly("listed "+kern.Key(), fmt.Sprintf("listed %dx%d", m.ins, m.Outs), "is the layer for the inputs of a list.",
				func(t *target.Target, name string, doc []string) *asm.Func { return t.MatVec(name, doc, kern, true) })
			return append(e.listed("x", m.X, jen.Id(name).Call(source.Exprf("%s", strings.Join(args, ", ")))), call)
		})
	})
}

// skippingRankOne are the statements that update the weights of the inputs
// that are not zero, with the gradients of those inputs.
func (p *printer) skippingRankOne(layout *plan.Layout) []jen.Code {
	e := p.e
	kern := e.describeRankOne(p.Step.Then)
	kern.DX, kern.Listed = true, true
	name := p.stepGradient(kern)
	dx := p.ptr[p.Stored[0]]
	args := append(viewsFrom(layout.KernelPanels(), false, "0"), "&input[0]", "&x[0]", "&negative", fmt.Sprintf("&%s[0]", dx), "&list[0]", "count")
	args = append(append(args, p.panelArgs()...), p.gradientMask()...)
	then := []jen.Code{
		jen.Id("clear").Call(source.Exprf("%s[:]", dx)),
		jen.Id(name).Call(source.Exprf("%s", strings.Join(args, ", "))),
	}
	return e.listed("input", p.Step.Then.X, append(then, p.biasOne()...)...)
}
