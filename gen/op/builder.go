package op

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// Builder adds operations to a function of a program and remembers how
// gradients flow back through them.
type Builder struct {
	Net  *spec.Network
	Prog *ir.Program
	// Training: dropout is in force and gradients are recorded.
	Training bool
	Errs     spec.ErrorList

	// Regularizers holds the penalty of each parameter that has one.
	Regularizers map[string]*spec.Named

	in        *spec.Layer // the layer being built, nil outside of layers
	fn        *ir.Func
	params    map[string]*ir.Value
	constants map[string]*ir.Value
	tape      []record
	grads     map[*ir.Value][]*ir.Value
	flows     map[*ir.Value]bool // depends on a trained parameter
	made      map[*ir.Value]made
	pending   []pendingState
	layer     int // running number of the layer, for the random generator
	dense     int // running number of the dense layer, for names
}

// record is how the gradients of values flow back; those that have none are
// nil, but not all.
type record struct {
	ys   []*ir.Value
	back func(dys []*ir.Value)
}

// made remembers the activation a value came from, for fusing losses.
type made struct {
	activation string
	x          *ir.Value
}

// NewBuilder returns a builder for an empty program.
func NewBuilder(net *spec.Network) *Builder {
	return &Builder{
		Net: net,
		Prog: &ir.Program{
			Name: net.Package, DType: ir.DType(net.Numeric.DType), Mode: net.Numeric.Mode,
		},
		Regularizers: map[string]*spec.Named{},
		params:       map[string]*ir.Value{},
		constants:    map[string]*ir.Value{},
	}
}

// Begin starts a function; values of earlier functions other than parameters
// must not be used in it.
func (b *Builder) Begin(name string, training bool) *ir.Func {
	b.fn = &ir.Func{Name: name}
	b.Training = training
	b.tape = nil
	b.grads = map[*ir.Value][]*ir.Value{}
	b.flows = map[*ir.Value]bool{}
	b.made = map[*ir.Value]made{}
	b.pending = nil
	b.layer, b.dense = 0, 0
	return b.fn
}

// In says which layer is built next, so that errors name it; nil is none.
func (b *Builder) In(l *spec.Layer) { b.in = l }

// Errorf reports a problem at a place of the spec; the format starts with its
// code.
func (b *Builder) Errorf(pos spec.Pos, hint, format string, args ...any) {
	kind, msg := code.Cut(fmt.Sprintf(format, args...))
	if b.in != nil {
		msg = b.Net.LayerContext(b.in) + ": " + msg
	}
	e := b.Net.Errorf(pos, hint, "%s", msg)
	e.Code = kind
	b.Errs = append(b.Errs, e)
}

// Value adds a value to the program.
func (b *Builder) Value(v ir.Value) *ir.Value {
	v.ID = len(b.Prog.Values)
	if v.DType == "" {
		v.DType = ir.DType(b.Net.Numeric.DType)
	}
	b.Prog.Values = append(b.Prog.Values, &v)
	return &v
}

// Temp adds a temporary per sample.
func (b *Builder) Temp(name string, dims ...int) *ir.Value {
	return b.Value(ir.Value{Name: name, Shape: dims, Batch: true})
}

// Emit adds an operation. Its results depend on trained parameters if one of
// its operands does.
func (b *Builder) Emit(op ir.Op) {
	b.fn.Ops = append(b.fn.Ops, op)
	for _, x := range op.Ins() {
		if b.flows[x] || (x.Kind == ir.Param && x.Param.Trained) {
			for _, y := range op.Outs() {
				b.flows[y] = true
			}
		}
	}
}

// Flows reports whether a gradient is wanted for the value.
func (b *Builder) Flows(v *ir.Value) bool { return b.Training && b.flows[v] }

