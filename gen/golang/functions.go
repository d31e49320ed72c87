package golang

import (
	"github.com/nngen-go/nngen/gen/golang/library"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/plan"
)

// functions are those of a package, with their assembly.
type functions struct {
	*source.Package
	*library.Library
	made   map[string]*kernelFunc // by what they compute
	looped map[string]string      // the first function of a comment with loops
}

// newFunctions returns those of a package that is being printed.
func newFunctions(p *source.Package, pl *plan.Plan) *functions {
	return &functions{p, library.New(p, pl), map[string]*kernelFunc{}, map[string]string{}}
}
