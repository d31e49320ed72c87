package gen_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

var (
	randomCount = flag.Int("networks", 500, "number of random networks")
	randomSeed  = flag.Uint64("seed", 1, "seed of the random networks")
	randomEnv   = flag.String("env", "", "environment of the tool chain, such as GOAMD64=v3")
)

const (
	perProgram = 50 // networks compiled into one program
	leastCover = 10 // every row and feature must occur this often in 500
)

// TestRandomNetworks generates random valid networks, compiles and runs them,
// and compares: forward, loss, gradients, every step's weights and states
// with the oracle on the numeric schedule, bit for bit; gradients with
// float64; each optimiser step with float64 from the generated gradient and
// state.
func TestRandomNetworks(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	t.Logf("seed %d", *randomSeed)
	g := gentest.NewGenerator(*randomSeed)
	stats := &randomStats{}
	for first := 0; first < *randomCount; first += perProgram {
		var nets []*gentest.Network
		for i := first; i < min(first+perProgram, *randomCount); i++ {
			net, err := g.Network(fmt.Sprintf("net%d", i))
			require.NoError(t, err, "seed %d, network %d", *randomSeed, i)
			n, err := gentest.Prepare(net)
			require.NoError(t, err, "seed %d, network %d\n%s", *randomSeed, i, net.Canonical(op.Vocabulary()))
			nets = append(nets, n)
		}
		runRandom(t, g, nets, first, stats)
	}
	var lines []string
	for what, n := range g.Cover {
		lines = append(lines, fmt.Sprintf("%4d %s", n, what))
	}
	sort.Slice(lines, func(i, j int) bool { return lines[i][5:] < lines[j][5:] })
	t.Logf("%d networks, %d steps, %d ill-conditioned gradients left out\n%s",
		*randomCount, stats.steps, stats.skipped, strings.Join(lines, "\n"))
	require.Less(t, stats.skipped*20, *randomCount, "too many networks could not be compared with float64")
	requireCoverage(t, g.Cover)
}

// requireCoverage fails where a row of a table or a feature occurred too
// rarely.
func requireCoverage(t *testing.T, cover gentest.Coverage) {
	least := leastCover * *randomCount / 500
	v := op.Vocabulary()
	for table, kinds := range map[string][]spec.Kind{
		"activation": v.Activations, "loss": v.Losses, "optimizer": v.Optimizers, "schedule": v.Schedules,
		"clip": v.Clips, "regularizer": v.Regularizers, "initializer": v.Initializers, "layer": v.Layers,
	} {
		for _, k := range kinds {
			require.GreaterOrEqual(t, cover[table+" "+k.Name], least, "%s %s", table, k.Name)
		}
	}
	for what, n := range cover {
		require.GreaterOrEqual(t, n, least, what)
	}
}

type randomStats struct {
	steps, skipped int
}

// runRandom compiles and checks a program of networks.
func runRandom(t *testing.T, g *gentest.Generator, nets []*gentest.Network, first int, stats *randomStats) {
	var env []string
	if *randomEnv != "" {
		env = append(env, *randomEnv)
	}
	prog, err := gentest.Build(t.TempDir(), nets, env...)
	require.NoError(t, err, "seed %d, networks from %d", *randomSeed, first)
	jobs := make([]*gentest.Job, len(nets))
	for i, n := range nets {
		jobs[i] = randomJob(g, n)
	}
	results, err := prog.Run(jobs)
	require.NoError(t, err)
	for i, n := range nets {
		c := &randomCase{n: n, job: jobs[i], result: results[i], stats: stats}
		if err := c.check(); err != nil {
			t.Errorf("seed %d, network %d: %v\n%s", *randomSeed, first+i, err, n.Net.Canonical(op.Vocabulary()))
		}
	}
}

// randomJob draws samples, targets and three training batches.
func randomJob(g *gentest.Generator, n *gentest.Network) *gentest.Job {
	samples := func(count int) (b gentest.Batch) {
		for range count {
			var x, y []float64
			for _, v := range n.Plan.Prog.Inputs {
				for range v.Size() {
					x = append(x, float64(float32(g.NormFloat64())))
				}
			}
			for _, o := range n.Plan.Prog.Outputs {
				y = append(y, randomTarget(g, o)...)
			}
			b.Inputs, b.Targets = append(b.Inputs, x), append(b.Targets, y)
		}
		return b
	}
	most := n.Net.Codegen.Batch
	eval := samples(1 + g.IntN(most))
	j := &gentest.Job{Seed: g.Uint64(), Inputs: eval.Inputs, Targets: eval.Targets}
	for range 3 {
		j.Batches = append(j.Batches, samples(1+g.IntN(most)))
	}
	return j
}

