// Package phases prints the phases of a plan as methods of the package: inference,
// training, the optimiser's step, and the memory that a trainer keeps. What a step
// computes is, but for a few statements, the call of a function of package loops.
package phases

import (
	"github.com/nngen-go/nngen/gen/golang/api"
	"github.com/nngen-go/nngen/gen/golang/loops"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/spec"
)

// Phases prints those of a plan: inference, training, the optimiser's step.
type Phases struct {
	*api.API
	*loops.Loops
	net  *spec.Network
	plan *plan.Plan
	prog *ir.Program

	rowNames map[any]string    // of values and of series
	tables   map[string]*table // constants, by type and numbers
	repeat   *plan.Repeat      // whose first turn is being printed
	// trainSteps are the statements of a training step before the samples.
	TrainSteps []string
}

// New returns those of a package that is being printed; embedded is the weight
// file for the binary.
func New(p *source.Package, net *spec.Network, pl *plan.Plan, embedded []byte) *Phases {
	return &Phases{
		API: api.New(p, net, pl, embedded), Loops: loops.New(p, pl), net: net, plan: pl, prog: pl.Prog,
		tables: map[string]*table{},
	}
}
