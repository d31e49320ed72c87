package op_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

type tensor struct{ Data []float64 }

// batch holds inputs and targets; targets may be class numbers.
type batch struct {
	Inputs  map[string][][]float64
	Targets map[string]json.RawMessage
}

type network struct {
	Name, Spec string
	Weights    map[string]tensor
	batch
	Loss      float64
	Gradients map[string]tensor
	Batches   []batch
	Steps     []struct {
		Loss    float64
		Weights map[string]tensor
	}
}

// TestNetworks trains PyTorch's networks in the interpreter: rows, builder and
// lowering together, in float64.
func TestNetworks(t *testing.T) {
	for _, group := range []string{"activations", "losses", "optimizers", "regularizers", "schedules", "shapes", "layers", "sharing", "batch", "conv", "vision"} {
		var file struct{ Cases []network }
		if err := json.Unmarshal(readVectors(t, "networks_"+group), &file); err != nil {
			t.Fatal(err)
		}
		for _, c := range file.Cases {
			t.Run(group+"/"+c.Name, c.train)
		}
	}
}

// readVectors reads a file of vectors, which may be compressed.
func readVectors(t *testing.T, name string) []byte {
	path := "../../golden/vectors/" + name + ".json"
	src, err := os.ReadFile(path)
	if err == nil {
		return src
	}
	src, err = os.ReadFile(path + ".gz")
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(src))
	if err != nil {
		t.Fatal(err)
	}
	if src, err = io.ReadAll(r); err != nil {
		t.Fatal(err)
	}
	return src
}

func (c network) train(t *testing.T) {
	net, err := spec.Decode("net.yaml", []byte(c.Spec), op.Vocabulary())
	if err != nil {
		t.Fatal(err)
	}
	if err := net.ReadFiles("../../golden/vectors"); err != nil {
		t.Fatal(err)
	}
	net.Numeric.DType = "float64"
	prog, err := lower.Lower(net)
	if err != nil {
		t.Fatal(err)
	}
	m := interp.New(prog)
	m.LearningRate = net.Optimizer.Args.Float("learning_rate")
	for _, p := range prog.Params {
		if w, ok := c.Weights[p.Name]; ok {
			m.Set(p, w.Data)
		} else { // a constant
			m.Set(p, slices.Repeat(p.Param.Values, p.Size()/len(p.Param.Values)))
		}
	}
	for i, step := range c.Steps {
		b := c.batch
		if c.Batches != nil {
			b = c.Batches[i]
		}
		m.Step = i + 1
		b.set(t, m)
		run(t, m, prog.Gradients)
		compare(t, "loss", []float64{step.Loss}, m.Get(prog.Loss)[0])
		if i == 0 {
			for _, g := range prog.Grads {
				if !g.Param.Trained { // a statistic of the batch
					continue
				}
				compare(t, g.Param.Name+" gradient", c.Gradients[g.Param.Name].Data, m.Get(g)[0])
			}
		}
		run(t, m, prog.Update)
		for name, w := range step.Weights {
			compare(t, name, w.Data, m.Get(prog.ParamByName(name))[0])
		}
		if t.Failed() {
			t.Fatalf("at step %d", i+1)
		}
	}
}

func (b batch) set(t *testing.T, m *interp.Machine) {
	t.Helper()
	for _, x := range m.Prog.Inputs {
		m.Batch = len(b.Inputs[x.Name])
		m.Set(x, b.Inputs[x.Name]...)
	}
	for _, o := range m.Prog.Outputs {
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
			t.Fatal(err)
		}
		m.Set(o.Target, rows...)
	}
}

func run(t *testing.T, m *interp.Machine, f *ir.Func) {
	t.Helper()
	if err := m.Run(f); err != nil {
		t.Fatal(err)
	}
}

// compare allows errors of 1e-12 of the tensor's largest value.
func compare(t *testing.T, what string, want, got []float64) {
	t.Helper()
	scale, worst := 0.0, 0.0
	if len(want) != len(got) {
		t.Errorf("%s has %d values, want %d", what, len(got), len(want))
		return
	}
	for i := range want {
		scale = math.Max(scale, math.Abs(want[i]))
		worst = math.Max(worst, math.Abs(got[i]-want[i]))
		if (want[i] == 0) != (got[i] == 0) && math.Abs(got[i]) > 1e-15 {
			t.Errorf("%s: element %d is %v, want %v", what, i, got[i], want[i])
		}
	}
	if !(worst <= 1e-12*scale) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}
