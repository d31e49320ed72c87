package run

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/stretchr/testify/require"
)

var (
	classifier = fakeNet{
		dtype: "float32", inputs: []fakePort{{name: "x", size: 2}},
		outputs: []fakePort{{name: "y", size: 3, loss: "cross_entropy", labels: []string{"a", "b", "c"}}},
	}
	double = fakeNet{
		dtype: "float64", fit: true,
		inputs:  []fakePort{{name: "image", size: 2}, {name: "pose", size: 1}},
		outputs: []fakePort{{name: "policy", size: 2, loss: "cross_entropy"}, {name: "extra", size: 2}, {name: "value", size: 1, loss: "mse"}},
	}
)

// classData is a table of n samples of three classes that are easy to tell.
func classData(t *testing.T, n int) string {
	var b strings.Builder
	b.WriteString("u,v,class\n")
	for i := range n {
		c := i % 3
		fmt.Fprintf(&b, "%g,%g,%d\n", []float64{1, -1, 0}[c]+0.01*float64(i%7), []float64{0, 0, 1.5}[c]-0.02*float64(i%5), c)
	}
	return put(t, "data.csv", b.String())
}

func trainOptions(t *testing.T, data string) TrainOptions {
	return TrainOptions{
		Data: dataset.Source{Data: data}, Epochs: 5, Shuffle: true, Seed: 3,
		Out: filepath.Join(t.TempDir(), "w.safetensors"), Talk: io.Discard,
	}
}

func TestTrainEvalPredict(t *testing.T) {
	c, net := classifier.compiler(), classifier.net()
	o := trainOptions(t, classData(t, 100))
	o.Fraction = 0.2
	var epochs []Epoch
	o.Progress = func(e Epoch) { epochs = append(epochs, e) }
	r, err := c.Train(t.Context(), net, o)
	require.NoError(t, err)
	require.Equal(t, 80, r.Samples)
	require.Equal(t, 20, r.Valid)
	require.Equal(t, 9, r.Params)
	require.Len(t, epochs, 5)
	require.Less(t, *epochs[4].Loss, *epochs[0].Loss)
	require.Greater(t, *r.Last.ValidAccuracy, 0.9)
	require.Zero(t, *r.Allocs)
	require.Positive(t, r.Nanos)
	require.FileExists(t, filepath.Join(r.Package, "fake.go"))
	require.FileExists(t, CheckpointOf(o.Out))

	e, err := c.Eval(t.Context(), net, EvalOptions{Data: o.Data, Weights: o.Out, Talk: io.Discard})
	require.NoError(t, err)
	require.Equal(t, 100, e.Samples)
	require.Greater(t, *e.Accuracy, 0.9)
	require.Positive(t, *e.Loss)
	var text bytes.Buffer
	e.WriteText(&text)
	require.Contains(t, text.String(), "confusion")
	require.Contains(t, text.String(), "out.weight")

	out := filepath.Join(t.TempDir(), "p.npy")
	p := PredictOptions{Weights: o.Out, In: o.Data.Data, Out: out, Talk: &text}
	n, err := c.Predict(t.Context(), net, p)
	require.NoError(t, err)
	require.Equal(t, 100, n)
	require.Contains(t, text.String(), `data.csv: column "class"`)
	f, err := dataset.ReadFile(out)
	require.NoError(t, err)
	require.Equal(t, []int{100, 3}, f.Arrays[0].Shape)
	p.Out, p.Stdout, p.Talk = "", &text, io.Discard
	text.Reset()
	_, err = c.Predict(t.Context(), net, p)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(text.String(), "a,b,c,class,label\n"), text.String())
}

