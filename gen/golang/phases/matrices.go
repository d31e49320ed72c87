package phases

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/loops"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
)

// matrixArgs are what a call of a matrix operation passes: where its results go,
// its operand, weights and bias, further operands of the epilogue.
func (b *body) matrixArgs(m *loops.Matrix, results []*ir.Value, result, operand func(v *ir.Value) string) []jen.Code {
	var args []jen.Code
	for _, y := range results[:len(m.Stored)] {
		args = append(args, source.Exprf("%s", result(y)))
	}
	args = append(args, source.Exprf("%s", operand(m.X)))
	if m.W != nil {
		holder := b.tensorOf(m.W)
		if m.Tiled() && m.W.Kind == ir.Param { // transformed
			holder = b.net + ".u"
		}
		for _, f := range m.WeightFields() {
			args = append(args, source.Exprf("&%s.%s", holder, b.e.field(m.Tensor, f)))
		}
	}
	if m.W != nil && m.Tensor.Scaled() {
		args = append(args, source.Exprf("&%s.%s", b.tensorOf(m.W), b.e.field(m.Tensor, m.Tensor.ScaleField())))
	}
	if m.Bias != nil {
		args = append(args, b.pointers(b.e.plan.TensorOf(m.Bias.Param), b.weights)...)
	}
	for _, v := range m.Extra {
		if source.IsNumber(v) {
			args = append(args, source.Exprf("%s", b.at[v].idx))
		} else {
			args = append(args, source.Exprf("%s", operand(v)))
		}
	}
	return args
}

// pointer passes a value as a pointer to its array.
func (b *body) pointer(v *ir.Value) string {
	p := b.at[v]
	if p.ptr == "" {
		panic("internal error: golang: no pointer to " + v.Describe())
	}
	return p.ptr
}

// tensorOf is the struct that holds a weight: the net's or, for weights with
// removed connections, the trainer's copy.
func (b *body) tensorOf(w *ir.Value) string {
	if w.Kind == ir.Temp {
		return b.holder(w)
	}
	return b.weights
}

// convolve emits a convolution of one sample.
func (b *body) convolve(s *plan.Step) {
	m := b.e.NewMatrix(s)
	k := m.Convolved(b.training, b.train())
	args := b.matrixArgs(m, s.Stored(), func(y *ir.Value) string { return b.result(y).ptr }, b.pointer)
	if m.Tiled() {
		args = append(args, b.scratch(s))
	}
	b.add(b.e.ID(k).Call(args...))
	if m.Whole != nil {
		b.finish(m.Whole)
	}
}

// scratch is what a convolution by tiles works with: the row of a part's first sample
// serves all of its samples.
func (b *body) scratch(s *plan.Step) jen.Code {
	size, _ := s.Kernel.Scratch()
	all, has := "", s.Scratch.Size()
	if b.layers {
		all, has = b.rowsVariable(s.Scratch)+"[0]", b.e.plan.RowStride(has, s.Scratch.DType)
	} else if all = b.result(s.Scratch).ptr; has == size {
		return source.Exprf("%s", all)
	}
	if has == size {
		return source.Exprf("&%s", all)
	}
	return source.Exprf("(*%s)(%s[:])", source.Array(s.Scratch.DType, size), all)
}

// transformFilters makes the copy of filters with filters and channels exchanged, of
// groups or transformed.
func (b *body) transformFilters(o *ir.Contract) {
	to, from := b.e.plan.TensorOf(o.Y.V.Param), b.e.plan.TensorOf(o.Init.V.Param)
	flat := func(holder, field, index string, size int) jen.Code {
		return b.e.RT("Flat").Call(source.Exprf("&%s.%s%s", holder, field, index), source.Exprf("%d", size))
	}
	l := &from.Layout
	if to.Tiled == 0 {
		b.add(b.e.TransposeFilters(to, flat(b.holder(o.Y.V), to.Field, "[0][0][0]", to.Layout.Size()), from, flat(b.holder(o.Init.V), b.e.field(from, from.Field), "[0][0][0]", l.Size())))
		return
	}
	b.add(b.e.RT("WinogradTransposed").Call(
		flat(b.holder(o.Y.V), to.Field, "[0][0][0][0]", kernel.Planes(to.Tiled)*to.Layout.Panels()*to.Layout.In*schedule.Panel),
		flat(b.holder(o.Init.V), b.e.field(from, from.Field), "[0][0][0]", l.Size()),
		source.Exprf("%d, %d, %d, %d", l.Out, l.In, l.Rows, to.Tiled)))
}

