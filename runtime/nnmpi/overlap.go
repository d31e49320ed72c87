package nnmpi

import (
	"runtime"
	"unsafe"
)

// smallest is how many elements have a message of their own: a parameter with fewer
// is added together with the others.
const smallest = 4096

// overlapped are gradients that are added while others are computed.
type overlapped[N Number] struct {
	requests []uintptr // of MPI
	flat     []N
	small    []N
	places   [][2]int // of small
}

// ready returns what GradientsAt tells that a part of the gradients is final.
func (s *combiner[N]) ready(flat []N) func(lo, hi int) {
	o := &s.early
	o.flat, o.requests, o.places, o.small = flat, o.requests[:0], o.places[:0], o.small[:0]
	return func(lo, hi int) {
		if hi-lo < smallest {
			o.places = append(o.places, [2]int{lo, hi})
			o.small = append(o.small, flat[lo:hi]...)
			return
		}
		s.begin(flat[lo:hi])
		s.progress()
	}
}

// begin begins to add v of all ranks. What fails ends the job: MPI's errors do so if
// nobody asks it for another thing.
func (s *combiner[N]) begin(v []N) {
	o, l := &s.early, s.comm.lib
	o.requests = append(o.requests, 0)
	if err := failed("MPI_Iallreduce", l.iallreduce, inPlace, uintptr(at(v)), uintptr(len(v)), typeOf[N](l), l.sum, l.world,
		uintptr(unsafe.Pointer(&o.requests[len(o.requests)-1]))); err != nil {
		panic(err)
	}
}

// progress lets MPI work on what has begun, which it does only when it is called.
func (s *combiner[N]) progress() {
	o, l := &s.early, s.comm.lib
	var done int32
	if err := failed("MPI_Testall", l.testall, uintptr(len(o.requests)), uintptr(at(o.requests)), uintptr(unsafe.Pointer(&done)), 0); err != nil {
		panic(err)
	}
}

// wait adds the small parameters and waits for all.
func (s *combiner[N]) wait() error {
	o, l := &s.early, s.comm.lib
	if len(o.small) > 0 {
		s.begin(o.small)
	}
	err := failed("MPI_Waitall", l.waitall, uintptr(len(o.requests)), uintptr(at(o.requests)), 0)
	from := 0
	for _, p := range o.places {
		from += copy(o.flat[p[0]:p[1]], o.small[from:])
	}
	runtime.KeepAlive(o.flat)
	return err
}
