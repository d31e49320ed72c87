package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	net "github.com/nngen-go/nngen/generated/bench/w1"
)

// The network learns to balance, for ten seconds from several angles, and a tick
// allocates nothing.
func TestController(t *testing.T) {
	n := learn(1)
	for _, angle := range []float64{-0.2, -0.1, 0.05, 0.2} {
		c := &controller{net: n, cart: cart{angle: angle}}
		for range 10000 {
			c.tick(time.Millisecond)
		}
		require.False(t, c.fallen, "from %v rad", angle)
		require.InDelta(t, 0, c.cart.angle, 0.05)
		require.Less(t, c.cart.x*c.cart.x, 1.0)
	}
	c := &controller{net: n}
	require.Zero(t, testing.AllocsPerRun(100, func() { c.tick(time.Millisecond) }))

	// The loop makes every tick, however late the machine is.
	c = &controller{net: n, cart: cart{angle: 0.1}}
	require.Equal(t, 200, c.run(200*time.Millisecond, time.Millisecond, false))
	require.Equal(t, 200, c.arrival.total)
	require.Equal(t, 200, c.inference.total)
	require.False(t, c.fallen)

	// A network that has learnt nothing lets it fall.
	c = &controller{cart: cart{angle: 0.1}, net: net.New(1)}
	for range 3000 {
		c.tick(time.Millisecond)
	}
	require.True(t, c.fallen)
}

func TestHistogram(t *testing.T) {
	var h histogram
	for _, d := range []time.Duration{0, 1, 2, 3, 1000, 1023, 1024} {
		h.add(d)
	}
	require.Equal(t, []int{1, 1, 2, 0}, h.counts[:4])
	require.Equal(t, 2, h.counts[10])
	require.Equal(t, 1, h.counts[11])
	var b bytes.Buffer
	h.write(&b, "durations")
	require.Contains(t, b.String(), "durations: 7, longest 1.024µs\n")
	require.Contains(t, b.String(), "  below  1.024µs         2   85.7143 %  ████████████████████████████████████████\n")
	require.Contains(t, b.String(), "  below  2.048µs         1  100.0000 %  ████████████████████\n")
}
