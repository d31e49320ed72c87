package model

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/verify"
	"github.com/nngen-go/nngen/spec/onnx"
)

var compileAll = flag.Bool("onnx-bugs", false, "compile all of shared/data/onnx-bugs and run it on every path, too")

// bugRefusals are the cases that are refused, with what is said.
var bugRefusals = map[string]string{
	"dynamic_features":          "dimension 2 of its shape is not fixed",
	"dynamo_external_flag":      "no such file", // it lacks the file with its weights
	"dynamo_external_noflag":    "the elements lie in another file",
	"fp16_keep_io":              "a conversion to float16 is not supported",
	"matmul_two_values":         "a product of two values that the network computes",
	"mix_symbolic_keepdims0":    "have the batch at different dimensions",
	"ort_biasgelu":              "the operator com.microsoft.BiasGelu is not supported",
	"ort_fused":                 "the operator com.microsoft.FusedGemm is not supported",
	"slice_reverse_empty":       "a slice without elements",
	"softmax_axis_out_of_range": "axis 2 is out of range for 2 dimensions",
	"torch_round":               "the operator Floor is only supported of constants",
}

// bugTolerance is the error that float32 makes where it is more than 1e-5.
var bugTolerance = map[string]float64{"ln_eps_1e12": 2e-4}

// bugCase is a model with right outputs.
type bugCase struct {
	name  string
	model *Model
	*Reference
}

// bugCases imports the models of a folder; what is refused must be so.
func bugCases(t *testing.T, root string) (cases []bugCase, refused int) {
	dirs, err := filepath.Glob(filepath.Join(root, "*", "model.onnx"))
	require.NoError(t, err)
	for _, path := range dirs {
		dir := filepath.Dir(path)
		name := filepath.Base(dir)
		if _, err := os.Stat(filepath.Join(dir, "test_data_set_0")); err != nil {
			continue // TestFunctionCases reads the pairs beside these models
		}
		data, err := ReadTestSet(filepath.Join(dir, "test_data_set_0"))
		if bugRefusals[name] == "" {
			require.NoError(t, err, name)
		}
		m, err := ImportFor(path, Options{ExternalData: name == "dynamo_external_flag"}, []*Data{data})
		if want := bugRefusals[name]; want != "" {
			var e *onnx.Error
			if assert.ErrorAs(t, err, &e, name) {
				assert.ErrorContains(t, err, want, name)
				assert.NotEmpty(t, e.Place, name)
				assert.NotEmpty(t, e.Hint, name)
			}
			refused++
			continue
		}
		require.NoError(t, err, name)
		r, err := m.Reference(data)
		require.NoError(t, err, name)
		require.NotEmpty(t, r.Outputs, name)
		cases = append(cases, bugCase{name, m, r})
		for s, row := range interpret(t, m, r.Inputs) {
			require.Empty(t, verify.DiffWithin(name, row, r.Outputs[s], 1e-5), "float64, sample %d of\n%s", s, m.Spec)
		}
	}
	return cases, refused
}

// runCases compiles the networks and compares what they compute on every path.
func runCases(t *testing.T, cases []bugCase) {
	var nets []*gentest.Network
	var jobs []*gentest.Job
	for _, c := range cases {
		n, err := gentest.Prepare(c.model.Net)
		require.NoError(t, err)
		nets, jobs = append(nets, n), append(jobs, &gentest.Job{Weights: c.model.Weights, Inputs: c.Inputs})
	}
	program, err := gentest.Build(t.TempDir(), nets)
	require.NoError(t, err)
	for _, path := range gentest.Paths {
		results, err := program.On(path).Run(jobs)
		require.NoError(t, err)
		for i, r := range results {
			want, limit := flatten(cases[i].Outputs), max(1e-5, bugTolerance[cases[i].name])
			assert.Empty(t, verify.DiffWithin(cases[i].name, flatten(r.Outputs), want, limit), r.Path)
			assert.Empty(t, verify.DiffWithin(cases[i].name, flatten(r.Batched), want, limit), r.Path)
		}
	}
}

// TestOnnxBugs: structures of public bug reports, in golden/onnx-bugs.
func TestOnnxBugs(t *testing.T) {
	cases, refused := bugCases(t, filepath.Join("..", "..", "golden", "onnx-bugs"))
	require.Greater(t, len(cases), 20)
	require.Positive(t, refused)
	if !testing.Short() {
		runCases(t, cases)
	}
}

// TestAllOnnxBugs runs all of them, where they are.
func TestAllOnnxBugs(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "data", "onnx-bugs")
	if _, err := os.Stat(root); err != nil {
		t.Skip("skipped the 142 models of shared/data/onnx-bugs, which is not here")
	}
	cases, refused := bugCases(t, root)
	require.Equal(t, 142, len(cases)+refused)
	require.Len(t, bugRefusals, refused)
	if *compileAll {
		runCases(t, cases)
	}
	t.Logf("%d verified, %d refused", len(cases), refused)
}
