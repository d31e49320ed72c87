package spec

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChanges(t *testing.T) {
	const a = "name: n\ndoc: one\nlayers:\n  - dense: {units: 4, activation: tanh}\n  - dropout: {rate: 0.2}\noptimizer: {sgd: {learning_rate: 0.5, momentum: 0.9}}\n"
	for _, c := range []struct {
		b    string
		want []string
	}{
		{a, nil},
		{"name: n\ndoc: two\nlayers:\n  - dense: {activation: tanh, units: 4}\n  - dropout: {rate: 0.2}\noptimizer: {sgd: {learning_rate: 5.0e-1, momentum: 0.9}}\n", nil},
		{"name: m\nlayers:\n  - dense: {units: 5, activation: tanh}\n  - dropout: {rate: 0.3}\noptimizer: {sgd: {learning_rate: 0.25}}\nclip: 1\n", []string{
			"clip: none → 1", "layers[0].dense.units: 4 → 5", "layers[1].dropout.rate: 0.2 → 0.3", `name: "n" → "m"`,
			"optimizer.sgd.learning_rate: 0.5 → 0.25", "optimizer.sgd.momentum: 0.9 → none",
		}},
		{"name: n\nlayers:\n  - dense: {units: 4, activation: tanh}\noptimizer: {adam: {learning_rate: 0.5}}\n", []string{
			`layers: [{"dense":{"activation":"tanh","units":4}},{"dropout":{"rate…` + ` → [{"dense":{"activation":"tanh","units":4}}]`,
			`optimizer: {"sgd":{"learning_rate":0.5,"momentum":0.9}} → {"adam":{"learning_rate":0.5}}`,
		}},
	} {
		changes, err := Changes([]byte(a), []byte(c.b), "doc")
		require.NoError(t, err)
		var got []string
		for _, change := range changes {
			got = append(got, change.String())
		}
		require.Equal(t, c.want, got)
	}
	_, err := Changes([]byte("{"), []byte(a))
	require.Error(t, err)
	_, err = Changes([]byte(a), []byte("{"))
	require.Error(t, err)
}
