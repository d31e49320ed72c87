// Package loops prints the functions of kernels: their loops in portable Go, and the
// calls of assembly that do the same.
package loops

import (
	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
)

// Loops prints the functions of kernels.
type Loops struct {
	*function.Functions
	plan *plan.Plan
	prog *ir.Program
}

// New returns the functions of a package that is being printed.
func New(p *source.Package, pl *plan.Plan) *Loops {
	return &Loops{function.New(p, pl), pl, pl.Prog}
}
