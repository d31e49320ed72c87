package phases

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/plan"
)

// place is where a value lies, as seen from a function.
type place struct {
	idx string // indexed: idx[j]; a number: idx
	ptr string // pointer to the array, for kernels
}

// body builds the statements that run a phase.
type body struct {
	e     *Phases
	phase *plan.Phase
	names *source.Namer
	at    map[*ir.Value]place
	// slots is the workspace's Go expression; kept are the values of which the
	// trainer keeps the rows of all samples.
	slots string
	kept  map[*ir.Value]bool
	// weights is the Go expression of the parameters, grads of the gradients, net of
	// the network.
	weights, grads, net string
	sample              string               // Go expression of the sample's number
	training            bool                 // part of a training step
	layers              bool                 // layer by layer: every value has a row per sample i
	from                string               // the rows, as the range of a slice
	group               bool                 // workspaces and some rows are those of a group, m
	variables           map[*ir.Value]string // slices of rows
	declared            []jen.Code           // their declarations
	single              bool                 // one sample, none of whose values has rows
	apart               bool                 // variables are declared apart from the statements
	// args are those of the function being made that hold arrays: the
	// rows of a value, or the arrays of a parameter-shaped one.
	args    map[*ir.Value]string
	outputs map[*ir.Value]string // fields of y, layer by layer
	memory  map[*ir.Value]memoryRows
	mixes   map[*plan.Step]*calls.Mix // of mixedPhase
	stmts   []jen.Code

	mixedPhase *plan.Phase
}

func (b *body) add(c ...jen.Code) { b.stmts = append(b.stmts, c...) }

// run emits the steps of the phase.
func (b *body) run() error {
	return b.runSteps(b.phase.Steps, b.phase.Repeats)
}

func (b *body) runSteps(steps []*plan.Step, repeats []*plan.Repeat) error {
	return plan.Walk(len(steps), repeats, func(i int) error { return b.step(steps[i]) }, func(r *plan.Repeat) error {
		first := steps[r.First : r.First+r.Period]
		return b.loop(r, first, func() error { return b.runSteps(first, nil) })
	})
}

// result makes the place of a value a step stores.
func (b *body) result(v *ir.Value) place {
	if p, ok := b.at[v]; ok {
		return p
	}
	if b.layers && v.Batch {
		return b.rowPlace(v)
	}
	name := b.variable(v)
	p := place{name, name}
	declare := func(format string, args ...any) {
		if code := source.Letf(name, format, args...); b.apart && b.e.repeat == nil {
			b.declared = append(b.declared, code)
		} else {
			b.add(code)
		}
	}
	switch slot, inSlot := b.phase.Slot[v]; {
	case source.IsNumber(v):
	case b.kept[v]:
		declare("&%s[i]", b.rowsVariable(v))
	case inSlot && b.single:
		declare("&%s[0]", b.slot(v))
	case inSlot && b.phase.Slots[slot] == v.Size():
		declare("&%s", b.slot(v))
	case inSlot:
		declare("(*%s)(%s[:%d])", source.Array(v.DType, v.Size()), b.slot(v), v.Size())
	default:
		panic(fmt.Sprintf("internal error: golang: %s has no place", v.Describe()))
	}
	b.at[v] = p
	return p
}

// operand is element j of a value.
func (b *body) operand(v *ir.Value, j string) string {
	p, ok := b.at[v]
	if !ok && v.Kind == ir.Param {
		t := b.e.plan.TensorOf(v.Param)
		if v.Size() == 1 {
			j = "0"
		}
		return source.VectorAt(b.weights+"."+b.e.field(t, t.Field), j)
	}
	if !ok {
		panic(fmt.Sprintf("internal error: golang: %s is not in scope", v.Describe()))
	}
	switch {
	case source.IsNumber(v):
		return p.idx
	case v.DType == ir.Uint8:
		return fmt.Sprintf("%s(%s[%s])", source.TypeName(b.e.prog.DType), p.idx, j)
	case v.Size() == 1:
		return p.idx + "[0]"
	}
	return p.idx + "[" + j + "]"
}

func (b *body) step(s *plan.Step) error {
	if m := b.mixOf(s); m != nil {
		if s == m.Steps[0] {
			b.mix(m)
		}
		return nil
	}
	b.bindConstants(s)
	switch o := ir.Form(s.Op).(type) {
	case *ir.Dense, *ir.DenseGradInput:
		return b.matrix(s)
	case *ir.DenseGradWeight:
		return b.gradWeight(s, o)
	case *ir.Contract:
		switch {
		case s.Convolution() != nil:
			b.convolve(s)
		case s.Transforms:
			b.transformFilters(o)
		default:
			b.contract(o, s.Chains, s.Kernel)
		}
	case *ir.RankOne:
		b.rankOne(o)
	case *ir.BatchSum:
		if o.Y.Param == nil && !source.IsNumber(o.Y) {
			b.contract(s.Op.(*ir.Contract), s.Chains, nil)
			return nil
		}
		return b.batchSum(s, o)
	case *ir.Map:
		return b.mapOp(o)
	case *ir.Reduce:
		b.reduce(s, o)
	case *ir.Concat:
		b.concat(o)
	case *ir.Slice:
		y := b.result(o.Y)
		b.add(jen.Id("copy").Call(source.Exprf("%s[:]", y.idx), source.Exprf("%s", b.e.sliceOf(o, b.at[o.X].idx))))
	case *ir.View:
		b.view(o)
	case *ir.ViewGrad:
		b.viewGrad(o)
	case *ir.Pool:
		if s.Convolution() != nil {
			b.convolve(s)
		} else {
			b.pool(o)
		}
	case *ir.PoolGradient:
		b.poolGradient(o, s.Kernel)
	case *ir.ReduceAxis:
		b.reduceAxis(o, s.Chains)
	case *ir.Gather:
		y := b.result(o.Y)
		b.add(source.Setf(y.idx+"[0]", "%s", b.operand(o.X, b.at[o.T].idx)))
	case *ir.OneHot:
		y := b.result(o.Y)
		b.add(jen.Id("clear").Call(source.Exprf("%s[:]", y.idx)))
		if n := o.T.Size(); n > 1 {
			b.add(source.ForRange("k", fmt.Sprint(n), source.Setf(fmt.Sprintf("%s[%d*k+int(%s[k])]", y.idx, o.Y.Size()/n, b.at[o.T].idx), "1")))
			break
		}
		b.add(source.Setf(y.idx+"["+b.at[o.T].idx+"]", "1"))
	case *ir.Random:
		return b.random(o)
	default:
		return fmt.Errorf("unexpected op %T", s.Op)
	}
	return nil
}

