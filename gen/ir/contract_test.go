package ir_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
)

func temp(name string, dims ...int) *ir.Value {
	return &ir.Value{Name: name, Shape: dims, DType: ir.Float64, Batch: true}
}

func weight(dims ...int) *ir.Value {
	return &ir.Value{Name: "w", Kind: ir.Param, Shape: dims, DType: ir.Float64, Param: &ir.ParamInfo{Name: "w", Shape: dims}}
}

// TestForm: a contraction is recognised by its loops and maps, and by nothing
// else; the gradients of a dense layer that the rule of derivatives gives are
// those that there are kernels for.
func TestForm(t *testing.T) {
	x, y, w := temp("x", 3), temp("y", 5), weight(5, 3)
	b := &ir.Value{Name: "b", Kind: ir.Param, Shape: []int{5}, Param: &ir.ParamInfo{Shape: []int{5}}}
	d := &ir.Dense{Layer: "l", Y: y, X: x, W: w, B: b}
	c := d.Contract()
	require.Equal(t, d, ir.Form(c))
	dx, dw, db := temp("dx", 3), weight(5, 3), &ir.Value{Shape: []int{5}}
	grad := func(operand int, to *ir.Value) any {
		parts := c.Grad(&c.Terms[0], operand, y, to)
		require.Len(t, parts, 1)
		return ir.Form(parts[0])
	}
	require.Equal(t, &ir.DenseGradInput{Layer: "l", DX: dx, DY: y, W: w}, grad(0, dx))
	require.Equal(t, &ir.DenseGradWeight{Layer: "l", DW: dw, DY: y, X: x}, grad(1, dw))
	require.Equal(t, &ir.BatchSum{Y: db, X: y}, ir.Form(c.GradInit(y, db)[0]))

	square := &ir.Dense{Y: temp("y", 4), X: temp("x", 4), W: weight(4, 4)}
	c = square.Contract()
	require.Equal(t, square, ir.Form(c))
	c.Terms[0].B.At[0], c.Terms[0].B.At[1] = c.Terms[0].B.At[1], c.Terms[0].B.At[0] // Wᵀ
	require.Equal(t, &ir.DenseGradInput{DX: square.Y, DY: square.X, W: square.W}, ir.Form(c))
	c.Terms[0].B.At[0].Offset = 1
	require.Equal(t, any(c), ir.Form(c), "another map is another contraction")

	for name, change := range map[string]func(c *ir.Contract){
		"condition": func(c *ir.Contract) { c.Terms[0].Where = []ir.Affine{ir.Unit(0)} },
		"terms":     func(c *ir.Contract) { c.Terms = append(c.Terms, c.Terms[0]) },
		"loop":      func(c *ir.Contract) { c.Terms[0].Loops[0].Size = 2 },
		"offset":    func(c *ir.Contract) { c.Terms[0].A.At[0].Offset = 1 },
		"samples":   func(c *ir.Contract) { c.Y.V.Batch = false },
	} {
		c := (&ir.Dense{Y: temp("y", 5), X: temp("x", 3), W: weight(5, 3)}).Contract()
		change(c)
		require.Equal(t, any(c), ir.Form(c), name)
	}
	rows := &ir.Dense{Y: temp("y", 10), X: temp("x", 6), W: weight(5, 3), Rows: 2}
	require.IsType(t, &ir.Contract{}, ir.Form(rows.Contract()))
	require.Equal(t, 30, rows.Contract().MultiplyAdds())
}

// TestSumOrder: channels are taken 16 at a time, the blocks outside of the
// other loops and the rest inside.
func TestSumOrder(t *testing.T) {
	loops := []ir.Loop{{Name: "c", Size: 40, Channels: true}, {Name: "i", Size: 3}, {Name: "j", Size: 2}}
	order, of := ir.SumOrder(loops)
	require.Equal(t, []ir.Loop{{Name: "cb", Size: 3}, {Name: "i", Size: 3}, {Name: "j", Size: 2}, {Name: "c", Size: 16}}, order)
	require.Equal(t, "16*cb + c, i, j", fmt.Sprintf("%s, %s, %s", of[0].Text(order), of[1].Text(order), of[2].Text(order)))
	order, _ = ir.SumOrder([]ir.Loop{{Name: "c", Size: 9, Channels: true}, {Name: "i", Size: 3}})
	require.Equal(t, []ir.Loop{{Name: "i", Size: 3}, {Name: "c", Size: 9}}, order)
	order, _ = ir.SumOrder(loops[:1])
	require.Equal(t, loops[:1], order, "a single loop stays one")
}

