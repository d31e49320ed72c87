package loops

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/schedule"
)

// gradLoops: per block of inputs, over the panels, over the panel's outputs.
// The weights of one input lie side by side in a panel.
func (p *printer) gradLoops() {
	n, at := p.Outs, p.Step.Kernel.Tile.Outputs
	if n >= at {
		p.add(source.ForStep("k", n-at, at, p.gradBlock("k", at)...))
	}
	if rest := n % at; rest > 0 {
		p.add(jen.Block(p.gradBlock(fmt.Sprint(n-rest), rest)...))
	}
}

// gradBlock sums the gradients of n inputs from k on.
func (p *printer) gradBlock(k string, n int) []jen.Code {
	l, chains := p.layout, p.Step.Chains
	acc, out := p.sums(n, chains, func(i int) string { return p.initial(source.VectorAt("b", plus(k, i))) })
	rows := func(w string) []jen.Code {
		var rs []jen.Code
		for i := range n {
			rs = append(rs, source.Letf(fmt.Sprintf("w%d", i), "&%s[%s]", w, plus(k, i)))
		}
		return rs
	}
	if l.Full > 0 {
		body := func(q, first string) []jen.Code {
			b := append(rows("w["+q+"]"), source.Letf("d", "(*%s)(x[%s:%s+16])", source.Array(p.e.elem, schedule.Panel), first, first))
			return append(b, p.gradPanel(acc, schedule.Panel)...)
		}
		if l.Full == 1 {
			out = append(out, jen.Block(body("0", "0")...))
		} else {
			out = append(out, source.ForRange("q", "w", body("q", "q*16")...))
		}
	}
	if l.Tail > 0 {
		first := l.Full * schedule.Panel
		b := append(rows("wt"), source.Letf("d", "(*%s)(x[%d:%d])", source.Array(p.e.elem, l.TailOutputs()), first, first+l.TailOutputs()))
		out = append(out, jen.Block(append(b, p.gradPanel(acc, l.TailOutputs())...)...))
	}
	for i := range n {
		sum := acc[i][0]
		if chains > 1 {
			sum = fmt.Sprintf("s%d", i)
			out = append(out, source.Letf(sum, "%s", halves(acc[i])))
		}
		out = append(out, p.epilogue(sum, p.elementAt(plus(k, i)))...)
	}
	return out
}

// gradPanel adds the terms of a panel's outputs, dealt to the chains in turn.
func (p *printer) gradPanel(acc [][]string, outs int) []jen.Code {
	chains := p.Step.Chains
	if chains == 1 {
		var loop []jen.Code
		for i := range acc {
			loop = append(loop, p.mulAdd(acc[i][0], fmt.Sprintf("w%d[j]", i), "dj"))
		}
		return []jen.Code{source.ForRange("j, dj", "d", loop...)}
	}
	var out []jen.Code
	if outs >= chains {
		var loop []jen.Code
		for c := range chains {
			at := plusConst("j", c)
			for i := range acc {
				loop = append(loop, p.mulAdd(acc[i][c], fmt.Sprintf("w%d[%s]", i, at), "d["+at+"]"))
			}
		}
		out = append(out, source.ForStep("j", outs-chains, chains, loop...))
	}
	for j := outs - outs%chains; j < outs; j++ {
		for i := range acc {
			out = append(out, p.mulAdd(acc[i][j%chains], fmt.Sprintf("w%d[%d]", i, j), fmt.Sprintf("d[%d]", j)))
		}
	}
	return out
}

// plus is the text of k+i, folded where k is a number.
func plus(k string, i int) string {
	var n int
	if _, err := fmt.Sscanf(k, "%d", &n); err == nil {
		return fmt.Sprint(n + i)
	}
	return plusConst(k, i)
}
