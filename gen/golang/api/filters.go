package api

import (
	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
)

// filters prints the filters that are stored a second time, as kernels read them, and
// the method that makes them.
func (e *API) filters(f *jen.File) {
	if len(e.plan.Filtered.Fields) == 0 {
		return
	}
	var body []jen.Code
	for _, field := range e.plan.Filtered.Fields {
		body = append(body, e.filtered(field.Tensor))
	}
	f.Line()
	f.Comment("filters holds filters a second time, as kernels read them: transformed for convolutions")
	f.Comment("by tiles, or with filters and channels exchanged.")
	f.Type().Id("filters").Struct(e.Arena(&e.plan.Filtered)...)
	f.Line()
	f.Comment("transform makes the filters that are stored a second time, whenever they have changed.")
	f.Func().Params(jen.Id("n").Op("*").Id("Net")).Id("transform").Params().Block(body...)
}

// filtered makes filters that are stored a second time.
func (e *API) filtered(t *plan.Tensor) jen.Code {
	flat := func(field, index string, size int) jen.Code {
		return e.RT("Flat").Call(source.Exprf("&n.%s%s", field, index), source.Exprf("%d", size))
	}
	from := t
	if t.Copied {
		from = e.plan.TensorOf(t.Value.Param.Transposed)
	}
	l, tiles := &from.Layout, kernel.Planes(t.Tiled)*t.Layout.Panels()*t.Layout.In*schedule.Panel
	w := flat("p."+e.field(from, from.Field), "[0][0][0]", l.Size())
	switch {
	case !t.Copied:
		return e.RT("WinogradFilters").Call(flat("u."+t.Field, "[0][0][0][0]", tiles), w, source.Exprf("%d, %d, %d, %d", l.Panels(), l.In, l.Rows, t.Tiled))
	case t.Tiled > 0:
		return e.RT("WinogradTransposed").Call(flat("u."+t.Field, "[0][0][0][0]", tiles), w, source.Exprf("%d, %d, %d, %d", l.Out, l.In, l.Rows, t.Tiled))
	}
	return e.TransposeFilters(t, flat("u."+t.Field, "[0][0][0]", t.Layout.Size()), from, w)
}

// TransposeFilters is the call that exchanges filters and channels of every group.
func (e *API) TransposeFilters(to *plan.Tensor, t jen.Code, from *plan.Tensor, w jen.Code) jen.Code {
	l := &from.Layout
	groups := to.Layout.Out / l.In
	return e.RT("TransposeFilters").Call(t, w, source.Exprf("%d, %d, %d, %d, %d, %d", groups, l.Out/groups, l.In, l.Taps, to.Layout.Rows, l.Rows))
}
