package model

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/verify"
)

// streams are models of others that keep a state, or read a window of a signal, with
// what ONNX Runtime computed, in ../shared/data/models, and by how much that may be
// missed, relative to the largest: 1e-5, or twice what two builds of ONNX Runtime
// differ by.
var streams = []struct {
	name  string
	o     Options
	limit float64
}{
	{"rnnoise_v0.1.1", Options{}, 1e-5},
	{"dtln_1", Options{}, 1e-5},
	{"nam_lstm", Options{}, 1e-5},
	{"silero_vad_v6", Options{Shapes: map[string][]int{"input": {1, 576}, "state": {2, 1, 128}}, Bind: map[string]string{"sr": "16000"}, Context: map[string]int{"input": 64}}, 1e-5},
	{"silero_vad_v4", Options{Shapes: map[string][]int{"input": {1, 512}, "h": {2, 1, 64}, "c": {2, 1, 64}}, Bind: map[string]string{"sr": "16000"}}, 1e-5},
	{"nam_wavenet_a1_standard", Options{Stream: 64, NoProof: true}, 1e-5},
	{"nam_wavenet_a1_standard", Options{NoProof: true}, 1e-5},
}

// TestSharedStreams follows the streams on every path, the state after them included.
func TestSharedStreams(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "data", "models")
	var nets []*gentest.Network
	var jobs []*gentest.Job
	var seqs []*Sequence
	for _, c := range streams {
		dir := filepath.Join(root, c.name)
		if _, err := os.Stat(dir); err != nil {
			t.Skipf("%s is not there: models that keep a state are not compared with ONNX Runtime", root)
		}
		c.o.Inference, c.o.NoProof = true, c.o.NoProof || testing.Short()
		m, err := Import(filepath.Join(dir, "model.onnx"), c.o)
		require.NoError(t, err)
		s, err := m.readStream(dir)
		require.NoError(t, err)
		n, err := gentest.Prepare(m.Net)
		require.NoError(t, err)
		job := &gentest.Job{Weights: m.Weights, Inputs: s.Inputs, Sequence: len(n.Plan.Prog.Memory) > 0}
		if s.Start != nil {
			job.State = n.State(s.Start)
		}
		nets, jobs, seqs = append(nets, n), append(jobs, job), append(seqs, s)
	}
	prog, err := gentest.Build(t.TempDir(), nets)
	require.NoError(t, err)
	for _, path := range gentest.Paths {
		results, err := prog.On(path).Run(jobs)
		require.NoError(t, err)
		for i, s := range seqs {
			limit := streams[i].limit
			for step, want := range s.Outputs {
				if want != nil {
					require.Empty(t, verify.DiffNear(fmt.Sprint(s.Name, " step ", step), results[i].Outputs[step], want, 0, limit*s.Largest()), path)
				}
			}
			if s.End == nil {
				continue
			}
			got, err := nets[i].DecodeMemory(results[i].State)
			require.NoError(t, err)
			state := 0.0
			for _, want := range s.End {
				state = max(state, (&Reference{Outputs: [][]float64{want}}).Largest())
			}
			for name, want := range s.End {
				require.Empty(t, verify.DiffNear(s.Name+" "+name, got[name], want, 0, limit*state), path)
			}
		}
	}
	t.Logf("%d models followed", len(seqs))
}

// readStream reads the stream of a folder, or the windows of a signal, one after the other.
func (m *Model) readStream(dir string) (*Sequence, error) {
	if _, err := os.Stat(filepath.Join(dir, "in_0.npy")); err != nil {
		return m.ReadSequence(dir)
	}
	s := &Sequence{Reference: Reference{Name: filepath.Base(dir)}}
	for i := range 3 {
		data, err := ReadPair(filepath.Join(dir, fmt.Sprintf("in_%d.npy", i)), filepath.Join(dir, fmt.Sprintf("out_%d.npy", i)))
		if err != nil {
			return nil, err
		}
		r, err := m.Reference(data)
		if err != nil {
			return nil, err
		}
		s.Inputs, s.Outputs = append(s.Inputs, r.Inputs...), append(s.Outputs, r.Outputs...)
	}
	return s, nil
}
