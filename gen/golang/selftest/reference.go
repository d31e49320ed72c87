package selftest

import (
	"fmt"
	"maps"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/spec"
)

// Reference prints the tests' float64 reference: the program in rolled loops
// over plain slices, parameters in canonical layout. It shares nothing with
// the kernels.
func (t *Tests) Reference() (*jen.File, error) {
	f := t.File()
	r := t.newRef(append(t.StateNames(), "seed", "step", "samples")...)
	r.inputs("x")
	for i, m := range t.prog.Memory {
		r.at[m.In] = fmt.Sprintf("s[%d]", i)
	}
	ops := t.prog.Infer.Ops
	err := plan.Walk(len(ops), t.plan.Rolls(ops, t.prog.Infer.Results...), func(i int) error { return r.op(ops[i]) }, func(roll *plan.Roll) error {
		return r.roll(roll, ops)
	})
	if err != nil {
		return nil, err
	}
	outs := make([]jen.Code, len(t.prog.Outputs))
	for i, o := range t.prog.Outputs {
		outs[i] = jen.Id(r.at[o.Value])
	}
	args := "p [][]float64, x *Input"
	if t.Remembers() {
		args += ", s [][]float64"
		r.add(t.refMemory(r))
		f.Comment("refForward is a step of the network in float64; p holds the parameters in canonical layout,")
		f.Comment("s the state.")
	} else {
		f.Comment("refForward is the network in float64; p holds the parameters in canonical layout.")
	}
	f.Func().Id("refForward").Params(jen.Id(args)).Index().Index().Float64().Block(
		append(r.out, jen.Return(jen.Index().Index().Float64().Values(outs...)))...)
	f.Line()
	if t.plan.Train != nil {
		if err := t.refLoss(f); err != nil {
			return nil, err
		}
	}
	for _, k := range source.SortedKeys(t.refs) {
		f.Line()
		f.Add(t.refs[k].code)
	}
	return f, nil
}

// newRef starts a function of the reference.
func (t *Tests) newRef(reserved ...string) *ref {
	r := &ref{t: t, names: source.NewNamer(reserved...), at: map[*ir.Value]string{}}
	r.names.Others, r.names.Record = t.names, t.Globals.Others
	return r
}

// ref builds the reference: every value is a []float64.
type ref struct {
	t     *Tests
	names *source.Namer
	at    map[*ir.Value]string
	out   []jen.Code
	loop  *plan.Roll // that is being printed
}

func (r *ref) add(c ...jen.Code) { r.out = append(r.out, c...) }

func (r *ref) inputs(name string) {
	for _, v := range r.t.prog.Inputs {
		local := r.names.Name("in_" + v.Name)
		r.at[v] = local
		r.add(source.Letf(local, "refInput(%s%s[:])", name, r.t.InputField(v)))
	}
}

// value is the Go slice of a value.
func (r *ref) value(v *ir.Value) string {
	if v.Kind == ir.Constant && r.at[v] == "" {
		r.add(source.Letf(r.result(v), "[]float64{%s}", source.Wrap(source.LiteralsOf(v, ir.Float64))))
	}
	if v.Kind != ir.Param {
		return r.at[v]
	}
	if r.loop != nil {
		if m, ok := r.loop.Params[v]; ok {
			return fmt.Sprintf("p[%s]", m.Text(source.Turn))
		}
	}
	return fmt.Sprintf("p[%d]", r.t.numbers[v])
}

// roll prints a loop over equal layers, which pass values on to each other.
func (r *ref) roll(roll *plan.Roll, ops []ir.Op) error {
	before, at := r.out, maps.Clone(r.at)
	r.out, r.loop = nil, roll
	first := ops[roll.First : roll.First+roll.Period]
	names := map[*ir.Value]string{} // of what is passed on, by the first source.Turn's result
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
		before = append(before, source.Letf(name, "%s", r.at[x]))
		r.at[x] = name
	}
	for _, op := range first {
		if err := r.op(op); err != nil {
			return err
		}
	}
	for _, x := range in {
		y := roll.Carried[x]
		r.add(source.Setf(names[y], "%s", r.at[y]))
	}
	r.out, r.at, r.loop = append(before, source.ForRange(source.Turn, fmt.Sprint(roll.Count), r.out...)), at, nil
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
		r.add(source.Letf(r.result(o.Y), "refDense(%s, %s, %s)", w, bias, x))
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
			r.add(source.Setf(y, "append(%s, %s...)", y, r.value(x)))
		}
	case *ir.Slice:
		x := r.value(o.X)
		var turns map[ir.Op]plan.Move
		if r.loop != nil {
			turns = r.loop.Numbers
		}
		r.add(source.Letf(r.result(o.Y), "%s", source.SliceIn(o, x, turns)))
	case *ir.View:
		r.view(o)
	case *ir.Pool:
		r.pool(o)
	case *ir.ReduceAxis:
		r.reduceAxis(o)
	case *ir.Gather:
		x, t := r.value(o.X), r.value(o.T)
		r.add(source.Letf(r.result(o.Y), "[]float64{%s[int(%s[0])]}", x, t))
	case *ir.Random:
		r.random(o)
	case *ir.OneHot:
		y := r.result(o.Y)
		r.add(source.Letf(y, "make([]float64, %d)", o.Y.Size()), source.ForRange("k, c", r.value(o.T), source.Setf(fmt.Sprintf("%s[%d*k+int(c)]", y, o.Y.Size()/o.T.Size()), "1")))
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
	if f := r.t.refs[key]; f != nil {
		return f.name
	}
	f := &refFunc{name: r.t.Globals.Name("ref " + o.Doc)}
	r.t.refs[key], r.t.names[f.name] = f, true
	in := r.t.newRef()
	names := make([]string, len(o.In))
	for i := range o.In {
		names[i] = in.names.Own(o.InNames[i])
	}
	args := jen.Params()
	if len(names) > 0 {
		args = jen.Params(jen.Id(source.JoinComma(names)).Index().Float64())
	}
	dst := in.names.Own("out")
	f.code = jen.Comment(fmt.Sprintf("%s is %s of every element.", f.name, source.WrapFormula(o.Prog.Keep(o.OutNames[0])))).Line().Func().Id(f.name).Add(args).Index().Float64().Block(
		append(in.elementwise(o, names, dst, o.Out[0].Size()), jen.Return(jen.Id(dst)))...)
	return f.name
}