// Map adds an element-wise operation with one result, named out in the
// program, of a size and of the shape that operands of that size have. ins are
// leaf name, value, leaf name, value, …; operands the program does not read are
// left out.
func (b *Builder) Map(doc, name string, prog expr.Program, out string, size int, ins ...any) *ir.Value {
	m := &ir.Map{Doc: doc, Prog: prog, OutNames: []string{out}}
	batch, shape := false, []int{size}
	for i := 0; i < len(ins); i += 2 {
		leaf, v := ins[i].(string), ins[i+1].(*ir.Value)
		if v == nil || !prog.Reads(leaf) {
			continue
		}
		m.InNames = append(m.InNames, leaf)
		m.In = append(m.In, v)
		batch = batch || v.Batch
		if v.Size() == size && len(v.Shape) > len(shape) {
			shape = v.Shape
		}
	}
	y := b.Value(ir.Value{Name: name, Shape: shape, Batch: batch})
	m.Out = []*ir.Value{y}
	b.Emit(m)
	return y
}

// Reduce adds a reduction of the elements of a sample; prog assigns "e".
func (b *Builder) Reduce(doc, name string, kind ir.ReduceKind, prog expr.Program, ins ...any) *ir.Value {
	r := &ir.Reduce{Doc: doc, Kind: kind, Prog: prog}
	batch := false
	for i := 0; i < len(ins); i += 2 {
		leaf, v := ins[i].(string), ins[i+1].(*ir.Value)
		if v == nil || !prog.Reads(leaf) {
			continue
		}
		r.InNames = append(r.InNames, leaf)
		r.In = append(r.In, v)
		batch = batch || v.Batch
	}
	r.Y = b.Value(ir.Value{Name: name, Shape: []int{1}, Batch: batch})
	b.Emit(r)
	return r.Y
}

// ReduceWhen is Reduce of what does not depend on the samples, done where the
// number when is not 0.
func (b *Builder) ReduceWhen(when *ir.Value, doc, name string, kind ir.ReduceKind, prog expr.Program, ins ...any) *ir.Value {
	y := b.Reduce(doc, name, kind, prog, ins...)
	b.fn.Ops[len(b.fn.Ops)-1].(*ir.Reduce).When = when
	return y
}

// Gather adds the element of x that the target names.
func (b *Builder) Gather(name string, x, t *ir.Value) *ir.Value {
	y := b.Temp(name, 1)
	b.Emit(&ir.Gather{Y: y, X: x, T: t})
	return y
}

// Constant returns numbers that the compiler knows, adding them on first use.
func (b *Builder) Constant(name string, values []float64) *ir.Value {
	if v := b.constants[name]; v != nil {
		return v
	}
	v := b.Value(ir.Value{Name: name, Kind: ir.Constant, Shape: []int{len(values)}, Const: slices.Clone(values)})
	b.constants[name] = v
	return v
}

// OneHot adds the vector that is 1 at the target's class and 0 elsewhere, of every
// class that the target has.
func (b *Builder) OneHot(name string, classes int, t *ir.Value) *ir.Value {
	y := b.Temp(name, classes*t.Size())
	b.Emit(&ir.OneHot{Y: y, T: t})
	return y
}

// Param returns the parameter of that name, adding it on first use.
func (b *Builder) Param(info ir.ParamInfo) *ir.Value {
	if p := b.params[info.Name]; p != nil {
		return p
	}
	p := b.Value(ir.Value{Name: info.Name, Kind: ir.Param, Shape: info.Shape, Param: &info})
	b.params[info.Name] = p
	b.Prog.Params = append(b.Prog.Params, p)
	return p
}

// Record says how the gradient dy of y flows back. It does nothing outside
// training or where no gradient is wanted.
func (b *Builder) Record(y *ir.Value, back func(dy *ir.Value)) {
	b.RecordAll([]*ir.Value{y}, func(dys []*ir.Value) { back(dys[0]) })
}

// RecordAll says how the gradients of several values, parts of one, flow back
// together; what has no gradient is nil.
func (b *Builder) RecordAll(ys []*ir.Value, back func(dys []*ir.Value)) {
	if slices.ContainsFunc(ys, b.Flows) {
		b.tape = append(b.tape, record{ys, back})
	}
}

