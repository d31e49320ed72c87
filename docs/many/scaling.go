// Command scaling prints the tables of docs/many.md: how long a training step takes on
// some ranks, on paper and by simulation, from what was measured on one.
//
//	go run ./docs/many
package main

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
)

// network is what a step costs on one core of the machine of docs/many.md.
type network struct {
	name    string
	batch   int     // samples of a step, on all ranks together
	sample  float64 // seconds per sample, in a batch
	update  float64 // seconds of a step whatever its batch: the update
	numbers int     // that the ranks add: the gradients as they lie in memory
}

// networks are those of the README, and their costs: measured with nngen bench.
var networks = []network{
	{"digits 64-128-10", 256, 1.77e-6, 1.0e-6, 10_512},
	{"mnist 784-128-10", 256, 5.65e-6, 3.4e-6, 104_960},
	{"lenet", 256, 495e-6, 20e-6, 62_736},
	{"784-512-512-10", 256, 32.2e-6, 25e-6, 678_400},
}

// wire is what connects the ranks: seconds until a message arrives, bytes per second.
type wire struct {
	name      string
	latency   float64
	bandwidth float64
}

var wires = []wire{
	{"one machine", 1.0e-6, 4e9},
	{"100 Gbit/s, RDMA", 2e-6, 11e9},
	{"10 Gbit/s Ethernet", 25e-6, 1.1e9},
	{"1 Gbit/s Ethernet", 50e-6, 0.11e9},
}

// adding is how many numbers a core adds per second.
const adding = 2e9

// ranks are the columns of the tables.
var ranks = []int{1, 2, 4, 8, 16, 32, 64}

// reduction is the time of the ordered sum on r ranks: every rank sends a part to each
// other one, adds r parts, and sends the sum to each.
func reduction(n network, w wire, r int) float64 {
	if r == 1 {
		return 0
	}
	part := float64(4*n.numbers) / float64(r)
	exchange := float64(r-1) * (part/w.bandwidth + w.latency/math.Sqrt(float64(r))) // messages overlap in part
	return 2*exchange + float64(n.numbers)/float64(r)*float64(r-1)/adding
}

// onPaper is a step when all ranks take the same time.
func onPaper(n network, w wire, r int) float64 {
	return math.Ceil(float64(n.batch)/float64(r))*n.sample + n.update + reduction(n, w, r)
}

// simulated is the median step where ranks are disturbed: each is late by a random time
// of a mean of five percent of its work, and now and then the operating system takes
// 200 µs away; all wait for the last.
func simulated(n network, w wire, r int, random *rand.Rand) float64 {
	const steps = 501
	times := make([]float64, steps)
	for s := range times {
		slowest := 0.0
		for range r {
			work := math.Ceil(float64(n.batch)/float64(r)) * n.sample
			work *= 1 + 0.05*random.ExpFloat64()
			if random.Float64() < work/10e-3 { // a hundred times a second
				work += 200e-6
			}
			slowest = max(slowest, work)
		}
		times[s] = slowest + n.update + reduction(n, w, r)*(1+0.1*random.ExpFloat64())
	}
	slices.Sort(times)
	return times[steps/2]
}

// table writes the tables.
func table(out io.Writer) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, n := range networks {
		fmt.Fprintf(out, "**%s**, batches of %d, %d numbers to add; a step in µs, on paper / simulated\n\n", n.name, n.batch, n.numbers)
		fmt.Fprint(out, "| wire |")
		for _, r := range ranks {
			fmt.Fprintf(out, " %d |", r)
		}
		fmt.Fprint(out, " best |\n|---|")
		for range len(ranks) + 1 {
			fmt.Fprint(out, "---|")
		}
		fmt.Fprintln(out)
		for _, w := range wires {
			fmt.Fprintf(out, "| %s |", w.name)
			best, at := math.Inf(1), 0
			for _, r := range ranks {
				s := simulated(n, w, r, random)
				fmt.Fprintf(out, " %.0f / %.0f |", onPaper(n, w, r)*1e6, s*1e6)
				if s < best {
					best, at = s, r
				}
			}
			fmt.Fprintf(out, " %d: %.1f× |\n", at, simulated(n, w, 1, random)/best)
		}
		fmt.Fprintln(out)
	}
}

func main() { table(os.Stdout) }
