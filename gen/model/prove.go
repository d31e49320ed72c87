package model

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec/onnx"
	"github.com/nngen-go/nngen/spec/onnx/evaluate"
)

// ProofError is a network that computes something else than the model it was
// made of.
type ProofError struct {
	Layer string // layer 2 (relu "act"), the first whose values the graph does not have
	Msg   string
	Hint  string
}

// Error names the layer and what it computes, and what to do on a line of its own.
func (e *ProofError) Error() string { return e.Layer + ": " + e.Msg + "\n    " + e.Hint }

const (
	reportModel = "this is a fault of nngen; please report the model; --no-proof imports it all the same"
	notTheBatch = "give --batch-axis none, if the first dimension is not the batch, or export the model with a batch of 1; --no-proof imports it all the same"
)

const (
	// proofSamples are in a batch of the proof, if the graph leaves it open; it may
	// want at most mostSamples.
	proofSamples = 3
	// proofSteps are the steps of a stream, which stand for samples where the
	// network has a state.
	proofSteps  = 4
	mostSamples = 1 << 16
	// proofWork is the most multiply-adds of a proof.
	proofWork = 1e10
	// proofLimit is by how much an output may differ, relative to the largest
	// number of the evaluation; a difference is also one where it is more than
	// proofLimit of the output, sensitivity times the change that noise makes,
	// and roundings.
	proofLimit  = 1e-9
	noise       = 1e-12
	sensitivity = 1e3
	roundings   = 1e-13
)

const tooLarge = "the network is not compared with the model, which is too large for that"

// proofInputs are what the graph and the network are compared on, the most
// telling first.
var proofInputs = []struct {
	name string
	draw func(r *rand.Rand) float64
}{
	{"of magnitude 1", scaled(1)},
	{"that are small whole numbers", func(r *rand.Rand) float64 { return float64(r.IntN(13) - 6) }},
	{"of magnitude 1e3", scaled(1e3)},
	{"of magnitude 1e6", scaled(1e6)},
	{"of magnitude 1e-3", scaled(1e-3)},
	{"of magnitude 30", scaled(30)},
	{"some of which are infinite", func(r *rand.Rand) float64 {
		return []float64{math.Inf(1), math.Inf(-1), r.NormFloat64(), r.NormFloat64()}[r.IntN(4)]
	}},
	{"that are ∞", func(*rand.Rand) float64 { return math.Inf(1) }},
	{"that are −∞", func(*rand.Rand) float64 { return math.Inf(-1) }},
}

func scaled(s float64) func(r *rand.Rand) float64 {
	return func(r *rand.Rand) float64 { return float64(float32(s * r.NormFloat64())) }
}

// proof compares the graph of a model with the network that was made of it.
type proof struct {
	*Model
	prog      *ir.Program
	weights   map[*ir.Value][]float64
	graph     *evaluate.Graph
	samples   int             // in a run
	otherwise int             // the same where the graph cannot be evaluated with that
	limit     int64           // on the multiply-adds
	bound     map[string]bool // names of constants
	spreads   bool            // a dense layer has weights of 0, as one that the model applies to rows
	random    *rand.Rand
}

// newProof prepares the graph and the network. The weights are those of the
// import, not rounded to float32: the meaning, not the arithmetic, is compared.
func (m *Model) newProof(prog *ir.Program, bind map[string]*onnx.Tensor) (*proof, error) {
	p := &proof{Model: m, prog: prog, samples: 1, otherwise: 1, limit: proofWork, random: rand.New(rand.NewPCG(1, 2)), weights: map[*ir.Value][]float64{}, bound: map[string]bool{}}
	var err error
	if p.graph, err = evaluate.New(m.file, evaluate.Options{Bind: bind, Exact: m.Float64}); err != nil {
		return nil, err
	}
	switch {
	case m.Stream > 0:
		p.samples = (m.Window + m.Stream - 1) / m.Stream
		p.otherwise = p.samples
	case p.streams():
		p.samples, p.otherwise = proofSteps, proofSteps
	case m.Batch:
		p.samples, p.otherwise = m.batchSizes()
	}
	for name := range bind {
		p.bound[name] = true
	}
	for _, t := range m.file.Graph.Initializers {
		p.bound[t.Name] = true
	}
	byName := map[string][]float64{}
	for _, t := range m.Tensors {
		byName[t.Name] = t.Data
	}
	for _, v := range prog.Params {
		p.weights[v] = byName[v.Name]
		if p.weights[v] == nil {
			p.weights[v] = spread(v.Param.Values, v.Size())
		}
		if i := slices.IndexFunc(p.weights[v], func(x float64) bool { return !m.Float64 && !math.IsInf(x, 0) && math.IsInf(float64(float32(x)), 0) }); i >= 0 {
			return nil, &ProofError{"tensor " + v.Name, fmt.Sprintf("its element %d, %g, is more than a float32 can be", i, p.weights[v][i]), reportModel}
		}
	}
	for _, o := range prog.Infer.Ops {
		if c, ok := o.(*ir.Contract); ok {
			p.spreads = p.spreads || slices.ContainsFunc(c.Ins(), func(v *ir.Value) bool { return slices.Contains(p.weights[v], 0) })
		}
	}
	return p, nil
}

