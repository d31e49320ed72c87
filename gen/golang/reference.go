package golang

import (
	"fmt"
	"maps"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/spec"
)

// reference prints the tests' float64 reference: the program in rolled loops
// over plain slices, parameters in canonical layout. It shares nothing with
// the kernels.
func (e *emitter) reference() (*jen.File, error) {
	f := e.File()
	r := e.newRef(append(e.reserved(), "seed", "step", "samples")...)
	r.inputs("x")
	for i, m := range e.prog.Memory {
		r.at[m.In] = fmt.Sprintf("s[%d]", i)
	}
	ops := e.prog.Infer.Ops
	err := plan.Walk(len(ops), e.plan.Rolls(ops, e.prog.Infer.Results...), func(i int) error { return r.op(ops[i]) }, func(roll *plan.Roll) error {
		return r.roll(roll, ops)
	})
	if err != nil {
		return nil, err
	}
	outs := make([]jen.Code, len(e.prog.Outputs))
	for i, o := range e.prog.Outputs {
		outs[i] = jen.Id(r.at[o.Value])
	}
	args := "p [][]float64, x *Input"
	if e.Remembers() {
		args += ", s [][]float64"
		r.add(e.refMemory(r))
		f.Comment("refForward is a step of the network in float64; p holds the parameters in canonical layout,")
		f.Comment("s the state.")
	} else {
		f.Comment("refForward is the network in float64; p holds the parameters in canonical layout.")
	}
	f.Func().Id("refForward").Params(jen.Id(args)).Index().Index().Float64().Block(
		append(r.out, jen.Return(jen.Index().Index().Float64().Values(outs...)))...)
	f.Line()
	if e.plan.Train != nil {
		if err := e.refLoss(f); err != nil {
			return nil, err
		}
	}
	for _, k := range source.SortedKeys(e.refs) {
		f.Line()
		f.Add(e.refs[k].code)
	}
	return f, nil
}

// newRef starts a function of the reference.
func (e *emitter) newRef(reserved ...string) *ref {
	r := &ref{e: e, names: newNamer(reserved...), at: map[*ir.Value]string{}}
	r.names.Others, r.names.Record = e.refNames, e.Globals.Others
	return r
}

// ref builds the reference: every value is a []float64.
type ref struct {
	e     *emitter
	names *namer
	at    map[*ir.Value]string
	out   []jen.Code
	loop  *plan.Roll // that is being printed
}

func (r *ref) add(c ...jen.Code) { r.out = append(r.out, c...) }

func (r *ref) inputs(name string) {
	for _, v := range r.e.prog.Inputs {
		local := r.names.Name("in_" + v.Name)
		r.at[v] = local
		r.add(letf(local, "refInput(%s%s[:])", name, r.e.InputField(v)))
	}
}

// value is the Go slice of a value.
func (r *ref) value(v *ir.Value) string {
	if v.Kind == ir.Constant && r.at[v] == "" {
		r.add(letf(r.result(v), "[]float64{%s}", wrap(literalsOf(v, ir.Float64))))
	}
	if v.Kind != ir.Param {
		return r.at[v]
	}
	if r.loop != nil {
		if m, ok := r.loop.Params[v]; ok {
			return fmt.Sprintf("p[%s]", m.Text(turn))
		}
	}
	return fmt.Sprintf("p[%d]", r.e.numbers[v])
}

// roll prints a loop over equal layers, which pass values on to each other.
func (r *ref) roll(roll *plan.Roll, ops []ir.Op) error {
	before, at := r.out, maps.Clone(r.at)
	r.out, r.loop = nil, roll
	first := ops[roll.First : roll.First+roll.Period]
	names := map[*ir.Value]string{} // of what is passed on, by the first turn's result
	var in []*ir.Value              // in the order of the code
	for _, op := range first {
		for _, x := range op.Ins() {
			if y := roll.Carried[x]; y != nil && names[y] == "" {
				names[y] = r.names.Name(plan.SeriesName(y))
				in = append(in, x)
			}
		}
	}
	for _, x := range in {
		name := names[roll.Carried[x]]
		before = append(before, letf(name, "%s", r.at[x]))
		r.at[x] = name
	}
	for _, op := range first {
		if err := r.op(op); err != nil {
			return err
		}
	}
	for _, x := range in {
		y := roll.Carried[x]
		r.add(setf(names[y], "%s", r.at[y]))
	}
	r.out, r.at, r.loop = append(before, forRange(turn, fmt.Sprint(roll.Count), r.out...)), at, nil
	for v, y := range roll.After {
		r.at[v] = names[y]
	}
	return nil
}

func (r *ref) result(v *ir.Value) string {
	hint := v.Name
	if r.loop != nil {
		hint = plan.SeriesName(v)
	}
	r.at[v] = r.names.Name(hint)
	return r.at[v]
}

