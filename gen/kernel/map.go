package kernel

import "github.com/nngen-go/nngen/gen/ir/expr"

// Map is an element-wise operation over arrays: a scalar program for every
// element of some rows. Its arithmetic is that of the portable functions,
// operation by operation, so it gives their bits.
type Map struct {
	Name   string
	Doc    []string
	Double bool
	Prog   expr.Program
	Result string // assigned by the program, stored to y
	YType  string
	Ins    []MapOperand
	// Chains, if not 0, is in how many chains the results of a row are added, element i
	// in chain i mod Chains, which are then added in halves: y has one number for a row.
	Chains int
}

// MapOperand is an operand of a Map: a leaf of the program and the argument that
// holds it: as many elements as the result, one for all, or, Repeated, those of a
// row, which are the same in every row. The rows of a Dense one lie behind each other,
// where those of others have the gap that an argument says. Bytes are whole numbers, as
// many as the result.
type MapOperand struct {
	Leaf, Arg, Type                string
	Single, Repeated, Dense, Bytes bool
}