// batchSizes are the numbers of samples to evaluate the graph with: the one it
// declares, unless that is large, or any; and another where it cannot be done.
func (m *Model) batchSizes() (n, otherwise int) {
	const large = 64
	for _, in := range m.file.Graph.Inputs {
		if slices.Contains(m.Inputs, in.Name) && in.Type != nil && in.Type.Tensor != nil && in.Type.Tensor.Shape != nil {
			at := m.batchOf(m.InputBatch, slices.Index(m.Inputs, in.Name))
			if dims := in.Type.Tensor.Shape.Dims; len(dims) > at && dims[at].HasValue {
				n = max(1, int(dims[at].Value))
			}
		}
	}
	switch {
	case n == 0:
		return proofSamples, 1
	case n > large:
		return proofSamples, n
	}
	return n, n
}

// prove refuses a network that differs from the graph anywhere it is tried, and
// returns a note where it could not be tried as usual.
func (m *Model) prove(prog *ir.Program, bind map[string]*onnx.Tensor) (note string, err error) {
	p, err := m.newProof(prog, bind)
	if errors.Is(err, evaluate.ErrTooLarge) {
		return tooLarge, nil
	}
	if err != nil {
		return "", err
	}
	return p.compare()
}

// compare runs graph and network on all kinds of inputs, or fewer where that is
// much work.
func (p *proof) compare() (note string, err error) {
	cost := int64(0) // of a run
	for i, in := range proofInputs {
		if i > 0 && int64(i+1)*cost > p.limit {
			return fmt.Sprintf("the network is compared with the model on %d of %d kinds of inputs alone, because a sample takes %.3g multiply-adds", i, len(proofInputs), float64(cost)/float64(p.samples)), nil
		}
		r, err := p.run(in.draw)
		if err != nil && i == 0 && p.otherwise != p.samples && !errors.Is(err, evaluate.ErrTooLarge) {
			if p.otherwise == 1 {
				if err := p.otherBatches(in.draw); err != nil {
					return "", err
				}
			}
			p.samples = p.otherwise
			r, err = p.run(in.draw)
		}
		if errors.Is(err, evaluate.ErrTooLarge) {
			return tooLarge, nil
		}
		if err != nil {
			return "", err
		}
		cost = r.work
		for n := p.samples; ; n += p.samples {
			if e := p.judge(r); e != nil {
				e.Msg += "; inputs " + in.name
				return "", e
			}
			if n >= proofSamples || 2*int64(len(proofInputs))*cost > p.limit {
				break
			}
			if r, err = p.run(in.draw); err != nil {
				return "", err
			}
		}
	}
	return "", nil
}

// otherBatches looks for numbers of samples that the graph takes, though not any:
// a value per sample meets an axis that happens to be as long.
func (p *proof) otherBatches(draw func(r *rand.Rand) float64) error {
	const most = 64
	for p.samples = 2; p.samples <= most; p.samples++ {
		if r, err := p.run(draw); err == nil {
			if e := p.judge(r); e != nil {
				e.Msg, e.Hint = e.Msg+fmt.Sprintf("; a batch of %d samples", p.samples), notTheBatch
				return e
			}
		}
	}
	return nil
}

// inputs are the samples of a run, a row each, of all inputs one after the other.
func (p *proof) inputs(draw func(r *rand.Rand) float64) [][]float64 {
	rows := make([][]float64, p.samples)
	for s := range rows {
		for _, n := range p.inputSizes() {
			for range n {
				rows[s] = append(rows[s], draw(p.random))
			}
		}
	}
	return rows
}

// outcome is what the graph and the network make of some samples: a row each.
type outcome struct {
	rows          [][]float64
	want, got     [][]float64
	noisy         [2][][]float64
	largest       float64
	infinite, nan bool   // an infinite number occurred, and one that is none
	atInfinity    []bool // what is known of hasInfinite
	work          int64
}

// run draws samples, evaluates the graph, without noise and with it, and the
// network.
func (p *proof) run(draw func(r *rand.Rand) float64) (*outcome, error) {
	o := &outcome{work: int64(p.samples) * p.networkWork()}
	if o.work > p.limit || p.samples > mostSamples {
		return nil, evaluate.ErrTooLarge
	}
	o.rows = p.inputs(draw)
	rows := o.rows

	exact := &evaluate.Run{Limit: (p.limit-o.work)/3 + 1}
	var err error
	if o.want, err = p.evaluate(exact, rows); err != nil {
		return nil, err
	}
	seed := p.random.Uint64()
	for i, size := range []float64{noise, -noise} { // one sign alone may be cut off
		random := rand.New(rand.NewPCG(seed, 0))
		noisy := &evaluate.Run{Noise: func(x float64) float64 { return x * (1 + size*(2*random.Float64()-1)) }}
		if o.noisy[i], err = p.evaluate(noisy, rows); err != nil {
			return nil, err
		}
	}
	o.work += 3 * exact.Work
	o.largest, o.infinite, o.nan = exact.Largest, exact.Infinite, exact.NaN
	o.got, _, err = p.interpret(rows, false)
	return o, err
}
