package loops

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/schedule"
)

// printer writes the body of a matrix kernel.
type printer struct {
	*Matrix
	ptr   map[*ir.Value]string // Go name of each operand
	names *source.Namer
	out   []jen.Code
}

func (p *printer) add(c ...jen.Code) { p.out = append(p.out, c...) }

// epilogue finishes output n (text of the index into the views) whose sum is
// in acc, and stores what is kept. view gives an operand's element.
func (p *printer) epilogue(acc string, element func(v *ir.Value) string) []jen.Code {
	var out []jen.Code
	reads := map[*ir.Value]int{}
	for _, op := range p.Step.Epilogue {
		for _, x := range op.In {
			reads[x]++
		}
	}
	reg := map[*ir.Value]string{p.y: acc}
	if p.stores(p.y) {
		out = append(out, source.Setf(element(p.y), "%s", acc))
	}
	for i, op := range p.Step.Epilogue {
		operands := make([]string, len(op.In))
		for j, x := range op.In {
			operands[j] = reg[x]
			if operands[j] == "" {
				operands[j] = element(x)
			}
		}
		y := op.Out[0]
		value := p.e.Apply(y.DType, op.Doc, op.Prog, op.InNames, operands, op.OutNames[0])
		if reads[y] > 0 {
			reg[y] = fmt.Sprintf("%sv%d", acc, i)
			out = append(out, source.Let(reg[y], value))
			value = source.Exprf("%s", reg[y])
		}
		if p.stores(y) {
			out = append(out, source.Set(element(y), value))
		}
	}
	return out
}

// elementAt is the element of an operand at a position.
func (p *printer) elementAt(index string) func(v *ir.Value) string {
	return func(v *ir.Value) string {
		name := p.ptr[v]
		switch {
		case source.IsNumber(v):
			return name
		case v.Kind == ir.Param:
			return source.VectorAt(name, index)
		case v.Size() == 1:
			return name + "[0]"
		}
		return fmt.Sprintf("%s[%s]", name, index)
	}
}

// sums declares the accumulators of outputs n0… and returns their names:
// chain c of output i is s<i> or s<i>_<c>.
func (p *printer) sums(count, chains int, bias func(i int) string) ([][]string, []jen.Code) {
	T := source.TypeName(p.y.DType)
	acc := make([][]string, count)
	var zero []string
	var out []jen.Code
	for i := range acc {
		for c := range chains {
			name := fmt.Sprintf("s%d", i)
			if chains > 1 {
				name = fmt.Sprintf("s%d_%d", i, c)
			}
			acc[i] = append(acc[i], name)
			if init := bias(i); c == 0 && init != "" {
				out = append(out, source.Letf(name, "%s", init))
			} else {
				zero = append(zero, name)
			}
		}
	}
	if len(zero) > 0 {
		out = append(out, jen.Var().Id(source.JoinComma(zero)).Id(T))
	}
	return acc, out
}

// mulAdd is acc += w·x with the product rounded by itself.
func (p *printer) mulAdd(acc, w, x string) jen.Code {
	return jen.Id(acc).Op("+=").Id(source.TypeName(p.y.DType)).Call(p.e.Widen(p.y.DType, p.layout.Elem, w).Op("*").Id(x))
}

// forwardLoops: per panel, per block of outputs, one loop over the inputs.
func (p *printer) forwardLoops() {
	l := p.layout
	p.add(source.Note("Pointers are checked here and not in the loops."), source.Setf("_", "x[0]"))
	if l.Tail > 0 {
		p.add(source.Setf("_", "wt[0][0]"))
	}
	if l.Full > 0 {
		panel := func(q, y string) []jen.Code {
			body := []jen.Code{source.Letf("wq", "&w[%s]", q)}
			body = append(body, p.panelViews(q)...)
			body = append(body, p.views(y, schedule.Panel)...)
			return append(body, p.blocks(schedule.Panel, "wq")...)
		}
		if l.Full == 1 {
			p.add(panel("0", "0")...)
		} else {
			p.add(source.ForRange("q", "w", panel("q", "q*16")...))
		}
	}
	if l.Tail > 0 {
		body := p.views(fmt.Sprint(l.Full*schedule.Panel), l.TailOutputs())
		body = append(body, p.panelViews(fmt.Sprint(l.Full))...)
		p.add(jen.Block(append(body, p.blocks(l.TailOutputs(), "wt")...)...))
	}
}

// blocks computes the outputs of a panel: some at a time, or one after the other.
func (p *printer) blocks(outputs int, w string) []jen.Code {
	return inTile(p.Step.Kernel.Tile, outputs, func(j string, n int) []jen.Code { return p.block(j, n, w, "bq") })
}

