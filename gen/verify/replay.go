package verify

import (
	"context"
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
)

// The kinds of comparisons of a replay.
const (
	CheckForward  = "Forward"
	CheckBatched  = "ForwardBatch"
	CheckEvalLoss = "Loss"
	CheckPenalty  = "Penalty"
	CheckLoss     = "loss of a training step"
	CheckGradient = "Gradients"
	CheckApply    = "Apply"
	CheckStep     = "Step"
	CheckState    = "state of the optimizer"
	CheckGrad64   = "gradients in float64"
	CheckStep64   = "optimizer in float64"
)

// PureGo is the path of portable Go, which every package has.
const PureGo = "purego"

// Replay follows a job with the oracle and with float64.
type Replay struct {
	Network *Network
	Job     *Job
	Initial Values // parameters before the first step; nil is those of Job.Seed

	fused bool // the path multiplies and adds with one rounding

	// Gradients counts the gradients of parameters in all training steps; LeftOut
	// those that differ from float64 where they may, because a kink or a step near
	// a rounding sends them anywhere; IllConditioned the steps with such.
	Steps, Gradients, LeftOut, IllConditioned int
}

// Compare compares what generated code computed: inference, losses, gradients
// and every step's parameters and states with the oracle, bit for bit;
// gradients with float64; each step with a float64 step from the generated
// gradient and state. The error is not nil if the comparison failed as such.
func (r *Replay) Compare(ctx context.Context, result *Result, checks *Checks) error {
	r.fused = result.Path != PureGo && r.Network.Plan.Prog.Mode == "fast"
	if err := r.forward(result, checks); err != nil {
		return err
	}
	if r.Network.Plan.Train == nil {
		return nil
	}
	return r.training(ctx, result, checks)
}

// initial are the parameters before the first step.
func (r *Replay) initial() Values {
	if r.Initial != nil {
		return r.Initial
	}
	return interp.InitialValues(r.Network.Plan.Prog, r.Job.Seed)
}

// machine sets an interpreter's parameters, samples and numbers of the step.
func (r *Replay) machine(m *interp.Machine, weights Values, b Batch) *interp.Machine {
	prog := r.Network.Plan.Prog
	for v, w := range weights {
		m.Set(v, w)
	}
	m.Batch, m.Seed, m.LearningRate = len(b.Inputs), r.Job.Seed, r.Job.LearningRate
	if m.LearningRate == 0 && prog.Gradients != nil {
		m.LearningRate = r.Network.Net.Optimizer.Args.Float("learning_rate")
	}
	if prog.DType == ir.Float32 && !m.Plain {
		m.LearningRate = float64(float32(m.LearningRate))
	}
	Rows(prog.Inputs, b.Inputs, m.Set)
	var targets []*ir.Value
	for _, o := range prog.Outputs {
		if o.Target != nil {
			targets = append(targets, o.Target)
		}
	}
	if len(b.Targets) > 0 {
		Rows(targets, b.Targets, m.Set)
	}
	return m
}

func (r *Replay) oracle(w Values, b Batch) *interp.Machine {
	return r.machine(interp.NewOracle(r.Network.Plan.Prog, r.fused), w, b)
}

// forward compares inference and the loss without training.
func (r *Replay) forward(result *Result, checks *Checks) error {
	if r.Job.Sequence {
		return r.sequence(result, checks)
	}
	prog := r.Network.Plan.Prog
	weights := r.initial()
	m := r.oracle(weights, Batch{Inputs: r.Job.Inputs})
	if err := Infer(m); err != nil {
		return err
	}
	for s, want := range Flat(outputs(prog), m.Get) {
		checks.Bits(CheckForward, fmt.Sprintf("output of sample %d", s), result.Outputs[s], want)
		checks.Bits(CheckBatched, fmt.Sprintf("output of sample %d", s), result.Batched[s], want)
	}
	if prog.Evaluate == nil || len(r.Job.Targets) == 0 {
		return nil
	}
	m = r.oracle(weights, Batch{r.Job.Inputs[:len(r.Job.Targets)], r.Job.Targets})
	if err := m.Run(prog.Evaluate); err != nil {
		return err
	}
	checks.Bits(CheckEvalLoss, "loss", []float64{result.EvalLoss}, m.Get(prog.EvalLoss)[0])
	return nil
}

// sequence compares the steps of one stream, and the state after them.
func (r *Replay) sequence(result *Result, checks *Checks) error {
	prog := r.Network.Plan.Prog
	m, err := r.stream(r.oracle, func(s int, got []float64) {
		checks.Bits(CheckForward, fmt.Sprintf("output of step %d", s), result.Outputs[s], got)
	})
	if err != nil {
		return err
	}
	state, err := r.Network.DecodeMemory(result.State)
	for _, s := range prog.Memory {
		checks.Bits(CheckForward, "state "+s.Name, state[s.Name], m.Get(s.In)[0])
	}
	return err
}

