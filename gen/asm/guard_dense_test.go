//go:build linux

package asm_test

import (
	"fmt"
	"math"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
)

// weights are the weights of a layer in their layout, w[n][k] and the stored
// panels; rows of full panels are one longer than the inputs if apart.
type weights struct {
	outs, ins int
	layout    plan.Layout
	w         []float64 // [outs][ins]
	elem      string    // as stored, if not as the sums
}

func (s *suite) weights(outs, ins int, apart bool) *weights {
	l := plan.NewPanels(outs, ins, 1, 1, ir.DType(s.elem))
	if apart && l.Full > 1 {
		l.Rows = ins + 1
	}
	return &weights{outs: outs, ins: ins, layout: l, w: s.numbers(outs * ins)}
}

func (w *weights) at(n, k int) float64 { return w.w[n*w.ins+k] }

func (w *weights) panels() kernel.Panels {
	return kernel.Panels{Full: w.layout.Full, Tail: w.layout.Tail, PanelRows: w.layout.Rows}
}

// stored are the operands w and wt. Nothing of the row that keeps panels apart
// is theirs; the lanes beyond the outputs hold no number.
func (b *built) stored(w *weights) (full, tail *array) {
	l := &w.layout
	fill := func(n int) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = untouched
		}
		return v
	}
	var v, vt []float64
	if l.Full > 0 {
		v = fill(((l.Full-1)*l.Rows + l.In) * schedule.Panel)
	}
	vt = fill(l.In * l.Tail)
	for n := range w.outs {
		for k := range w.ins {
			if i := l.Index(n, k, 0); n < l.Full*schedule.Panel {
				v[i] = w.at(n, k)
			} else {
				vt[i-l.Full*l.Rows*schedule.Panel] = w.at(n, k)
			}
		}
	}
	if w.elem == "int8" {
		for _, lanes := range [][]float64{v, vt} {
			for i := range lanes {
				if math.IsNaN(lanes[i]) {
					lanes[i] = 111 // which the missing scale makes none
				}
			}
		}
	}
	full, tail = b.operand("w", v), b.operand("wt", vt)
	full.elem, tail.elem = w.elem, w.elem
	return full, tail
}

