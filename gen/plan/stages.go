package plan

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
)

// Domain is what the steps of a stage run over, and so how workers share them.
type Domain string

// The domains.
const (
	Once       Domain = "once"           // what does not depend on the samples
	Samples    Domain = "per sample"     // every sample by itself: workers take some samples each
	Groups     Domain = "over a group"   // sums to which those of a group's samples are added: shared as gradients are
	Batch      Domain = "of the batch"   // sums over the samples: one worker does it all
	Parameters Domain = "over the batch" // gradients of parameters: workers take some parameters each
)

// Stage is a list of steps over one domain.
type Stage struct {
	Over  Domain
	Phase *Phase
}

// Batched is the plan of a function over a batch: stages, with a barrier between
// two of them. Once comes first; then samples and sums over the batch in turn,
// as often as what is done for a sample depends on sums over all of them
// (trained batch normalisation); then the sums that nothing but the result
// needs, the loss; then the gradients of the parameters. Where a batch goes through the
// network in groups, its samples have one stage, behind which sums are added to
// gradients: these two take turns.
type Batched struct {
	Stages []*Stage
}

// Phases returns the phases over a domain, in order.
func (b *Batched) Phases(over Domain) []*Phase {
	var out []*Phase
	for _, s := range b.Stages {
		if s.Over == over {
			out = append(out, s.Phase)
		}
	}
	return out
}

// Prepare is what is done once, before all samples.
func (b *Batched) Prepare() *Phase { return b.Phases(Once)[0] }

// Sums are the gradients of the parameters.
func (b *Batched) Sums() *Phase { return b.Phases(Parameters)[0] }

// Loss is the last stage over the batch, which sums the loss.
func (b *Batched) Loss() *Phase {
	all := b.Phases(Batch)
	return all[len(all)-1]
}

// staging says in which stage each operation of a function runs.
type staging struct {
	ops    []ir.Op
	level  map[*ir.Value]int  // how many sums over the batch stand before the value
	summed map[*ir.Value]bool // depends on a sum over the batch and has no samples
	early  map[*ir.Value]bool // of these, what is done for a sample depends on it
	last   int                // number of the last stage over samples
}

// newStaging takes every operation to the first stage it can run in, and those
// that compute parts of one value to the first stage all of them can.
func newStaging(ops []ir.Op) *staging {
	s := &staging{ops: ops, level: map[*ir.Value]int{}, summed: map[*ir.Value]bool{}, early: map[*ir.Value]bool{}}
	samples := map[*ir.Value]bool{} // computed of something of the sample
	for _, op := range ops {
		sum := overBatch(op) || !op.Outs()[0].Batch && dependsOn(op, s.summed)
		level := 0
		for _, x := range op.Ins() {
			at := s.level[x]
			if s.summed[x] && !sum {
				at++
			}
			level = max(level, at)
		}
		for _, y := range op.Outs() {
			s.level[y] = max(s.level[y], level)
			s.summed[y] = s.summed[y] || sum
			samples[y] = samples[y] || slices.ContainsFunc(op.Ins(), func(x *ir.Value) bool { return x.Batch })
			if y.Batch {
				s.last = max(s.last, level)
			}
		}
	}
	reader := map[*ir.Value]int{} // the first stage that reads a value
	for _, op := range slices.Backward(ops) {
		y := op.Outs()[0]
		if first, read := reader[y]; read && y.Batch && !samples[y] {
			s.level[y] = first // needs no sample, and so nothing kept of it
		}
		for _, x := range op.Ins() {
			if first, read := reader[x]; !read || s.level[y] < first {
				reader[x] = s.level[y]
			}
		}
		if y.Batch || s.early[y] {
			for _, x := range op.Ins() {
				s.early[x] = s.summed[x]
			}
		}
	}
	return s
}

// of is the stage of an operation: its domain, and among the stages over
// samples, or over the batch, its number; sums that can wait are in the last.
func (s *staging) of(op ir.Op) (over Domain, number int) {
	y := op.Outs()[0]
	switch {
	case s.summed[y] && s.early[y]:
		return Batch, s.level[y]
	case s.summed[y] && y.Param != nil:
		return Parameters, 0
	case s.summed[y]:
		return Batch, s.last
	case y.Batch:
		return Samples, s.level[y]
	}
	return Once, 0
}

// split plans a function over a batch. Values of samples that a later stage
// reads are kept for every sample.
func (p *Plan) split(t *Train, f *ir.Func) *Batched {
	s := newStaging(f.Ops)
	type place struct {
		over   Domain
		number int
	}
	lists, made := map[place][]ir.Op{}, map[*ir.Value]place{}
	keep := keepAll(f.Results)
	for _, op := range f.Ops {
		over, number := s.of(op)
		at := place{over, number}
		lists[at] = append(lists[at], op)
		for _, x := range op.Ins() {
			switch from, ok := made[x]; {
			case !ok || from == at || keep[x]:
			case x.Batch:
				keep[x] = true
				t.Rows = append(t.Rows, x)
			case from.over == Batch:
				keep[x] = true
				if !slices.Contains(t.Values, x) {
					t.Values = append(t.Values, x)
				}
			}
		}
		for _, y := range op.Outs() {
			made[y] = at
			switch {
			case y.Kind == ir.Temp && y.Param != nil && y.Param.Transposed == nil:
				t.Copies = append(t.Copies, y)
			case over == Batch && y.Size() > 1:
				t.Values = append(t.Values, y)
			}
		}
	}
	sums := byParameter(lists[place{Parameters, 0}])
	b := &Batched{}
	add := func(over Domain, ops []ir.Op) *Phase {
		ph := p.phase(ops, keep, over == Samples && p.Layerwise)
		b.Stages = append(b.Stages, &Stage{over, ph})
		return ph
	}
	add(Once, lists[place{Once, 0}])
	for n := range s.last + 1 {
		made := add(Samples, lists[place{Samples, n}])
		if f == p.Prog.Gradients {
			var added []ir.Op
			if added, sums = p.group(t, s, sums, made); len(added) > 0 {
				add(Groups, added)
			}
		}
		add(Batch, lists[place{Batch, n}])
	}
	add(Parameters, sums)
	return b
}

// byParameter puts together what makes the gradient of a parameter, so that it stays in
// the cache while the steps of a sequence add to it.
func byParameter(ops []ir.Op) []ir.Op {
	first := map[*ir.ParamInfo]int{}
	for i, op := range ops {
		if p := op.Outs()[0].Param; first[p] == 0 {
			first[p] = i + 1
		}
	}
	return slices.SortedStableFunc(slices.Values(ops), func(a, b ir.Op) int {
		return first[a.Outs()[0].Param] - first[b.Outs()[0].Param]
	})
}

// overBatch reports whether the operation sums over the samples.
func overBatch(op ir.Op) bool {
	c, ok := op.(*ir.Contract)
	return ok && c.OverBatch()
}

func dependsOn(op ir.Op, set map[*ir.Value]bool) bool {
	return slices.ContainsFunc(op.Ins(), func(x *ir.Value) bool { return set[x] })
}
