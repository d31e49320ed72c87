package target

// Core is what a core does, of the processors that an instruction set is printed
// for first: in a cycle, multiply-adds of whole vectors, loads of those, and of
// numbers into all lanes; and the cycles from a multiply-add to one that needs it.
// AVX-512 is that of Zen 4, of two halves.
type Core struct {
	Sums, Loads, Numbers, Latency float64
}

// Term is an estimate of the cycles that a term of one row takes in a tile of some
// rows and columns of outputs, whose sums have so many chains.
func (c *Core) Term(rows int, columns float64, chains int) float64 {
	n := float64(rows)
	return max(n*columns/c.Sums, columns/c.Loads+n/c.Numbers, c.Latency/float64(chains)) / n
}
