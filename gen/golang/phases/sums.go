package phases

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
)

func dropout(rate float64) (uint32, float64) { return interp.Dropout(rate) }

// gradWeight emits the sum over the samples of dy·xᵀ.
func (b *body) gradWeight(s *plan.Step, o *ir.DenseGradWeight) error {
	t := b.e.plan.TensorOf(o.DW.Param)
	xPass, xType, xElement := b.source(o.X)
	dPass, dType, _ := b.source(o.DY)
	var vector func() []jen.Code
	if s.Vector {
		vector = func() []jen.Code { return b.e.GradWeightRows(t, b.rowsOf(o.X), b.rowsOf(o.DY)) }
	}
	k := b.e.WeightGradient(t, o.Layer, dType, xType, xElement, vector)
	b.add(b.e.ID(k).Call(append(b.pointers(t, b.holder(o.DW)), source.Exprf("%s", dPass), source.Exprf("%s", xPass))...))
	return nil
}

// batchSum emits the sum of a value over the samples.
func (b *body) batchSum(s *plan.Step, o *ir.BatchSum) error {
	rows, _, element := b.source(o.X)
	if source.IsNumber(o.Y) {
		if _, kept := b.at[o.Y]; kept {
			b.define(o.Y, func() jen.Code { return source.Exprf("0") })
		} else if b.single {
			b.define(o.Y, func() jen.Code { return source.Exprf("0 + %s", b.operand(o.X, "0")) })
			return nil
		} else {
			b.add(jen.Var().Id(b.result(o.Y).idx).Id(source.TypeName(o.Y.DType)))
		}
		if element == nil {
			element = func(i, j string) string { return fmt.Sprintf("%s[%s][%s]", b.rowsName(o.X), i, j) }
		}
		y := b.at[o.Y]
		b.add(source.ForRange("i", rows, jen.Id(y.idx).Op("+=").Add(source.Exprf("%s", element("i", "0")))))
		return nil
	}
	t := b.e.plan.TensorOf(o.Y.Param)
	size, stride := o.X.Size(), b.e.plan.RowStride(o.X.Size(), o.X.DType)
	if b.single {
		stride = size
	}
	if !s.Vector && !b.single && stride == size && element == nil {
		b.flatSum(o, t)
		return nil
	}
	k := b.e.BiasGradient(t, o.Y.Param.Name, size, stride, s.Vector && !b.single)
	b.add(b.e.ID(k).Call(append(b.pointers(t, b.holder(o.Y)), source.Exprf("%s", rows))...))
	return nil
}

// flatSum emits the gradient of a bias, where rows have no gaps: a function does for all
// sizes.
func (b *body) flatSum(o *ir.BatchSum, t *plan.Tensor) {
	name := b.args[o.X]
	samples := name
	if name == "" {
		name, samples = b.rowsName(o.X), "x"
	}
	dy := b.e.RT("Flat").Call(source.Exprf("&%s[0][0]", name), source.Exprf("%d*len(%s)", o.X.Size(), samples))
	g := b.e.RT("Flat").Call(source.Exprf("&%s[0][0]", b.field(t, b.holder(o.Y), t.Field)), source.Exprf("%d", o.X.Size()))
	b.add(b.e.ID(b.e.FlatBiasGradient(o.Y.DType)).Call(g, dy))
}