// inTile does something for the outputs of a panel: in a loop for as many at a
// time as the tile has, then for those that are left.
func inTile(tile kernel.Tile, outputs int, do func(j string, n int) []jen.Code) []jen.Code {
	n := tile.Outputs
	whole := outputs / n * n
	var out []jen.Code
	switch {
	case n == 1:
		return []jen.Code{source.ForRange("j", fmt.Sprint(outputs), do("j", 1)...)}
	case whole > n:
		out = append(out, source.ForStep("j", whole-n, n, do("j", n)...))
	case whole == n:
		out = append(out, jen.Block(do("0", n)...))
	}
	if outputs > whole {
		out = append(out, jen.Block(do(fmt.Sprint(whole), outputs-whole)...))
	}
	return out
}

// panelViews declares the panel's biases and scales.
func (p *printer) panelViews(q string) []jen.Code {
	var out []jen.Code
	if p.Bias != nil {
		out = append(out, source.Letf("bq", "&b[%s]", q))
	}
	if p.Tensor.Scaled() {
		out = append(out, source.Letf("sq", "&scale[%s]", q))
	}
	return out
}

// starts maps the first output of each block to its length.
func starts(blocks []int) func(yield func(int, int) bool) {
	return func(yield func(int, int) bool) {
		j := 0
		for _, n := range blocks {
			if !yield(j, n) {
				return
			}
			j += n
		}
	}
}

// views declares the panel's part of every operand of the epilogue.
func (p *printer) views(first string, n int) []jen.Code {
	var out []jen.Code
	end := first + "+" + fmt.Sprint(n)
	for _, v := range append(append([]*ir.Value(nil), p.Stored...), p.Extra...) {
		name := p.ptr[v]
		switch {
		case source.IsNumber(v) || v.Size() == 1 && p.Outs > 1:
		case v.Kind == ir.Param:
			q, _ := source.Split(first)
			out = append(out, source.Letf(name+"q", "&%s[%s]", name, q))
		default:
			out = append(out, source.Letf(name+"q", "(*%s)(%s[%s:%s])", source.Array(v.DType, n), name, first, end))
		}
	}
	return out
}

// inView is element j of an operand in the current panel's views.
func (p *printer) inView(j string) func(v *ir.Value) string {
	return func(v *ir.Value) string {
		switch {
		case source.IsNumber(v):
			return p.ptr[v]
		case v.Size() == 1 && p.Outs > 1:
			return p.ptr[v] + "[0]"
		}
		return fmt.Sprintf("%sq[%s]", p.ptr[v], j)
	}
}

// block computes outputs j…j+n−1 of a panel.
func (p *printer) block(j string, n int, w, b string) []jen.Code {
	chains := p.Step.Chains
	bias := func(i int) string { return fmt.Sprintf("%s[%s]", b, plus(j, i)) }
	acc, out := p.sums(n, chains, func(i int) string { return p.initial(bias(i)) })
	if chains == 1 {
		out = append(out, p.termLoop(acc, j, w)...)
	} else {
		out = append(out, p.chainLoops(acc, j, w)...)
	}
	for i := range n {
		sum := acc[i][0]
		if chains > 1 {
			sum = fmt.Sprintf("s%d", i)
			out = append(out, source.Letf(sum, "%s", halves(acc[i])))
		}
		out = append(out, p.scale(sum, fmt.Sprintf("sq[%s]", plus(j, i)), bias(i))...)
		out = append(out, p.epilogue(sum, p.inView(plus(j, i)))...)
	}
	return out
}

// termLoop adds the terms of one chain each, some inputs in a turn.
func (p *printer) termLoop(acc [][]string, j, w string) []jen.Code {
	var out []jen.Code
	terms := func(first bool, row, x string) []jen.Code {
		assign := source.Setf
		if first {
			assign = source.Letf
		}
		c := []jen.Code{assign("wk", "&%s[%s]", w, row), assign("xk", "%s", x)}
		for i := range acc {
			c = append(c, p.mulAdd(acc[i][0], fmt.Sprintf("wk[%s]", plus(j, i)), "xk"))
		}
		return c
	}
	at, K := p.Step.Kernel.Tile.Terms, p.ins
	if K >= at {
		var loop []jen.Code
		for t := range at {
			loop = append(loop, terms(t == 0, plusConst("k", t), "x["+plusConst("k", t)+"]")...)
		}
		out = append(out, source.ForStep("k", K-at, at, loop...))
	}
	var rest []jen.Code
	for k := K - K%at; k < K; k++ {
		rest = append(rest, terms(len(rest) == 0, fmt.Sprint(k), fmt.Sprintf("x[%d]", k))...)
	}
	if len(rest) > 0 {
		out = append(out, jen.Block(rest...))
	}
	return out
}

