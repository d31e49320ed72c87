package source

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
	elem ir.DType
	prog expr.Program
	args []string
}

// Function returns the Go function of a scalar program with one result, on numbers of
// a type, adding it on first use.
func (p *Package) Function(elem ir.DType, doc string, prog expr.Program, args []string, result string) *scalarFunc {
	prog = resultLast(prog, result)
	key := fmt.Sprintf("%s %d: %s", elem, len(args), kernel.Positional(prog, args, result))
	if f := p.scalars[key]; f != nil {
		return f
	}
	f := &scalarFunc{name: p.Globals.Name(doc), elem: elem, prog: prog, args: args}
	p.scalars[key] = f
	return f
}

// Call is a call of the function.
func (f *scalarFunc) Call(args ...jen.Code) *jen.Statement { return jen.Id(f.name).Call(args...) }

// resultLast drops what follows the result's assignment.
func resultLast(prog expr.Program, result string) expr.Program {
	for i := len(prog) - 1; i >= 0; i-- {
		if prog[i].Name == result {
			return prog[:i+1]
		}
	}
	panic(fmt.Sprintf("internal error: golang: %q is not assigned", result))
}

// Apply is the value of a map, of a type, for given operands: a copied operand as it is,
// else a call.
func (p *Package) Apply(elem ir.DType, doc string, prog expr.Program, names []string, operands []string, result string) *jen.Statement {
	if last := resultLast(prog, result); len(last) == 1 && last[0].X.Op == expr.OpLeaf {
		for i, n := range names {
			if n == last[0].X.Name {
				return jen.Id(operands[i])
			}
		}
	}
	f := p.Function(elem, doc, prog, names, result)
	args := make([]jen.Code, len(operands))
	for i, o := range operands {
		args[i] = jen.Id(o)
	}
	return jen.Id(f.name).Call(args...)
}

// ScalarFile prints the scalar functions.
func (p *Package) ScalarFile() (*jen.File, error) {
	if len(p.scalars) == 0 {
		return nil, nil
	}
	byName := map[string]*scalarFunc{}
	for _, f := range p.scalars {
		byName[f.name] = f
	}
	file := p.File()
	for _, name := range SortedKeys(byName) {
		f := byName[name]
		s := p.Scalar(f.elem)
		var params []jen.Code
		for _, a := range f.args {
			goName := s.Fresh(a)
			s.Bind(a, goName)
			params = append(params, jen.Id(goName).Id(TypeName(f.elem)))
		}
		file.Comment(fmt.Sprintf("%s is %s.", name, WrapFormula(f.prog)))
		file.Func().Id(name).Params(params...).Id(TypeName(f.elem)).Block(s.body(f.prog)...)
		file.Line()
	}
	return file, nil
}

// WrapFormula prints a program, or several, in one line, shortened if it is very long.
func WrapFormula(p fmt.Stringer) string {
	s := []rune(p.String())
	if len(s) > 200 {
		return string(s[:200]) + "…"
	}
	return string(s)
}

// IsNumber reports whether a value is a plain Go variable: one number for
// the whole step.
func IsNumber(v *ir.Value) bool { return v.IsNumber() }
