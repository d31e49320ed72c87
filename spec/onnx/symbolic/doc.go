// Package symbolic computes exactly with functions of one real number, so that
// two of them can be proven to be the same.
//
// A Func is an expression on each of some intervals with rational ends, and a
// value at each end. An Expr is a sum of products of atoms with rational
// factors; atoms are x and the transcendental functions of an expression. All
// are kept in one form: sigmoids have a positive leading factor inside, tanh is
// a sigmoid, exponentials in a product are one, 1/(1 + exp(u)) is a sigmoid.
// Equal forms are equal functions wherever all their parts are defined; functions
// whose forms differ may still be equal.
package symbolic
