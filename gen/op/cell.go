package op

import (
	"fmt"
	"math"
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// maxSteps bounds the steps of a sequence: each is written out.
const maxSteps = 1024

// cellKind is a kind of recurrent layer.
type cellKind struct {
	// gates of the product with the input, the parts of weight_ih.
	gates int
	slots []string // the values of a state; the first is the result
	// recurrent are the products with the state: the parameters weight_hh + suffix
	// and bias_hh + suffix of so many gates.
	recurrent func(a spec.Args) []recurrentPart
	// step returns the state after a step on the input x.
	step func(c *cell, x *ir.Value, state []*ir.Value) []*ir.Value
}

type recurrentPart struct {
	suffix string
	gates  int
}

// cellFields are the fields of recurrent layers behind those of a kind.
var cellFields = []spec.Param{
	{Name: "axis", Doc: "axis of the steps of a whole sequence, of the shape [steps, inputs] or [inputs, steps] without the batch; without it a call is a step, and the state is kept from call to call", Type: spec.Integer},
	{Name: "return", Doc: "of a whole sequence: the last step's result, those of all steps, or their mean", Type: spec.Enum, Enum: []string{"last", "all", "mean"}, Default: "last", With: "axis"},
	{Name: "go_backwards", Doc: "begin with the last step", Type: spec.Bool, Default: false, With: "axis"},
	{Name: "stateful", Doc: "a sequence goes on where that of the call before ended, as without an axis", Type: spec.Bool, Default: false, With: "axis"},
	{Name: "use_bias", Doc: "add the biases", Type: spec.Bool, Default: true},
	{Name: "kernel_initializer", Doc: "initial weight_ih; uniform within ±1/√units if absent (PyTorch)", Type: spec.Word, Slot: spec.InitializerSlot},
	{Name: "recurrent_initializer", Doc: "initial weight_hh; as kernel_initializer", Type: spec.Word, Slot: spec.InitializerSlot},
	{Name: "bias_initializer", Doc: "initial biases; as kernel_initializer", Type: spec.Word, Slot: spec.InitializerSlot},
	{Name: "kernel_regularizer", Doc: "penalty on weight_ih", Type: spec.Word, Slot: spec.RegularizerSlot},
	{Name: "recurrent_regularizer", Doc: "penalty on weight_hh", Type: spec.Word, Slot: spec.RegularizerSlot},
	{Name: "bias_regularizer", Doc: "penalty on the biases", Type: spec.Word, Slot: spec.RegularizerSlot},
	trainableParam,
}

// cellParams are the fields of a kind: units, its own, those of all.
func cellParams(own ...spec.Param) []spec.Param {
	return slices.Concat([]spec.Param{
		{Name: "units", Doc: "size of the state", Type: spec.Integer, Required: true, Range: &spec.Range{Min: 1, Max: 1e5}},
	}, own, cellFields)
}

func activationField(name, doc, initial string) spec.Param {
	p := spec.Param{Name: name, Doc: doc, Type: spec.Word, Slot: spec.ActivationSlot}
	if initial != "" {
		p.Default = initial
	}
	return p
}

// cell is a recurrent layer that is being built.
type cell struct {
	*Builder
	kind   *cellKind
	l      *spec.Layer
	units  int
	wIH    *ir.Value
	bIH    *ir.Value
	wHH    []*ir.Value
	bHH    []*ir.Value
	inputs int
}

// buildCell is the Build of recurrent layers of a kind.
func buildCell(kind *cellKind) func(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
	return func(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
		c := &cell{Builder: b, kind: kind, l: l, units: l.Args.Int("units")}
		if l.Args.Has("axis") {
			return c.sequence(xs)
		}
		if len(xs) > 1 {
			b.Errorf(l.Pos, "write axis: 0, or remove the second source", code.Sources+"a length is that of a whole sequence, of a layer with an axis")
			return Tensor{}
		}
		if b.Net.Codegen.Train {
			b.Errorf(l.Pos, "write codegen: {train: false}; train the same layers over windows of a sequence, with axis: 0, stateful: true, whose weights this net loads",
				code.NotTrainable+"a layer whose calls are single steps cannot be trained")
			return Tensor{}
		}
		if !c.params(xs[0].Size()) {
			return Tensor{}
		}
		return Tensor{c.kept(func(state []*ir.Value) []*ir.Value { return kind.step(c, xs[0].Value, state) }), []int{c.units}}
	}
}

// kept runs steps that begin with the state of the stream and end with its next.
func (c *cell) kept(steps func(state []*ir.Value) []*ir.Value) *ir.Value {
	state := make([]*ir.Value, len(c.kind.slots))
	for i, slot := range c.kind.slots {
		state[i] = c.Keep(c.l, slot, c.units)
	}
	after := steps(state)
	for i := range state {
		c.Kept(state[i], after[i])
	}
	return after[0]
}

// sequence is the layer over all steps of a sequence.
func (c *cell) sequence(xs []Tensor) Tensor {
	x, l := xs[0], c.l
	axis, ok := c.axisField("axis", l.Args["axis"], x.Dims)
	if !ok {
		return Tensor{}
	}
	if len(x.Dims) != 2 {
		c.Errorf(l.Args["axis"].Pos, "put a reshape in front", code.Shapes+"a sequence has the shape [steps, inputs] or [inputs, steps], got %s", shapeText(x.Dims))
		return Tensor{}
	}
	steps := x.Dims[axis]
	if steps > maxSteps {
		c.Errorf(l.Args["axis"].Pos, "", code.Limit+"the sequence has %d steps; the limit is %d", steps, maxSteps)
		return Tensor{}
	}
	var length *ir.Value
	if len(xs) > 1 {
		if length = xs[1].Value; length.Size() != 1 {
			c.Errorf(l.Pos, "", code.Shapes+"its second source, the number of steps, must be one number, got %s", shapeText(xs[1].Dims))
			return Tensor{}
		}
	}
	if l.Args.Bool("stateful") && l.Args.Bool("go_backwards") {
		c.Errorf(l.Args["stateful"].Pos, "remove one of the two", code.Conflict+"stateful goes on forwards, but go_backwards is true")
		return Tensor{}
	}
	if !c.params(x.Dims[1-axis]) {
		return Tensor{}
	}
	x = c.permute(l.Name+"_steps", x, [][]int{{0, 1}, {1, 0}}[axis])
	results := make([]*ir.Value, steps)
	run := func(state []*ir.Value) []*ir.Value { return c.steps(x, length, state, results) }
	var last *ir.Value
	if l.Args.Bool("stateful") {
		last = c.kept(run)
	} else {
		state := make([]*ir.Value, len(c.kind.slots))
		for i, slot := range c.kind.slots {
			state[i] = c.zeros(l.Name+"_"+slot, c.units)
		}
		last = run(state)[0]
	}
	return c.results(results, last, length, axis)
}

// steps runs the steps one after the other; a step past the length of the
// sequence leaves the state as it is. It notes each step's result.
func (c *cell) steps(x Tensor, length *ir.Value, state, results []*ir.Value) []*ir.Value {
	parts := make([]*ir.Value, len(results))
	if c.Flows(x.Value) {
		c.tape = append(c.tape, record{parts, func(dys []*ir.Value) { c.AddGrad(x.Value, c.join("d"+x.Name, c.inputs, dys...)) }})
	}
	within := c.lengths(length, len(results))
	for i := range results {
		t := i
		if c.l.Args.Bool("go_backwards") {
			t = len(results) - 1 - i
		}
		parts[t] = c.part(x.Value, t*c.inputs, c.inputs, c.l.Name+"_x")
		next := c.kind.step(c, parts[t], state)
		if length != nil {
			is := c.part(within, t, 1, c.l.Name+"_is")
			for j := range next {
				next[j] = c.within(is, next[j], state[j])
			}
		}
		state, results[t] = next, next[0]
	}
	return state
}

// lengths says of every step whether it is one of the sequence, 1, or not, 0; nil
// without a length.
func (c *cell) lengths(length *ir.Value, steps int) *ir.Value {
	if length == nil {
		return nil
	}
	at := make([]float64, steps)
	for t := range at {
		at[t] = float64(t)
	}
	return c.Map("steps of the sequence", c.l.Name+"_within", formula("w = select(t < n, 1, 0)"), "w", steps,
		"t", c.Constant(fmt.Sprint("steps_", steps), at), "n", length)
}

// within is a where a step is one of the sequence, b where it ended before.
func (c *cell) within(is, a, b *ir.Value) *ir.Value {
	return c.combine("within the sequence", a.Name, "y = select(0 < w, a, b)", a.Size(), map[string]string{
		"a": "d = select(0 < w, dy, 0)", "b": "d = select(0 < w, 0, dy)",
	}, "w", is, "a", a, "b", b)
}

// results is what the layer returns of the steps' results.
func (c *cell) results(all []*ir.Value, last, length *ir.Value, axis int) Tensor {
	how := c.l.Args.Text("return")
	if how == "last" {
		return Tensor{last, []int{c.units}}
	}
	if length != nil {
		zero, within := c.zeros(c.l.Name+"_zeros", c.units), c.lengths(length, len(all))
		for t := range all {
			all[t] = c.within(c.part(within, t, 1, c.l.Name+"_is"), all[t], zero)
		}
	}
	if how == "mean" {
		return Tensor{c.mean(all, length), []int{c.units}}
	}
	parts := make([]Tensor, len(all))
	for t, v := range all {
		parts[t] = Tensor{v, []int{c.units}}
	}
	y := Tensor{concatVectors(c.Builder, c.l.Name, parts), []int{len(all), c.units}}
	return c.permute(c.l.Name+"_axis", y, [][]int{{0, 1}, {1, 0}}[axis])
}

// mean is the mean over the steps of the sequence.
func (c *cell) mean(all []*ir.Value, length *ir.Value) *ir.Value {
	sum := all[0]
	for _, v := range all[1:] {
		sum = c.combine("add", c.l.Name+"_sum", "y = a + b", c.units, map[string]string{"a": "d = dy", "b": "d = dy"}, "a", sum, "b", v)
	}
	if length != nil {
		return c.combine("mean", c.l.Name, "y = a/max(n, 1)", c.units, map[string]string{"a": "d = dy/max(n, 1)"}, "a", sum, "n", length)
	}
	n := fmt.Sprint("/", len(all))
	return c.combine("mean", c.l.Name, "y = a"+n, c.units, map[string]string{"a": "d = dy" + n}, "a", sum)
}

// params adds the parameters; it reports false after an error.
func (c *cell) params(inputs int) bool {
	l := c.l
	c.inputs = inputs
	checkDense(c.Builder, l)
	parts := []struct {
		suffix    string
		gates, in int
		init, reg string
	}{{"_ih", c.kind.gates, inputs, "kernel_initializer", "kernel_regularizer"}}
	for _, p := range c.kind.recurrent(l.Args) {
		parts = append(parts, struct {
			suffix    string
			gates, in int
			init, reg string
		}{"_hh" + p.suffix, p.gates, c.units, "recurrent_initializer", "recurrent_regularizer"})
	}
	if c.Builder.params[l.Name+".weight_ih"] == nil {
		n := 0.0
		for _, p := range parts {
			n += float64(p.gates*c.units) * float64(p.in+1)
		}
		if !c.fit(l, n) {
			return false
		}
	}
	for i, p := range parts {
		w, bias := c.pair(p.suffix, p.gates*c.units, p.in, p.init, p.reg)
		if i == 0 {
			c.wIH, c.bIH = w, bias
			continue
		}
		c.wHH, c.bHH = append(c.wHH, w), append(c.bHH, bias)
	}
	return true
}

// pair adds a weight and its bias, which is nil without biases.
func (c *cell) pair(suffix string, outs, ins int, initializer, regularizer string) (w, bias *ir.Value) {
	l := c.l
	info := ir.ParamInfo{Layer: 2 * c.NextLayer(), FanIn: float64(ins), FanOut: float64(outs), Trained: l.Args.Bool("trainable")}
	if l.Args.Bool("use_bias") {
		bi := info
		bi.Name, bi.Shape = l.Name+".bias"+suffix, []int{outs}
		bi.Layer++
		c.initial(&bi, "bias_initializer")
		bias = c.Param(bi)
		if reg := l.Args.Word("bias_regularizer"); reg != nil {
			c.Regularizers[bi.Name] = reg
		}
	}
	info.Name, info.Shape, info.Bias = l.Name+".weight"+suffix, []int{outs, ins}, bias
	if s := c.Net.Codegen.Storage; s != "float32" {
		info.Storage = ir.DType(s)
	}
	c.initial(&info, initializer)
	if reg := l.Args.Word(regularizer); reg != nil {
		c.Regularizers[info.Name] = reg
	}
	return c.Param(info), bias
}

// initial sets the initial values by a field, or PyTorch's.
func (c *cell) initial(info *ir.ParamInfo, field string) {
	if init := c.l.Args.Word(field); init != nil {
		setInitializer(info, init)
		return
	}
	bound := 1 / math.Sqrt(float64(c.units))
	info.Init = formula("w = bound*(2*u - 1)").Bind(map[string]float64{"bound": bound})
}

// product is W·x + b.
func (c *cell) product(name string, w, bias, x *ir.Value) *ir.Value {
	z := c.Temp(c.l.Name+"_"+name, w.Shape[0])
	c.Contract((&ir.Dense{Layer: c.l.Name, Y: z, X: x, W: w, B: bias}).Contract())
	return z
}

// sum is a + b, computed with the product b; its gradient is the caller's.
func (c *cell) sum(a, b *ir.Value) *ir.Value {
	return c.Map("add", c.l.Name+"_gates", expr.One("s", expr.Add(expr.L("a"), expr.L("b"))), "s", a.Size(), "a", a, "b", b)
}

// activate applies the activation of a field.
func (c *cell) activate(field, name string, x *ir.Value) *ir.Value {
	act := c.l.Args.Word(field)
	if act == nil {
		act = c.l.Args.Word("activation")
	}
	return c.Activate(act, Tensor{x, []int{x.Size()}}, c.l.Name+"_"+name).Value
}
