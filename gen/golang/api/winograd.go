package api

import (
	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/schedule"
)

// tiles prints the transformed filters and the method that makes them.
func (e *API) tiles(f *jen.File) {
	if len(e.plan.Tiles.Fields) == 0 {
		return
	}
	flat := func(field, index string, size int) jen.Code {
		return e.RT("Flat").Call(source.Exprf("&n.%s%s", field, index), source.Exprf("%d", size))
	}
	var body []jen.Code
	for _, t := range e.plan.Tensors {
		if l := &t.Layout; t.Tiled > 0 {
			body = append(body, e.RT("WinogradFilters").Call(
				flat("u."+t.Field, "[0][0][0][0]", kernel.Planes(t.Tiled)*l.Panels()*l.In*schedule.Panel), flat("p."+e.field(t, t.Field), "[0][0][0]", l.Size()),
				source.Exprf("%d, %d, %d, %d", l.Panels(), l.In, l.Rows, t.Tiled)))
		}
	}
	f.Line()
	f.Comment("tiles holds the filters of convolutions by tiles, transformed.")
	f.Type().Id("tiles").Struct(e.Arena(&e.plan.Tiles)...)
	f.Line()
	f.Comment("transform makes the transformed filters, whenever the filters have changed.")
	f.Func().Params(jen.Id("n").Op("*").Id("Net")).Id("transform").Params().Block(body...)
}
