package selftest

import (
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
)

// contract prints a contraction of a sample in the reference.
func (r *ref) contract(o *ir.Contract) {
	if r.at[o.Y.V] == "" { // the first part of the result
		y := r.result(o.Y.V)
		r.add(source.Letf(y, "make([]float64, %d)", o.Y.V.Size()))
	}
	exists := func(o *ir.Operand, loops []ir.Loop) (element string, where []string) {
		for _, d := range o.Outside(loops) {
			where = append(where, source.Within(o.At[d], loops, o.Shape()[d])...)
		}
		return fmt.Sprintf("%s[%s]", r.value(o.V), o.Flat().Text(loops)), where
	}
	loops := source.WithNames(o.Loops, 0)
	to, inY := exists(&o.Y, loops)
	var sum []jen.Code
	if o.Init != nil {
		from, in := exists(o.Init, loops)
		sum = append(sum, source.When(in, jen.Id(to).Op("+=").Id(from))...)
	}
	for i := range o.Terms {
		t := &o.Terms[i]
		own := source.WithNames(t.Loops, len(loops))
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
		sum = append(sum, source.NestAll(own, source.When(where, jen.Id(to).Op("+=").Id(product)))...)
	}
	r.add(source.NestAll(loops, source.When(inY, sum...))...)
}

// pool prints the maximum of every window in the reference.
func (r *ref) pool(o *ir.Pool) {
	y := r.result(o.Y.V)
	loops, all := source.WithNames(o.Loops, 0), source.WithNames(o.All(), 0)
	var where []string
	for _, d := range o.X.Outside(all) {
		where = append(where, source.Within(o.X.At[d], all, o.X.Shape()[d])...)
	}
	to := fmt.Sprintf("%s[%s]", y, o.Y.Flat().Text(loops))
	take := source.Setf(to, "max(%s, %s[%s])", to, r.value(o.X.V), o.X.Flat().Text(all)) // of NaN it is NaN
	body := append([]jen.Code{source.Set(to, jen.Qual("math", "Inf").Call(jen.Lit(-1)))}, source.NestAll(all[len(loops):], source.When(where, take))...)
	r.add(source.Letf(y, "make([]float64, %d)", o.Y.V.Size()))
	r.add(source.NestAll(loops, body)...)
}
