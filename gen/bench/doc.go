// Package bench measures the generated code of a network: it has the package
// generated (standard library only), compiles it with a small program that
// calls it and probes the machine, runs that once per implementation, and sets
// the times against the least that the machine allows.
//
// # The limit
//
// For a network of M multiply-adds and P parameters of s bytes, a call on a
// batch of B samples takes at least
//
//	limit = max(FLOPs / peak, bytes / bandwidth)
//
// where peak and bandwidth are those of one core, measured in the same run. An
// inference has B·2M operations and reads P·s bytes once. A training step has
// B·(2M forward + 2M weight gradients + 2·(M − layers that need no input
// gradient)) + 2P operations; it reads the parameters once and once more reads,
// changes and writes them, and the optimiser's states with them. The bandwidth
// is that of the level of memory where these bytes fit. Activations, biases
// and the samples themselves cost nothing in it.
//
// "limit + activations" adds the operations that evaluate elementary functions,
// activations, softmax and in training their gradients, each by itself, as the
// compiler writes it, on arrays in the first-level cache; what only adds,
// multiplies and compares counts as nothing.
package bench
