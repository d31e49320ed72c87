package plan

import "github.com/nngen-go/nngen/gen/ir"

const (
	// groupBytes is what a core can count on of a last-level cache.
	groupBytes = 4 << 20
	// leastGroup is the number of samples that a worker takes together at least: as many
	// rows as tiles of dense layers have, and fewer barriers.
	leastGroup = 8
	// groupOfNet: the parameters are read once more with every group, so they are at most
	// that part of what a group has of its own.
	groupOfNet = 2
)

// group takes the sums that can be added to, sample by sample, out of the gradients of
// the parameters, if the values of a batch do not stay in a cache: then the samples go
// through the network, and into these sums, in groups, which share their memory. Values
// that nothing but the sums reads are a group's; made are those of the samples.
func (p *Plan) group(t *Train, s *staging, sums []ir.Op, made *Phase) (added, rest []ir.Op) {
	if !p.Layerwise || s.last > 0 || len(p.Prog.Memory) > 0 {
		return nil, sums
	}
	readers := map[*ir.Value]bool{} // read by something else
	for _, op := range sums {
		if adds(op) {
			added = append(added, op.(*ir.Contract).Adding())
		} else {
			rest = append(rest, op)
		}
	}
	for _, op := range s.ops {
		if over, _ := s.of(op); over != Samples && !adds(op) {
			for _, x := range op.Ins() {
				readers[x] = true
			}
		}
	}
	grouped, bytes := map[*ir.Value]bool{}, p.rowBytes(made)
	for _, v := range t.Rows {
		if !readers[v] {
			grouped[v] = true
			bytes += p.RowStride(v.Size(), v.DType) * ElemSize(v.DType)
		}
	}
	n := p.Options.Group
	if n == 0 {
		n = max(groupBytes/max(bytes, 1)/leastGroup, 1) * leastGroup
		if groupOfNet*p.NetBytes() > n*bytes {
			return nil, sums
		}
	}
	if len(grouped) == 0 || n >= p.Options.Batch {
		return nil, sums
	}
	t.Group, t.Grouped = n, grouped
	return added, rest
}

// adds reports whether an operation is a sum over the batch, of one chain in the order of
// the samples, that can go on where it ended.
func adds(op ir.Op) bool {
	c, ok := op.(*ir.Contract)
	return ok && ir.Form(op) == any(op) && c.OverBatch() && c.Init == nil && c.Y.V.Kind == ir.Gradient && c.Whole() && chains(op) == 1
}

// rowBytes is the size of a phase's workspace for a sample of a batch, without the
// scratch, of which a worker needs one row.
func (p *Plan) rowBytes(ph *Phase) int {
	stride := func(size int) int { return p.RowStride(size, ph.Elem) }
	n := ph.bytes(1, stride)
	if ph.Scratch != nil {
		n -= stride(ph.Scratch.Size()) * ElemSize(ph.Elem)
	}
	return n
}

// RowsOf is how many samples the trainer keeps a value of.
func (t *Train) RowsOf(v *ir.Value, batch int) int {
	if t.Grouped[v] {
		return t.Group
	}
	return batch
}

// Together is how many samples the workspaces of a training step have room for, of each
// worker where they go in groups.
func (p *Plan) Together() int {
	if p.Train.Group > 0 {
		return p.Train.Group
	}
	return p.Options.Batch
}