// matrix emits the call of a dense layer or of its input gradient.
func (b *body) matrix(s *plan.Step) error {
	m := b.e.NewMatrix(s)
	if m.Grad && m.Swapped && b.single {
		b.gradInputOne(s, m)
		return nil
	}
	args := b.matrixArgs(m, s.Stored(), func(y *ir.Value) string { return b.result(y).ptr }, b.pointer)
	k, after := m.One(b.train())
	b.add(b.e.ID(k).Call(args...))
	if after != nil {
		b.finish(after)
	}
	return nil
}

// train reports whether the body belongs to a training step.
func (b *body) train() bool { return b.grads != "" }

// finish emits the pass for one sample.
func (b *body) finish(m *loops.Matrix) {
	k := m.Finishing(b.training)
	var args []jen.Code
	for _, v := range m.Ends() {
		args = append(args, source.Exprf("%s[:]", b.result(v).idx))
	}
	for _, v := range m.Extra {
		switch {
		case source.IsNumber(v):
			args = append(args, source.Exprf("%s", b.at[v].idx))
		case v.Size() == m.Outs && v.Kind != ir.Param:
			args = append(args, source.Exprf("%s[:]", b.at[v].idx))
		default:
			args = append(args, source.Exprf("%s", b.pointer(v)))
		}
	}
	b.add(b.e.ID(k).Call(args...))
}

// finishRows emits the pass for the rows of a batch: that for one sample over the
// elements of all rows where these lie behind each other.
func (b *body) finishRows(m *loops.Matrix) {
	if args := b.flatRows(m); args != nil {
		b.add(b.e.ID(m.Finishing(b.training)).Call(args...))
		return
	}
	r := &loops.FinishedRows{Matrix: m}
	var args []jen.Code
	for _, v := range m.Ends() {
		r.Add(v, b.rowsOf(v))
		args = append(args, source.Exprf("%s", b.passed(v)))
	}
	for _, v := range m.Extra {
		if source.IsNumber(v) {
			r.Add(v, loops.Rows{Typ: source.TypeName(v.DType)})
			args = append(args, source.Exprf("%s", b.at[v].idx))
			continue
		}
		r.Add(v, b.rowsOf(v))
		args = append(args, source.Exprf("%s", b.passed(v)))
	}
	b.add(b.e.ID(r.Function(b.training)).Call(args...))
}

// flatRows are the arguments of the pass over all rows; nil where they have gaps or
// an operand is the same in all.
func (b *body) flatRows(m *loops.Matrix) (args []jen.Code) {
	for _, v := range slices.Concat(m.Ends(), m.Extra) {
		if !source.IsNumber(v) {
			if v.Kind == ir.Param || v.Size() != m.Outs {
				return nil
			}
			if r := b.rowsOf(v); r.Stride != r.Size {
				return nil
			}
		}
		args = append(args, b.flatRow(v))
	}
	return args
}

// matrixRows emits the call of a matrix operation over the rows of a batch.
func (b *body) matrixRows(s *plan.Step) {
	m := b.e.NewMatrix(s)
	k := &loops.RowsKernel{Matrix: m, Train: b.training}
	for _, v := range s.Stored() {
		if b.at[v].idx == "" {
			b.rowPlace(v)
		}
	}
	for i, v := range m.Stored {
		at := s.Stored()[i]
		k.Values = append(k.Values, loops.RowsValue{V: v, Rows: b.rowsOf(at)})
	}
	k.X = b.rowsOf(m.X)
	for _, v := range m.Extra {
		if source.IsNumber(v) {
			k.Extras = append(k.Extras, loops.RowsValue{V: v})
		} else {
			k.Extras = append(k.Extras, loops.RowsValue{V: v, Rows: b.rowsOf(v)})
		}
	}
	args := b.matrixArgs(m, s.Stored(), b.passed, b.passed)
	b.add(b.e.ID(k.Function()).Call(args...))
	if m.Whole != nil {
		b.finishRows(m.Whole)
	}
}