// chainLoops adds the terms of interleaved chains: one loop for each group of
// chains that fits the registers, at least four terms in a turn.
func (p *printer) chainLoops(acc [][]string, j, w string) []jen.Code {
	chains, K := p.Step.Chains, p.ins
	var out []jen.Code
	atOnce := p.Step.Kernel.Tile.Chains
	for first := 0; first < chains; first += atOnce {
		last := min(chains, first+atOnce)
		terms := func(k string, from int, first int, last int) []jen.Code {
			var c []jen.Code
			for t := first; t < last; t++ {
				at := plusConst(k, from+t)
				if len(acc) == 1 {
					c = append(c, p.mulAdd(acc[0][t], fmt.Sprintf("%s[%s][%s]", w, at, j), fmt.Sprintf("x[%s]", at)))
					continue
				}
				c = append(c, jen.Block(append([]jen.Code{source.Letf("wk", "&%s[%s]", w, at), source.Letf("xk", "x[%s]", at)}, p.chainTerms(acc, j, t)...)...))
			}
			return c
		}
		turn := max(chains, 4/(last-first)*chains)
		var loop []jen.Code
		for from := 0; from < turn; from += chains {
			loop = append(loop, terms("k", from, first, last)...)
		}
		if K >= turn {
			out = append(out, source.ForStep("k", K-turn, turn, loop...))
		}
		for from := K - K%turn; from+chains <= K; from += chains {
			out = append(out, terms("0", from, first, last)...)
		}
	}
	for k := K - K%chains; k < K; k++ {
		for i := range acc {
			out = append(out, p.mulAdd(acc[i][k%chains], fmt.Sprintf("%s[%d][%s]", w, k, plus(j, i)), fmt.Sprintf("x[%d]", k)))
		}
	}
	return out
}

// chainTerms adds the products of one input to a chain of every sum.
func (p *printer) chainTerms(acc [][]string, j string, chain int) []jen.Code {
	var out []jen.Code
	for i := range acc {
		out = append(out, p.mulAdd(acc[i][chain], fmt.Sprintf("wk[%s]", plus(j, i)), "xk"))
	}
	return out
}

func plusConst(v string, c int) string {
	if v == "0" {
		return fmt.Sprint(c)
	}
	if c == 0 {
		return v
	}
	return fmt.Sprintf("%s+%d", v, c)
}

// unrolledBlocks divides the outputs as the tile divides a panel's.
func (p *printer) unrolledBlocks() []int { return p.Step.Kernel.Tile.Blocks(p.Outs) }

// unrolled: straight-line code in blocks of outputs, input by input.
func (p *printer) unrolled() {
	chains := p.Step.Chains
	for first, n := range starts(p.unrolledBlocks()) {
		var out []jen.Code
		of := func(vector string, i int) string { return source.VectorAt(vector, fmt.Sprint(first+i)) }
		acc, decl := p.sums(n, chains, func(i int) string { return p.initial(of("b", i)) })
		out = append(out, p.formula(first, n))
		out = append(out, decl...)
		for _, k := range p.termsByChains() {
			if k == 0 {
				out = append(out, source.Letf("xk", "x[0]"))
			} else {
				out = append(out, source.Setf("xk", "x[%d]", k))
			}
			for i := range n {
				out = append(out, p.mulAdd(acc[i][k%chains], p.weight(first+i, k), "xk"))
			}
		}
		for i := range n {
			sum := acc[i][0]
			if chains > 1 {
				sum = fmt.Sprintf("s%d", i)
				out = append(out, source.Letf(sum, "%s", halves(acc[i])))
			}
			out = append(out, p.scale(sum, of("scale", i), of("b", i))...)
			out = append(out, p.epilogue(sum, p.elementAt(fmt.Sprint(first+i)))...)
		}
		p.add(jen.Block(out...))
	}
}

// termsByChains are the terms of a sum, those of as many chains as there are registers
// for one after the other.
func (p *printer) termsByChains() []int {
	var ks []int
	for first := 0; first < p.Step.Chains; first += chainsInLoop {
		for k := range p.ins {
			if c := k%p.Step.Chains - first; c >= 0 && c < chainsInLoop {
				ks = append(ks, k)
			}
		}
	}
	return ks
}

// formula is the comment above a block of straight-line code.
func (p *printer) formula(first, n int) jen.Code {
	what := fmt.Sprintf("y[%d]", first)
	if n > 1 {
		what = fmt.Sprintf("y[%d…%d]", first, first+n-1)
	}
	if p.Grad {
		return source.Note("%s = Σ w[k][n]·x[k]", what)
	}
	return source.Note("%s = Σ w[n][k]·x[k] + b[n]", what)
}

// weight is the Go expression of the weight between output n and input k of
// the sum.
func (p *printer) weight(n, k int) string {
	if p.Swapped {
		n, k = k, n
	}
	return source.WeightAt(p.layout, n, k)
}