// TestContractGradients compares the gradients that the rule gives of random
// contractions (strides, dilations, paddings, reversals, several terms,
// conditions) with those that loops over all products scatter.
func TestContractGradients(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 0))
	parts, several := 0, 0
	for n := range 10000 {
		c := randomContract(rng)
		require.NoError(t, verify(c), "%d: %s", n, c)
		m := interp.New(&ir.Program{})
		m.Batch = 2
		for _, v := range append(c.Ins(), c.Y.V) {
			rows := make([][]float64, 2)
			for b := range rows {
				rows[b] = make([]float64, v.Size())
				for i := range rows[b] {
					rows[b][i] = float64(rng.IntN(9) - 4) // sums are exact
				}
			}
			m.Set(v, rows...)
		}
		dy := temp("dy", c.Y.V.Shape...)
		dy.Kind = ir.Input
		m.Set(dy, m.Get(c.Y.V)...)
		for i := range c.Terms {
			for j, o := range c.Terms[i].Operands() {
				dx := temp("d", o.V.Shape...)
				if !o.V.Batch {
					dx = &ir.Value{Name: "d", Shape: o.V.Shape, DType: ir.Float64}
				}
				want := scatter(m, c, &c.Terms[i], j)
				gathered := c.Grad(&c.Terms[i], j, dy, dx)
				f := &ir.Func{Name: "gradient", Results: []*ir.Value{dx}}
				for _, p := range gathered {
					f.Ops = append(f.Ops, p)
					several += max(0, len(p.Terms)-1)
				}
				parts += len(gathered) - 1
				require.NoError(t, (&ir.Program{Infer: f}).Verify(), "%d: %s", n, c)
				require.NoError(t, m.Run(f))
				require.Equal(t, want, m.Get(dx), "%d: operand %d of term %d of %s\n%s", n, j, i, c, f)
			}
		}
	}
	require.Greater(t, parts, 100, "residues are hardly tried")
	require.Greater(t, several, 100, "several terms are hardly tried")
}

func verify(c *ir.Contract) error {
	return (&ir.Program{Infer: &ir.Func{Ops: []ir.Op{c}, Results: []*ir.Value{c.Y.V}}}).Verify()
}

// randomContract is Y[o] = Σ_k A[f(o,k)]·B[g(o,k)] over two loops each.
func randomContract(rng *rand.Rand) *ir.Contract {
	size := func() int { return 1 + rng.IntN(4) }
	loops := []ir.Loop{{Name: "o", Size: size()}, {Name: "n", Size: size(), Channels: true}}
	c := &ir.Contract{Loops: loops, Y: ir.Operand{V: temp("y", loops[0].Size, loops[1].Size), At: []ir.Affine{ir.Unit(0), ir.Unit(1)}}}
	for range 1 + rng.IntN(2) {
		term := ir.Term{Loops: []ir.Loop{{Name: "k", Size: size()}, {Name: "c", Size: []int{2, 3, 18}[rng.IntN(3)], Channels: true}}}
		place := func() ir.Affine {
			a := ir.Affine{Offset: rng.IntN(5) - 2, By: make([]int, 4)}
			for range 1 + rng.IntN(3) {
				a.By[rng.IntN(4)] = rng.IntN(7) - 3
			}
			return a
		}
		operand := func(batch bool) ir.Operand {
			v := temp("v", 1+rng.IntN(6), 1+rng.IntN(6))
			v.Kind, v.Batch = ir.Input, batch
			return ir.Operand{V: v, At: []ir.Affine{place(), place()}}
		}
		term.A = operand(true)
		if rng.IntN(4) > 0 {
			b := operand(rng.IntN(2) == 0)
			if rng.IntN(3) == 0 { // a loop to itself, as a weight has
				b.V.Shape = []int{loops[1].Size, term.Loops[0].Size}
				b.At = []ir.Affine{ir.Unit(1), ir.Unit(2)}
			}
			term.B = &b
		}
		if rng.IntN(3) == 0 {
			term.Where = append(term.Where, place())
		}
		c.Terms = append(c.Terms, term)
	}
	return c
}

// scatter is the gradient of an operand by the definition: dY of every product
// times the other operand, added where the operand was read.
func scatter(m *interp.Machine, c *ir.Contract, t *ir.Term, operand int) [][]float64 {
	operands := t.Operands()
	of := operands[operand]
	rows := 1
	if of.V.Batch {
		rows = m.Batch
	}
	out := make([][]float64, rows)
	for b := range out {
		out[b] = make([]float64, of.V.Size())
	}
	all := c.All(t)
	for b := range m.Batch {
		l := make([]int, len(all))
		for ok := true; ok; ok = ir.Next(l, all) {
			product, exists := read(m, &c.Y, b, l)
			for i, o := range operands {
				x, in := read(m, o, b, l)
				exists = exists && in
				if i != operand {
					product *= x
				}
			}
			for _, w := range t.Where {
				exists = exists && w.Eval(l) >= 0
			}
			if exists {
				out[min(b, rows-1)][of.Flat().Eval(l)] += product
			}
		}
	}
	return out
}

func read(m *interp.Machine, o *ir.Operand, b int, l []int) (x float64, exists bool) {
	for d, size := range o.Shape() {
		if at := o.At[d].Eval(l); at < 0 || at >= size {
			return 0, false
		}
	}
	rows := m.Get(o.V)
	if !o.V.Batch {
		b = 0
	}
	return rows[b][o.Flat().Eval(l)], true
}