// TestResume stops a training somewhere and goes on: the files are the same as
// without the stop.
func TestResume(t *testing.T) {
	c, net := classifier.compiler(), classifier.net()
	o := trainOptions(t, classData(t, 5000))
	o.Epochs = 30
	_, err := c.Train(t.Context(), net, o)
	require.NoError(t, err)
	want, err := os.ReadFile(o.Out)
	require.NoError(t, err)
	wantState, err := os.ReadFile(CheckpointOf(o.Out))
	require.NoError(t, err)

	o.Out = filepath.Join(t.TempDir(), "w.safetensors")
	ctx, cancel := context.WithCancel(t.Context())
	o.Progress = func(e Epoch) {
		if e.Epoch == 2 {
			cancel()
		}
	}
	r, err := c.Train(ctx, net, o)
	require.ErrorIs(t, err, ErrInterrupted)
	require.True(t, r.Interrupted)
	o.Progress, o.Resume = nil, true
	for _, change := range []func(o *TrainOptions){
		func(o *TrainOptions) { o.Seed = 4 },
		func(o *TrainOptions) { o.Batch = 3 },
		func(o *TrainOptions) { o.Shuffle = false },
		func(o *TrainOptions) { o.Fraction = 0.5 },
		func(o *TrainOptions) { o.Data.Data = classData(t, 30) },
	} {
		bad := o
		change(&bad)
		_, err = c.Train(t.Context(), net, bad)
		var invalid *InvalidError
		require.ErrorAs(t, err, &invalid)
		require.ErrorContains(t, err, "w.safetensors.checkpoint: the")
	}
	r, err = c.Train(t.Context(), net, o)
	require.NoError(t, err)
	require.Less(t, r.ResumedAt, 30, "the interruption came too late to test anything")
	got, err := os.ReadFile(o.Out)
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, got))
	state, err := os.ReadFile(CheckpointOf(o.Out))
	require.NoError(t, err)
	require.True(t, bytes.Equal(wantState, state))

	// The checkpoints of earlier versions, which know less, are still read.
	former := o
	former.Out, former.Epochs = filepath.Join(t.TempDir(), "w.safetensors"), 15
	former.Resume = false
	_, err = c.Train(t.Context(), net, former)
	require.NoError(t, err)
	makeFormer(t, CheckpointOf(former.Out))
	former.Epochs, former.Resume = o.Epochs, true
	r, err = c.Train(t.Context(), net, former)
	require.NoError(t, err)
	require.Equal(t, 15, r.ResumedAt)
	require.Empty(t, r.Changed)
	got, err = os.ReadFile(former.Out)
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, got))
	former.Seed++
	_, err = c.Train(t.Context(), net, former)
	require.ErrorContains(t, err, "--seed 3, not 4")

	for name, data := range map[string][]byte{
		"not a checkpoint": []byte("x"), "fewer bytes after the header": state[:len(state)-1],
		"damaged": append(bytes.Clone(state[:len(state)-1]), state[len(state)-1]+1),
	} {
		require.NoError(t, os.WriteFile(CheckpointOf(o.Out), data, 0o600))
		_, err = c.Train(t.Context(), net, o)
		require.ErrorContains(t, err, name)
	}
}

// makeFormer writes a checkpoint as versions did that noted less.
func makeFormer(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	line, body, ok := bytes.Cut(bytes.TrimPrefix(data, []byte(CheckpointMagic)), []byte("\n"))
	require.True(t, ok)
	header, former := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	require.NoError(t, json.Unmarshal(line, &header))
	for _, key := range []string{"Epoch", "Next", "LossSum", "Seed", "Batch", "Shuffle", "Samples", "Data", "Weights", "WeightsSHA256", "Trainer", "TrainerSHA256"} {
		require.Contains(t, header, key)
		former[key] = header[key]
	}
	require.Greater(t, len(header), len(former))
	line, err = json.Marshal(former)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, slices.Concat([]byte(CheckpointMagic), line, []byte("\n"), body), 0o600))
}