// stream runs a sequence on a machine and reports the outputs of every step.
func (r *Replay) stream(machine func(Values, Batch) *interp.Machine, step func(s int, outputs []float64)) (*interp.Machine, error) {
	prog := r.Network.Plan.Prog
	m := machine(r.initial(), Batch{Inputs: r.Job.Inputs[:1]})
	if r.Job.State != nil {
		start, err := r.Network.DecodeMemory(r.Job.State)
		if err != nil {
			return nil, err
		}
		for _, s := range prog.Memory {
			m.Set(s.In, start[s.Name])
		}
	}
	for s, row := range r.Job.Inputs {
		Rows(prog.Inputs, [][]float64{row}, m.Set)
		if err := m.Run(prog.Infer); err != nil {
			return nil, err
		}
		step(s, Flat(outputs(prog), m.Get)[0])
		m.Advance(m.Prog.Infer)
	}
	return m, nil
}

// Infer runs inference as the programs do: of a network with memory several steps
// of streams that repeat their samples.
func Infer(m *interp.Machine) error {
	if len(m.Prog.Memory) > 0 {
		for range StreamSteps - 1 {
			if err := m.Run(m.Prog.Infer); err != nil {
				return err
			}
			m.Advance(m.Prog.Infer)
		}
	}
	return m.Run(m.Prog.Infer)
}

// training follows the steps: the oracle runs on, from its own results.
func (r *Replay) training(ctx context.Context, result *Result, checks *Checks) error {
	prog := r.Network.Plan.Prog
	weights, states := r.initial(), Values{}
	streams := map[*ir.Value][][]float64{} // of the samples, from batch to batch
	for i := range r.Job.Batches {
		if err := ctx.Err(); err != nil {
			return err
		}
		r.Steps++
		s := &trainingStep{Replay: r, index: i, batch: r.Job.Batches[i], weights: weights, states: states, streams: streams, got: &result.Steps[i]}
		m, err := s.compare(checks)
		if err == nil {
			err = s.inFloat64(checks)
		}
		if err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
		weights = Values{}
		for _, p := range prog.Params {
			weights[p] = m.Get(p)[0]
		}
		for _, st := range prog.States {
			states[st] = m.Get(st)[0]
		}
		for _, s := range prog.Memory {
			after := m.Get(s.Trained)
			streams[s.In] = append(after, streams[s.In][min(len(after), len(streams[s.In])):]...)
		}
	}
	return nil
}

// trainingStep is one step: where it starts, and what generated code made.
type trainingStep struct {
	*Replay
	index           int
	batch           Batch
	weights, states Values
	streams         map[*ir.Value][][]float64
	got             *Step
}

// start sets a machine to the beginning of the step.
func (s *trainingStep) start(m *interp.Machine, weights Values) *interp.Machine {
	s.machine(m, weights, s.batch)
	m.Step = s.index + 1
	for v, x := range s.states {
		m.Set(v, x)
	}
	for v, rows := range s.streams {
		rows = slices.Clone(rows[:min(len(rows), m.Batch)])
		for len(rows) < m.Batch {
			rows = append(rows, make([]float64, v.Size()))
		}
		m.Set(v, rows...)
	}
	return m
}

// named adds the number of the step.
func (s *trainingStep) named(what string) string { return fmt.Sprintf("step %d: %s", s.index+1, what) }

// compare compares the step with the oracle, bit for bit, and returns the
// oracle after the step.
func (s *trainingStep) compare(checks *Checks) (*interp.Machine, error) {
	prog := s.Network.Plan.Prog
	m := s.start(interp.NewOracle(prog, s.fused), s.weights)
	if prog.Penalty != nil {
		if err := m.Run(prog.Penalty); err != nil {
			return nil, err
		}
		checks.Bits(CheckPenalty, s.named("penalty"), []float64{s.got.Penalty}, m.Get(prog.PenaltyOf)[0])
	}
	if err := m.Run(prog.Gradients); err != nil {
		return nil, err
	}
	checks.Bits(CheckLoss, s.named("loss of Gradients"), []float64{s.got.Loss}, m.Get(prog.Loss)[0])
	err := s.tensors(checks, CheckGradient, s.got.Gradients, func(p *ir.Value) []float64 {
		if g := gradOf(prog, p); g != nil {
			return m.Get(g)[0]
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := m.Run(prog.Update); err != nil {
		return nil, err
	}
	after := func(p *ir.Value) []float64 { return m.Get(p)[0] }
	if err := s.tensors(checks, CheckApply, s.got.Weights, after); err != nil {
		return nil, err
	}
	checks.Bits(CheckLoss, s.named("loss of Step"), []float64{s.got.StepLoss}, m.Get(prog.Loss)[0])
	if err := s.tensors(checks, CheckStep, s.got.StepWeights, after); err != nil {
		return nil, err
	}
	states, err := s.Network.DecodeState(s.got.State)
	for _, st := range prog.States {
		checks.Bits(CheckState, s.named(st.Name), states[st], m.Get(st)[0])
	}
	for _, mem := range prog.Memory {
		want := slices.Concat(m.Get(mem.Trained)...)
		checks.Bits(CheckState, s.named(mem.Name), states[mem.In][:min(len(want), len(states[mem.In]))], want)
	}
	return m, err
}

// tensors compares a weight or gradient file; wanted values that are nil are
// not compared.
func (s *trainingStep) tensors(checks *Checks, name string, data []byte, want func(p *ir.Value) []float64) error {
	got, err := s.Network.Decode(data)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, p := range s.Network.Plan.Prog.Params {
		if w := want(p); w != nil {
			checks.Bits(name, s.named(p.Name), got[p], w)
		}
	}
	return nil
}