func (b *body) concat(o *ir.Concat) {
	y := b.result(o.Y)
	from := 0
	for _, x := range o.Xs {
		b.add(jen.Id("copy").Call(source.Exprf("%s[%d:%d]", y.idx, from, from+x.Size()), source.Exprf("%s[:]", b.at[x].idx)))
		from += x.Size()
	}
}

// mapOp emits an element-wise operation that was not fused.
func (b *body) mapOp(o *ir.Map) error {
	out := o.Out[0]
	switch {
	case o.PerStep():
		b.numbers(o)
		return nil
	case out.Param != nil:
		return b.paramMap(o)
	case len(o.Out) > 1:
		return fmt.Errorf("map %q has several results", o.Doc)
	}
	if source.IsNumber(out) {
		b.define(out, func() jen.Code { return b.value(o, "0") })
		return nil
	}
	y := b.result(out)
	if out.Size() == 1 {
		b.add(source.Set(y.idx+"[0]", b.value(o, "0")))
		return nil
	}
	if k, _ := b.e.MapKernel(o, out.Size()); k != nil {
		args := []jen.Code{source.Exprf("%s[:]", y.idx)}
		for _, x := range o.In {
			switch {
			case source.IsNumber(x):
				args = append(args, source.Exprf("%s", b.at[x].idx))
			case x.Size() < out.Size() || x.Kind == ir.Param:
				pass, _, _ := b.elementsOf(x)
				args = append(args, source.Exprf("%s", pass))
			default:
				args = append(args, source.Exprf("%s[:]", b.at[x].idx))
			}
		}
		b.add(b.e.ID(k).Call(args...))
		return nil
	}
	b.add(source.ForRange("j", y.idx, source.Set(y.idx+"[j]", b.value(o, "j"))))
	return nil
}

// value is element j of a map's result.
func (b *body) value(o *ir.Map, j string) *jen.Statement {
	operands := make([]string, len(o.In))
	for i, x := range o.In {
		operands[i] = b.operand(x, j)
		if n := x.Size(); n > 1 && n < o.Out[0].Size() {
			operands[i] = b.operand(x, fmt.Sprintf("(%s %% %d)", j, n))
		}
	}
	return b.e.Apply(o.Out[0].DType, o.Doc, o.Prog, o.InNames, operands, o.OutNames[0])
}

// numbers computes numbers of the step in float64 and rounds them to the
// type of their results.
func (b *body) numbers(o *ir.Map) { b.numbersFor(o, nil) }

// numbersFor computes the numbers that are needed; nil is all.
func (b *body) numbersFor(o *ir.Map, needed map[*ir.Value]bool) {
	s := b.e.Scalar(ir.Float64)
	s.Avoid(b.names)
	for i, x := range o.In {
		s.Bind(o.InNames[i], b.at[x].idx)
	}
	var outs []*ir.Value
	var names []string
	for i, y := range o.Out {
		if needed == nil || needed[y] {
			outs, names = append(outs, y), append(names, o.OutNames[i])
		}
	}
	prog := o.Prog.Keep(names...)
	if len(prog) == 1 && prog[0].X.Op == expr.OpLeaf { // a rounding alone
		s.Names[prog[0].Name] = s.Names[prog[0].X.Name]
	} else {
		b.add(s.Assigns(prog)...)
	}
	for name := range s.Taken {
		b.names.Taken[name] = true
	}
	for i, y := range outs {
		goName := s.Names[names[i]]
		if y.DType != ir.Float64 {
			rounded := b.names.Name(y.Name)
			b.add(source.Letf(rounded, "%s(%s)", source.TypeName(y.DType), goName))
			goName = rounded
		}
		b.at[y] = place{goName, goName}
	}
}

// random draws a dropout mask.
func (b *body) random(o *ir.Random) error {
	threshold, scale := dropout(o.Rate)
	purpose, first, sample := "PurposeDropout", "0", b.sample
	if o.Purpose == "drop_connect" {
		return b.randomWeights(o, threshold, scale)
	}
	y := b.result(o.Y)
	b.add(b.e.RT("Dropout").Call(source.Exprf("%s[:]", y.idx), source.Exprf("t.seed"), b.e.RT(purpose), source.Exprf("t.step"),
		source.Exprf("%s", b.e.layerOf(o)), source.Exprf("%s", sample), source.Exprf("%s", first), source.Exprf("%d", threshold), source.Exprf("%s", source.Literal(scale, o.Y.DType))))
	return nil
}
