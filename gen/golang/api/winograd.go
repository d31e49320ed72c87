package api

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
)

// transformFilters makes the transformed filters of a tensor from the filters.
func (e *API) transformFilters(t *plan.Tensor) []jen.Code {
	if t.Tiled == 0 {
		return nil
	}
	l := &t.Layout
	flat := func(field, index string, size int) jen.Code {
		return e.RT("Flat").Call(source.Exprf("&p.%s%s", e.field(t, field), index), source.Exprf("%d", size))
	}
	return []jen.Code{e.RT(fmt.Sprint("WinogradFilters", t.Tiled)).Call(
		flat(t.TiledField(), "[0][0][0][0]", kernel.Planes(t.Tiled)*l.Panels()*l.In*schedule.Panel), flat(t.Field, "[0][0][0]", l.Size()),
		source.Exprf("%d, %d, %d", l.Panels(), l.In, l.Rows))}
}
