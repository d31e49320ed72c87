package gen_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

var pause = flag.Duration("pause", 0, "TestPause uses each network for this long")

// pauseSpecs are networks whose layers are large, for a batch and for one
// sample.
var pauseSpecs = map[string]string{
	"large": `nngen: 1
input: {shape: [2048]}
layers:
  - dense: {units: 2048, activation: relu}
  - dense: {units: 2048, activation: tanh}
  - dense: {units: 10}
  - softmax
loss: cross_entropy
optimizer: {sgd: {learning_rate: 0.01}}
codegen: {batch: 256}`,
	"wide": `nngen: 1
input: {shape: [10000]}
layers:
  - dense: {units: 1000, activation: relu}
  - dense: {units: 4000}
  - dense: {units: 10, activation: log_softmax}
loss: nll
optimizer: {sgd: {learning_rate: 0.01}}
codegen: {batch: 32}`,
	"adam": `nngen: 1
input: {shape: [4000]}
layers:
  - dense: {units: 4000, activation: relu}
  - dense: {units: 1000, activation: relu, mask: {density: 0.5, seed: 1}}
  - dense: {units: 10, activation: log_softmax}
loss: nll
optimizer: {adam: {learning_rate: 0.01}}
codegen: {batch: 32}`,
}

// longestPause is how long a garbage collection may wait for a kernel, and
// usualPause what half of them may, in µs.
const longestPause, usualPause = 1000, 400

// TestPause trains and infers while another goroutine makes garbage and
// collects it. Kernels cannot be preempted, so none may take long: the longest
// wait for all processors to stop is measured, beside that of portable Go,
// which can. It needs two idle processors:
//
//	go test ./gen -run TestPause -pause 60s -v -timeout 20m
func TestPause(t *testing.T) {
	if *pause == 0 {
		t.Skip("without -pause")
	}
	require.GreaterOrEqual(t, runtime.GOMAXPROCS(0), 2, "with one processor nobody is waited for")
	w3, err := os.ReadFile("../golden/specs/w3.yaml")
	require.NoError(t, err)
	specs := map[string]string{"w3": string(w3)}
	for name, text := range pauseSpecs {
		specs[name] = text
	}
	for _, name := range sortedNames(specs) {
		t.Run(name, func(t *testing.T) {
			program := networkProgram(t, name, specs[name], "pause.go.txt", nil)
			portable := 0.0
			for _, path := range []string{"purego", "auto"} {
				cmd := exec.Command(program, fmt.Sprint(pause.Seconds()))
				cmd.Env = append(os.Environ(), "NNGEN_PATH="+path)
				out, err := cmd.Output()
				require.NoError(t, err)
				var r struct {
					Path            string
					Stopping, Total struct{ Count, P50, P99, Max float64 }
				}
				require.NoError(t, json.Unmarshal(out, &r))
				t.Logf("%s: %.0f collections stopped the world; waiting for it: median %.0f, 99 %% %.0f, most %.0f µs; all of it: median %.0f, 99 %% %.0f, most %.0f µs", r.Path,
					r.Stopping.Count, r.Stopping.P50, r.Stopping.P99, r.Stopping.Max, r.Total.P50, r.Total.P99, r.Total.Max)
				require.Greater(t, r.Stopping.Count, 10*pause.Seconds())
				require.Less(t, r.Stopping.P50, float64(usualPause), "µs, in the median")
				if path == "purego" {
					portable = r.Stopping.Max
				} else if portable > longestPause {
					t.Logf("others use this machine: portable Go was waited for as well, %.0f µs", portable)
				} else {
					require.LessOrEqual(t, r.Stopping.Max, float64(longestPause), "µs")
				}
			}
		})
	}
}
