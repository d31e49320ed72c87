package model

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/spec/onnx"
	"github.com/nngen-go/nngen/spec/onnx/importer"
)

func attrTexts(name string, list ...string) *onnx.Attribute {
	a := &onnx.Attribute{Name: name, Type: onnx.AttributeStrings}
	for _, s := range list {
		a.Strings = append(a.Strings, []byte(s))
	}
	return a
}

// several adds a node with more outputs than one.
func (b *builder) several(outs int, kind string, args ...any) []string {
	b.op(kind, args...)
	n := b.g.Nodes[len(b.g.Nodes)-1]
	for len(n.Outputs) < outs {
		n.Outputs = append(n.Outputs, b.fresh("tensor"))
	}
	return n.Outputs
}

var gatesOf = map[string]int64{"RNN": 1, "GRU": 3, "LSTM": 4}

// cellNode adds a cell of 3 inputs and 4 units with random weights and biases.
func (b *builder) cellNode(kind string, dirs int64, x string, args ...any) []string {
	g := gatesOf[kind]
	outs := 2
	if kind == "LSTM" {
		outs = 3
	}
	all := append([]any{x, b.weights(dirs, 4*g, 3), b.weights(dirs, 4*g, 4), b.weights(dirs, 8*g)}, args...)
	return b.several(outs, kind, append(all, attrInt("hidden_size", 4))...)
}

// TestCells imports recurrent operators with every option that is understood, the
// batch in every place; the import proves that the network is the graph.
func TestCells(t *testing.T) {
	directions := map[string]int64{"forward": 1, "reverse": 1, "bidirectional": 2}
	for kind := range gatesOf {
		for direction, dirs := range directions {
			for _, layout := range []int64{0, 1, 2} { // 2: layout 0, and the batch is the second dimension of the model
				for _, options := range [][]any{nil, {attrTexts("activations", cellNames(kind, dirs, "HardSigmoid", "Softsign", "Relu")...), attrFloats("activation_alpha", 0.3, 0.25, 0.3, 0.25)}} {
					t.Run(fmt.Sprint(kind, direction, layout, len(options)), func(t *testing.T) {
						b := newBuilder(17, 1)
						x := "x"
						if layout == 2 {
							b.input(x, 5, 0, 3)
						} else {
							b.input(x, 0, 5, 3)
						}
						args := append([]any{attrText("direction", direction)}, options...)
						if kind == "GRU" {
							args = append(args, attrInt("linear_before_reset", layout%2))
						}
						switch layout {
						case 1:
							args = append(args, attrInt("layout", 1))
						case 0:
							x = b.op("Transpose", x, attrInts("perm", 1, 0, 2))
						}
						outs := b.cellNode(kind, dirs, x, args...)
						y, h := outs[0], outs[1]
						if layout == 0 {
							y, h = b.op("Transpose", y, attrInts("perm", 2, 0, 1, 3)), b.op("Transpose", h, attrInts("perm", 1, 0, 2))
						}
						imported(t, b.model(y, h), Options{})
					})
				}
			}
		}
	}
}

// cellNames are the activations of a cell for all directions.
func cellNames(kind string, dirs int64, gate, cell, output string) []string {
	one := map[string][]string{"RNN": {cell}, "GRU": {gate, cell}, "LSTM": {gate, cell, output}}[kind]
	return strings.Fields(strings.Repeat(strings.Join(one, " ")+" ", int(dirs)))
}

