// Package vector is a small typed form of straight-line programs on vectors:
// every value is assigned once, every lane computes the same. It stands between
// the scalar formulas of the compiler's tables (package expr) and what is
// printed:
//
//	formula ──Lower──▶ Program ──portable──▶ Go
//	                      │
//	                      └─Select──▶ Code, instructions of a Set ──Allocate──▶ registers ──▶ assembly
//
// The transcendental functions are written once, in this form (Functions).
// Program.Eval says what a program means, bit for bit; every printer gives
// these bits.
//
// An instruction set is a table, a Set: for every operation an instruction. An
// operation that is not in the table is written with others (expand.go). Package
// toy is the smallest one, asm/x86 has those of amd64, and package portable
// prints Go.
package vector
