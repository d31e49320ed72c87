// Package schedule is the numeric schedule: how every sum is split into
// accumulator chains and put together again. It depends on the shapes alone,
// never on the instruction set, the batch, the number of workers or the code
// path, so all of them give the same bits.
//
// A sum of `length` terms for each of `outputs` results runs in
// Chains(outputs, length) chains: chain c adds the terms c, c+C, c+2C, … in
// order, chain 0 starts from the initial value (the bias), the others from
// zero. The chains are then added in halves: chain i += chain i+C/2, and so on.
// Sums over the batch always have one chain, because the batch is not known.
package schedule

// Panel is the number of outputs that lie side by side in packed weights.
const Panel = 16

// parallel is the number of sums a core must keep in flight to hide the
// latency of addition: two vectors of sixteen floats, four deep.
const parallel = 128

// maxChains bounds the accumulators of one output.
const maxChains = 8

// minTerms is the shortest chain worth having.
const minTerms = 4

// GradInputChains is the number of chains of every sum of a gradient of
// inputs: its products lie side by side in the panels of the weights, so a
// vector of them belongs to as many chains. A chain without terms is zero.
const GradInputChains = 8

// ByInputs reports whether a layer has so few outputs, and so many inputs, that
// its sums have as many chains as a vector has lanes. In fast mode its weights lie
// by inputs where nothing else reads them, and the sums of its gradient of inputs,
// which then are lanes, have one chain.
func ByInputs(outputs, inputs int) bool { return Chains(outputs, inputs) == maxChains }

// OfNarrow returns the number of chains of the sums of a layer whose weights lie by
// inputs. Vectors of up to three outputs would wait for each other: their sums have
// twice as many chains, those of a single output four times, if the terms are enough.
func OfNarrow(outputs, inputs int) int {
	c := Chains(outputs, inputs)
	most := map[int]int{1: 4, 2: 2, 3: 2}[outputs] * c
	for c < most && inputs >= 2*c*minTerms {
		c *= 2
	}
	return c
}

// Chains returns the number of chains, a power of two: one where the outputs
// themselves keep the core busy.
func Chains(outputs, length int) int {
	c := 1
	for c < maxChains && c*outputs*2 <= parallel && length >= 2*c*minTerms {
		c *= 2
	}
	return c
}

// OfDense returns the number of chains of a dense layer's sums. In fast mode a layer
// of more than a panel has two at most: its vectors and the rows of a tile keep the
// core busy, and more chains would leave registers to a single row.
func OfDense(outputs, length int, fast bool) int {
	c := Chains(outputs, length)
	if fast && outputs > Panel {
		return min(c, 2)
	}
	return c
}