func (r *ref) op(op ir.Op) error {
	switch o := ir.Form(op).(type) {
	case *ir.Dense:
		bias := "nil"
		if o.B != nil {
			bias = r.value(o.B)
		}
		w, x := r.value(o.W), r.value(o.X)
		r.add(letf(r.result(o.Y), "refDense(%s, %s, %s)", w, bias, x))
	case *ir.Contract:
		r.contract(o)
	case *ir.Map:
		r.mapOp(o)
	case *ir.Reduce:
		r.reduce(o)
	case *ir.Concat:
		y := r.result(o.Y)
		r.add(jen.Var().Id(y).Index().Float64())
		for _, x := range o.Xs {
			r.add(setf(y, "append(%s, %s...)", y, r.value(x)))
		}
	case *ir.Slice:
		x := r.value(o.X)
		var turns map[ir.Op]plan.Move
		if r.loop != nil {
			turns = r.loop.Numbers
		}
		r.add(letf(r.result(o.Y), "%s", sliceIn(o, x, turns)))
	case *ir.View:
		r.view(o)
	case *ir.Pool:
		r.pool(o)
	case *ir.ReduceAxis:
		r.reduceAxis(o)
	case *ir.Gather:
		x, t := r.value(o.X), r.value(o.T)
		r.add(letf(r.result(o.Y), "[]float64{%s[int(%s[0])]}", x, t))
	case *ir.Random:
		r.random(o)
	case *ir.OneHot:
		y := r.result(o.Y)
		r.add(letf(y, "make([]float64, %d)", o.Y.Size()), setf(fmt.Sprintf("%s[int(%s[0])]", y, r.value(o.T)), "1"))
	default:
		return fmt.Errorf("reference: unexpected op %T", op)
	}
	return nil
}

// refFunc is a function of an element-wise operation, which all that are alike
// share.
type refFunc struct {
	name string
	code jen.Code
}

// function is the function of an element-wise operation with one result.
func (r *ref) function(o *ir.Map) string {
	key := o.Doc + kernel.Positional(o.Prog.Keep(o.OutNames[0]), o.InNames, o.OutNames[0]).String() + fmt.Sprint(o.Out[0].Size())
	for _, x := range o.In {
		key += fmt.Sprint(" ", x.Size())
	}
	if f := r.e.refs[key]; f != nil {
		return f.name
	}
	f := &refFunc{name: r.e.Globals.Name("ref " + o.Doc)}
	r.e.refs[key], r.e.refNames[f.name] = f, true
	in := r.e.newRef()
	names := make([]string, len(o.In))
	for i := range o.In {
		names[i] = in.names.Own(o.InNames[i])
	}
	args := jen.Params()
	if len(names) > 0 {
		args = jen.Params(jen.Id(joinComma(names)).Index().Float64())
	}
	dst := in.names.Own("out")
	f.code = jen.Comment(fmt.Sprintf("%s is %s of every element.", f.name, wrapFormula(o.Prog.Keep(o.OutNames[0])))).Line().Func().Id(f.name).Add(args).Index().Float64().Block(
		append(in.elementwise(o, names, dst, o.Out[0].Size()), jen.Return(jen.Id(dst)))...)
	return f.name
}

// layerOf is the number of a layer for random numbers.
func (r *ref) layerOf(o *ir.Random) string {
	if r.loop != nil {
		if m, ok := r.loop.Numbers[o]; ok {
			return fmt.Sprintf("uint32(%s)", m.Text(turn))
		}
	}
	return fmt.Sprint(o.Layer)
}

// fill declares the result of an element-wise program and fills it.
func (r *ref) fill(prog *ir.Map, dst string, size int) []jen.Code {
	operands := make([]string, len(prog.In))
	for i, x := range prog.In {
		operands[i] = r.value(x)
	}
	return r.elementwise(prog, operands, dst, size)
}

func (r *ref) elementwise(prog *ir.Map, operands []string, dst string, size int) []jen.Code {
	s := r.e.Scalar(ir.Float64)
	s.Math = true
	s.Avoid(r.names)
	var body []jen.Code
	for i, x := range prog.In {
		local := s.Fresh(prog.InNames[i])
		s.Bind(prog.InNames[i], local)
		switch n := x.Size(); {
		case n == 1:
			body = append(body, letf(local, "%s[0]", operands[i]))
		case n < size:
			body = append(body, letf(local, "%s[j%%%d]", operands[i], n))
		default:
			body = append(body, letf(local, "%s[j]", operands[i]))
		}
	}
	body = append(body, s.Assigns(prog.Prog.Keep(prog.OutNames[0]))...)
	body = append(body, setf(dst+"[j]", "%s", s.Names[prog.OutNames[0]]))
	return []jen.Code{letf(dst, "make([]float64, %d)", size), forRange("j", dst, body...)}
}

