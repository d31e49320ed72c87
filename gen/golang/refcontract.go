package golang

import (
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/ir"
)

// contract prints a contraction of a sample in the reference.
func (r *ref) contract(o *ir.Contract) {
	if r.at[o.Y.V] == "" { // the first part of the result
		y := r.result(o.Y.V)
		r.add(letf(y, "make([]float64, %d)", o.Y.V.Size()))
	}
	exists := func(o *ir.Operand, loops []ir.Loop) (element string, where []string) {
		for _, d := range o.Outside(loops) {
			where = append(where, within(o.At[d], loops, o.Shape()[d])...)
		}
		return fmt.Sprintf("%s[%s]", r.value(o.V), o.Flat().Text(loops)), where
	}
	loops := withNames(o.Loops, 0)
	to, inY := exists(&o.Y, loops)
	var sum []jen.Code
	if o.Init != nil {
		from, in := exists(o.Init, loops)
		sum = append(sum, when(in, jen.Id(to).Op("+=").Id(from))...)
	}
	for i := range o.Terms {
		t := &o.Terms[i]
		own := withNames(t.Loops, len(loops))
		all := append(loops[:len(loops):len(loops)], own...)
		product, where := exists(&t.A, all)
		if t.B != nil {
			b, in := exists(t.B, all)
			product = product + " * " + b
			for _, w := range in { // the operands may end at the same place
				if !slices.Contains(where, w) {
					where = append(where, w)
				}
			}
		}
		for _, w := range t.Where {
			where = append(where, w.Text(all)+" >= 0")
		}
		sum = append(sum, nestAll(own, when(where, jen.Id(to).Op("+=").Id(product)))...)
	}
	r.add(nestAll(loops, when(inY, sum...))...)
}
