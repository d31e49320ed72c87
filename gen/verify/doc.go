// Package verify proves the generated code of a network: it has the package
// generated (standard library only) and compiled by the user's Go toolchain,
// runs it on random samples and parameters, and compares inference, loss,
// gradients and every step of the optimiser with the oracle, bit for bit; the
// oracle with float64; and the gradients with differences of the loss.
//
// The parts serve the compiler's own tests as well (package gentest), which
// put many networks into one program.
package verify
