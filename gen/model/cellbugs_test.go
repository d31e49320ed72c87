package model

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/gen/verify"
	"github.com/nngen-go/nngen/spec/onnx"
)

// cellBugs are reported faults of other importers, as cases of
// golden/onnx-bugs/cells.npz, whose results are PyTorch's.
var cellBugs = []struct {
	reports, data, kind string
	args                []any
}{
	{"oramasearch/onnx-go#217, #187: a simple LSTM fails", "lstm", "LSTM", nil},
	{"gomlx/onnx-gomlx 0.3.4: the default activations written out", "lstm", "LSTM", []any{attrTexts("activations", "Sigmoid", "Tanh", "Tanh")}},
	{"kraiskil/onnx2c#95: the way back runs over the features", "lstm_both_ways", "LSTM", nil},
	{"onnx/onnx-tensorflow#408, #410: h is given, c is not", "lstm_h_alone", "LSTM", nil},
	{"onnx/onnx-tensorflow#409, microsoft/onnxruntime#1607: a state for each way", "lstm_both_ways_begin", "LSTM", nil},
	{"onnx/onnx-tensorflow#409: a state for each way", "gru_both_ways_begin", "GRU", nil},
	{"ml-explore/mlx#3249, fastmachinelearning/hls4ml#594: the hidden bias of the first step", "gru_no_state", "GRU", nil},
	{"microsoft/onnxruntime#3893: no bias, a batch of 3", "gru_no_bias", "GRU", nil},
	{"tracel-ai/burn#2701: two steps; ENOT-AutoDL/onnx2torch#256: linear_before_reset=0", "gru_default", "GRU", []any{attrInt("linear_before_reset", 0)}},
	{"onnx/keras-onnx#123, sonos/tract#1082, #812, #286: a batch", "gru_batch", "GRU", nil},
	{"sonos/tract#286: a batch", "rnn_batch", "RNN", nil},
	{"microsoft/onnxruntime#1193, onnx/onnx-tensorflow#342, onnx/onnx-mlir#2479: sequence_lens", "lstm_length", "LSTM", nil},
	{"onnx/onnx-tensorflow#342: sequence_lens, backwards", "gru_length", "GRU", nil},
}

// lengthOf are the constant sequence_lens of cases.
var lengthOf = map[string]int64{"lstm_length": 3, "gru_length": 2}

// TestCellBugs: both layouts (openvinotoolkit/openvino#37820, onnx/onnx#5218), every sample of a
// batch. The other reports on cells, states and contexts are TestSharedRTNeural (layers after
// the first of a module), TestStreams (a second call) and TestSpeech (Silero's 64 samples).
func TestCellBugs(t *testing.T) {
	file, err := dataset.ReadFile(filepath.Join("..", "..", "golden", "onnx-bugs", "cells.npz"))
	require.NoError(t, err)
	arrays := map[string]dataset.Array{}
	for _, a := range file.Arrays {
		arrays[a.Name] = *a
	}
	for _, c := range cellBugs {
		for _, layout := range []int64{0, 1} {
			t.Run(c.reports, func(t *testing.T) {
				b := newBuilder(17, 1)
				constant := func(what string) string {
					a, ok := arrays[c.data+"."+what]
					if !ok {
						return ""
					}
					if layout == 1 && (what == "h0" || what == "c0") {
						a = swapped(a)
					}
					list := make([]float32, len(a.Data))
					for i, v := range a.Data {
						list[i] = float32(v)
					}
					var dims []int64
					for _, d := range a.Shape {
						dims = append(dims, int64(d))
					}
					return b.floats(dims, list...)
				}
				x := arrays[c.data+".x"]
				steps, batch, inputs := int64(x.Shape[0]), int64(x.Shape[1]), int64(x.Shape[2])
				b.input("x", []int64{steps, batch}[layout], []int64{batch, steps}[layout], inputs)
				lens := ""
				if n := lengthOf[c.data]; n > 0 {
					lens = b.integers(n)
				}
				args := []any{"x", constant("W"), constant("R"), constant("B"), lens, constant("h0")}
				if c.kind == "LSTM" {
					args = append(args, constant("c0"))
				}
				if arrays[c.data+".W"].Shape[0] == 2 {
					args = append(args, attrText("direction", "bidirectional"))
				}
				if args = append(args, attrInt("layout", layout)); c.kind == "GRU" && c.args == nil {
					args = append(args, attrInt("linear_before_reset", 1))
				}
				outs := b.several(2, c.kind, append(args, append(c.args, attrInt("hidden_size", int64(arrays[c.data+".R"].Shape[2])))...)...)
				m := imported(t, b.model(outs...), Options{})
				r, err := m.Reference(&Data{Inputs: tensorsOf(layout, x), Outputs: tensorsOf(layout, arrays[c.data+".y"], arrays[c.data+".h"])})
				require.NoError(t, err)
				for s, got := range interpret(t, m, r.Inputs) {
					require.Empty(t, verify.DiffNear(c.data, got, r.Outputs[s], 0, 2e-6), "%s", m.Spec)
				}
			})
		}
	}
}

// swapped is an array with its second dimension first.
func swapped(a dataset.Array) dataset.Array {
	out := dataset.Array{Name: a.Name}
	out.Data, out.Shape = moved(a.Data, a.Shape, 1, 0)
	return out
}

// tensorsOf are arrays [steps, batch, …], [steps, directions, batch, …] or [directions,
// batch, …], or what they are with layout 1.
func tensorsOf(layout int64, list ...dataset.Array) (out []*onnx.Tensor) {
	for _, a := range list {
		if layout == 1 {
			data, shape := moved(a.Data, a.Shape, len(a.Shape)-2, 0)
			a = dataset.Array{Data: data, Shape: shape}
		}
		t := &onnx.Tensor{DataType: onnx.Double, DoubleData: a.Data}
		for _, d := range a.Shape {
			t.Dims = append(t.Dims, int64(d))
		}
		out = append(out, t)
	}
	return out
}
