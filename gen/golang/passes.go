package golang

import (
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
)

// finish emits the pass for one sample.
func (b *body) finish(m *matrix) {
	k := m.finishing(b.training)
	var args []jen.Code
	for _, v := range m.ends() {
		args = append(args, source.Exprf("%s[:]", b.result(v).idx))
	}
	for _, v := range m.extra {
		switch {
		case source.IsNumber(v):
			args = append(args, source.Exprf("%s", b.at[v].idx))
		case v.Size() == m.outs && v.Kind != ir.Param:
			args = append(args, source.Exprf("%s[:]", b.at[v].idx))
		default:
			args = append(args, source.Exprf("%s", b.pointer(v)))
		}
	}
	b.add(b.e.ID(k).Call(args...))
}

// finishRows emits the pass for the rows of a batch: that for one sample over the
// elements of all rows where these lie behind each other.
func (b *body) finishRows(m *matrix) {
	if args := b.flatRows(m); args != nil {
		b.add(b.e.ID(m.finishing(b.training)).Call(args...))
		return
	}
	r := &finishedRows{matrix: m}
	var args []jen.Code
	for i, v := range m.ends() {
		r.add(v, b.rowsOf(v), storedName(i))
		args = append(args, source.Exprf("%s", b.passed(v)))
	}
	for i, v := range m.extra {
		if source.IsNumber(v) {
			r.add(v, rows{typ: source.TypeName(m.e.elem)}, fmt.Sprint("u", i))
			args = append(args, source.Exprf("%s", b.at[v].idx))
			continue
		}
		r.add(v, b.rowsOf(v), fmt.Sprint("u", i))
		args = append(args, source.Exprf("%s", b.passed(v)))
	}
	b.add(b.e.ID(r.function(b.training)).Call(args...))
}

// flatRows are the arguments of the pass over all rows; nil where they have gaps or
// an operand is the same in all.
func (b *body) flatRows(m *matrix) (args []jen.Code) {
	for _, v := range slices.Concat(m.ends(), m.extra) {
		if source.IsNumber(v) {
			args = append(args, source.Exprf("%s", b.at[v].idx))
			continue
		}
		if v.Kind == ir.Param || v.Size() != m.outs {
			return nil
		}
		r := b.rowsOf(v)
		if r.stride != r.size {
			return nil
		}
		name := b.passed(v)
		args = append(args, b.e.RT("Flat").Call(source.Exprf("%s", r.element(name, "0", "0")), source.Exprf("%d*len(%s)", m.outs, name)))
	}
	return args
}