func (r *ref) mapOp(o *ir.Map) {
	for i, y := range o.Out {
		one := &ir.Map{Prog: o.Prog, In: o.In, InNames: o.InNames, Out: []*ir.Value{y}, OutNames: []string{o.OutNames[i]}}
		leaves := o.Prog.Keep(o.OutNames[i])
		one.In, one.InNames = nil, nil
		for j, name := range o.InNames {
			if leaves.Reads(name) {
				one.In, one.InNames = append(one.In, o.In[j]), append(one.InNames, name)
			}
		}
		one.Doc = o.Doc
		operands := make([]string, len(one.In))
		for j, x := range one.In {
			operands[j] = r.value(x)
		}
		call := fmt.Sprintf("%s(%s)", r.function(one), joinComma(operands))
		r.add(letf(r.result(y), "%s", call))
	}
}

func (r *ref) reduce(o *ir.Reduce) {
	wide := o.In[0]
	for _, x := range o.In {
		if x.Size() > wide.Size() {
			wide = x
		}
	}
	terms := r.names.Own("terms")
	m := &ir.Map{Prog: o.Prog, In: o.In, InNames: o.InNames, OutNames: []string{"e"}}
	r.add(r.fill(m, terms, wide.Size())...)
	r.add(letf(r.result(o.Y), "[]float64{ref%s(%s)}", map[ir.ReduceKind]string{ir.Sum: "Sum", ir.MaxOf: "Largest"}[o.Kind], terms))
}

func (r *ref) random(o *ir.Random) {
	threshold, scale := dropout(o.Rate)
	purpose, sample := "PurposeDropout", "samples+uint32(i)"
	if o.Purpose == "drop_connect" {
		purpose, sample = "PurposeDropConnect", "0"
	}
	y := r.result(o.Y)
	r.add(letf(y, "make([]float64, %d)", o.Y.Size()),
		r.e.RT("Dropout").Call(exprf("%s", y), exprf("seed"), r.e.RT(purpose), exprf("step"), exprf("%s", r.layerOf(o)),
			exprf("%s", sample), exprf("0"), exprf("%d", threshold), exprf("%s", literal(scale, ir.Float64))))
}

// refLoss prints the loss of a training batch, dropout included: what the
// gradient check differentiates.
func (e *emitter) refLoss(f *jen.File) error {
	needed := map[*ir.Value]bool{e.prog.Loss: true}
	ops := e.prog.Gradients.Ops
	var keep []ir.Op
	for i := len(ops) - 1; i >= 0; i-- {
		for _, y := range ops[i].Outs() {
			if needed[y] {
				keep = append(keep, ops[i])
				for _, x := range ops[i].Ins() {
					needed[x] = true
				}
				break
			}
		}
	}
	slices.Reverse(keep)
	r := e.newRef("seed", "step", "samples", "batch")
	body := []jen.Code{letf("batch", "[]float64{float64(len(x))}"), setf("_", "batch")}
	for _, v := range e.prog.Values {
		switch {
		case v.Kind == ir.Stream: // a sequence begins
			r.at[v] = fmt.Sprintf("make([]float64, %d)", v.Size())
		case v.Kind == ir.Scalar && v.Name == "batch":
			r.at[v] = "batch"
		case v.Kind == ir.Constant && needed[v]:
			r.at[v] = r.names.Name(v.Name)
			body = append(body, letf(r.at[v], "[]float64{%s}", wrap(literalsOf(v, ir.Float64))))
		}
	}
	r.inputs("x[i]")
	r.targets()
	stages, err := r.stages(keep)
	if err != nil {
		return err
	}
	for i, s := range stages {
		body = append(body, s.before...)
		if i < len(stages)-1 {
			body = append(body, forRange("i", "x", s.sample...))
		}
	}
	f.Comment("refLoss is the loss of a training batch in float64, with the units of that step")
	f.Comment("dropped.")
	f.Func().Id("refLoss").Params(jen.Id("p [][]float64, x []Input, y []Target, seed uint64, step, samples uint32")).Float64().Block(
		append(body, jen.Return(exprf("%s[0]", r.at[e.prog.Loss])))...)
	return nil
}

// targets declares the targets of sample i.
func (r *ref) targets() {
	for _, o := range r.e.Trained() {
		field := ""
		if len(r.e.prog.Outputs) > 1 {
			field = "." + spec.GoName(o.Name)
		}
		name := r.names.Name("target_" + o.Name)
		r.at[o.Target] = name
		if o.Class {
			r.add(letf(name, "[]float64{float64(y[i]%s)}", field))
		} else {
			r.add(letf(name, "refInput(y[i]%s[:])", field))
		}
	}
}
