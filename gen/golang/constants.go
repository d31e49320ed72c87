package golang

import (
	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/ir"
)

// constants prints what the compiler knows as variables of the package.
func (e *emitter) constants(f *jen.File) {
	e.tables = map[*ir.Value]string{}
	for _, v := range e.prog.Values {
		if v.Kind != ir.Constant {
			continue
		}
		name := e.globals.name(v.Name)
		e.tables[v] = name
		f.Commentf("%s are numbers of the spec.", name)
		f.Var().Id(name).Op("=").Id(array(v.DType, v.Size())).Values(numbers(v)...)
		f.Line()
	}
}

// numbers are the elements of a constant.
func numbers(v *ir.Value) []jen.Code {
	var list []jen.Code
	for _, x := range v.Const {
		list = append(list, jen.Op(literal(x, v.DType)))
	}
	return list
}
