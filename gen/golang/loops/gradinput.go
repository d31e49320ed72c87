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

// chainsInLoop is how many chains of a sum a loop adds to: as many as there are
// registers for.
const chainsInLoop = 8

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
	view := func(outs int, first, end string) jen.Code {
		return source.Letf("d", "(*%s)(x[%s:%s])", source.Array(p.y.DType, outs), first, end)
	}
	panels, tail := l.Full*schedule.Panel, l.TailOutputs()
	atOnce, turn := min(chains, chainsInLoop), p.Step.Kernel.PanelsInTurn()
	for first := 0; first < chains; first += atOnce {
		lane, group := first%schedule.Panel, make([][]string, n)
		for i := range acc {
			group[i] = acc[i][first : first+atOnce]
		}
		body := func(q string, behind int) []jen.Code {
			return append(rows("w["+q+"]"), p.gradPanel(group, lane, schedule.Panel, behind)...)
		}
		out = append(out, overTurns(l.Full, first/schedule.Panel, turn, chains > atOnce, view, body)...)
		if tail > lane && (first-lane)/schedule.Panel == l.Full%turn {
			out = append(out, jen.Block(append(append(rows("wt"), view(tail, fmt.Sprint(panels), fmt.Sprint(panels+tail))), p.gradPanel(group, lane, tail, 0)...)...))
		}
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

// overTurns does something for full panels, turn apart from one on, whose terms view
// declares; for two in a turn of the loop, the second's some terms behind, where little
// is done for one.
func overTurns(full, from, turn int, little bool, view func(outs int, first, end string) jen.Code, body func(q string, behind int) []jen.Code) []jen.Code {
	with := func(n int, first string, code ...jen.Code) []jen.Code {
		return append([]jen.Code{view(n, first, fmt.Sprintf("%s+%d", first, n))}, code...)
	}
	switch {
	case full == 1:
		return []jen.Code{jen.Block(with(schedule.Panel, "0", body("0", 0)...)...)}
	case full == 0:
		return nil
	case !little:
		return []jen.Code{source.ForRange("q", "w", with(schedule.Panel, "q*16", body("q", 0)...)...)}
	}
	behind := turn * schedule.Panel
	both := with(behind+schedule.Panel, "q*16", jen.Block(body("q", 0)...), jen.Block(body(plusConst("q", turn), behind)...))
	out := []jen.Code{jen.For(source.Letf("q", "%d", from), source.Exprf("q < %d", full-turn), source.Exprf("q += %d", 2*turn)).Block(both...)}
	if count := (full - from + turn - 1) / turn; count%2 > 0 {
		last := from + (count-1)*turn
		out = append(out, jen.Block(with(schedule.Panel, fmt.Sprint(last*schedule.Panel), body(fmt.Sprint(last), 0)...)...))
	}
	return out
}

// gradPanel adds the terms of a panel's outputs from one on, dealt to the chains in
// turn; there are as many chains as a panel has outputs, or some of these. The terms
// are some behind the first of d.
func (p *printer) gradPanel(acc [][]string, from, outs, behind int) []jen.Code {
	chains := len(acc[0])
	if chains == 1 {
		var loop []jen.Code
		for i := range acc {
			loop = append(loop, p.mulAdd(acc[i][0], fmt.Sprintf("w%d[j]", i), "dj"))
		}
		return []jen.Code{source.ForRange("j, dj", "d", loop...)}
	}
	var out []jen.Code
	last := outs
	switch {
	case p.Step.Chains > chains:
		last = min(outs, from+chains)
	case outs >= chains:
		var loop []jen.Code
		for c := range chains {
			at := plusConst("j", c)
			for i := range acc {
				loop = append(loop, p.mulAdd(acc[i][c], fmt.Sprintf("w%d[%s]", i, at), "d["+at+"]"))
			}
		}
		out = append(out, source.ForStep("j", outs-chains, chains, loop...))
		from = outs - outs%chains
	}
	for j := from; j < last; j++ {
		for i := range acc {
			out = append(out, p.mulAdd(acc[i][(j-from)%chains], fmt.Sprintf("w%d[%d]", i, j), fmt.Sprintf("d[%d]", j+behind)))
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