// change writes the weights after the call to the operands.
func (w *weights) change(full, tail *array, after func(n, k int) float64) {
	l := &w.layout
	for n := range roundUp(w.outs, schedule.Panel) {
		for k := range w.ins {
			a, i := full, 0
			if q := n / schedule.Panel; q < l.Full {
				i = (q*l.Rows+k)*schedule.Panel + n%schedule.Panel
			} else if a, i = tail, k*l.Tail+n%schedule.Panel; n%schedule.Panel >= l.Tail {
				continue
			}
			if a.free[i] = n >= w.outs; !a.free[i] {
				a.after[i] = after(n, k)
			}
		}
	}
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// padded are numbers for the outputs, and none to the end of the panel.
func (s *suite) padded(outs int) []float64 {
	v := s.numbers(roundUp(outs, schedule.Panel))
	for i := outs; i < len(v); i++ {
		v[i] = untouched
	}
	return v
}

// sum adds products in chains, halves at the end.
func (s *suite) sum(terms, chains int, init float64, term func(i int) (w, x float64)) float64 {
	acc := make([]float64, chains)
	acc[0] = init
	for i := range terms {
		w, x := term(i)
		acc[i%chains] = s.arith.MulAdd(w, x, acc[i%chains])
	}
	for h := chains / 2; h >= 1; h /= 2 {
		for i := range h {
			acc[i] = s.arith.Apply(expr.OpAdd, acc[i], acc[i+h])
		}
	}
	return acc[0]
}

// after computes what an epilogue makes of a sum; operand is the element of
// the further operand.
func (s *suite) after(e []kernel.Epilogue) func(sum, operand float64) float64 {
	if len(e) == 0 {
		return func(sum, _ float64) float64 { return sum }
	}
	var leaves []string
	for _, o := range e[0].Operands {
		leaves = append(leaves, o.Leaf)
	}
	f, err := expr.Compile(e[0].Prog, s.arith, leaves...)
	require.NoError(s, err)
	return func(sum, operand float64) float64 {
		env := make([]float64, len(f.Vars))
		for i, o := range e[0].Operands {
			if env[i] = operand; o.From == kernel.Sum {
				env[i] = sum
			}
		}
		f.Run(env)
		return env[f.Index(e[0].Result)]
	}
}

// matVecForm says which kernel and which call of it.
type matVecForm struct {
	bias, listed, apart bool
	epilogue            []kernel.Epilogue
	elem                string // of the weights, if not that of the sums
}

// matVec is a case of a dense layer for one sample.
func (s *suite) matVec(outs, ins int, form matVecForm) *built {
	chains := schedule.Chains(outs, ins)
	if form.listed {
		chains = 1
	}
	w := s.weights(outs, ins, form.apart)
	k := kernel.Dense(s.elem, outs, ins, chains, form.bias, form.epilogue...)
	k.Panels, k.Fused = w.panels(), s.fused
	s.narrow(k, w, form.elem)
	fn := s.function(fmt.Sprint("MatVec", outs, ins, form), func(name string) *asm.Func { return s.MatVec(name, nil, k, form.listed) })
	c := s.newCase("MatVec %d→%d %+v", ins, outs, form)
	y, x := c.operand("y", s.numbers(outs)), c.operand("x", s.numbers(ins))
	full, tail := c.stored(w)
	bias, scale := c.operand("b", s.padded(outs)), c.operand("scale", s.padded(outs))
	var list []int
	for i := range ins {
		if !form.listed || s.rng.IntN(3) > 0 {
			list = append(list, i)
		}
	}
	finish := s.after(form.epilogue)
	for n := range outs {
		sum := s.sum(len(list), chains, s.start(k, bias.before[n]), func(i int) (float64, float64) { return w.at(n, list[i]), x.before[list[i]] })
		y.after[n] = finish(s.end(k, sum, scale.before[n], bias.before[n]), 0)
	}
	args := map[string]pass{"y": y.from(0), "x": x.from(0), "w": full.from(0), "wt": tail.from(0), "b": bias.from(0), "scale": scale.from(0)}
	if form.listed {
		args["list"], args["count"] = c.list("list", list).from(0), number(len(list))
	}
	c.call(fn, args)
	return c
}

func matVecCases(s *suite) {
	e := s.epilogues()
	for turn, listed := range []bool{false, true} {
		for i, p := range sizes(turn) {
			s.matVec(p[0], p[1], matVecForm{bias: i%3 > 0, listed: listed, apart: i%2 > 0}).done()
			s.matVec(p[0], p[1], matVecForm{bias: i%3 != 1, listed: listed, apart: i%2 == 0, epilogue: e[0]}).done()
			s.matVec(p[0], p[1], matVecForm{bias: i%3 != 2, listed: listed, epilogue: e[i%len(e)]}).done()
			for _, elem := range s.storage() {
				s.matVec(p[0], p[1], matVecForm{bias: i%3 > 0, listed: listed, apart: i%2 > 0, epilogue: e[i/2%2*(i%len(e))], elem: elem}).done()
			}
		}
		for ins := 65; ins <= 130 && !listed; ins++ { // loops over inputs, and what they leave
			s.matVec(ins*7%48+1, ins, matVecForm{bias: ins%2 > 0}).done()
		}
		for i, outs := range []int{128, 135, 137, 144, 271} { // loops over panels
			for j, ins := range []int{1, 9, 32} {
				for _, elem := range append(s.storage(), "") {
					s.matVec(outs, ins, matVecForm{bias: j != 1, listed: listed, apart: i%2 > 0, epilogue: e[(i+j)%len(e)], elem: elem}).done()
				}
			}
		}
	}
}

// tiles are numbers of tiles, different ones from turn to turn, and the rows
// they make.
func tiles(of []int, turn int) (counts []int, rows int) {
	counts = []int{turn / 4 % 2, (turn + 1) % 3, turn / 3 % 2, turn / 2 % 3}[4-len(of):]
	for i := range counts {
		rows += counts[i] * of[i]
	}
	if rows == 0 {
		counts[len(counts)-1], rows = 1, of[len(of)-1]
	}
	return counts, rows
}

// matMulForm says which kernel of a batch.
type matMulForm struct {
	chains   int
	bias     bool
	epilogue []kernel.Epilogue
	elem     string // of the weights, if not that of the sums
	joined   bool   // full panels with the tail
}

// matMul is a case of a dense layer for rows: of one panel, of as many whole
// ones as the target takes together, or of some with the tail.
func (s *suite) matMul(outs, ins, turn int, form matMulForm) {
	w := s.weights(outs, ins, turn%2 > 0)
	width := schedule.Panel
	if outs <= schedule.Panel/2 && turn%2 == 0 {
		width = schedule.Panel / 2
	}
	if outs <= schedule.Panel {
		w.layout.Full, w.layout.Tail = 0, width
	}
	k := kernel.Dense(s.elem, outs, ins, form.chains, form.bias, form.epilogue...)
	most := s.VectorOutputs(s.elem, form.chains)
	if form.joined {
		most = outs
	}
	of := s.TileRows(s.elem, min(most, outs), form.chains)
	counts, rows := tiles(of, turn)
	xStride, yStride := ins+turn%3, outs+turn%4
	k.Fused, k.Batch.X, k.Batch.Y, k.Panels = s.fused, xStride, yStride, w.panels()
	s.narrow(k, w, form.elem)
	c := s.newCase("MatMul %d→%d of %d, %d rows %d and %d apart, %+v", ins, outs, width, rows, xStride, yStride, form)
	y, x := c.operand("y", s.rows(rows, outs, yStride, sentinel)), c.operand("x", s.rows(rows, ins, xStride, untouched))
	panels, panel := c.stored(w)
	b, scale := c.operand("b", s.padded(outs)), c.operand("scale", s.padded(outs))
	finish := s.after(form.epilogue)
	for r := range rows {
		for n := range outs {
			sum := s.sum(ins, form.chains, s.start(k, b.before[n]), func(k int) (float64, float64) { return w.at(n, k), x.before[r*xStride+k] })
			y.after[r*yStride+n] = finish(s.end(k, sum, scale.before[n], b.before[n]), 0)
		}
	}
	for lane := 0; lane < outs; lane += most {
		valid := min(most, outs-lane)
		if tiles := s.TileRows(s.elem, valid, form.chains); !slices.Equal(of, tiles) { // fewer vectors, larger tiles
			counts = make([]int, len(tiles))
			counts[len(tiles)-1] = rows / tiles[len(tiles)-1]
		}
		k.Rolled = ins >= 2*kernel.Turn
		part := k.Panel(valid, width)
		args := map[string]pass{"y": y.from(lane), "x": x.from(0), "w": panel.from(lane), "b": b.from(lane), "scale": scale.from(lane)}
		args["xStride"], args["yStride"], args["terms"] = number(xStride*s.size()), number(yStride*s.size()), number(ins)
		args["panelStride"] = number(w.layout.Rows * schedule.Panel * weightBytes(k))
		switch {
		case form.joined:
			part, args["w"], args["wt"] = k.Joined(w.layout.Full), panels.from(0), panel.from(0)
		case outs > schedule.Panel:
			part, args["w"] = k.Whole(outs/schedule.Panel), panels.from(0)
		}
		open := part.Open()
		room, partial, mask := s.Last(s.elem, part.Outputs, false)
		open.Outputs, open.Partial, open.Tile.Rows, args["mask"] = room, partial, s.TileRows(s.elem, valid, form.chains), number(mask)
		fn := s.function("MatMul"+open.Key(), func(name string) *asm.Func { return s.MatMul(name, nil, open) })
		for i, n := range counts {
			args[fmt.Sprintf("tiles%d", i)] = number(n)
		}
		c.call(fn, args)
	}
	c.done()
}

// weightBytes is the size of a stored weight.
func weightBytes(k *kernel.Kernel) int {
	return map[string]int{"float64": 8, "float32": 4, "float16": 2, "int8": 1}[k.Elem.W]
}

func matMulCases(s *suite) {
	e := s.epilogues()
	for turn := range 2 {
		for i, p := range sizes(turn) {
			outs := (p[0]-1)%schedule.Panel + 1
			chains := 1
			if turn == 1 {
				chains = schedule.Chains(outs, p[1])
			}
			s.matMul(outs, p[1], i, matMulForm{chains: chains, bias: i%3 > 0, epilogue: e[i/2%2*(i%len(e))]})
			s.matMul(outs, p[1], i+1, matMulForm{chains: chains, bias: i%3 != 1})
			for _, elem := range s.storage() {
				s.matMul(outs, p[1], i, matMulForm{chains: chains, bias: i%3 > 0, epilogue: e[i/2%2*(i%len(e))], elem: elem})
			}
			if most := s.VectorOutputs(s.elem, 1); most > schedule.Panel && p[0]%2 == turn {
				s.matMul(most, p[1], i, matMulForm{chains: 1, bias: i%3 > 0, epilogue: e[i%len(e)]})
			}
		}
	}
	for outs := schedule.Panel + 1; outs <= 3*schedule.Panel && s.Core != nil; outs++ {
		for chains := 1; chains <= 2; chains++ {
			if int(math.Ceil(s.Columns(s.elem, outs))) > s.MostColumns(s.fused) || s.TileRows(s.elem, outs, chains)[0] == 1 {
				continue
			}
			for i, ins := range []int{outs % 16, outs, 67} {
				elem := append(s.storage(), "", "")[(outs+i)%(len(s.storage())+2)]
				s.matMul(outs, ins, i+outs, matMulForm{chains: chains, bias: (i+outs)%3 > 0, epilogue: e[(i+outs)%len(e)], elem: elem, joined: true})
			}
		}
	}
	for ins := 65; ins <= 130; ins++ { // loops over terms, and what they leave
		s.matMul(ins*5%schedule.Panel+1, ins, ins, matMulForm{chains: 1 << (ins % 4), bias: ins%3 > 0})
	}
}
