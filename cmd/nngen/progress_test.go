package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/nngen-go/nngen/gen/run"
	"github.com/stretchr/testify/require"
)

// sgr are the codes that colour text.
var sgr = regexp.MustCompile(`\x1b\[\d*m`)

// screen is what a terminal shows of what was written to it: \r and \x1b[K are
// the only movements.
func screen(t *testing.T, written string) []string {
	written = sgr.ReplaceAllString(written, "")
	lines := strings.Split(written, "\n")
	for i, l := range lines {
		for strings.Contains(l, "\r") {
			at := strings.LastIndex(l, "\r")
			rest, erased := strings.CutSuffix(l[at+1:], "\x1b[K")
			if !erased {
				rest, erased = strings.CutPrefix(l[at+1:], "\x1b[K")
			}
			require.True(t, erased, "%q is drawn over without erasing", l)
			l = rest
		}
		require.NotContains(t, l, "\x1b")
		lines[i] = l
	}
	return lines
}

func epochOf(n, of int, loss float64) run.Epoch {
	return run.Epoch{Epoch: n, Epochs: of, Loss: &loss, SamplesPerSecond: 12345}
}

// TestBar: what is shown of a training, at any width, is what is known of it; it
// is drawn more than once a second while nothing is reported; lines go above it.
func TestBar(t *testing.T) {
	for _, width := range []int{1, 8, 20, 40, 60, 80, 100, 120, 200} {
		for _, colour := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				b := &bar{terminal: &terminal{Writer: &out, colour: colour, width: func() int { return width }}, now: time.Now}
				written := func() string {
					synctest.Wait()
					b.mu.Lock()
					defer b.mu.Unlock()
					return out.String()
				}
				shown := func() string {
					lines := screen(t, written())
					return lines[len(lines)-1]
				}
				fmt.Fprintln(b, "begin")
				b.begin(1000)
				defer b.end()
				b.within(run.Within{Epoch: run.Epoch{Epochs: 40}, Done: 0})
				time.Sleep(10 * time.Second)
				loss := 0.5
				b.within(run.Within{Epoch: run.Epoch{Epochs: 40, Loss: &loss, SamplesPerSecond: 50}, Done: 500})
				line := shown()
				require.LessOrEqual(t, utf8.RuneCountInString(line), width-1)
				if width >= 60 {
					require.Contains(t, line, "epoch  1/40 ")
					require.Contains(t, line, " 1 %")
					require.Contains(t, line, "loss 0.5 ")
					require.Contains(t, line, "13:10 left") // 79 times ten seconds
				}
				before := strings.Count(written(), "\r")
				time.Sleep(3 * time.Second) // inside a long step
				require.GreaterOrEqual(t, strings.Count(written(), "\r")-before, 11)
				val, acc := 0.25, 0.75
				e := epochOf(20, 40, 0.125)
				e.ValidLoss, e.ValidAccuracy = &val, &acc
				b.epoch(e)
				line = shown()
				require.LessOrEqual(t, utf8.RuneCountInString(line), width-1)
				require.Equal(t, colour && strings.Contains(line, "━"), strings.Contains(written(), "\x1b[36m━"))
				if width >= 120 {
					for _, want := range []string{"epoch 21/40 ━", " 50 %", "loss 0.125", "val 0.25", "accuracy 75.00 %", "12.3 k samples/s", "0:13 left"} {
						require.Contains(t, line, want)
					}
				}
				fmt.Fprintln(b, "note: between")
				b.epoch(epochOf(40, 40, 0.1))
				if width >= 60 {
					require.Contains(t, shown(), "epoch 40/40 ")
					require.Contains(t, shown(), "100 %")
				}
				b.end()
				require.Empty(t, shown(), "the bar stays")
				require.Contains(t, screen(t, written()), "note: between")
			})
		}
	}
}

// TestLeft: the time left.
func TestLeft(t *testing.T) {
	for _, tc := range []struct {
		took       time.Duration
		done, rest float64
		want       string
	}{
		{time.Minute, 0, 5, "–:– left"}, {0, 1, 5, "–:– left"}, {time.Minute, 1, 0, "0:00 left"}, {time.Minute, 1, 1.5, "1:30 left"},
		{time.Minute, 2, 119.99, "1:00:00 left"}, {time.Hour, 1, 25.5, "25:30:00 left"}, {time.Hour, 1, 99.9, "99:54:00 left"}, {time.Hour, 1, 240, "10 d left"},
	} {
		require.Equal(t, tc.want, left(tc.took, tc.done, tc.rest))
	}
}

// TestLosses: a training that goes on before the end of its log, or begins anew,
// has one point for each epoch.
func TestLosses(t *testing.T) {
	var l losses
	for _, n := range []int{1, 2, 3, 4, 3, 4, 5} {
		l.add(epochOf(n, 9, float64(10*len(l.train)+n)))
	}
	require.Len(t, l.train, 5)
	require.Equal(t, 43.0, l.train[2].Y)
	require.Len(t, l.lines(), 1)
	l.add(epochOf(1, 9, 7))
	require.Len(t, l.train, 1)
}
