package weights

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// recurrentCases are layers of golden/weights/recurrent.npz, and the rules that fit them.
var recurrentCases = []struct {
	name, layers string
	rules        []string
}{
	{"torch_gru", "  - gru: {units: 4, axis: 0, return: all}\n  - gru: {units: 4, axis: 0, return: all}", []string{"torch_gru=gru1", "torch_gru_l1=gru2"}},
	{"torch_gru", "  - gru: {units: 4, axis: 0, return: all}\n  - gru: {units: 4, axis: 0, return: all}", []string{"torch_gru.weight_ih_l0=gru1.weight_ih", "torch_gru_l0=gru1", "torch_gru_l1=gru2"}},
	{"torch_lstm", "  - lstm: {units: 4, axis: 0, return: all}\n  - lstm: {units: 4, axis: 0, return: all, go_backwards: true, from: x}\n  - concat: {axis: 1, from: [lstm1, lstm2]}",
		[]string{"torch_lstm=lstm1", "torch_lstm_l0_reverse=lstm2"}},
	{"torch_rnn", "  - rnn: {units: 4, axis: 0, return: all, activation: relu}", []string{"torch_rnn=rnn1"}},
	{"keras_gru", "  - gru: {units: 4, axis: 0, return: all}", []string{"keras_gru=gru1:keras"}},
	{"keras_gru_before", "  - gru: {units: 4, axis: 0, return: all, reset_after: false}", []string{"keras_gru_before=gru1:keras"}},
	{"keras_lstm", "  - lstm: {units: 4, axis: 0, return: all}", []string{"keras_lstm=lstm1:keras"}},
	{"keras_rnn", "  - rnn: {units: 4, axis: 0, return: all}", []string{"keras_rnn=rnn1:keras"}},
}

// TestRecurrentWeights: with the weights of PyTorch's modules and of Keras's layers, whose
// gates have orders of their own, a network computes what these do.
func TestRecurrentWeights(t *testing.T) {
	f, err := ReadFile("../../golden/weights/recurrent.npz")
	require.NoError(t, err)
	for _, c := range recurrentCases {
		t.Run(fmt.Sprint(c.name, len(c.rules)), func(t *testing.T) {
			prog := recurrent(t, c.layers)
			matches, err := f.FitTo(prog, parsed(t, c.rules))
			require.NoError(t, err)
			m := interp.New(prog)
			m.Batch = 1
			for i, p := range prog.Params {
				require.Equal(t, p.Name, matches.Tensors[i].Name)
				m.Set(p, matches.Tensors[i].Values)
			}
			m.Set(prog.Inputs[0], f.Tensor("x").Values())
			require.NoError(t, m.Run(prog.Infer))
			want, got := f.Tensor("y_"+c.name).Values(), slices.Concat(m.Get(prog.Outputs[0].Value)...)
			require.Len(t, got, len(want))
			for i := range want {
				require.InDelta(t, want[i], got[i], 1e-6, "element %d", i)
			}
		})
	}
}

func recurrent(t *testing.T, layers string) *ir.Program {
	net, err := spec.Decode("n.yaml", []byte("nngen: 1\nname: n\ninput: {shape: [5, 3]}\nlayers:\n"+layers+"\ncodegen: {train: false}\nnumeric: {dtype: float64}\n"), op.Vocabulary())
	require.NoError(t, err)
	prog, err := lower.Lower(net)
	require.NoError(t, err)
	return prog
}

func parsed(t *testing.T, list []string) (rules []Rule) {
	for _, s := range list {
		r, err := ParseRule(s)
		require.NoError(t, err)
		rules = append(rules, r)
	}
	return rules
}

// TestKerasRefused: what does not fit is refused with the tensor and what to do.
func TestKerasRefused(t *testing.T) {
	f, err := ReadFile("../../golden/weights/recurrent.npz")
	require.NoError(t, err)
	for want, c := range map[string][2]string{
		"a bias of two rows is that of reset_after: true":       {"  - gru: {units: 4, axis: 0, reset_after: false}", "keras_gru=gru1:keras"},
		"it must be floating-point numbers of the shape [3 20]": {"  - lstm: {units: 5, axis: 0}", "keras_lstm=lstm1:keras"},
		"the file has no tensor gru/kernel, gru.kernel":         {"  - gru: {units: 4, axis: 0}", "gru=gru1:keras"},
		":keras is for whole recurrent layers":                  {"  - dense: {units: 4}", "keras_gru=dense1:keras"},
	} {
		_, err := f.FitTo(recurrent(t, c[0]), parsed(t, []string{c[1]}))
		require.ErrorContains(t, err, want)
	}
}
