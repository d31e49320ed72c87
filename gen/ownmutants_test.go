package gen_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// mutantSpecs are networks whose code is damaged: a usual one, a deep one, a
// long sum, a convolution by tiles, one of records.
var mutantSpecs = map[string]string{
	"usual": "input: {shape: [5]}\nlayers:\n  - dense: {units: 18, activation: relu}\n  - dense: {units: 3, activation: tanh}\n",
	"deep":  "input: {shape: [16]}\nlayers:\n" + strings.Repeat("  - dense: {units: 16, activation: relu}\n", 40) + "  - dense: {units: 2}\n",
	"long":  "input: {shape: [20000]}\nlayers:\n  - dense: {units: 1}\n",
	"tiles": "input: {shape: [1, 4, 4]}\nlayers:\n  - conv2d: {filters: 16, kernel_size: 1}\n  - conv2d: {filters: 16, kernel_size: 3, padding: same}\n  - dense: {units: 2}\n",
	"record": "input: {columns: [a, {name: b, missing: mean}, {name: c, missing: median}, {name: d, one_hot: [u, v]}, {name: e, ordinal: [s, t], missing: zero, unknown: zero}]}\n" +
		"output: {normalize: {mean: 3, std: 2}}\nlayers:\n  - dense: {units: 2}\n",
}

// mutants are faults of portable Go, and the test that must find each: the
// first occurrence of old in a file becomes new.
var mutants = []struct{ spec, file, old, new, found string }{
	{"usual", "kernels_generic.go", "wk[1] * xk", "wk[0] * xk", "TestReference"},
	{"usual", "kernels_generic.go", "s1 := bq[1]", "s1 := bq[0]", "TestReference"},
	{"usual", "kernels_generic.go", "relu(s0)", "s0", "TestReference"},
	{"usual", "kernels_generic.go", "x[k+1]", "x[k]", "TestReference"},
	{"usual", "kernels_train_generic.go", "gk[2] = s2", "gk[2] = -s2", "TestGradients"},
	{"usual", "kernels_train_generic.go", "+= dj", "-= dj", "TestGradients"},
	{"usual", "kernels_train_generic.go", "xk := x[b][k]", "xk := x[0][k]", "TestGradients"},
	{"usual", "scalar.go", "if 0 < y {", "if y < 0 {", "TestGradients"},
	{"usual", "train.go", "= tanhGradient(", "= 1.01 * tanhGradient(", "TestApply"},
	{"usual", "scalar.go", "(1 - float32(y*y))", "(1 + float32(y*y))", "TestGradients"},
	{"usual", "train.go", "(float64(len(x)) * 3)", "(float64(len(x)) * 2)", "TestApply"},
	{"usual", "kernels_train_generic.go", "rate * (float32(xk*dj) + 0)", "(rate * xk) * dj", "TestApply"},
	{"usual", "kernels_train_generic.go", "w_ - float32(lr*g_)", "w_ + float32(lr*g_)", "TestApply"},
	{"deep", "kernels_generic.go", "s0_0 := bq[j]", "s0_0 := bq[j] + 1e-3", "TestReference"},
	{"deep", "kernels_generic.go", "wq[k+1][j] * x[k+1]", "wq[k+1][j] * x[k]", "TestReference"},
	{"deep", "kernels_train_generic.go", "+= dj", "-= dj", "TestGradients"},
	{"long", "kernels_generic.go", "w0[1] * d[1]", "w0[0] * d[1]", "TestReference"},
	{"long", "kernels_train_generic.go", "gk[j] = s0", "gk[j] = -s0", "TestGradients"},
	{"tiles", "trainer.go", "\tt.net.transform()\n\tt.step++\n\tt.seen = 0\n\treturn", "\tt.step++\n\tt.seen = 0\n\treturn", "TestFilters"},
	{"tiles", "net.go", "*c.u = *n.u", "", "TestFilters"},
	{"record", "encode.go", "x[4] = 1", "x[3] = 1", "TestEncode"},
	{"record", "encode.go", "*n.p.xMissing(1)", "*n.p.xMissing(2)", "TestEncode"},
	{"record", "encode.go", "x[5] = 1", "x[5] = 2", "TestEncode"},
	{"record", "encode.go", "nnrt.Mean(", "nnrt.Median(", "TestEncode"},
	{"record", "encode.go", "!nnrt.Missing(v)", "true", "TestEncode"},
	{"record", "encode.go", "\"a\", r.A", "\"b\", r.A", "TestEncode"},
	{"record", "encode.go", "\tdefault:\n\t\treturn Input{}, ", "\tdefault:\n\t\t_ = ", "TestEncode"},
	{"record", "encode.go", "\tvar err error\n", "\tvar err error\n\ttensors = append(tensors[:0:0], tensors...)\n", "TestEncodeAllocations"},
	{"record", "scalar.go", "x*std", "x+std", "TestGolden"},
}

// TestOwnTestsNotice: the tests that a package brings along find what is wrong
// with it.
func TestOwnTestsNotice(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles")
	}
	packages := map[string]map[string][]byte{}
	own := newOwnTests(t)
	for name, text := range mutantSpecs {
		text = "nngen: 1\nname: " + name + "\n" + text + "loss: mse\noptimizer: {sgd: {learning_rate: 0.1}}\ncodegen: {batch: 4, unroll: none, simd: none}\n"
		net, err := spec.Decode(name+".yaml", []byte(text), op.Vocabulary())
		require.NoError(t, err)
		packages[name], err = gen.Generate(net, gen.Options{})
		require.NoError(t, err)
		own.add(name, packages[name])
	}
	for i, m := range mutants {
		files := map[string][]byte{}
		for name, data := range packages[m.spec] {
			files[name] = data
		}
		require.Contains(t, string(files[m.file]), m.old, "mutant %d", i)
		files[m.file] = []byte(strings.Replace(string(files[m.file]), m.old, m.new, 1))
		own.add(fmt.Sprintf("mutant%d", i), files)
	}
	own.build()
	out, err := own.run("purego")
	require.Error(t, err)
	for name := range packages {
		require.NotContains(t, out, "--- FAIL: TestOwn/"+name+"/")
		require.Contains(t, out, "--- PASS: TestOwn/"+name+"/TestGradients")
	}
	for i, m := range mutants {
		require.Contains(t, out, fmt.Sprintf("--- FAIL: TestOwn/mutant%d/%s", i, m.found), "mutant %d: %s for %s", i, m.new, m.old)
	}
}