// TestStates imports graphs whose inputs are states, guessed or given, in pieces and
// orders of exporters.
func TestStates(t *testing.T) {
	for name, c := range map[string]struct {
		build  func(b *builder) []string
		o      Options
		layers string
	}{
		"own": {func(b *builder) []string {
			outs := b.cellNode("GRU", 1, b.op("Unsqueeze", b.input("x", 1, 3), b.integers(0)), "", b.input("h0", 1, 1, 4))
			return []string{b.op("Relu", b.op("Squeeze", outs[0], b.integers(0, 1))), b.rename(outs[1], "hn")}
		}, Options{}, "  - gru: {units: 4, reset_after: false}\n  - relu"},
		"one array for two layers": {func(b *builder) []string {
			s := b.input("state", 2, 2, 4)
			part := func(i int64) string {
				return b.op("Unsqueeze", b.op("Gather", s, b.whole(i), attrInt("axis", 0)), b.integers(0))
			}
			half := func(x string, i int64) string {
				return b.op("Slice", x, b.integers(i), b.integers(i+1), b.integers(1))
			}
			one := b.cellNode("LSTM", 1, b.op("Unsqueeze", b.input("x", 1, 3), b.integers(0)), "", half(part(0), 0), half(part(1), 0))
			cut := b.op("Slice", b.op("Squeeze", one[0], b.integers(1)), b.integers(0), b.integers(3), b.integers(2))
			two := b.cellNode("LSTM", 1, cut, "", half(part(0), 1), half(part(1), 1))
			next := b.op("Concat", b.op("Concat", one[1], two[1], attrInt("axis", 1)), b.op("Concat", one[2], two[2], attrInt("axis", 1)), attrInt("axis", 0))
			return []string{b.op("Relu", two[1]), b.rename(next, "stateN")}
		}, Options{}, "  - lstm: {units: 4}\n  - reshape: {shape: [1, 1, 4]}\n  - slice: {end: 3}\n  - lstm: {units: 4}\n  - relu"},
		"a sequence goes on": {func(b *builder) []string {
			outs := b.cellNode("LSTM", 1, b.input("x", 6, 1, 3), "", b.input("h", 1, 1, 4), b.input("c", 1, 1, 4))
			return []string{b.op("Relu", outs[0]), b.rename(outs[1], "h_out"), b.rename(outs[2], "c_out")}
		}, Options{}, "  - reshape: {shape: [6, 3]}\n  - lstm: {units: 4, axis: 0, return: all, stateful: true}\n  - relu"},
		"a state of no layer": {func(b *builder) []string {
			all := b.op("Concat", b.input("cache", 1, 2, 3), b.input("x", 1, 2, 1), attrInt("axis", 2))
			next := b.op("Slice", all, b.integers(1), b.integers(4), b.integers(2))
			return []string{b.op("Conv", all, b.weights(2, 2, 4)), b.rename(next, "cache_out")}
		}, Options{}, "  - state: {name: cache, shape: [1, 2, 3], next: slice1}"},
		"given": {func(b *builder) []string {
			y := b.op("Tanh", b.op("Add", b.input("x", 1, 4), b.op("MatMul", b.input("a", 1, 4), b.weights(4, 4))))
			return []string{y, b.rename(b.op("Identity", y), "b")}
		}, Options{States: []importer.State{{In: "a", Out: "b"}}}, "  - state: {name: a, shape: [1, 4], next: tanh1}"},
		"gates written out": {func(b *builder) []string {
			h, c := b.input("h", 1, 4), b.input("c", 1, 4)
			z := b.op("Add", b.op("MatMul", b.op("Concat", b.input("x", 1, 3), h, attrInt("axis", 1)), b.weights(7, 16)), b.weights(16))
			g := b.several(4, "Split", z, attrInt("axis", 1), attrInt("num_outputs", 4))
			cell := b.op("Add", b.op("Mul", b.op("Sigmoid", g[1]), c), b.op("Mul", b.op("Sigmoid", g[0]), b.op("Tanh", g[2])))
			out := b.op("Mul", b.op("Sigmoid", g[3]), b.op("Tanh", cell))
			return []string{b.op("Relu", out), b.rename(cell, "c_out"), b.rename(out, "h_out")}
		}, Options{}, "  - state: {name: h, shape: [1, 4], next: "},
		"context": {func(b *builder) []string {
			return []string{b.op("MatMul", b.input("x", 1, 10), b.weights(10, 2))}
		}, Options{Context: map[string]int{"x": 3}}, "input: {shape: [7], context: 3}"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBuilder(17, 2)
			m := imported(t, b.model(c.build(b)...), c.o)
			require.Contains(t, string(m.Spec), c.layers)
		})
	}
}

// rename gives a value another name.
func (b *builder) rename(from, to string) string {
	for _, n := range b.g.Nodes {
		for i := range n.Inputs {
			if n.Inputs[i] == from {
				n.Inputs[i] = to
			}
		}
		for i := range n.Outputs {
			if n.Outputs[i] == from {
				n.Outputs[i] = to
			}
		}
	}
	return to
}

