package phases

import (
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/loops"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
)

// learn prints the update of the parameters by the samples of a batch, or by
// a worker's part of them: every gradient is used where it was made.
func (e *Phases) learn(f *jen.File) error {
	all := e.plan.Train.Learn
	if all == nil {
		return nil
	}
	b := e.learnBody()
	ranks := e.plan.Ranks()
	err := plan.Walk(len(all), e.plan.Train.LearnRepeats, func(i int) error { return b.learn(all[i], ranks) }, func(r *plan.Repeat) error {
		return b.loop(r, nil, func() error {
			for _, l := range all[r.First : r.First+r.Period] {
				if err := b.learn(l, ranks); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	code := b.take()
	if slices.ContainsFunc(all, func(l plan.Learn) bool { return rowsIn(l.Gradient) != nil }) {
		code = append([]jen.Code{source.Letf("p, g", "t.net.p, &t.m.grads")}, code...)
	}
	e.method(f, []string{
		"learn updates the parameters once all samples went through the network: one of",
		"several parts, which together do what sums and update do.",
	}, "learn", "x []Input, part, parts int", "", code)
	return nil
}

// learnBody is a body of it, with the numbers of the step.
func (e *Phases) learnBody() *body {
	b := e.batchBody(e.plan.Train.Gradients, true, ":len(x)")
	var steps []*plan.Step // what reads the numbers
	for _, l := range e.plan.Train.Learn {
		steps = append(steps, &plan.Step{Op: l.Update})
	}
	b.neededNumbers(e.plan.Train.Update.Steps, steps)
	return b
}

// asElem is a number of the step in a type.
func (b *body) asElem(x *ir.Value, elem ir.DType) string {
	if x.DType == elem {
		return b.at[x].idx
	}
	return fmt.Sprintf("%s(%s)", source.TypeName(elem), b.at[x].idx) // the step's number, which formulas only compare
}

// learn emits the update of one parameter, dealt out by its rank where it is not
// divided.
func (b *body) learn(l plan.Learn, ranks map[*ir.ParamInfo]int) error {
	t := b.e.plan.TensorOf(l.Update.Out[0].Param)
	k, err := b.e.learnFunc(l, t)
	args := b.passNumbers(l.Update)
	if over := rowsIn(l.Gradient); over != nil {
		args = append(args, b.passArrays(l.Update, t)...)
		for _, v := range over {
			pass, _, _ := b.source(v)
			args = append(args, source.Exprf("%s", pass))
		}
	} else {
		args = append(args, source.Exprf("t, x"))
	}
	b.add(b.e.ID(k).Call(append(args, source.Exprf("%s, part, parts", b.e.rank(l.Update.Out[0].Param, ranks)))...))
	return err
}

// rowsIn are the rows that the gradient of a dense layer is a sum over, dy and
// then x; nil for other gradients.
func rowsIn(gradient ir.Op) []*ir.Value {
	switch o := ir.Form(gradient).(type) {
	case *ir.DenseGradWeight:
		return []*ir.Value{o.DY, o.X}
	case *ir.BatchSum:
		return []*ir.Value{o.X}
	}
	return nil
}

// learnFunc is the function that updates a parameter: for gradients of dense
// layers that of all parameters of its layout, which is passed what it works on.
func (e *Phases) learnFunc(l plan.Learn, t *plan.Tensor) (*function.Func, error) {
	b := e.batchBody(e.plan.Train.Gradients, true, ":len(x)")
	over, key := rowsIn(l.Gradient), "learn "+l.Gradient.String()
	if over != nil {
		key = fmt.Sprintf("learn %T %v %s %d %s", ir.Form(l.Gradient), t.Layout.ByInputs, t.Layout.Dims(), t.Layout.Out, b.updateKey(l.Update))
		for _, v := range over {
			pass, typ, element := b.source(v)
			if key += " " + typ; element != nil {
				key += pass + element("b", "k")
			}
		}
	}
	var failed error
	repeat := e.repeat
	defer func() { e.repeat = repeat }()
	e.repeat = nil // the function is that of all turns
	k := e.Make(key, source.LowerCamel(l.Update.Out[0].Name)+" learn", func(k *function.Func) {
		k.Train, k.Rows = true, true
		what := l.Update.Out[0].Name
		b.takeNumbers(k, l.Update)
		numbers, _ := loops.NumbersOf(l.Update)
		if over != nil {
			what = alike(l.Update.Out[0])
			b.takeArrays(k, b.arraysOf(l.Update), t)
			b.takeRows(k, over)
		} else {
			k.Args = append(k.Args, function.Arg{Name: "t", Type: "*Trainer"}, function.Arg{Name: "x", Type: "[]Input"})
		}
		k.Doc = []string{fmt.Sprintf("%s updates %s: gradient and %s.", k.Name, what, l.Update.Doc)}
		k.Args = append(k.Args, function.Arg{Name: "rank", Type: "int"}, function.Arg{Name: "part", Type: "int"}, function.Arg{Name: "parts", Type: "int"})
		_, weights := ir.Form(l.Gradient).(*ir.DenseGradWeight)
		if failed = b.step(&plan.Step{Op: l.Gradient, Chains: 1, Vector: weights && connected(l.Gradient), Kernel: l.Kernel}); failed != nil {
			return
		}
		if failed = b.paramMap(l.Update); failed != nil {
			return
		}
		k.Generic = []jen.Code{jen.If(source.Exprf("part != %s(rank, parts)", e.Dealer())).Block(jen.Return())}
		if over == nil {
			k.Generic = append(k.Generic, source.Letf("p, g", "t.net.p, &t.m.grads"))
		}
		k.Generic = append(k.Generic, b.take()...)
		if len(e.plan.Options.Targets) > 0 && connected(l.Gradient) {
			e.Fast(k, func() []jen.Code {
				u, hold, ok := e.UpdateOf(l.Update, b.holder)
				if !ok {
					return nil
				}
				var passed []string
				for _, x := range numbers {
					passed = append(passed, "&"+b.at[x].idx)
				}
				v := e.Learning(u, hold, b.args[l.Gradient.Outs()[0]], passed, l.Update.Doc)
				if weights {
					return v.Weights(t, b.named(over[1]), b.named(over[0]))
				}
				return append([]jen.Code{jen.If(source.Exprf("part != 0")).Block(jen.Return())}, v.Bias(t.Layout.Out, b.named(over[0]))...)
			})
		}
		if k.Fast == nil {
			k.Rows, k.Body = false, k.Generic
		}
	})
	return k, failed
}

// takeRows makes rows arguments of a function.
func (b *body) takeRows(k *function.Func, over []*ir.Value) {
	for i, v := range over {
		name, typ, _ := b.source(v)
		if v.Kind != ir.Input {
			name = b.names.Own([]string{"dy", "x"}[i])
			b.args[v] = name
		}
		k.Args = append(k.Args, function.Arg{Name: name, Type: typ})
	}
}

// connected reports whether a gradient has assembly.
func connected(op ir.Op) bool {
	switch o := ir.Form(op).(type) {
	case *ir.DenseGradWeight:
		return o.DW.Param.Mask == nil
	case *ir.BatchSum:
		return true
	}
	return false
}

// named are the rows of a value that are an argument.
func (b *body) named(v *ir.Value) loops.NamedRows {
	if v.Kind == ir.Input {
		return loops.NamedRows{Rows: b.rowsOf(v), Name: "x"}
	}
	return loops.NamedRows{Rows: b.rowsOf(v), Name: b.args[v]}
}
