package golang

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/kernel"
)

// scalarFunc is a scalar program as a Go function of the package.
type scalarFunc struct {
	name string
	prog expr.Program
	args []string
}

// function returns the Go function of a scalar program with one result,
// adding it on first use.
func (e *emitter) function(doc string, prog expr.Program, args []string, result string) *scalarFunc {
	prog = resultLast(prog, result)
	key := fmt.Sprintf("%d: %s", len(args), kernel.Positional(prog, args, result))
	if f := e.scalars[key]; f != nil {
		return f
	}
	f := &scalarFunc{name: e.globals.name(doc), prog: prog, args: args}
	e.scalars[key] = f
	return f
}

// resultLast drops what follows the result's assignment.
func resultLast(prog expr.Program, result string) expr.Program {
	for i := len(prog) - 1; i >= 0; i-- {
		if prog[i].Name == result {
			return prog[:i+1]
		}
	}
	panic(fmt.Sprintf("internal error: golang: %q is not assigned", result))
}

// apply is the value of a map for given operands: a copied operand as it is,
// else a call.
func (e *emitter) apply(doc string, prog expr.Program, names []string, operands []string, result string) *jen.Statement {
	if last := resultLast(prog, result); len(last) == 1 && last[0].X.Op == expr.OpLeaf {
		for i, n := range names {
			if n == last[0].X.Name {
				return jen.Id(operands[i])
			}
		}
	}
	f := e.function(doc, prog, names, result)
	args := make([]jen.Code, len(operands))
	for i, o := range operands {
		args[i] = jen.Id(o)
	}
	return jen.Id(f.name).Call(args...)
}

// scalarFile prints the scalar functions.
func (e *emitter) scalarFile() (*jen.File, error) {
	if len(e.scalars) == 0 {
		return nil, nil
	}
	byName := map[string]*scalarFunc{}
	for _, f := range e.scalars {
		byName[f.name] = f
	}
	file := e.file()
	for _, name := range sortedKeys(byName) {
		f := byName[name]
		s := e.scalar(e.elem)
		var params []jen.Code
		for _, a := range f.args {
			goName := s.fresh(a)
			s.bind(a, goName)
			params = append(params, jen.Id(goName).Id(typeName(e.elem)))
		}
		file.Comment(fmt.Sprintf("%s is %s.", name, wrapFormula(f.prog)))
		file.Func().Id(name).Params(params...).Id(typeName(e.elem)).Block(s.body(f.prog)...)
		file.Line()
	}
	return file, nil
}

// wrapFormula prints a program in one line, shortened if it is very long.
func wrapFormula(p expr.Program) string {
	s := []rune(p.String())
	if len(s) > 200 {
		return string(s[:200]) + "…"
	}
	return string(s)
}

// isNumber reports whether a value is a plain Go variable: one number for
// the whole step.
func isNumber(v *ir.Value) bool {
	return !v.Batch && v.Size() == 1 && v.Param == nil
}
