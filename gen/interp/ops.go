package interp

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/schedule"
)

// separate is x·y + z with the product rounded by itself: the schedule fuses
// the sums of fully connected layers alone.
func (m *Machine) separate(x, y, z float64) float64 {
	switch m.Arith.(type) {
	case arith32:
		return Strict32.MulAdd(x, y, z)
	case arith64:
		return Strict64.MulAdd(x, y, z)
	}
	if m.Arith == expr.Float64 {
		return m.Arith.MulAdd(x, y, z)
	}
	return m.Arith.Apply(expr.OpAdd, m.Arith.Apply(expr.OpMul, x, y), z)
}

// rankOne: W[n,k] −= Rate·(DY[n]·X[k]), B[n] −= Rate·DY[n], with gradients that are
// sums of one term.
func (m *Machine) rankOne(o *ir.RankOne) {
	dy, x, rate := m.row(o.DY, 0), m.row(o.X, 0), m.row(o.Rate, 0)[0]
	step := func(w, g float64) float64 {
		return m.Arith.Apply(expr.OpSub, w, m.Arith.Apply(expr.OpMul, rate, g))
	}
	w := append([]float64(nil), m.values[o.W][0]...)
	for i := range w {
		w[i] = step(w[i], m.Arith.MulAdd(dy[i/len(x)], x[i%len(x)], 0))
	}
	m.Set(o.W, w)
	if o.B == nil {
		return
	}
	b := append([]float64(nil), m.values[o.B][0]...)
	for n, d := range dy {
		b[n] = step(b[n], m.Arith.Apply(expr.OpAdd, 0, d))
	}
	m.Set(o.B, b)
}

// each calls f for every element of a parameter-shaped value that exists.
func each(v *ir.Value, f func(i int)) {
	if v.Param == nil || v.Param.Mask == nil {
		for i := range v.Size() {
			f(i)
		}
		return
	}
	for n, cols := range v.Param.Mask.Cols {
		for _, k := range cols {
			f(n*v.Param.Mask.In + k)
		}
	}
}

// elements evaluates a scalar program on the elements of its operands.
type elements struct {
	f    *expr.Func
	env  []float64
	rows [][]float64
}

func (m *Machine) elements(a expr.Arith, prog expr.Program, in []*ir.Value, names []string) (*elements, error) {
	f, err := expr.Compile(prog, a, names...)
	if err != nil {
		return nil, err
	}
	return &elements{f: f, env: make([]float64, len(f.Vars)), rows: make([][]float64, len(in))}, nil
}

// at runs the program for element i.
func (e *elements) at(i int) {
	for j, r := range e.rows {
		e.env[j] = r[i%len(r)]
	}
	e.f.Run(e.env)
}

// perStep reports whether a map computes numbers of the step in float64.
func perStep(o *ir.Map) bool {
	for _, x := range o.In {
		if x.DType != ir.Float64 || x.Shape != nil || x.Batch {
			return false
		}
	}
	return o.Out[0].Shape == nil
}

func (m *Machine) mapOp(o *ir.Map) error {
	arith := m.Arith
	if perStep(o) && !m.Plain {
		arith = Strict64
	}
	e, err := m.elements(arith, o.Prog, o.In, o.InNames)
	if err != nil {
		return err
	}
	index := make([]int, len(o.Out))
	for j, name := range o.OutNames {
		index[j] = e.f.Index(name)
	}
	n := 1
	if o.Out[0].Batch {
		n = m.Batch
	}
	outs := make([][][]float64, len(o.Out))
	for b := range n {
		for j, x := range o.In {
			e.rows[j] = m.row(x, b)
		}
		for j, y := range o.Out {
			outs[j] = append(outs[j], make([]float64, y.Size()))
		}
		each(o.Out[0], func(i int) {
			e.at(i)
			for j, y := range o.Out {
				outs[j][b][i] = e.env[index[j]]
				if y.DType == ir.Float32 && !m.Plain {
					outs[j][b][i] = round32(outs[j][b][i])
				}
			}
		})
	}
	for j, y := range o.Out {
		m.values[y] = outs[j]
	}
	return nil
}

func (m *Machine) reduce(o *ir.Reduce) error {
	if o.When != nil && m.values[o.When][0][0] == 0 {
		m.values[o.Y] = [][]float64{{0}}
		return nil
	}
	e, err := m.elements(m.Arith, o.Prog, o.In, o.InNames)
	if err != nil {
		return err
	}
	at, widest := e.f.Index("e"), o.In[0]
	for _, x := range o.In {
		if x.Size() > widest.Size() {
			widest = x
		}
	}
	term := func(i int) float64 { e.at(i); return e.env[at] }
	m.perSample(o.Y, func(b int) []float64 {
		for j, x := range o.In {
			e.rows[j] = m.row(x, b)
		}
		switch {
		case o.Kind == ir.MaxOf:
			return []float64{m.max(widest.Size(), term)}
		case widest.Param != nil && !m.Plain:
			return []float64{m.sumPanels(widest.Param, term)}
		}
		n := widest.Size()
		return []float64{m.sum(0, m.chains(1, n), n, func(acc float64, i int) float64 {
			return m.Arith.Apply(expr.OpAdd, acc, term(i))
		})}
	})
	return nil
}

// max keeps the greatest element; NaN elements are passed over.
func (m *Machine) max(n int, term func(i int) float64) float64 {
	y := term(0)
	for i := 1; i < n; i++ {
		y = m.Arith.Apply(expr.OpMax, y, term(i))
	}
	return y
}

// sumPanels adds the elements of a parameter: per panel of 16 outputs one
// accumulator each, in the order of the inputs, added in halves; panels in
// order. The connections of a sparse weight are dealt to the 16 in turn.
func (m *Machine) sumPanels(p *ir.ParamInfo, term func(i int) float64) float64 {
	add := func(a, b float64) float64 { return m.Arith.Apply(expr.OpAdd, a, b) }
	if p.Mask != nil {
		lanes, j := make([]float64, schedule.Panel), 0
		each(&ir.Value{Shape: p.Shape, Param: p}, func(i int) {
			lanes[j%schedule.Panel] = add(lanes[j%schedule.Panel], term(i))
			j++
		})
		return m.halve(lanes)
	}
	outs, ins, taps := p.Size(), 1, 1
	if len(p.Shape) > 1 && p.Order != ir.RowMajor {
		outs, ins = p.Shape[0], p.Shape[1]
		taps = p.Size() / (outs * ins)
	}
	total := 0.0
	for first := 0; first < outs; first += schedule.Panel {
		lanes := make([]float64, schedule.Panel)
		for n := first; n < min(outs, first+schedule.Panel); n++ {
			for k := range ins * taps {
				lanes[n-first] = add(lanes[n-first], term(n*ins*taps+k%ins*taps+k/ins))
			}
		}
		total = add(total, m.halve(lanes))
	}
	return total
}
