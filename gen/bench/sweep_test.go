package bench

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/target"
	"github.com/nngen-go/nngen/spec"
)

var (
	sweepTo   = flag.String("sweep", "", "file that TestSweep writes its table to; empty leaves it out")
	sweepPath = flag.String("sweep-path", "avx2", "implementation that TestSweep measures")
	sweepAll  = flag.Bool("sweep-all", false, "TestSweep takes every shape (an hour) and not every fifth")
	sweepOnly = flag.String("sweep-only", "", "regular expression of the shapes that TestSweep takes, such as '^(64|768)-1 '")
)

// shape is a chain of dense layers.
type shape struct {
	group      string
	widths     []int
	activation string
}

func (s shape) String() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(s.widths), " ", "-"), "[]") + " " + s.activation
}

// shapes are those of the sweep: heads, square layers, networks of three layers with
// each activation.
func shapes(all bool) (out []shape) {
	for _, k := range []int{64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048} {
		for n := 1; n <= 16; n++ {
			out = append(out, shape{"heads", []int{k, n}, "linear"})
		}
	}
	for n := 1; n <= 70; n++ {
		out = append(out, shape{"square layers", []int{n, n}, "linear"})
	}
	if !all {
		kept := out[:0]
		for i, s := range out {
			if i%5 == 0 {
				kept = append(kept, s)
			}
		}
		out = kept
	}
	for _, a := range op.Activations() {
		if a.Mixing == nil && a.Name != "step" && a.Name != "sign" { // which do not train
			word := map[string]string{"pow": "{pow: {exponent: 2.5}}", "clip": "{clip: {min: -1, max: 1}}"}[a.Name]
			if word == "" {
				word = a.Name
			}
			out = append(out, shape{"activations", []int{100, 64, 64, 10}, word})
		}
	}
	return out
}

// yaml is the network.
func (s shape) yaml() string {
	var b strings.Builder
	fmt.Fprintf(&b, "nngen: 1\nname: net\ninput: {shape: [%d]}\nlayers:\n", s.widths[0])
	for _, n := range s.widths[1:] {
		fmt.Fprintf(&b, "  - dense: {units: %d, activation: %s}\n", n, s.activation)
	}
	return b.String() + "loss: mse\noptimizer: {sgd: {learning_rate: 0.01}}\ncodegen: {batch: 128}\n"
}

// rounded is the work with outputs, and inputs where they are what is computed,
// rounded up to vectors.
func (s shape) rounded(c Cost, lanes int) Cost {
	up := func(n int) int { return (n + lanes - 1) / lanes * lanes }
	c.Forward, c.GradWeight, c.GradInput = 0, 0, 0
	for i, n := range s.widths[1:] {
		k := s.widths[i]
		c.Forward, c.GradWeight = c.Forward+k*up(n), c.GradWeight+k*up(n)
		if i > 0 {
			c.GradInput += up(k) * n
		}
	}
	return c
}

// TestShapes: every shape is a network that trains.
func TestShapes(t *testing.T) {
	for _, s := range shapes(true) {
		net, err := spec.Decode("net.yaml", []byte(s.yaml()), op.Vocabulary())
		require.NoError(t, err, s.String())
		planOf(t, net)
	}
}

// guess is how many times its estimate a call of a square layer takes in batches, which
// is what the schedule chose its calls by.
type guess struct {
	shape
	what  string
	times float64
}

// misjudged are the estimates of a kind of call that are furthest off.
func misjudged(all []guess, what string) string {
	guesses := slices.DeleteFunc(slices.Clone(all), func(g guess) bool { return g.what != what })
	if len(guesses) == 0 {
		return ""
	}
	slices.SortFunc(guesses, func(a, b guess) int { return cmp.Compare(a.times, b.times) })
	text := fmt.Sprintf("\n\nThe schedule's estimate (`inspect --plan`) of the %s of square layers in batches of 128: a median of %.2f times as long, furthest off", what, guesses[len(guesses)/2].times)
	for i := range min(4, len(guesses)) {
		g := guesses[len(guesses)-1-i]
		text += fmt.Sprintf(", %v %.2f", g.shape, g.times)
	}
	return text + "."
}

// call is the least time of a call by itself, 0 if there is none.
func (r *Report) call(mode string, batch int, name string) float64 {
	for _, l := range r.Layers {
		if l.Mode == mode && l.Batch == batch && l.Name == name {
			return l.Min
		}
	}
	return 0
}

