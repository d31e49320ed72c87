package nnmpi

// combiner adds gradients of all ranks.
type combiner[N Number] struct {
	comm   *Comm
	config Config
	known  bool // by all ranks:
	lo, hi int  // the elements that training computes
	route  *route
	parts  []N // of an ordered sum: this rank's part of every shard
	halves halves
	early  overlapped[N]
}

// learn widens the elements that training computes.
func (s *combiner[N]) learn(lo, hi int) {
	if s.lo == s.hi {
		s.lo, s.hi = lo, hi
	}
	s.lo, s.hi = min(s.lo, lo), max(s.hi, hi)
}

// meet tells all ranks which elements training computes, as one that had no shard
// does not know.
func (s *combiner[N]) meet() error {
	if s.known {
		return nil
	}
	s.known = true
	all, err := allgather(s.comm, []uint64{uint64(s.lo), uint64(s.hi)})
	for i := 0; i < len(all); i += 2 {
		if all[i] < all[i+1] {
			s.learn(int(all[i]), int(all[i+1]))
		}
	}
	return err
}

// combine leaves in flat[0] the sum of n shards; this rank's are the first own of
// flat.
func (s *combiner[N]) combine(flat [][]N, n, own int) error {
	if err := s.meet(); err != nil {
		return err
	}
	switch {
	case s.config.Float16:
		return s.float16(flat, n)
	case s.comm.size == 1:
		s.addOwn(flat, own)
		return nil
	case s.config.Mode == Fast:
		s.addOwn(flat, own)
		return allreduce(s.comm, flat[0][s.lo:s.hi])
	}
	return s.ordered(flat, n)
}

// addOwn adds this rank's shards, in their order.
func (s *combiner[N]) addOwn(flat [][]N, own int) {
	sum := flat[0][s.lo:s.hi]
	if own == 0 {
		clear(sum)
	}
	for i := 1; i < own; i++ {
		add(sum, flat[i][s.lo:s.hi])
	}
}

// add adds v to sum.
func add[N Number](sum, v []N) {
	v = v[:len(sum)]
	for i := range sum {
		sum[i] += v[i]
	}
}

// ordered adds the shards in their order: each rank gets one part of all of them, adds
// them, and gives the sum to all. With one shard each, a rank so sends and receives
// what it does in an MPI_Allreduce by rings.
func (s *combiner[N]) ordered(flat [][]N, n int) error {
	c := s.comm
	r := s.routeOf(n, 0)
	s.parts = grown(s.parts, n*r.mine)
	for round := range r.rounds {
		if err := alltoall(c, flat[min(round, len(flat)-1)][s.lo:s.hi], s.parts, r.rounds[round]); err != nil {
			return err
		}
	}
	sum := flat[0][s.lo+int(r.at[c.rank]):][:r.mine]
	copy(sum, s.parts[:r.mine])
	for i := 1; i < n; i++ {
		add(sum, s.parts[i*r.mine:(i+1)*r.mine])
	}
	return allgatherParts(c, flat[0][s.lo:s.hi], r.counts, r.at)
}

// grown is v with room for n elements.
func grown[T any](v []T, n int) []T {
	if len(v) < n {
		return make([]T, n)
	}
	return v
}

// owned are the shards of a rank, from first to last, of n in all.
func owned(n, size, rank int) (first, last int) { return n * rank / size, n * (rank + 1) / size }

// route is where the parts of the elements go: each rank has one part of every shard,
// with some elements more.
type route struct {
	shards, length, more int
	mine                 int        // elements of this rank's part, with those that it has more
	rounds               []exchange // in each, a rank sends one of its shards
	counts, at           []int32    // the parts of all ranks
}

// routeOf is the route of n shards, with more elements in front of each part.
func (s *combiner[N]) routeOf(n, more int) *route {
	length, size := s.hi-s.lo, s.comm.size
	if r := s.route; r != nil && r.shards == n && r.length == length && r.more == more {
		return r
	}
	r := &route{shards: n, length: length, more: more, counts: make([]int32, size), at: make([]int32, size)}
	for q := range size {
		from, to := length*q/size, length*(q+1)/size
		r.counts[q], r.at[q] = int32(to-from+more), int32(from+more*q)
	}
	r.mine = int(r.counts[s.comm.rank])
	own, end := owned(n, size, s.comm.rank)
	for round := range (n + size - 1) / size {
		e := newExchange(size)
		for q := range size {
			if first, last := owned(n, size, q); first+round < last {
				e.counts[q], e.at[q] = int32(r.mine), int32((first+round)*r.mine)
			}
			if own+round < end {
				e.sendCounts[q], e.sendAt[q] = r.counts[q], r.at[q]
			}
		}
		r.rounds = append(r.rounds, e)
	}
	s.route = r
	return r
}
