package lower

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// updater builds the update of each parameter: regulariser's gradient, clip,
// optimiser, proximal step, in that order, as one scalar program per element.
type updater struct {
	*lowering
	row     *op.Optimizer
	args    spec.Args
	scalars func(spec.Args) expr.Program
	perStep []any // leaf, value, … computed once per step
	clip    *ir.Value
}

// prepare computes what is the same for every element.
func (u *updater) prepare() {
	u.perStep = []any{"step", u.step}
	lr := u.Scalars("learning rate", expr.One("lr", expr.L("x")), []string{"lr"}, u.Prog.DType, "x", u.lr)[0]
	u.perStep = append(u.perStep, "lr", lr)
	if u.scalars == nil {
		return
	}
	prog := u.scalars(u.args)
	if len(prog) == 0 {
		return
	}
	prog = prog.Bind(op.Numbers(u.args))
	names := make([]string, len(prog))
	for i, a := range prog {
		names[i] = a.Name
	}
	outs := u.Scalars(u.row.Name+", per step", prog, names, u.Prog.DType, "step", u.step, "lr", u.lr)
	for i, name := range names {
		u.perStep = append(u.perStep, name, outs[i])
	}
}

// gradient is the program from the raw gradient g to the one that is clipped
// by the global norm or given to the optimiser.
func (u *updater) gradient(p *ir.Value) expr.Program {
	var prog expr.Program
	if reg := u.Regularizers[p.Name]; reg != nil && reg.Args.Text("method") != "proximal" {
		prog = append(prog, op.RegularizerByName(reg.Name).Programs(reg.Args).Grad...)
		prog = append(prog, expr.Let("g", expr.Add(expr.L("g"), expr.L("dw"))))
	}
	if c := u.args.Word("clip"); c != nil {
		prog = append(prog, op.ClipByName(c.Name).Value.Bind(op.Numbers(c.Args))...)
	}
	return prog
}

// clipNorm computes the factor of clipping by the global norm.
func (u *updater) clipNorm() {
	c := u.args.Word("clip")
	if c == nil || op.ClipByName(c.Name).Norm == nil {
		return
	}
	scale := map[ir.DType]float64{ir.Float32: 0x1p80, ir.Float64: 0x1p600}[u.Prog.DType]
	total := u.sumOfSquares("norm2", nil, 1)
	over := u.Map("squares overflow", "over", expr.MustParse("o = select(n - n == 0, 0, 1)"), "o", 1, "n", total)
	scaled := u.sumOfSquares("scaled2", over, 1/scale)
	prog := expr.MustParse("s = select(o == 0, 1, scale); r = sqrt(select(o == 0, n, m))").Bind(map[string]float64{"scale": scale})
	prog = append(prog, op.ClipByName(c.Name).Norm.Bind(op.Numbers(c.Args))...)
	u.clip = u.Map("clip by global norm", "c", prog, "c", 1, "o", over, "n", total, "m", scaled)
}

// sumOfSquares is the sum of the squares of all gradients times a factor; made
// where the number when is not 0, or always without it.
func (u *updater) sumOfSquares(name string, when *ir.Value, factor float64) *ir.Value {
	var total *ir.Value
	for _, p := range u.trained() {
		if p.Param.Momentum > 0 {
			continue // no gradient
		}
		square := u.gradient(p)
		if factor != 1 {
			square = append(square, expr.Let("g", expr.Mul(expr.L("g"), expr.C(factor))))
		}
		square = append(square, expr.Let("e", expr.Mul(expr.L("g"), expr.L("g"))))
		sum := u.ReduceWhen(when, "sum of squares", name+"_"+p.Name, ir.Sum, square, "g", u.gradOf(p), "w", p)
		if total == nil {
			total = sum
		} else {
			total = u.Map("add", name, expr.One("s", expr.Add(expr.L("a"), expr.L("b"))), "s", 1, "a", total, "b", sum)
		}
	}
	return total
}

// param adds the update of one parameter.
func (u *updater) param(p, g *ir.Value, i int) {
	prog := u.gradient(p)
	ins := append([]any{"g", g, "w", p}, u.perStep...)
	if u.clip != nil {
		prog = append(prog, expr.Let("g", expr.Mul(expr.L("g"), expr.L("c"))))
		ins = append(ins, "c", u.clip)
	}
	prog = append(prog, u.row.Update(u.args).Bind(op.Numbers(u.args))...)
	prog = append(prog, u.proximal(p)...)
	m := &ir.Map{Doc: u.row.Name, Prog: prog, Out: []*ir.Value{p}, OutNames: []string{"w"}}
	if u.row.States != nil {
		for _, name := range u.row.States(u.args) {
			s := u.Value(ir.Value{Name: p.Name + "." + name, Kind: ir.State, Shape: p.Shape, Param: p.Param})
			u.Prog.States = append(u.Prog.States, s)
			ins = append(ins, name, s)
			m.Out, m.OutNames = append(m.Out, s), append(m.OutNames, name)
		}
	}
	for i := 0; i < len(ins); i += 2 {
		if leaf := ins[i].(string); prog.Reads(leaf) {
			m.InNames, m.In = append(m.InNames, leaf), append(m.In, ins[i+1].(*ir.Value))
		}
	}
	u.Emit(m)
}

// average adds the update of a running average by the batch's statistic.
func (u *updater) average(p, s *ir.Value) {
	m := p.Param.Momentum
	u.Emit(&ir.Map{
		Doc: "running average", Prog: expr.One("w", expr.Add(expr.Mul(expr.C(1-m), expr.L("w")), expr.Mul(expr.C(m), expr.L("s")))),
		In: []*ir.Value{p, s}, InNames: []string{"w", "s"}, Out: []*ir.Value{p}, OutNames: []string{"w"},
	})
}

// proximal is the step after the optimiser's, if the parameter has one.
func (u *updater) proximal(p *ir.Value) expr.Program {
	reg := u.Regularizers[p.Name]
	if reg == nil || reg.Args.Text("method") != "proximal" {
		return nil
	}
	return op.RegularizerByName(reg.Name).Prox(reg.Args).Bind(op.Numbers(reg.Args))
}
