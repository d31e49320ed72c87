package nnrt

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// job counts in plain numbers, so that the race detector sees whether turns
// are separated.
type job struct {
	counts []int
	sum    int
}

func (j *job) count(part, parts int) { j.counts[part] += parts }

// check reads what the other parts wrote in the turn before.
func (j *job) check(part, parts int) {
	sum := 0
	for _, c := range j.counts {
		sum += c
	}
	if part == parts-1 {
		j.sum = sum
	}
}

// TestTeam: every part is done once per turn, and each turn sees the one
// before, with and without processors to spin on, with pauses that put the
// helpers to sleep and without.
func TestTeam(t *testing.T) {
	turns := 3000
	if testing.Short() {
		turns = 300
	}
	for _, workers := range []int{1, 2, 3, 7} {
		for _, procs := range []int{1, 2, 8} {
			t.Run(fmt.Sprintf("%d workers, %d processors", workers, procs), func(t *testing.T) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
				j := &job{counts: make([]int, workers)}
				team := NewTeam(j, workers)
				defer team.Close()
				for i := range turns {
					team.Run(j, (*job).count)
					team.Run(j, (*job).check)
					if want := (i + 1) * workers * workers; j.sum != want {
						t.Fatalf("turn %d: sum %d, want %d", i, j.sum, want)
					}
					if i%200 == 0 {
						time.Sleep(2 * spinTime)
					}
				}
				require.Nil(t, team.owner)
				require.Nil(t, team.work)
			})
		}
	}
}

func TestTeamAllocatesNothing(t *testing.T) {
	j := &job{counts: make([]int, 2)}
	team := NewTeam(j, 2)
	defer team.Close()
	require.Zero(t, testing.AllocsPerRun(100, func() { team.Run(j, (*job).count) }))
}

// TestTeamPanic: a panic of the caller's part waits for the others, and the
// team goes on to serve.
func TestTeamPanic(t *testing.T) {
	j := &job{counts: make([]int, 3)}
	team := NewTeam(j, 3)
	defer team.Close()
	for range 100 {
		require.Panics(t, func() {
			team.Run(j, func(j *job, part, parts int) {
				if part == 0 {
					panic("part 0")
				}
				j.count(part, parts)
			})
		})
	}
	team.Run(j, (*job).count)
	require.Equal(t, []int{3, 303, 303}, j.counts)
}

// goroutines waits for the number of goroutines to fall to n.
func goroutines(t *testing.T, n int) {
	t.Helper()
	require.Eventually(t, func() bool {
		runtime.GC()
		return runtime.NumGoroutine() <= n
	}, 10*time.Second, time.Millisecond, "goroutines are left")
}

// TestTeamEnds: Close ends the helpers, and so does losing the owner.
func TestTeamEnds(t *testing.T) {
	before := runtime.NumGoroutine() + 1 // the one that Eventually starts
	j := &job{counts: make([]int, 4)}
	team := NewTeam(j, 4)
	team.Run(j, (*job).count)
	team.Close()
	team.Close()
	goroutines(t, before)
	func() {
		lost := &job{counts: make([]int, 4)}
		NewTeam(lost, 4).Run(lost, (*job).count)
	}()
	goroutines(t, before)
}

// TestRows compares with what a division must fulfil, for all small batches.
func TestRows(t *testing.T) {
	whole := func(n, tile int) bool { // by trying
		for a := 0; a*tile <= n; a++ {
			if (n-a*tile)%(tile+1) == 0 {
				return true
			}
		}
		return false
	}
	for _, tile := range []int{1, 2, 5} {
		for n := 1; n <= 300; n++ {
			for parts := 1; parts <= 9; parts++ {
				at := 0
				for part := range parts {
					from, to := Rows(n, tile, part, parts)
					require.Equal(t, at, from, "%d rows, part %d of %d", n, part, parts)
					require.GreaterOrEqual(t, to, from)
					even := n / parts
					if n >= parts*(tile*tile+tile) {
						require.True(t, whole(to-from, tile), "%d rows, part %d of %d: %d", n, part, parts, to-from)
						require.InDelta(t, even, to-from, 2, "%d rows, part %d of %d", n, part, parts)
					}
					at = to
				}
				require.Equal(t, n, at, "%d rows in %d parts", n, parts)
			}
		}
	}
	for _, c := range []struct{ n, parts, first int }{{128, 2, 64}, {32, 2, 16}, {30, 3, 10}, {13, 2, 6}, {11, 2, 5}, {8, 2, 5}, {4, 2, 2}, {3, 2, 1}} {
		_, to := Rows(c.n, 5, 0, c.parts)
		require.Equal(t, c.first, to, "%d rows in %d parts", c.n, c.parts)
	}
}