// TestSeveral runs a float64 network with several inputs and outputs, one of
// them not trained, and a fitted input.
func TestSeveral(t *testing.T) {
	c, net := double.compiler(), double.net()
	data := put(t, "d.csv", "image0,image1,pose,policy,value\n1,0,5,1,0.5\n0,1,6,0,1.5\n1,1,7,1,0.5\n0,0,5,0,1.5\n")
	o := trainOptions(t, data)
	o.Valid = o.Data
	r, err := c.Train(t.Context(), net, o)
	require.NoError(t, err)
	require.Equal(t, 4, r.Valid)
	require.NotNil(t, r.Last.ValidAccuracy)
	e, err := c.Eval(t.Context(), net, EvalOptions{Data: o.Data, Weights: o.Out, Talk: io.Discard})
	require.NoError(t, err)
	require.Len(t, e.Outputs, 2)
	require.Equal(t, "value", e.Outputs[1].Name)
	require.NotNil(t, e.Outputs[1].RMSE)
	require.NotNil(t, e.Accuracy)

	in := put(t, "in.csv", "pose,image0,image1\n5,1,0\n6,0,1\n")
	p := PredictOptions{Weights: o.Out, In: in, Out: filepath.Join(t.TempDir(), "p.npz"), Talk: io.Discard}
	_, err = c.Predict(t.Context(), net, p)
	require.NoError(t, err)
	f, err := dataset.ReadFile(p.Out)
	require.NoError(t, err)
	require.Equal(t, []int{2, 2}, f.Array("policy").Shape)
	require.Equal(t, []int{2, 1}, f.Array("value").Shape)
	p.Out = ""
	var text bytes.Buffer
	p.Stdout = &text
	_, err = c.Predict(t.Context(), net, p)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(text.String(), "policy.policy0,policy.policy1,extra.extra0,extra.extra1,value,policy.class\n"), text.String())
	p.Out = "p.npy"
	_, err = c.Predict(t.Context(), net, p)
	require.ErrorContains(t, err, "write them to an .npz")
}

func TestNoTraining(t *testing.T) {
	f := classifier
	f.outputs = []fakePort{{name: "y", size: 3}}
	c, net := f.compiler(), f.net()
	_, err := c.Train(t.Context(), net, trainOptions(t, classData(t, 9)))
	require.ErrorContains(t, err, "no output has a loss")
	trained := classifier.compiler()
	o := trainOptions(t, classData(t, 9))
	_, err = trained.Train(t.Context(), classifier.net(), o)
	require.NoError(t, err)
	_, err = c.Eval(t.Context(), net, EvalOptions{Data: o.Data, Weights: o.Out, Talk: io.Discard})
	require.ErrorContains(t, err, "no output has a loss")
	in := put(t, "in.csv", "u,v\n1,0\n")
	p := PredictOptions{Weights: o.Out, In: in, Stdout: io.Discard, Talk: io.Discard}
	_, err = c.Predict(t.Context(), net, p)
	require.NoError(t, err)
}

func TestDiverge(t *testing.T) {
	f := classifier
	f.rate = 1e30
	o := trainOptions(t, classData(t, 30))
	require.NoError(t, os.WriteFile(o.Out, []byte("old"), 0o600))
	_, err := f.compiler().Train(t.Context(), f.net(), o)
	require.ErrorContains(t, err, "training diverged: the loss of epoch 1 is")
	old, err := os.ReadFile(o.Out)
	require.NoError(t, err)
	require.Equal(t, "old", string(old))
}

func TestTrainErrors(t *testing.T) {
	c, net := classifier.compiler(), classifier.net()
	data := classData(t, 9)
	for _, tc := range []struct {
		want   string
		change func(o *TrainOptions)
	}{
		{"--epochs must be at least 1, got 0", func(o *TrainOptions) { o.Epochs = 0 }},
		{"--batch must be from 1 to 8", func(o *TrainOptions) { o.Batch = 9 }},
		{"--workers must be at least 1", func(o *TrainOptions) { o.Workers = -1 }},
		{"--validation must be", func(o *TrainOptions) { o.Fraction = 1 }},
		{"leaves none to train with", func(o *TrainOptions) { o.Fraction = 0.99 }},
		{"beside --out, which is missing", func(o *TrainOptions) { o.Resume, o.Out = true, "" }},
		{"--weights has no meaning", func(o *TrainOptions) { o.Resume, o.Weights = true, "w" }},
		{"there is no folder", func(o *TrainOptions) { o.Out = filepath.Join(t.TempDir(), "no", "w") }},
		{"no such file", func(o *TrainOptions) { o.Resume = true }},
		{"no such file", func(o *TrainOptions) { o.Data.Data += "x" }},
		{"no such file", func(o *TrainOptions) { o.Weights = "nowhere" }},
		{"no such file", func(o *TrainOptions) { o.Valid.Data = "nowhere" }},
		{"the file ends at byte 4", func(o *TrainOptions) { o.Weights = put(t, "w", "junk") }},
		{"row 1: element 1 of x, 1e+300, is too large for float32", func(o *TrainOptions) { o.Data.Data = put(t, "d.csv", "a,b,c\n1e300,0,0\n") }},
	} {
		o := trainOptions(t, data)
		tc.change(&o)
		_, err := c.Train(t.Context(), net, o)
		require.ErrorContains(t, err, tc.want)
	}
	_, err := c.Eval(t.Context(), net, EvalOptions{Data: dataset.Source{Data: data}, Weights: put(t, "w", "junk"), Talk: io.Discard})
	var invalid *InvalidError
	require.ErrorAs(t, err, &invalid)
}