// AddGrad adds a contribution to the gradient of a value.
func (b *Builder) AddGrad(x, dx *ir.Value) {
	if x.Kind == ir.Param {
		b.addParamGrad(x, dx)
		return
	}
	b.grads[x] = append(b.grads[x], dx)
}

// Grad returns the gradient of a value: the sum of the contributions, in the
// order in which they were added; nil if there is none. Those of a parameter
// were added up where they were made, in its layout.
func (b *Builder) Grad(x *ir.Value) *ir.Value {
	gs := b.grads[x]
	if len(gs) == 0 {
		return nil
	}
	for len(gs) > 1 {
		sum := b.Map("add gradients", gs[0].Name, expr.One("s", expr.Add(expr.L("a"), expr.L("b"))),
			"s", gs[0].Size(), "a", gs[0], "b", gs[1])
		gs = append([]*ir.Value{sum}, gs[2:]...)
	}
	b.grads[x] = gs
	return gs[0]
}

// Backward runs the tape in reverse.
func (b *Builder) Backward() {
	for i := len(b.tape) - 1; i >= 0; i-- {
		r, any := &b.tape[i], false
		dys := make([]*ir.Value, len(r.ys))
		for j, y := range r.ys {
			dys[j] = b.Grad(y)
			any = any || dys[j] != nil
		}
		if any {
			r.back(dys)
		}
	}
}

// Activate applies an activation to x. A problem is reported and leaves no
// value.
func (b *Builder) Activate(act *spec.Named, x Tensor, name string) Tensor {
	row := ActivationByName(act.Name)
	// In front of the first parameter no gradient passes.
	if b.Net.Codegen.Train && row.Refuse != nil && b.flows[x.Value] {
		if why, hint := row.Refuse(act.Args); why != "" {
			b.Errorf(act.Pos, hint, code.NotTrainable+"%s", why)
		}
		b.Prog.Estimated = row.Name
	}
	if row.Check != nil {
		if why, hint := row.Check(act.Args); why != "" {
			b.Errorf(act.Pos, hint, code.Conflict+"%s", why)
			return Tensor{}
		}
	}
	if row.Name == "linear" {
		return x
	}
	var y *ir.Value
	how := row.Name
	if row.Mixing != nil {
		g, ok := b.groupsOf(act.Pos, act.Args, x.Dims)
		if !ok {
			return Tensor{}
		}
		switch {
		case g.one():
		case g.inner == 1:
			how += overLast
		default:
			how += overAxis
		}
		y = row.Mixing.Forward(b, x.Value, g)
		y.Name = name
		b.Record(y, func(dy *ir.Value) { b.AddGrad(x.Value, row.Mixing.Backward(b, x.Value, y, dy, g)) })
	} else {
		fy, fdx := row.Programs(act.Args)
		y = b.Map(row.Name, name, fy, "y", x.Size(), "x", x.Value)
		b.Record(y, func(dy *ir.Value) {
			b.AddGrad(x.Value, b.Map(row.Name+" gradient", "d"+x.Name, fdx, "dx", x.Size(), "x", x.Value, "y", y, "dy", dy))
		})
	}
	b.made[y] = made{how, x.Value}
	return Tensor{y, x.Dims}
}

// MadeBy returns the activation that made the value and what it was applied
// to; "" if none did.
func (b *Builder) MadeBy(v *ir.Value) (activation string, x *ir.Value) {
	m := b.made[v]
	return m.activation, m.x
}

// NextLayer counts the layers, for the random generator.
func (b *Builder) NextLayer() int { b.layer++; return b.layer }

// NextDense counts the dense layers, for the names z1, a1, ….
func (b *Builder) NextDense() string { b.dense++; return fmt.Sprint(b.dense) }

// Func returns the function being built.
func (b *Builder) Func() *ir.Func { return b.fn }