// TestWrittenOut imports cells that no layer is, written out as products and gates, and
// sequences shorter than there are steps; the import proves that the network is the graph.
func TestWrittenOut(t *testing.T) {
	x := func(b *builder) string { return b.input("x", 5, 1, 3) }
	for name, build := range map[string]func(b *builder) []string{
		"peepholes": func(b *builder) []string { return b.cellNode("LSTM", 1, x(b), "", "", "", b.weights(1, 12))[:2] },
		"peepholes, both ways": func(b *builder) []string {
			return b.cellNode("LSTM", 2, x(b), "", "", "", b.weights(2, 12), attrText("direction", "bidirectional"))
		},
		"clip":            func(b *builder) []string { return b.cellNode("RNN", 1, x(b), attrFloat("clip", 0.5)) },
		"clip of a gru":   func(b *builder) []string { return b.cellNode("GRU", 1, x(b), attrFloat("clip", 0.25)) },
		"input_forget":    func(b *builder) []string { return b.cellNode("LSTM", 1, x(b), attrInt("input_forget", 1)) },
		"last cell state": func(b *builder) []string { return b.cellNode("LSTM", 1, x(b))[2:] },
		"constant states": func(b *builder) []string {
			return b.cellNode("LSTM", 1, x(b), "", b.weights(1, 1, 4), b.weights(1, 1, 4))
		},
		"h alone": func(b *builder) []string { return b.cellNode("LSTM", 1, x(b), "", b.weights(1, 1, 4)) },
		"a state of each direction": func(b *builder) []string {
			return b.cellNode("GRU", 2, x(b), "", b.weights(2, 1, 4), attrText("direction", "bidirectional"), attrInt("linear_before_reset", 1))
		},
		"computed state": func(b *builder) []string {
			return b.cellNode("GRU", 1, x(b), "", b.op("Tanh", b.input("h", 1, 1, 4)), attrInt("linear_before_reset", 1))
		},
		"sequences beside each other": func(b *builder) []string {
			return b.cellNode("GRU", 2, b.op("Tanh", b.input("x", 2, 5, 3)), attrInt("layout", 1), attrText("direction", "bidirectional"))
		},
		"rows with a state": func(b *builder) []string {
			return b.cellNode("LSTM", 2, b.op("Relu", b.input("x", 3, 2, 3)), "", b.weights(2, 2, 4), b.weights(2, 2, 4), attrText("direction", "bidirectional"))
		},
		"short": func(b *builder) []string { return b.cellNode("GRU", 1, x(b), b.integers(3)) },
		"short, both ways": func(b *builder) []string {
			return b.cellNode("LSTM", 2, x(b), b.integers(2), attrText("direction", "bidirectional"))[:2]
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBuilder(17, 4)
			sameAsEvaluated(t, imported(t, b.model(build(b)...), Options{BatchAxis: "none"}), 1)
		})
	}
}

// TestRefusedCells: what is not understood of a cell is refused by its name.
func TestRefusedCells(t *testing.T) {
	x := func(b *builder) string { return b.input("x", 65, 1, 3) }
	for want, build := range map[string]func(b *builder) []string{
		"peepholes (input P) are not supported over more than 64 steps, or with a length": func(b *builder) []string {
			return b.cellNode("LSTM", 1, x(b), "", "", "", b.weights(1, 12))
		},
		"sequence_lens of 0, or that differ": func(b *builder) []string {
			return b.cellNode("GRU", 1, x(b), b.integers(0))
		},
		"attribute clip is not supported": func(b *builder) []string { return b.cellNode("RNN", 1, x(b), attrFloat("clip", 2)) },
		"attribute input_forget: 1":       func(b *builder) []string { return b.cellNode("LSTM", 1, x(b), attrInt("input_forget", 1)) },
		`activation "ScaledTanh"`: func(b *builder) []string {
			return b.cellNode("RNN", 1, x(b), attrTexts("activations", "ScaledTanh"))
		},
		"an initial state is not supported": func(b *builder) []string { return b.cellNode("GRU", 1, x(b), "", b.weights(1, 1, 4)) },
		"Y_c, the last cell state":          func(b *builder) []string { return b.cellNode("LSTM", 1, x(b))[2:] },
		"2 sequences beside each other":     func(b *builder) []string { return b.cellNode("GRU", 1, b.input("y", 65, 2, 3)) },
	} {
		b := newBuilder(17, 3)
		path := filepath.Join(t.TempDir(), "model.onnx")
		require.NoError(t, os.WriteFile(path, b.model(build(b)[0]).Marshal(), 0o666))
		_, err := Import(path, Options{BatchAxis: "none"})
		require.ErrorContains(t, err, want)
	}
}

