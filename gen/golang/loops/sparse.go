package loops

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
)

// sparse computes only the connections there are: straight-line, or from
// tables of them.
func (p *printer) sparse() {
	switch {
	case p.Step.Unrolled && p.Grad:
		p.sparseGradUnrolled()
	case p.Step.Unrolled:
		p.sparseUnrolled()
	case p.Grad:
		p.sparseGradLoops()
	default:
		p.sparseLoops()
	}
}

func (p *printer) sparseUnrolled() {
	for n, cols := range p.layout.Mask.Cols {
		of := func(vector string) string { return source.VectorAt(vector, fmt.Sprint(n)) }
		acc, out := p.sums(1, 1, func(int) string { return p.initial(of("b")) })
		for i, k := range cols {
			out = append(out, p.mulAdd(acc[0][0], fmt.Sprintf("w[%d]", p.layout.First(n)+i), fmt.Sprintf("x[%d]", k)))
		}
		out = append(out, p.scale(acc[0][0], of("scale"), of("b"))...)
		out = append(out, p.epilogue(acc[0][0], p.elementAt(fmt.Sprint(n)))...)
		p.add(jen.Block(out...))
	}
}

func (p *printer) sparseGradUnrolled() {
	for k := range p.Outs {
		acc, out := p.sums(1, 1, func(int) string { return "" })
		for n := range p.ins {
			if i := p.layout.Index(n, k, 0); i >= 0 {
				out = append(out, p.mulAdd(acc[0][0], fmt.Sprintf("w[%d]", i), fmt.Sprintf("x[%d]", n)))
			}
		}
		out = append(out, p.epilogue(acc[0][0], p.elementAt(fmt.Sprint(k)))...)
		p.add(jen.Block(out...))
	}
}

// connectionsOf walks the connections of output n: wn their weights, c their
// inputs.
func (p *printer) connectionsOf(n string, loop ...jen.Code) []jen.Code {
	cols, rows := source.Tables(p.Tensor)
	return []jen.Code{
		source.Letf("wn", "w[%s[%s]:%s[%s+1]]", rows, n, rows, n),
		source.Letf("c", "%s[%s[%s]:][:len(wn)]", cols, rows, n),
		source.ForRange("i, wi", "wn", loop...),
	}
}

func (p *printer) sparseLoops() {
	init := p.initial(source.VectorAt("b", "n"))
	if init == "" {
		init = source.TypeName(p.y.DType) + "(0)"
	}
	body := []jen.Code{source.Letf("s", "%s", init)}
	body = append(body, p.connectionsOf("n", p.mulAdd("s", "wi", fmt.Sprintf("x[min(int(c[i]), %d)]", p.ins-1)))...)
	body = append(body, p.scale("s", source.VectorAt("scale", "n"), source.VectorAt("b", "n"))...)
	body = append(body, p.epilogue("s", p.elementAt("n"))...)
	p.add(source.ForRange("n", fmt.Sprint(p.Outs), body...))
}

// sparseGradLoops adds every connection's part to its input's sum; an input's
// connections come in the order of the outputs.
func (p *printer) sparseGradLoops() {
	T := source.TypeName(p.y.DType)
	p.add(jen.Var().Id("d").Id(source.Array(p.y.DType, p.Outs)))
	body := []jen.Code{source.Letf("xn", "x[n]")}
	body = append(body, p.connectionsOf("n",
		source.Letf("k", "min(int(c[i]), %d)", p.Outs-1),
		jen.Id("d[k]").Op("+=").Id(T).Call(source.Exprf("wi * xn")))...)
	p.add(source.ForRange("n", fmt.Sprint(p.ins), body...))
	if p.Outs == 1 {
		p.add(source.Letf("s", "d[0]"))
		p.add(p.epilogue("s", p.elementAt("0"))...)
		return
	}
	p.add(source.ForRange("k, s", "d", p.epilogue("s", p.elementAt("k"))...))
}
