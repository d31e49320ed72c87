package model

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/verify"
)

var proveModels = flag.Bool("prove-models", false, "compare the models of ../shared with their graphs as well")

// convolutional are the models of others with convolutions, as ONNX Runtime ran
// them: how far two of its builds differ in an output, and the largest output; the
// lines of the spec, and layers that it has.
var convolutional = map[string]struct {
	o            Options
	diff, output float64
	lines        int
	has          string
}{
	"mnist8": {Options{}, 1.5e-3, 6.57e3, 13, `
  - conv2d: {name: convolution28, filters: 8, kernel_size: 5, padding: same, activation: relu}
  - max_pool2d: {kernel_size: 2}
  - conv2d: {name: convolution110, filters: 16, kernel_size: 5, padding: same, activation: relu}
  - max_pool2d: {kernel_size: 3}
  - dense: {name: parameter193, units: 10}`},
	"mlperf_kws_dscnn": {Options{}, 0, 1, 18, `
  - depthwise_conv2d: {name: t4_0, kernel_size: 3, padding: same, activation: relu}
  - conv2d: {name: t6_0, filters: 64, kernel_size: 1, activation: relu}
  - depthwise_conv2d: {name: t8_0, kernel_size: 3, padding: same, activation: relu}`},
	"mlperf_ic_resnet8": {Options{}, 3e-7, 0.995, 25, `
  - conv2d: {name: t4_0, filters: 16, kernel_size: 3, padding: 1, activation: relu}
  - conv2d: {name: t6_0, filters: 16, kernel_size: 3, padding: 1}
  - add: {from: [t2_0, t6_0]}
  - relu: {name: t8_0}`},
	"mlperf_vww_mobilenetv1_025": {Options{}, 1.2e-7, 0.994, 36, `
  - avg_pool2d: {kernel_size: 3}
  - dense: {name: c55, units: 2}
  - softmax`},
	"blazeface_front": {Options{}, 3.1e-4, 396, 98, `
  - conv2d: {name: conv2d_2, filters: 28, kernel_size: 1}
  - pad: {padding: [0, 0, 0, 4, 0, 0], from: re_lu}
  - add: {from: [conv2d_2, pad1]}
  - relu: {name: re_lu_1}`},
	"ultraface_rfb320": {Options{}, 6.9e-7, 1.28, 95, `
  - conv2d: {filters: 16, kernel_size: 3, dilation: 5, padding: 5}
  - concat: {axis: 0, from: [conv2d10, conv2d13, conv2d17]}
  - conv2d: {filters: 64, kernel_size: 1}`},
	"yunet_n_320": {Options{}, 3.3e-6, 4.35, 130, "  - resize: {scales: 2"},
	"ppocr_cls":   {Options{Shapes: map[string][]int{"x": {1, 3, 48, 192}}}, 8.9e-7, 0.997, 130, "hard_sigmoid"},
	"nam_wavenet_a1_standard": {Options{}, 2.1e-7, 0.61, 210, `
  - conv1d: {name: t2_0, filters: 16, kernel_size: 3}
  - slice: {start: 2, from: x}
  - conv1d: {name: t4_0, filters: 16, kernel_size: 1, use_bias: false}
  - add: {from: [t2_0, t4_0]}`},
}

// TestConvolutionalModels: specs that read as if written by hand, and outputs of every
// path as far from ONNX Runtime's as two of its builds from each other, twice, or
// 1e-5 of the largest.
func TestConvolutionalModels(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "data", "models")
	var nets []*gentest.Network
	var jobs []*gentest.Job
	var want [][][]float64
	var names []string
	for name, c := range convolutional {
		dir := filepath.Join(root, name)
		if _, err := os.Stat(dir); err != nil {
			t.Skipf("%s is not there: models with convolutions are not compared with ONNX Runtime", root)
		}
		c.o.Inference, c.o.NoProof = true, !*proveModels
		m, err := Import(filepath.Join(dir, "model.onnx"), c.o)
		require.NoError(t, err, name)
		assert.LessOrEqual(t, bytes.Count(m.Spec, []byte("\n")), c.lines, "%s\n%s", name, m.Spec)
		assert.Contains(t, string(m.Spec), strings.TrimPrefix(c.has, "\n"), name)
		data, err := m.ReadFolder(dir)
		require.NoError(t, err)
		n, err := gentest.Prepare(m.Net)
		require.NoError(t, err)
		job := &gentest.Job{Weights: m.Weights}
		var outputs [][]float64
		for _, d := range data {
			r, err := m.Reference(d)
			require.NoError(t, err)
			job.Inputs, outputs = append(job.Inputs, r.Inputs...), append(outputs, r.Outputs...)
		}
		nets, jobs, want, names = append(nets, n), append(jobs, job), append(want, outputs), append(names, name)
	}
	if testing.Short() {
		return
	}
	prog, err := gentest.Build(t.TempDir(), nets)
	require.NoError(t, err)
	for _, path := range gentest.Paths {
		results, err := prog.On(path).Run(jobs)
		require.NoError(t, err)
		for i, name := range names {
			c := convolutional[name]
			limit := max(1e-5, 2*c.diff/c.output)
			for form, got := range map[string][][]float64{"one by one": results[i].Outputs, "batched": results[i].Batched} {
				assert.Empty(t, verify.DiffWithin(name, flatten(got), flatten(want[i]), limit), "%s, %s", results[i].Path, form)
			}
		}
	}
	t.Logf("%d models compared", len(names))
}