// TestScatterND imports replacements at constant indices: of blocks, which become slices
// and concats, and of places here and there.
func TestScatterND(t *testing.T) {
	for name, build := range map[string]func(b *builder) string{
		"a row": func(b *builder) string {
			return b.op("ScatterND", b.input("x", 4, 3, 2), b.matrix(1, 1), b.op("Tanh", b.input("u", 1, 3, 2)))
		},
		"negative": func(b *builder) string {
			return b.op("ScatterND", b.input("x", 4, 3), b.matrix(1, -1), b.op("Tanh", b.input("u", 1, 3)))
		},
		"a block": func(b *builder) string {
			return b.op("ScatterND", b.input("x", 4, 3), b.matrix(2, 1, 1, 1, 2, 2, 1, 2, 2), b.op("Tanh", b.input("u", 4)))
		},
		"here and there": func(b *builder) string {
			return b.op("ScatterND", b.input("x", 4, 3), b.matrix(2, 3, 2, 0, 0, 1, 1), b.op("Tanh", b.input("u", 3)))
		},
		"into constants": func(b *builder) string {
			return b.op("ScatterND", b.weights(4, 3), b.matrix(1, 2, 0), b.op("Tanh", b.input("u", 2, 3)))
		},
		"of constants": func(b *builder) string {
			return b.op("Add", b.input("x", 4, 3), b.op("ScatterND", b.weights(4, 3), b.matrix(1, 2, 0), b.weights(2, 3)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBuilder(16, 5)
			m := imported(t, b.model(b.op("Relu", build(b))), Options{BatchAxis: "none"})
			sameAsEvaluated(t, m, 1)
			require.NotContains(t, string(m.Spec), "scatter")
		})
	}
	for want, build := range map[string]func(b *builder) string{
		"name a place twice": func(b *builder) string {
			return b.op("ScatterND", b.input("x", 4, 3), b.matrix(1, 1, 1), b.input("u", 2, 3))
		},
		"reduction \"add\" is not supported": func(b *builder) string {
			return b.op("ScatterND", b.input("x", 4, 3), b.matrix(1, 1), b.input("u", 1, 3), attrText("reduction", "add"))
		},
		"index 4 is out of range": func(b *builder) string {
			return b.op("ScatterND", b.input("x", 4, 3), b.matrix(1, 4), b.input("u", 1, 3))
		},
		"updates of shape [2 3] do not go": func(b *builder) string {
			return b.op("ScatterND", b.input("x", 4, 3), b.matrix(1, 1), b.input("u", 2, 3))
		},
	} {
		b := newBuilder(16, 5)
		path := filepath.Join(t.TempDir(), "model.onnx")
		require.NoError(t, os.WriteFile(path, b.model(build(b)).Marshal(), 0o666))
		_, err := Import(path, Options{BatchAxis: "none"})
		require.ErrorContains(t, err, want)
	}
}

// matrix adds whole numbers as rows of a length.
func (b *builder) matrix(columns int64, list ...int64) string {
	name := b.fresh("ints")
	b.g.Initializers = append(b.g.Initializers, onnx.IntTensor(name, []int64{int64(len(list)) / columns, columns}, list))
	return name
}

// TestLengths imports the number of steps of each sample's sequence, which the network
// reads, and refuses what is no such number.
func TestLengths(t *testing.T) {
	lens := func(b *builder, steps float32) string {
		whole := b.op("Clip", b.op("Ceil", b.input("n", 0, 1)), b.number(0), b.number(steps))
		return b.op("Cast", b.op("Squeeze", whole, b.integers(1)), attrInt("to", int64(onnx.Int32)))
	}
	for _, direction := range []string{"forward", "reverse", "bidirectional"} {
		b := newBuilder(17, 6)
		dirs := int64(1 + len(direction)/len("bidirectional"))
		x := b.op("Transpose", b.input("x", 0, 5, 3), attrInts("perm", 1, 0, 2))
		outs := b.cellNode("GRU", dirs, x, lens(b, 5), attrText("direction", direction))
		m := imported(t, b.model(b.op("Transpose", outs[0], attrInts("perm", 2, 0, 1, 3))), Options{})
		require.Contains(t, string(m.Spec), "axis: 0, return: all")
		require.Contains(t, string(m.Spec), ", n]}")
	}
	for want, build := range map[string]func(b *builder) string{
		"understood as Cast(Clip(Ceil(length), 0, 5)) alone": func(b *builder) string {
			return b.cellNode("GRU", 1, b.op("Transpose", b.input("x", 0, 5, 3), attrInts("perm", 1, 0, 2)), lens(b, 4))[1]
		},
		"whole numbers are only understood as the lengths": func(b *builder) string { return b.op("Ceil", b.input("x", 0, 5)) },
		"its last state is not supported beside all its results": func(b *builder) string {
			outs := b.cellNode("GRU", 1, b.op("Transpose", b.input("x", 0, 5, 3), attrInts("perm", 1, 0, 2)), lens(b, 5))
			return b.op("Concat", b.op("Reshape", b.op("Transpose", outs[0], attrInts("perm", 2, 0, 1, 3)), b.integers(0, -1)), b.op("Squeeze", outs[1], b.integers(0)), attrInt("axis", 1))
		},
	} {
		b := newBuilder(17, 6)
		path := filepath.Join(t.TempDir(), "model.onnx")
		require.NoError(t, os.WriteFile(path, b.model(build(b)).Marshal(), 0o666))
		_, err := Import(path, Options{})
		require.ErrorContains(t, err, want)
	}
}

// TestShapeHints: what is open is refused with the flag that fixes it.
func TestShapeHints(t *testing.T) {
	for want, build := range map[string]func(b *builder) string{
		"--shape x=1,N,3 with a number for N": func(b *builder) string { return b.op("Tanh", b.input("x", 0, 0, 3)) },
		"--shape h=2,1,4, and leave out": func(b *builder) string {
			outs := b.cellNode("GRU", 2, b.input("x", 5, 1, 3), "", b.input("h", 2, 0, 4), attrText("direction", "bidirectional"))
			b.rename(outs[1], "hn")
			b.g.Outputs = append(b.g.Outputs, &onnx.ValueInfo{Name: "hn"})
			return outs[0]
		},
	} {
		b := newBuilder(17, 1)
		path := filepath.Join(t.TempDir(), "model.onnx")
		require.NoError(t, os.WriteFile(path, b.model(build(b)).Marshal(), 0o666))
		_, err := Import(path, Options{})
		require.ErrorContains(t, err, want)
	}
}

// TestSTFT: spectra of a signal are convolutions with waves.
func TestSTFT(t *testing.T) {
	for _, args := range [][]any{{"", 8}, {"window", 0}, {"window", 6}} {
		for _, onesided := range []int64{0, 1} {
			b := newBuilder(17, 7)
			window := ""
			if args[0] != "" {
				window = b.weights(6)
			}
			in := []any{b.input("x", 0, 20, 1), b.whole(3), window}
			if n := args[1].(int); n > 0 {
				in = append(in, b.whole(int64(n)))
			}
			m := imported(t, b.model(b.op("Tanh", b.op("STFT", append(in, attrInt("onesided", onesided))...))), Options{})
			sameAsEvaluated(t, m, 1)
			require.Contains(t, string(m.Spec), "strides: 3, use_bias: false")
		}
	}
	b := newBuilder(17, 7)
	path := filepath.Join(t.TempDir(), "model.onnx")
	y := b.op("STFT", b.input("x", 0, 20, 2), b.whole(3), b.weights(6))
	require.NoError(t, os.WriteFile(path, b.model(y).Marshal(), 0o666))
	_, err := Import(path, Options{})
	require.ErrorContains(t, err, "a complex signal is not supported")
}
