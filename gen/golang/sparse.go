package golang

import (
	"fmt"

	"github.com/dave/jennifer/jen"
)

// sparse computes only the connections there are: straight-line, or from
// tables of them.
func (p *printer) sparse() {
	switch {
	case p.step.Unrolled && p.grad:
		p.sparseGradUnrolled()
	case p.step.Unrolled:
		p.sparseUnrolled()
	case p.grad:
		p.sparseGradLoops()
	default:
		p.sparseLoops()
	}
}

func (p *printer) sparseUnrolled() {
	for n, cols := range p.layout.Mask.Cols {
		of := func(vector string) string { return vectorAt(vector, fmt.Sprint(n)) }
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
	for k := range p.outs {
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
	cols, rows := tables(p.tensor)
	return []jen.Code{
		letf("wn", "w[%s[%s]:%s[%s+1]]", rows, n, rows, n),
		letf("c", "%s[%s[%s]:][:len(wn)]", cols, rows, n),
		forRange("i, wi", "wn", loop...),
	}
}

func (p *printer) sparseLoops() {
	init := p.initial(vectorAt("b", "n"))
	if init == "" {
		init = typeName(p.e.elem) + "(0)"
	}
	body := []jen.Code{letf("s", "%s", init)}
	body = append(body, p.connectionsOf("n", p.mulAdd("s", "wi", fmt.Sprintf("x[min(int(c[i]), %d)]", p.ins-1)))...)
	body = append(body, p.scale("s", vectorAt("scale", "n"), vectorAt("b", "n"))...)
	body = append(body, p.epilogue("s", p.elementAt("n"))...)
	p.add(forRange("n", fmt.Sprint(p.outs), body...))
}

// sparseGradLoops adds every connection's part to its input's sum; an input's
// connections come in the order of the outputs.
func (p *printer) sparseGradLoops() {
	T := typeName(p.e.elem)
	p.add(jen.Var().Id("d").Id(array(p.e.elem, p.outs)))
	body := []jen.Code{letf("xn", "x[n]")}
	body = append(body, p.connectionsOf("n",
		letf("k", "min(int(c[i]), %d)", p.outs-1),
		jen.Id("d[k]").Op("+=").Id(T).Call(exprf("wi * xn")))...)
	p.add(forRange("n", fmt.Sprint(p.ins), body...))
	if p.outs == 1 {
		p.add(letf("s", "d[0]"))
		p.add(p.epilogue("s", p.elementAt("0"))...)
		return
	}
	p.add(forRange("k, s", "d", p.epilogue("s", p.elementAt("k"))...))
}