// TestWarnings: predict and eval say that weights are not finite.
func TestWarnings(t *testing.T) {
	c, net := classifier.compiler(), classifier.net()
	o := trainOptions(t, classData(t, 9))
	_, err := c.Train(t.Context(), net, o)
	require.NoError(t, err)
	data, err := os.ReadFile(o.Out)
	require.NoError(t, err)
	copy(data[len(data)-4:], "\x00\x00\x80\x7f") // +Inf
	bad := put(t, "bad", string(data))
	var talk, text bytes.Buffer
	_, err = c.Predict(t.Context(), net, PredictOptions{Weights: bad, In: o.Data.Data, Stdout: io.Discard, Talk: &talk})
	require.NoError(t, err)
	require.Contains(t, talk.String(), "warning: "+bad+": 1 element of out.weight: NaN or infinite\n")
	e, err := c.Eval(t.Context(), net, EvalOptions{Data: o.Data, Weights: bad, Talk: io.Discard})
	require.NoError(t, err)
	e.WriteText(&text)
	require.Contains(t, text.String(), "warning: 1 element of out.weight: NaN or infinite\n")
	talk.Reset()
	_, err = c.Predict(t.Context(), net, PredictOptions{Weights: o.Out, In: o.Data.Data, Stdout: io.Discard, Talk: &talk})
	require.NoError(t, err)
	require.NotContains(t, talk.String(), "warning")
}

// TestWithColumns: the file is the one that the runtime would write.
func TestWithColumns(t *testing.T) {
	tensors := []nnrt.Tensor{{Name: "b.weight", Shape: []int{2, 1}}, {Name: "a<b>&", Shape: []int{3}}}
	save := func(meta ...string) []byte {
		var b bytes.Buffer
		require.NoError(t, nnrt.SaveTensors(&b, tensors, meta, func(i int, v []float32) { v[0] = float32(i) + 0.5 }))
		return b.Bytes()
	}
	columns := dataset.Columns{Inputs: []string{"a", `"quoted" <é>`}, Targets: []string{"y"}}
	for _, meta := range [][]string{nil, {"nngen.arch", "float32; d: dense 64->32 & <x>", "z", ""}} {
		got, err := withColumns(save(meta...), columns)
		require.NoError(t, err)
		want := save(append(meta, "nngen.inputs", `["a","\"quoted\" <é>"]`, "nngen.targets", `["y"]`)...)
		require.Equal(t, string(want), string(got))
		path := put(t, "w", string(got))
		require.Equal(t, columns, trainedColumns(path))
		again, err := withColumns(got, columns)
		require.NoError(t, err)
		require.Equal(t, got, again)
	}
	plain := save()
	got, err := withColumns(plain, dataset.Columns{})
	require.NoError(t, err)
	require.Equal(t, plain, got)
	require.Zero(t, trainedColumns(put(t, "w", string(plain))))
	require.Zero(t, trainedColumns(put(t, "w", "junk")))
	_, err = withColumns(plain[:20], columns)
	require.Error(t, err)
}
