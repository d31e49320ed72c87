package nnmpi

import (
	"errors"
	"fmt"
	"io"
)

// Trainer is the Trainer of a generated package, of gradients G, inputs X, targets Y
// and numbers N. A network whose outputs' losses are sums and means mixed has none:
// its batches cannot be divided.
type Trainer[G, X, Y any, N Number] interface {
	Step(x []X, y []Y) (loss N)
	GradientsAt(first int, share float64, g *G, x []X, y []Y, ready func(lo, hi int)) (loss N)
	Apply(g *G)
	Weight(y []Y) float64
	Steps() int
	Save(w io.Writer) error
	Load(r io.Reader) error
}

// Gradients is a pointer to the Gradients of a generated package.
type Gradients[G any, N Number] interface {
	*G
	Flat() []N
}

// Mode is in what order gradients are added.
type Mode int

// The modes.
const (
	Ordered Mode = iota // in that of the shards: the same bits in every run
	Fast                // in one that MPI chooses
)

// String returns the name of the mode.
func (m Mode) String() string {
	if m == Fast {
		return "fast"
	}
	return "ordered"
}

// Config says how the ranks work together. The zero value is ready to use.
type Config struct {
	Mode Mode
	// Shards is into how many parts each batch is cut; 0 is one for each rank. A
	// number of its own makes Ordered the same on any number of ranks.
	Shards int
	// Overlap, in the mode Fast, adds the gradients of large parameters while those
	// of others are computed, where a rank has one shard. What can overlap is the sums
	// over the batch, largest parameter first; the way back through the layers comes
	// before all of them.
	Overlap bool
	// Float16 sends gradients as float16, in units of a power of two of each part, in
	// either mode added in order: half the bytes, and about 2⁻¹¹ of relative error.
	Float16 bool
	// MinShard is the least number of samples of a shard: 2 for a network with batch
	// normalisation that is trained; 0 is 1. MaxShard is the MaxBatch of the package;
	// 0 is not checked here.
	MinShard, MaxShard int
	// Identity are things that have to be the same on all ranks, as "spec" or
	// "version"; what differs is named.
	Identity []Property
}

// Property is something with a name that can be compared.
type Property struct{ Name, Value string }

// Peer is one rank's part in a training. Its methods are called by every rank in the
// same order.
type Peer[G, X, Y any, N Number, P Gradients[G, N]] struct {
	comm    *Comm
	trainer Trainer[G, X, Y, N]
	config  Config
	shards  int
	grads   []*G // of this rank's shards
	sum     *combiner[N]
	losses  []N
	stop    bool
}

// Join makes this rank a part of the training, if trainer, weights and configuration
// are the same on all of them.
func Join[G, X, Y any, N Number, P Gradients[G, N]](c *Comm, t Trainer[G, X, Y, N], m Model, config Config) (*Peer[G, X, Y, N, P], error) {
	p := &Peer[G, X, Y, N, P]{comm: c, trainer: t, config: config, shards: config.Shards}
	if p.shards == 0 {
		p.shards = c.size
	}
	if err := agree(c, identity(c, t, m, config)); err != nil {
		return nil, err
	}
	switch {
	case p.shards < 0:
		return nil, fmt.Errorf("nnmpi: Shards must be at least 1, or 0 for one of each rank; got %d", config.Shards)
	case config.Overlap && config.Mode != Fast:
		return nil, errors.New("nnmpi: Overlap adds in an order that MPI chooses, so it needs the mode Fast")
	case config.Overlap && config.Float16:
		return nil, errors.New("nnmpi: Overlap and Float16 exclude each other")
	}
	for range (p.shards + c.size - 1) / c.size {
		p.grads = append(p.grads, new(G))
	}
	p.sum = &combiner[N]{comm: c, config: config}
	p.losses = make([]N, 2)
	return p, nil
}

// shard is one part of a batch: samples from lo to hi.
type shard struct{ lo, hi int }

// cut is shard s of n samples in so many shards; of a small batch fewer.
func cut(n, shards, s int) shard { return shard{n * s / shards, n * (s + 1) / shards} }

