// Command controller balances a pole on a cart a thousand times a second and
// prints how long it takes: a network of 1,282 parameters, trained at the start
// to do what a linear controller does, reads position, velocity, angle and spin
// and answers with two forces. Nothing is allocated while it runs, so that the
// garbage collector has no reason to.
//
//	go run ./docs/controller --duration 10s
//
// The late ticks of the second table are the operating system's: it wakes a
// sleeping program when it likes. --spin waits without sleeping, on a core of its
// own.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"time"

	net "github.com/nngen-go/nngen/generated/bench/w1"
)

// cart is the plant: position in m and velocity, angle of the pole from upright
// in rad and its spin.
type cart struct{ x, v, angle, spin float64 }

// step moves the cart on under a force in N.
func (c *cart) step(force, dt float64) {
	const g, pole, total, half = 9.8, 0.1, 1.1, 0.5
	sin, cos := math.Sincos(c.angle)
	push := (force + pole*half*c.spin*c.spin*sin) / total
	turn := (g*sin - cos*push) / (half * (4.0/3 - pole*cos*cos/total))
	c.x += dt * c.v
	c.v += dt * (push - pole*half*turn*cos/total)
	c.angle += dt * c.spin
	c.spin += dt * turn
}

func (c *cart) input() net.Input {
	return net.Input{float32(c.x), float32(c.v), float32(c.angle), float32(c.spin)}
}

// teacher is a linear controller: the force in units of 10 N.
func teacher(c *cart) float64 {
	return max(-1, min(1, (2.8*c.x+5.3*c.v+46.4*c.angle+12*c.spin)/10))
}

// learn trains a network to do what the teacher does: its outputs are the forces
// to the right and to the left.
func learn(seed uint64) *net.Net {
	n := net.New(seed)
	trainer := net.NewTrainer(n, net.Options{Seed: seed})
	defer trainer.Close()
	rng := rand.New(rand.NewPCG(seed, 0))
	var x [net.MaxBatch]net.Input
	var y [net.MaxBatch]net.Target
	const steps = 30000
	for i := range steps {
		trainer.LearningRate = 0.1 * (1 - float32(i)/steps)
		for j := range x {
			spread := func(most float64) float64 { return most * (2*rng.Float64() - 1) }
			c := cart{spread(1.5), spread(1.5), spread(0.25), spread(1.2)}
			force := float32(teacher(&c))
			x[j], y[j] = c.input(), net.Target{max(0, force), max(0, -force)}
		}
		trainer.Step(x[:], y[:])
	}
	return n
}

// controller is the loop and what it measures.
type controller struct {
	net                *net.Net
	ws                 net.Workspace
	cart               cart
	inference, arrival histogram
	fallen             bool
}

// tick reads the state, lets the network answer, and moves the cart on until
// the next tick.
func (c *controller) tick(period time.Duration) {
	x := c.cart.input()
	var y net.Output
	begin := time.Now()
	c.net.Forward(&y, &x, &c.ws)
	c.inference.add(time.Since(begin))
	c.cart.step(10*float64(y[0]-y[1]), period.Seconds())
	c.fallen = c.fallen || math.Abs(c.cart.angle) > 0.5
}

// run ticks for a while. Every tick has its time, whatever the ones before took.
func (c *controller) run(duration, period time.Duration, spin bool) (ticks int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begin := time.Now()
	for next := period; next <= duration; next += period {
		if wait := next - time.Since(begin); !spin && wait > 0 {
			time.Sleep(wait)
		}
		for time.Since(begin) < next {
		}
		c.arrival.add(time.Since(begin) - next)
		c.tick(period)
		ticks++
	}
	return ticks
}

// histogram counts durations: bucket i has those below 2^i ns.
type histogram struct {
	counts [40]int
	total  int
	most   time.Duration
}

func (h *histogram) add(d time.Duration) {
	i := 0
	for d>>i > 0 && i < len(h.counts)-1 {
		i++
	}
	h.counts[i]++
	h.total++
	h.most = max(h.most, d)
}

// write prints the buckets between the first and the last that have any.
func (h *histogram) write(w io.Writer, title string) {
	fmt.Fprintf(w, "%s: %d, longest %v\n", title, h.total, h.most)
	first, last, widest := len(h.counts), 0, 1
	for i, n := range h.counts {
		if n > 0 {
			first, last, widest = min(first, i), i, max(widest, n)
		}
	}
	below := 0
	for i := first; i <= last; i++ {
		n := h.counts[i]
		below += n
		bar := strings.Repeat("█", (n*40+widest-1)/widest)
		fmt.Fprintf(w, "  below %8v  %8d  %8.4f %%  %s\n", time.Duration(1)<<i, n, 100*float64(below)/float64(h.total), bar)
	}
}

func main() {
	duration := flag.Duration("duration", 10*time.Second, "how long to balance")
	period := flag.Duration("period", time.Millisecond, "time between two ticks")
	spin := flag.Bool("spin", false, "wait without sleeping")
	flag.Parse()
	if *period <= 0 || *duration < *period {
		log.Fatal("want a period above 0 and a duration of at least one")
	}
	c := &controller{net: learn(1), cart: cart{angle: 0.15}}
	c.run(20*(*period), *period, *spin) // the runtime starts its threads, and makes the timer
	c.inference, c.arrival = histogram{}, histogram{}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	ticks := c.run(*duration, *period, *spin)
	runtime.ReadMemStats(&after)
	c.inference.write(os.Stdout, "inferences")
	c.arrival.write(os.Stdout, "ticks that came late by")
	fmt.Printf("%d ticks, %d allocations (the runtime's; a tick has none), %d garbage collections\n", ticks, after.Mallocs-before.Mallocs, after.NumGC-before.NumGC)
	fmt.Printf("the cart is at %.3f m, the pole at %.4f rad\n", c.cart.x, c.cart.angle)
	if c.fallen {
		log.Fatal("the pole fell")
	}
}