func randomTarget(g *gentest.Generator, o ir.Output) []float64 {
	if o.Target == nil {
		return nil
	}
	if o.Class {
		return []float64{float64(g.IntN(o.Value.Size()))}
	}
	y := make([]float64, o.Value.Size())
	sum := 0.0
	for i := range y {
		y[i] = g.Float64()
		sum += y[i]
	}
	for i := range y {
		if o.LossName == "cross_entropy" {
			y[i] /= sum
		}
		y[i] = float64(float32(y[i]))
	}
	return y
}

// randomCase is one network with what it was asked and what it answered.
type randomCase struct {
	n      *gentest.Network
	job    *gentest.Job
	result *gentest.Result
	stats  *randomStats
}

func (c *randomCase) check() error {
	if err := c.forward(); err != nil {
		return err
	}
	if c.n.Plan.Train == nil {
		return nil
	}
	return c.training()
}

// machine returns an interpreter with the parameters and the samples set.
func (c *randomCase) machine(m *interp.Machine, weights map[*ir.Value][]float64, b gentest.Batch) *interp.Machine {
	for v, w := range weights {
		m.Set(v, w)
	}
	prog := c.n.Plan.Prog
	m.Batch, m.Seed, m.LearningRate = len(b.Inputs), c.job.Seed, c.n.Net.Optimizer.Args.Float("learning_rate")
	if prog.DType == ir.Float32 && !m.Plain {
		m.LearningRate = float64(float32(m.LearningRate))
	}
	gentest.Rows(prog.Inputs, b.Inputs, m.Set)
	var targets []*ir.Value
	for _, o := range prog.Outputs {
		if o.Target != nil {
			targets = append(targets, o.Target)
		}
	}
	gentest.Rows(targets, b.Targets, m.Set)
	return m
}

func (c *randomCase) oracle(w map[*ir.Value][]float64, b gentest.Batch) *interp.Machine {
	return c.machine(interp.NewOracle(c.n.Plan.Prog, false), w, b)
}

// forward compares inference and the loss without training.
func (c *randomCase) forward() error {
	prog := c.n.Plan.Prog
	m := c.oracle(interp.InitialValues(prog, c.job.Seed), gentest.Batch{Inputs: c.job.Inputs, Targets: c.job.Targets})
	if err := m.Run(prog.Infer); err != nil {
		return err
	}
	outs := make([]*ir.Value, len(prog.Outputs))
	for i, o := range prog.Outputs {
		outs[i] = o.Value
	}
	for s, want := range gentest.Flat(outs, m.Get) {
		if d := gentest.DiffBits(fmt.Sprintf("Forward, sample %d", s), c.result.Outputs[s], want); d != "" {
			return fmt.Errorf("%s", d)
		}
		if d := gentest.DiffBits(fmt.Sprintf("ForwardBatch, sample %d", s), c.result.Batched[s], want); d != "" {
			return fmt.Errorf("%s", d)
		}
	}
	if prog.Evaluate == nil {
		return nil
	}
	if err := m.Run(prog.Evaluate); err != nil {
		return err
	}
	return diff("Loss", []float64{c.result.EvalLoss}, m.Get(prog.EvalLoss)[0])
}

func diff(what string, got, want []float64) error {
	if d := gentest.DiffBits(what, got, want); d != "" {
		return fmt.Errorf("%s", d)
	}
	return nil
}

// training follows the steps: the oracle runs on, from its own results.
func (c *randomCase) training() error {
	prog := c.n.Plan.Prog
	weights := interp.InitialValues(prog, c.job.Seed)
	states := map[*ir.Value][]float64{}
	for i, b := range c.job.Batches {
		c.stats.steps++
		s := &c.result.Steps[i]
		m := c.oracle(weights, b)
		m.Step = i + 1
		for v, x := range states {
			m.Set(v, x)
		}
		if err := c.step(m, s, i); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
		if err := c.inFloat64(weights, states, b, s, i); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
		for _, p := range prog.Params {
			weights[p] = m.Get(p)[0]
		}
		for _, st := range prog.States {
			states[st] = m.Get(st)[0]
		}
	}
	return nil
}

