package gen_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// size counts the lines and bytes of all files of a network given as YAML.
func size(t *testing.T, source string) (lines, n int) { return sizeOf(t, source, "") }

// sizeOf counts those of the files whose names have a part.
func sizeOf(t *testing.T, source, part string) (lines, n int) {
	net, err := spec.Decode("net.yaml", []byte(source), op.Vocabulary())
	require.NoError(t, err)
	out, err := gen.Generate(net, gen.Options{})
	require.NoError(t, err)
	for name, data := range out {
		if !strings.Contains(name, part) {
			continue
		}
		lines += bytes.Count(data, []byte("\n"))
		n += len(data)
	}
	return lines, n
}

// chain is the YAML of dense layers of some widths with an activation between
// them.
func chain(widths []int, activation, rest string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "nngen: 1\nname: net\ninput: {shape: [%d]}\nlayers:\n", widths[0])
	for i, w := range widths[1:] {
		if i == len(widths)-2 {
			activation = "linear"
		}
		fmt.Fprintf(&b, "  - dense: {units: %d, activation: %s}\n", w, activation)
	}
	return b.String() + rest
}

// TestSizes bounds what people commit: lines and bytes in all files.
func TestSizes(t *testing.T) {
	const (
		sgd   = "loss: mse\noptimizer: {sgd: {learning_rate: 0.01}}\n"
		class = "  - softmax\nloss: cross_entropy\noptimizer: {sgd: {learning_rate: 0.01}}\n"
		infer = "  - softmax\ncodegen: {train: false}\n"
	)
	digits, odd := []int{784, 128, 10}, []int{100, 90, 77, 60, 45, 33, 10}
	for _, c := range []struct {
		name         string
		source       string
		lines, bytes int
	}{
		{"784-128-10", chain(digits, "relu", class), 5000, 158_000},
		{"784-128-10, inference", chain(digits, "relu", infer), 2150, 67_000},
		{"4-32-32-2", chain([]int{4, 32, 32, 2}, "tanh", sgd), 6000, 195_000},
		{"64-64-64", chain([]int{64, 64, 64}, "relu", sgd), 4400, 139_000},
		{"six layers, softplus, Adam", chain(odd, "softplus", strings.Replace(sgd, "sgd", "adam", 1)), 8900, 308_000},
		{"six layers of whole panels, gelu", chain([]int{784, 512, 256, 128, 64, 32, 10}, "gelu", class), 8300, 272_000},
	} {
		lines, n := size(t, c.source)
		assert.LessOrEqual(t, lines, c.lines, "lines of %s", c.name)
		assert.LessOrEqual(t, n, c.bytes, "bytes of %s", c.name)
		t.Logf("%s: %d lines, %d bytes", c.name, lines, n)
	}
	// Six odd layers, whatever their activation.
	arguments := map[string]string{"pow": "{pow: 1.5}", "clip": "{clip: {min: -1, max: 1}}"}
	for _, a := range op.Activations() {
		if a.Refuse != nil {
			continue // where the network is trained
		}
		word := a.Name
		if with := arguments[a.Name]; with != "" {
			word = with
		}
		most := 350_000
		if a.Mixing != nil { // a function for each size
			most = 375_000
		}
		lines, n := size(t, chain(odd, word, sgd))
		assert.LessOrEqual(t, lines, 12_000, "lines of six layers of %s", a.Name)
		assert.LessOrEqual(t, n, most, "bytes of six layers of %s", a.Name)
		t.Logf("six layers, %s: %d lines, %d bytes", a.Name, lines, n)
	}
	// What arm64 adds where it is asked for.
	arm, armBytes := sizeOf(t, chain(digits, "relu", class+"codegen: {simd: all}\n"), "arm64")
	assert.LessOrEqual(t, arm, 2500, "lines of 784-128-10 for arm64")
	assert.LessOrEqual(t, armBytes, 113_000, "bytes of 784-128-10 for arm64")
	t.Logf("784-128-10: for arm64 %d lines, %d bytes more", arm, armBytes)
	// What a further equal layer costs.
	more, _ := size(t, deep(13))
	lines, _ := size(t, deep(12))
	assert.LessOrEqual(t, more-lines, 8, "lines of an equal layer")
	// And a further step of a sequence: nothing, or where its result is read again some
	// lines for that, most of them in the reference of the tests.
	for cell, most := range map[string]struct{ lines, step int }{
		"gru: {units: 48, axis: 0, from: [x, n]}":                                   {7000, 0},
		"lstm: {units: 48, axis: 0, from: [x, n], return: all}":                     {10_000, 50},
		"rnn: {units: 48, axis: 0, from: [x, n], go_backwards: true, return: mean}": {8000, 26},
	} {
		of := func(steps int) int {
			lines, _ := size(t, fmt.Sprintf("nngen: 1\ninputs: {x: {shape: [%d, 20]}, n: {shape: [1]}}\nlayers:\n  - %s\n  - dense: {units: 10}\n  - softmax\nloss: cross_entropy\noptimizer: {adam: {learning_rate: 0.003}}\n", steps, cell))
			return lines
		}
		lines, more := of(50), of(60)
		t.Logf("%s: %d lines over 50 steps, %d over 60", cell, lines, more)
		assert.LessOrEqual(t, lines, most.lines, cell)
		assert.LessOrEqual(t, more-lines, 10*most.step, "lines of 10 steps of %s", cell)
	}
}