// used is in how many shards a batch of n samples is cut.
func (p *Peer[G, X, Y, N, P]) used(n int) int {
	return max(1, min(p.shards, n/max(1, p.config.MinShard)))
}

// Step trains on a batch, which every rank passes as a whole, and returns the loss
// that it had before the step.
func (p *Peer[G, X, Y, N, P]) Step(x []X, y []Y) (loss N, err error) {
	if p.comm.size == 1 && p.shards == 1 && !p.config.Float16 {
		return p.trainer.Step(x, y), nil
	}
	if err := p.fits(x, y); err != nil {
		return 0, err
	}
	n := p.used(len(x))
	first, last := owned(n, p.comm.size, p.comm.rank)
	weight := p.trainer.Weight(y)
	p.losses[0], p.losses[1] = 0, 0
	if p.stop {
		p.losses[1] = 1
	}
	overlap := p.config.Overlap && n == p.comm.size && p.comm.size > 1
	for s := first; s < last; s++ {
		at := cut(len(x), n, s)
		var ready func(lo, hi int)
		g := p.grads[s-first]
		switch {
		case overlap:
			ready = p.sum.ready(P(g).Flat())
		case !p.sum.known:
			ready = p.sum.learn
		}
		share := 1.0
		if n > 1 {
			share = p.trainer.Weight(y[at.lo:at.hi]) / weight
		}
		p.losses[0] += p.trainer.GradientsAt(at.lo, share, g, x[at.lo:at.hi], y[at.lo:at.hi], ready)
	}
	if err := p.combine(n, last-first, overlap); err != nil {
		return 0, err
	}
	p.trainer.Apply(p.grads[0])
	return p.losses[0], p.addLosses()
}

// fits refuses a batch that cannot be cut.
func (p *Peer[G, X, Y, N, P]) fits(x []X, y []Y) error {
	n := p.used(max(1, len(x)))
	switch most := (len(x) + n - 1) / n; {
	case len(x) == 0 || len(x) != len(y):
		return fmt.Errorf("nnmpi: a batch has %d samples and %d targets", len(x), len(y))
	case p.config.MaxShard > 0 && most > p.config.MaxShard:
		return fmt.Errorf("nnmpi: a batch of %d samples in %d shards makes one of %d, but the package takes at most %d at once: choose a batch of at most %d, or more Shards",
			len(x), n, most, p.config.MaxShard, n*p.config.MaxShard)
	}
	return nil
}

// combine leaves in the first gradients the sum of those of n shards, of which this
// rank has own.
func (p *Peer[G, X, Y, N, P]) combine(n, own int, overlap bool) error {
	if overlap {
		return p.sum.wait()
	}
	flat := make([][]N, 0, 8)
	for _, g := range p.grads {
		flat = append(flat, P(g).Flat())
	}
	return p.sum.combine(flat, n, own)
}

// addLosses adds the losses of all ranks, in their order, and whether one stops.
func (p *Peer[G, X, Y, N, P]) addLosses() error {
	if p.comm.size == 1 {
		return nil
	}
	all, err := allgather(p.comm, p.losses)
	if err != nil {
		return err
	}
	p.losses[0], p.losses[1] = 0, 0
	for i, v := range all {
		p.losses[i%2] += v
	}
	return nil
}

// Stop asks all ranks to stop: after the next Step, Stopped is true on each.
func (p *Peer[G, X, Y, N, P]) Stop() { p.stop = true }

// Stopped reports whether a rank had asked to stop before the last Step.
func (p *Peer[G, X, Y, N, P]) Stopped() bool {
	if p.comm.size == 1 {
		return p.stop
	}
	return p.losses[1] != 0
}

// Reduce replaces the gradients of this rank by the sum of those of all ranks, as one
// shard of each: for a loop of one's own, with GradientsAt before and Apply after it.
func (p *Peer[G, X, Y, N, P]) Reduce(g *G) error {
	flat := P(g).Flat()
	if !p.sum.known {
		p.sum.known, p.sum.lo, p.sum.hi = true, 0, len(flat)
	}
	return p.sum.combine([][]N{flat}, p.comm.size, 1)
}
