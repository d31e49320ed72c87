package model

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/nngen-go/nngen/gen/interp"
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
	mostSamples  = 1 << 16
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
	if m.Batch {
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
			if dims := in.Type.Tensor.Shape.Dims; len(dims) > 0 && dims[0].HasValue {
				n = max(1, int(dims[0].Value))
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
	infinite, nan bool // an infinite number occurred, and one that is none
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

// networkWork is about the multiply-adds of the interpreter for a sample.
func (p *proof) networkWork() int64 {
	const perElement = 8 // of a scalar program
	n := 2 * int64(p.prog.MultiplyAdds())
	for _, op := range p.prog.Infer.Ops {
		for _, y := range op.Outs() {
			n += perElement * int64(y.Size())
		}
	}
	return n
}

// evaluate runs the graph on samples.
func (p *proof) evaluate(r *evaluate.Run, rows [][]float64) ([][]float64, error) {
	inputs := map[string]*evaluate.Tensor{}
	start := 0
	for i, name := range p.Inputs {
		n := p.inputSizes()[i]
		t := &evaluate.Tensor{Shape: slices.Clone(p.InputShapes[i])}
		if p.Batch {
			t.Shape = slices.Insert(t.Shape, 0, len(rows))
		}
		for _, row := range rows {
			t.Data = append(t.Data, row[start:start+n]...)
		}
		inputs[name] = t
		start += n
	}
	for _, in := range p.file.Graph.Inputs { // what the network does not read, the graph may
		if t := p.filler(in, len(rows)); t != nil && inputs[in.Name] == nil {
			inputs[in.Name] = t
		}
	}
	list, err := p.graph.Run(r, inputs)
	if err != nil {
		return nil, err
	}
	out := make([][]float64, len(rows))
	for k, t := range list {
		if !slices.Contains(p.Outputs, p.graphOutputs()[k]) {
			continue // a constant, which the network leaves out
		}
		n := len(t.Data) / len(rows)
		for s := range out {
			out[s] = append(out[s], t.Data[s*n:(s+1)*n]...)
		}
	}
	return out, nil
}

// filler is any value of the shape of an input, nil if that is not known.
func (p *proof) filler(in *onnx.ValueInfo, samples int) *evaluate.Tensor {
	if in.Type == nil || in.Type.Tensor == nil || in.Type.Tensor.Shape == nil || p.bound[in.Name] {
		return nil
	}
	t := &evaluate.Tensor{Shape: []int{}, Integer: in.Type.Tensor.ElemType.IsInteger()}
	n := 1
	for i, dim := range in.Type.Tensor.Shape.Dims {
		d := int(min(dim.Value, mostSamples+1))
		switch {
		case !dim.HasValue && i == 0 && p.Batch:
			d = samples
		case !dim.HasValue:
			return nil
		}
		if n *= d; d < 0 || n > mostSamples {
			return nil
		}
		t.Shape = append(t.Shape, d)
	}
	for i := range n {
		t.Data = append(t.Data, float64(i%5))
	}
	return t
}

// interpret runs the network on samples in float64; values that nothing needs
// any more are forgotten unless they are kept.
func (p *proof) interpret(rows [][]float64, keep bool) (outputs [][]float64, m *interp.Machine, err error) {
	m = interp.New(p.prog)
	m.Batch, m.Unrounded = len(rows), true
	for v, w := range p.weights {
		m.Set(v, w)
	}
	start := 0
	for _, in := range p.prog.Inputs {
		var list [][]float64
		for _, row := range rows {
			list = append(list, row[start:start+in.Size()])
		}
		m.Set(in, list...)
		start += in.Size()
	}
	needed := map[*ir.Value]int{} // the operation that reads a value last
	for i, op := range p.prog.Infer.Ops {
		for _, x := range op.Ins() {
			needed[x] = i
		}
	}
	for _, o := range p.prog.Outputs {
		needed[o.Value] = len(p.prog.Infer.Ops)
	}
	for i, op := range p.prog.Infer.Ops {
		if err := m.Run(&ir.Func{Name: "infer", Ops: []ir.Op{op}}); err != nil {
			return nil, nil, err
		}
		for _, x := range slices.Concat(op.Ins(), op.Outs()) {
			if x.Kind == ir.Temp && needed[x] <= i && !keep {
				m.Set(x)
			}
		}
	}
	outputs = make([][]float64, len(rows))
	for _, o := range p.prog.Outputs {
		list := m.Get(o.Value)
		for s := range outputs {
			outputs[s] = append(outputs[s], list[min(s, len(list)-1)]...)
		}
	}
	return outputs, m, nil
}
