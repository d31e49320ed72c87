package golang

import (
	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
)

// loops prints the functions of kernels.
type loops struct {
	*function.Functions
	plan *plan.Plan
	prog *ir.Program
	elem ir.DType // of most numbers
}

// newLoops returns the functions of a package that is being printed.
func newLoops(p *source.Package, pl *plan.Plan) *loops {
	return &loops{function.New(p, pl), pl, pl.Prog, pl.Prog.DType}
}