func planOf(t *testing.T, net *spec.Network) *plan.Plan {
	p, err := gen.Plan(net, gen.Options{})
	require.NoError(t, err)
	return p
}

// breakdown is a line for a cell of a shape: what every call takes by itself, and how many
// times its own limit.
func breakdown(s shape, r *Report, cell *Result) string {
	var calls []string
	for _, l := range r.Layers {
		if l.Mode != cell.Mode || l.Batch != cell.Batch {
			continue
		}
		call := fmt.Sprintf("%s %s %s", l.Name, l.Operation, nanos(l.Min))
		if l.MultiplyAdds > 0 {
			call += fmt.Sprintf(" (%.2f)", l.TimesLimit)
		}
		calls = append(calls, call)
	}
	return fmt.Sprintf("| %v | %s %d | %s | %s |\n", s, cell.Mode, cell.Batch, nanos(cell.CallMin), strings.Join(calls, ", "))
}

// TestSweep measures the shapes and writes how many times the limit each takes: that
// of the work in whole vectors, with the activations as they are generated.
func TestSweep(t *testing.T) {
	if *sweepTo == "" {
		t.Skip("measures for minutes; go test ./gen/bench -run TestSweep -sweep FILE")
	}
	row := target.ByName(*sweepPath)
	require.NotNil(t, row, "--sweep-path")
	batches := []int{1, 32, 128}
	build := compiler(t)
	var b, parts strings.Builder
	var group, processor string
	var guesses []guess
	var ratios []float64 // of shapes beyond 2,000 multiply-adds, or of those asked for
	head := "\n\n| " + "%s | infer 1 | 32 | 128 | train 1 | 32 | 128 |\n|---|---|---|---|---|---|---|\n"
	only := regexp.MustCompile(*sweepOnly)
	for _, s := range shapes(*sweepAll || *sweepOnly != "") {
		if !only.MatchString(s.String()) {
			continue
		}
		net, err := spec.Decode("net.yaml", []byte(s.yaml()), op.Vocabulary())
		require.NoError(t, err)
		r, err := Run(t.Context(), net, Options{Compiler: build, Batches: batches, Paths: []string{*sweepPath}, Time: 30 * time.Millisecond, Layers: true, Talk: io.Discard})
		require.NoError(t, err, s.String())
		m := *r.machine(*sweepPath)
		processor = m.CPU
		cost, p := s.rounded(r.Cost, row.Lanes("float32")), planOf(t, net)
		if s.group != group {
			group = s.group
			fmt.Fprintf(&b, head, group)
		}
		fmt.Fprintf(&b, "| %v |", s)
		for _, v := range r.Results {
			l := m.limit(&cost, "float32", v.Mode, v.Batch)
			ratio := v.CallMin / (l.Nanos() + l.Activations)
			fmt.Fprintf(&b, " %.2f |", ratio)
			if cost.Forward > 2000 || *sweepOnly != "" {
				if ratios = append(ratios, ratio); ratio > 1.5 {
					parts.WriteString(breakdown(s, r, &v))
				}
			}
		}
		b.WriteString("\n")
		if k := p.Infer.Steps[0].Kernel; s.group == "square layers" && k != nil && !k.Segments[0].Swapped {
			n, batch := s.widths[0], batches[2]
			times := func(mode, name string, term float64) float64 {
				return r.call(mode, batch, name) * m.GHz / (term * float64(n*batch))
			}
			guesses = append(guesses, guess{s, "products", times(Infer, "dense1", calls.RowsOf(row, k, batch).Term)},
				guess{s, "gradients of weights", times(Train, "dense1.weight", calls.LearnOf(row, "float32", n, n, batch, 4).Term)})
		}
	}
	slices.Sort(ratios)
	within := 0
	for _, r := range ratios {
		if r <= 1.5 {
			within++
		}
	}
	text := fmt.Sprintf("%s, %s, float32, best of many calls. Beyond 2,000 multiply-adds: median %.2f, %d of %d cells within 1.5, worst %.2f.",
		processor, *sweepPath, ratios[len(ratios)/2], within, len(ratios), ratios[len(ratios)-1]) + misjudged(guesses, "products") + misjudged(guesses, "gradients of weights")
	text += b.String()
	if parts.Len() > 0 {
		text += "\n\nWhere the time of cells above 1.5 goes, in nanoseconds and call by call, each by itself (how many times its limit):\n\n| shape | cell | ns | calls |\n|---|---|---|---|\n" + parts.String()
	}
	require.NoError(t, os.WriteFile(*sweepTo, []byte(text), 0o644))
}
