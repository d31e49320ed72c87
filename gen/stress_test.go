package gen_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// stressSpecs are networks that run all kinds of kernels.
var stressSpecs = map[string]string{
	"sgd": `nngen: 1
input: {shape: [65]}
layers:
  - dense: {units: 70, activation: relu}
  - dense: {units: 37, activation: tanh}
  - dropout: {rate: 0.3}
  - dense: {units: 10}
  - softmax
loss: cross_entropy
optimizer: {sgd: {learning_rate: 0.05}}
codegen: {batch: 13}`,
	"large": `nngen: 1
input: {shape: [300]}
layers:
  - dense: {units: 300, activation: relu}
  - dense: {units: 200, activation: gelu}
  - dense: {units: 3}
  - softmax
loss: cross_entropy
optimizer: {adam: {learning_rate: 0.001}}
codegen: {batch: 64}`,
	"double": `nngen: 1
input: {shape: [33]}
layers:
  - dense: {units: 40, activation: sigmoid}
  - dense: {units: 7}
loss: mse
numeric: {dtype: float64, mode: reproducible}
optimizer: {sgd: {learning_rate: 0.05, momentum: 0.9, clip: {norm: 1}}}
codegen: {batch: 9}`,
}

// TestStress infers and trains in goroutines whose stacks must grow, while
// garbage collections are forced: every result has the bits of a quiet run.
func TestStress(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles")
	}
	for _, name := range sortedNames(stressSpecs) {
		t.Run(name, func(t *testing.T) {
			program := networkProgram(t, name, stressSpecs[name], "stress.go.txt", func(main string) string {
				sample, target := "float32", "y[i] = net.Target(i % 3)"
				if name == "double" {
					sample, target = "float64", "for j := range y[i] {\n\t\t\ty[i][j] = float64(i*j%5) / 5\n\t\t}"
				}
				return strings.NewReplacer("SAMPLE", sample, "TARGET", target).Replace(main)
			})
			for _, path := range []string{"avx512", "avx2", "purego"} {
				if path != "purego" && !hasPath(path) {
					continue
				}
				cmd := exec.Command(program)
				cmd.Env = append(os.Environ(), "GODEBUG=", "NNGEN_PATH="+path)
				out, err := cmd.CombinedOutput()
				require.NoError(t, err, "%s", out)
				require.Contains(t, string(out), path+":")
				t.Logf("%s", out)
			}
		})
	}
}
