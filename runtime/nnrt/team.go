package nnrt

import (
	"runtime"
	"sync/atomic"
	"time"
)

// Team is a group of goroutines that share the work of an owner: the caller of
// Run, which does part 0, and those that NewTeam started. Between two calls of
// Run they hold nothing of the owner's.
type Team[T any] struct {
	owner *T
	work  func(owner *T, part, parts int)
	spin  atomic.Bool // waiting is worth a processor
	// turn counts the calls of Run, left the helpers that are still at work.
	// Each has a cache line of its own, as one side waits for each.
	_       [64]byte
	turn    atomic.Uint32
	_       [60]byte
	left    atomic.Uint32
	_       [60]byte
	caller  waiter
	helpers []waiter
	closed  atomic.Bool
}

// NewTeam starts a team of workers, of whom one is whoever calls Run. It ends
// with Close, or when nothing reaches the owner any more.
func NewTeam[T any](owner *T, workers int) *Team[T] {
	m := &Team[T]{helpers: make([]waiter, workers-1)}
	m.caller.wake = make(chan struct{}, 1)
	for i := range m.helpers {
		m.helpers[i].wake = make(chan struct{}, 1)
		go m.help(i)
	}
	runtime.AddCleanup(owner, (*Team[T]).Close, m)
	return m
}

// Run calls work once for every part, at the same time, and returns when all
// are done. What one call of Run wrote, every part of the next one sees. Run
// does not allocate. It must not be called by two goroutines at once.
func (m *Team[T]) Run(owner *T, work func(owner *T, part, parts int)) {
	m.start(owner, work)
	defer m.finish() // also after a panic in work: the others are still at it
	work(owner, 0, len(m.helpers)+1)
}

// start gives the helpers their work.
func (m *Team[T]) start(owner *T, work func(owner *T, part, parts int)) {
	m.owner, m.work = owner, work
	// With fewer processors than workers, who spins keeps another from working.
	m.spin.Store(runtime.GOMAXPROCS(0) > len(m.helpers))
	m.left.Store(uint32(len(m.helpers)))
	m.turn.Add(1)
	for i := range m.helpers {
		m.helpers[i].call()
	}
}

// finish waits for the helpers.
func (m *Team[T]) finish() {
	m.caller.until(&m.left, 0, m.spin.Load())
	m.owner, m.work = nil, nil
}

// help is what helper i does until Close.
func (m *Team[T]) help(i int) {
	for turn := uint32(1); ; turn++ {
		m.helpers[i].until(&m.turn, turn, m.spin.Load())
		work := m.work
		if work != nil {
			work(m.owner, i+1, len(m.helpers)+1)
		}
		if m.left.Add(^uint32(0)) == 0 {
			m.caller.call()
		}
		if work == nil {
			return
		}
	}
}

// Close ends the team. A second call does nothing.
func (m *Team[T]) Close() {
	if !m.closed.Swap(true) {
		m.start(nil, nil)
		m.finish()
	}
}

// spinTime is how long a waiter watches before it goes to sleep: about as long
// as it takes to be woken again.
const spinTime = 30 * time.Microsecond

// waiter is where one goroutine waits.
type waiter struct {
	asleep atomic.Bool
	wake   chan struct{} // with room for one, so that call never waits
	_      [48]byte
}

// until waits until v is want. Whoever sets it has to call the waiter then.
func (w *waiter) until(v *atomic.Uint32, want uint32, spin bool) {
	for begin := time.Now(); spin; spin = time.Since(begin) < spinTime {
		for range 64 {
			if v.Load() == want {
				return
			}
		}
	}
	for v.Load() != want { // a call that came late wakes too early
		w.asleep.Store(true)
		if v.Load() == want && w.asleep.CompareAndSwap(true, false) {
			return
		}
		<-w.wake
	}
}

// call wakes the waiter if it is asleep.
func (w *waiter) call() {
	if w.asleep.CompareAndSwap(true, false) {
		w.wake <- struct{}{}
	}
}

// Rows divides the rows 0 … n−1 of a batch among parts, as evenly as tiles of
// tile and tile+1 rows allow: kernels take that many at a time, and single rows
// cost most. It returns the rows from … to−1 of a part.
func Rows(n, tile, part, parts int) (from, to int) {
	for p := range part + 1 {
		from, to = to, tiled(n, tile, to, parts-p)
	}
	return from, to
}

// tiled returns the end of the first of some parts of the rows from … n−1: as
// near to an even share as the first part and the others, or at least the
// first, can consist of whole tiles.
func tiled(n, tile, from, parts int) int {
	if parts == 1 {
		return n
	}
	even := from + (n-from)/parts
	whole := func(rows int) bool { return rows%tile <= rows/tile }
	for _, both := range [2]bool{true, false} {
		for d := range tile + 1 {
			for _, to := range [2]int{even + d, even - d} {
				if to >= from && to <= n && whole(to-from) && (whole(n-to) || !both && to > from) {
					return to
				}
			}
		}
	}
	return even
}
