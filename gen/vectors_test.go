package gen_test

import (
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// allVectors: the networks of every group in both types.
var allVectors = flag.Bool("vectors", false, "TestVectors compiles every network as float32 and as float64, not those of sharing, batch and vision in turn, half of conv and recurrent and a quarter of windows")

const vectorsDir = "../golden/vectors"

// vector is one network computed by PyTorch in float64: see
// golden/vectors/README.md.
type vector struct {
	Name, Spec string
	Weights    map[string]vectorTensor
	vectorBatch
	Outputs   map[string][][]float64
	Loss      float64
	Gradients map[string]vectorTensor
	Batches   []vectorBatch
	Steps     []struct {
		Loss    float64
		Weights map[string]vectorTensor
	}
}

type vectorTensor struct{ Data []float64 }

type vectorBatch struct {
	Inputs  map[string][][]float64
	Targets map[string]json.RawMessage
}

// TestVectors compiles PyTorch's networks, as float32 and as float64, and
// compares outputs, losses, gradients and the weights after every optimiser
// step, with one to three workers: 1e-5 of the largest value for float32, 1e-12
// for float64.
func TestVectors(t *testing.T) {
	total := 0
	for _, group := range []string{"activations", "losses", "optimizers", "regularizers", "schedules", "shapes", "layers", "sharing", "batch", "conv", "vision", "recurrent", "windows"} {
		var file struct{ Cases []*vector }
		require.NoError(t, json.Unmarshal(readVectors(t, "networks_"+group), &file))
		total += len(file.Cases)
		inTurn := !*allVectors && slices.Contains([]string{"sharing", "batch", "conv", "vision", "recurrent", "windows"}, group)
		if share := map[string]int{"conv": 2, "recurrent": 2, "windows": 4}[group]; share > 0 && !*allVectors {
			for i := range len(file.Cases) / share { // each in the other type than its neighbour
				file.Cases[i] = file.Cases[share*i+i%share]
			}
			file.Cases = file.Cases[:len(file.Cases)/share]
		}
		t.Run(group, func(t *testing.T) { runVectors(t, file.Cases, inTurn) })
	}
	require.GreaterOrEqual(t, total, 300, "a run over nothing proves nothing")
}

// readVectors reads a file of vectors, which may be compressed.
func readVectors(t *testing.T, name string) []byte {
	src, err := os.ReadFile(vectorsDir + "/" + name + ".json")
	if err == nil {
		return src
	}
	f, err := os.Open(vectorsDir + "/" + name + ".json.gz")
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	r, err := gzip.NewReader(f)
	require.NoError(t, err)
	src, err = io.ReadAll(r)
	require.NoError(t, err)
	return src
}

// runVectors runs networks in both types, or in turn in one of them.
func runVectors(t *testing.T, cases []*vector, inTurn bool) {
	var nets []*gentest.Network
	var jobs []*gentest.Job
	var of []*vector // of each network
	for i, c := range cases {
		for j, dtype := range []string{"float32", "float64"} {
			if inTurn && i%2 != j {
				continue
			}
			net, err := spec.Decode("net.yaml", []byte(c.Spec), op.Vocabulary())
			require.NoError(t, err, c.Name)
			require.NoError(t, net.ReadFiles(vectorsDir), c.Name)
			net.Numeric.DType = dtype
			n, err := gentest.Prepare(net)
			require.NoError(t, err, c.Name)
			job, err := c.job(n)
			require.NoError(t, err, c.Name)
			nets, jobs, of = append(nets, n), append(jobs, job), append(of, c)
		}
	}
	prog, err := gentest.Build(t.TempDir(), nets)
	require.NoError(t, err)
	for _, path := range gentest.Paths {
		for workers := 1; workers <= 3; workers++ {
			for _, j := range jobs {
				j.Workers = workers
			}
			results, err := prog.On(path).Run(jobs)
			require.NoError(t, err)
			for i, n := range nets {
				if results[i].Path != path {
					continue // the machine does not have it
				}
				c := of[i]
				t.Run(fmt.Sprintf("%s/%s/%s/%d", c.Name, n.Plan.Prog.DType, path, workers), func(t *testing.T) { c.check(t, n, results[i]) })
			}
		}
	}
}

// job asks for what the vector holds.
func (c *vector) job(n *gentest.Network) (*gentest.Job, error) {
	prog := n.Plan.Prog
	weights := map[*ir.Value][]float64{}
	for _, p := range prog.Params {
		if w, ok := c.Weights[p.Name]; ok {
			weights[p] = w.Data
		} else {
			weights[p] = slices.Repeat(p.Param.Values, p.Size()/len(p.Param.Values))
		}
	}
	data, err := n.Weights(weights)
	if err != nil {
		return nil, err
	}
	j := &gentest.Job{Weights: data}
	first, err := c.vectorBatch.flat(prog)
	if err != nil {
		return nil, err
	}
	j.Inputs, j.Targets = first.Inputs, first.Targets
	for i := range c.Steps {
		b := first
		if c.Batches != nil {
			if b, err = c.Batches[i].flat(prog); err != nil {
				return nil, err
			}
		}
		j.Batches = append(j.Batches, b)
	}
	return j, nil
}

// flat joins named inputs and targets to rows.
func (b *vectorBatch) flat(prog *ir.Program) (out gentest.Batch, err error) {
	for _, x := range prog.Inputs {
		rows := b.Inputs[x.Name]
		out.Inputs = append(out.Inputs, make([][]float64, len(rows)-len(out.Inputs))...)
		for i, r := range rows {
			out.Inputs[i] = append(out.Inputs[i], r...)
		}
	}
	out.Targets = make([][]float64, len(out.Inputs))
	for _, o := range prog.Outputs {
		if o.Target == nil {
			continue
		}
		var rows [][]float64
		var classes []float64
		if json.Unmarshal(b.Targets[o.Name], &classes) == nil {
			for _, c := range classes {
				rows = append(rows, []float64{c})
			}
		} else if err := json.Unmarshal(b.Targets[o.Name], &rows); err != nil {
			return out, fmt.Errorf("target %s: %w", o.Name, err)
		}
		for i, r := range rows {
			out.Targets[i] = append(out.Targets[i], r...)
		}
	}
	return out, nil
}

func (c *vector) check(t *testing.T, n *gentest.Network, r *gentest.Result) {
	tolerance := 1e-5
	if n.Plan.Prog.DType == ir.Float64 {
		tolerance = 1e-12
	}
	within := func(what string, got, want []float64) {
		t.Helper()
		if d := gentest.DiffWithin(what, got, want, tolerance); d != "" {
			t.Error(d)
		}
	}
	at := 0
	for _, o := range n.Plan.Prog.Outputs {
		var got, want []float64
		for s, row := range c.Outputs[o.Name] {
			got, want = append(got, r.Outputs[s][at:at+o.Value.Size()]...), append(want, row...)
		}
		within("output "+o.Name, got, want)
		at += o.Value.Size()
	}
	for i, step := range c.Steps {
		s := &r.Steps[i]
		within(fmt.Sprintf("loss of step %d", i+1), []float64{s.Loss, s.StepLoss}, []float64{step.Loss, step.Loss})
		if i == 0 {
			grads, err := n.Decode(s.Gradients)
			require.NoError(t, err)
			for name, want := range c.Gradients {
				within("gradient "+name, grads[n.Plan.Prog.ParamByName(name)], want.Data)
			}
		}
		weights, err := n.Decode(s.Weights)
		require.NoError(t, err)
		for name, want := range step.Weights {
			within(fmt.Sprintf("%s after step %d", name, i+1), weights[n.Plan.Prog.ParamByName(name)], want.Data)
		}
	}
}