// step compares one training step with the oracle, bit for bit.
func (c *randomCase) step(m *interp.Machine, s *gentest.Step, i int) error {
	prog := c.n.Plan.Prog
	if prog.Penalty != nil {
		if err := m.Run(prog.Penalty); err != nil {
			return err
		}
		if err := diff("Penalty", []float64{s.Penalty}, m.Get(prog.PenaltyOf)[0]); err != nil {
			return err
		}
	}
	if err := m.Run(prog.Gradients); err != nil {
		return err
	}
	if err := diff("loss of Gradients and Step", []float64{s.Loss, s.StepLoss}, []float64{m.Get(prog.Loss)[0][0], m.Get(prog.Loss)[0][0]}); err != nil {
		return err
	}
	if err := c.compare(s.Gradients, "gradient", func(p *ir.Value) []float64 {
		if g := gradOf(prog, p); g != nil {
			return m.Get(g)[0]
		}
		return nil
	}); err != nil {
		return err
	}
	if err := m.Run(prog.Update); err != nil {
		return err
	}
	for what, data := range map[string][]byte{"Apply": s.Weights, "Step": s.StepWeights} {
		if err := c.compare(data, what, func(p *ir.Value) []float64 { return m.Get(p)[0] }); err != nil {
			return err
		}
	}
	got, err := c.n.DecodeState(s.State)
	if err != nil {
		return err
	}
	for _, st := range prog.States {
		if err := diff(st.Name, got[st], m.Get(st)[0]); err != nil {
			return err
		}
	}
	return nil
}

func gradOf(prog *ir.Program, p *ir.Value) *ir.Value {
	for _, g := range prog.Grads {
		if g.Param == p.Param {
			return g
		}
	}
	return nil
}

// compare compares a weight or gradient file with wanted values; nil is not
// compared.
func (c *randomCase) compare(data []byte, what string, want func(p *ir.Value) []float64) error {
	got, err := c.n.Decode(data)
	if err != nil {
		return err
	}
	for _, p := range c.n.Plan.Prog.Params {
		if w := want(p); w != nil {
			if err := diff(what+" "+p.Name, got[p], w); err != nil {
				return err
			}
		}
	}
	return nil
}

// inFloat64 compares the gradients with float64, and the step that was made
// with a float64 step from the generated gradient and state.
func (c *randomCase) inFloat64(weights, states map[*ir.Value][]float64, b gentest.Batch, s *gentest.Step, i int) error {
	prog := c.n.Plan.Prog
	tolerance, stepTolerance := 1e-4, 1e-5
	if prog.DType == ir.Float64 {
		tolerance, stepTolerance = 1e-9, 1e-12
	}
	grads, err := c.n.Decode(s.Gradients)
	if err != nil {
		return err
	}
	exact, well, err := c.reference(weights, b, i)
	if err != nil {
		return err
	}
	if !well {
		c.stats.skipped++
	}
	for p, want := range exact {
		if d := gentest.DiffWithin("gradient "+p.Name+" in float64", grads[p], want, tolerance); d != "" && well {
			return fmt.Errorf("%s", d)
		}
	}
	m := c.machine(interp.New(prog), weights, b)
	m.Step = i + 1
	for v, x := range states {
		m.Set(v, x)
	}
	for _, g := range prog.Grads {
		for p := range grads {
			if p.Param == g.Param {
				m.Set(g, grads[p])
			}
		}
	}
	if err := m.Run(prog.Update); err != nil {
		return err
	}
	after, err := c.n.Decode(s.Weights)
	if err != nil {
		return err
	}
	for _, p := range prog.Params {
		if d := gentest.DiffWithin(c.n.Net.Optimizer.Name+" "+p.Name+" in float64", after[p], m.Get(p)[0], stepTolerance); d != "" {
			return fmt.Errorf("%s", d)
		}
	}
	return nil
}

// reference computes the gradients in float64, and whether the problem is
// well conditioned: a kink or a step near a float32 rounding may send the
// gradients anywhere, and then float32 has none to compare.
func (c *randomCase) reference(weights map[*ir.Value][]float64, b gentest.Batch, i int) (map[*ir.Value][]float64, bool, error) {
	prog := c.n.Plan.Prog
	gradients := func(w map[*ir.Value][]float64) (map[*ir.Value][]float64, error) {
		m := c.machine(interp.New(prog), w, b)
		m.Step = i + 1
		if err := m.Run(prog.Gradients); err != nil {
			return nil, err
		}
		out := map[*ir.Value][]float64{}
		for _, p := range prog.Params {
			if g := gradOf(prog, p); g != nil {
				out[p] = m.Get(g)[0]
			}
		}
		return out, nil
	}
	exact, err := gradients(weights)
	if err != nil {
		return nil, false, err
	}
	well := true
	rng := rand.New(rand.NewPCG(uint64(i), 0))
	for range 6 {
		shifted := map[*ir.Value][]float64{}
		for _, p := range prog.Params {
			shifted[p] = make([]float64, len(weights[p]))
			for j, x := range weights[p] {
				shifted[p][j] = x + math.Abs(x)*4e-7*(2*rng.Float64()-1)
			}
		}
		near, err := gradients(shifted)
		if err != nil {
			return nil, false, err
		}
		for p, want := range exact {
			well = well && gentest.DiffWithin("", near[p], want, 5e-5) == ""
		}
	}
	return exact, well, nil
}
