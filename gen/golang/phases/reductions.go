package phases

import (
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/golang/loops"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
)

// reduce combines the elements of a sample.
func (b *body) reduce(s *plan.Step, o *ir.Reduce) {
	wide := o.In[0]
	for _, x := range o.In {
		if x.Size() > wide.Size() {
			wide = x
		}
	}
	if wide.Param != nil {
		b.reduceParam(o, wide)
		return
	}
	if k := calls.SumOf(b.e.Targets(), o, s.Chains); k != nil {
		args := []jen.Code{source.Exprf("%s[:]", b.result(o.Y).idx)}
		for _, x := range o.In {
			if x.IsNumber() {
				args = append(args, source.Exprf("%s", b.at[x].idx))
			} else {
				args = append(args, source.Exprf("%s[:]", b.at[x].idx))
			}
		}
		b.add(b.e.ID(b.e.Sums(o, k, b.training)).Call(args...))
		return
	}
	if calls.Alike(b.phase, s, o) {
		b.reduction(o, s.Chains)
		return
	}
	term := func(j string) *jen.Statement {
		operands := make([]string, len(o.In))
		for i, x := range o.In {
			operands[i] = b.operand(x, j)
		}
		return b.e.Apply(o.Y.DType, o.Doc, o.Prog, o.InNames, operands, "e")
	}
	y := b.result(o.Y)
	acc := b.names.Own("s")
	if o.Kind == ir.MaxOf {
		b.add(source.Let(acc, term("0")))
		if wide.Size() > 1 {
			b.add(jen.For(source.Letf("j", "1"), source.Exprf("j < %d", wide.Size()), source.Exprf("j++")).Block(
				source.Set(acc, b.e.Function(o.Y.DType, "larger", loops.MaxProgram, []string{"a", "b"}, "m").Call(source.Exprf("%s", acc), term("j")))))
		}
	} else {
		b.add(b.e.ChainSum(o.Y.DType, acc, wide.Size(), s.Chains, term)...)
	}
	b.add(source.Setf(y.idx+"[0]", "%s", acc))
}

// reduction emits a sum or maximum over the elements of a sample as the call of a
// function, which values of all sizes share.
func (b *body) reduction(o *ir.Reduce, chains int) {
	var args, kinds []string
	for _, x := range o.In {
		if x.Size() == 1 {
			args, kinds = append(args, b.operand(x, "0")), append(kinds, source.TypeName(o.Y.DType))
		} else {
			args, kinds = append(args, b.at[x].idx+"[:]"), append(kinds, "[]"+source.TypeName(o.Y.DType))
		}
	}
	k := b.e.ReductionOf(o, chains, kinds, b.training)
	b.add(source.Set(b.result(o.Y).idx+"[0]", b.e.ID(k).Call(source.Exprf("%s", strings.Join(args, ", ")))))
}

// reduceAxis emits a reduction along the middle axis of [outer, length, inner].
func (b *body) reduceAxis(o *ir.ReduceAxis, chains int) {
	y := b.result(o.Y)
	b.add(b.e.ID(b.e.AxisReduction(o, chains, b.training)).Call(source.Exprf("%s", y.ptr), source.Exprf("%s", b.pointer(o.X))))
}
