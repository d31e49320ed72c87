// Package api prints what a package offers its users, and what holds its parameters:
// constants, types, accessors, records, and what the templates of fixed files see.
package api

import (
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/spec"
)

// API is the API of a package.
type API struct {
	*source.Package
	Embedded []byte // the weight file for the binary, nil without one

	net    *spec.Network
	plan   *plan.Plan
	prog   *ir.Program
	blocks map[*plan.Tensor]plan.Move // of the runs that are being printed
}

// New returns the API of a package that is being printed.
func New(p *source.Package, net *spec.Network, pl *plan.Plan, embedded []byte) *API {
	return &API{Package: p, Embedded: embedded, net: net, plan: pl, prog: pl.Prog}
}