// layerOf is the number of a layer for random numbers.
func (r *ref) layerOf(o *ir.Random) string {
	if r.loop != nil {
		if m, ok := r.loop.Numbers[o]; ok {
			return fmt.Sprintf("uint32(%s)", m.Text(source.Turn))
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
	s := r.t.Scalar(ir.Float64)
	s.Math = true
	s.Avoid(r.names)
	var body []jen.Code
	for i, x := range prog.In {
		local := s.Fresh(prog.InNames[i])
		s.Bind(prog.InNames[i], local)
		switch n := x.Size(); {
		case n == 1:
			body = append(body, source.Letf(local, "%s[0]", operands[i]))
		case n < size:
			body = append(body, source.Letf(local, "%s[j%%%d]", operands[i], n))
		default:
			body = append(body, source.Letf(local, "%s[j]", operands[i]))
		}
	}
	body = append(body, s.Assigns(prog.Prog.Keep(prog.OutNames[0]))...)
	body = append(body, source.Setf(dst+"[j]", "%s", s.Names[prog.OutNames[0]]))
	return []jen.Code{source.Letf(dst, "make([]float64, %d)", size), source.ForRange("j", dst, body...)}
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
		call := fmt.Sprintf("%s(%s)", r.function(one), source.JoinComma(operands))
		r.add(source.Letf(r.result(y), "%s", call))
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
	r.add(source.Letf(r.result(o.Y), "[]float64{ref%s(%s)}", map[ir.ReduceKind]string{ir.Sum: "Sum", ir.MaxOf: "Largest"}[o.Kind], terms))
}

func (r *ref) random(o *ir.Random) {
	threshold, scale := interp.Dropout(o.Rate)
	purpose, sample := "PurposeDropout", "samples+uint32(i)"
	if o.Purpose == "drop_connect" {
		purpose, sample = "PurposeDropConnect", "0"
	}
	y := r.result(o.Y)
	r.add(source.Letf(y, "make([]float64, %d)", o.Y.Size()),
		r.t.RT("Dropout").Call(source.Exprf("%s", y), source.Exprf("seed"), r.t.RT(purpose), source.Exprf("step"), source.Exprf("%s", r.layerOf(o)),
			source.Exprf("%s", sample), source.Exprf("0"), source.Exprf("%d", threshold), source.Exprf("%s", source.Literal(scale, ir.Float64))))
}

// refLoss prints the loss of a training batch, dropout included: what the
// gradient check differentiates.
func (t *Tests) refLoss(f *jen.File) error {
	needed := map[*ir.Value]bool{t.prog.Loss: true}
	ops := t.prog.Gradients.Ops
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
	r := t.newRef("seed", "step", "samples", "batch")
	body := []jen.Code{source.Letf("batch", "[]float64{float64(len(x))}"), source.Setf("_", "batch")}
	for _, v := range t.prog.Values {
		switch {
		case v.Kind == ir.Stream: // a sequence begins
			r.at[v] = fmt.Sprintf("make([]float64, %d)", v.Size())
		case v.Kind == ir.Scalar && v.Name == "batch":
			r.at[v] = "batch"
		case v.Kind == ir.Constant && needed[v]:
			r.at[v] = r.names.Name(v.Name)
			body = append(body, source.Letf(r.at[v], "[]float64{%s}", source.Wrap(source.LiteralsOf(v, ir.Float64))))
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
			body = append(body, source.ForRange("i", "x", s.sample...))
		}
	}
	f.Comment("refLoss is the loss of a training batch in float64, with the units of that step")
	f.Comment("dropped.")
	f.Func().Id("refLoss").Params(jen.Id("p [][]float64, x []Input, y []Target, seed uint64, step, samples uint32")).Float64().Block(
		append(body, jen.Return(source.Exprf("%s[0]", r.at[t.prog.Loss])))...)
	return nil
}

// targets declares the targets of sample i.
func (r *ref) targets() {
	for _, o := range r.t.Trained() {
		field := ""
		if len(r.t.prog.Outputs) > 1 {
			field = "." + spec.GoName(o.Name)
		}
		name := r.names.Name("target_" + o.Name)
		r.at[o.Target] = name
		if o.Class && o.Numbers() == 1 {
			r.add(source.Letf(name, "[]float64{float64(y[i]%s)}", field))
		} else {
			r.add(source.Letf(name, "refInput(y[i]%s[:])", field))
		}
	}
}

// refMemory ends a step of the reference: all of the state changes at once.
func (t *Tests) refMemory(r *ref) jen.Code {
	var in, out []string
	for i, m := range t.prog.Memory {
		in, out = append(in, fmt.Sprintf("s[%d]", i)), append(out, r.value(m.Out))
	}
	return source.Setf(source.JoinComma(in), "%s", source.JoinComma(out))
}
