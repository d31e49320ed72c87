package kernel

import "github.com/nngen-go/nngen/gen/ir/expr"

// Update is an element-wise operation in place on arrays of a length known
// when it is called: a parameter, its gradient, the optimiser's states. Like
// Map it gives the bits of the portable code.
type Update struct {
	Name   string
	Doc    []string
	Double bool
	Prog   expr.Program
	// Arrays and Singles give the program's leaves: an element of an array, a
	// number for all.
	Arrays, Singles []string
	// Stores are the names of the program that are written back to the array
	// of that name.
	Stores []string
	Elem   string
}
