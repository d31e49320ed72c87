package spec

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// equal fails the test if two values differ.
func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %#v\nwant %#v", what, got, want)
	}
}

const digits = `nngen: 1
name: digits                     # Go package
doc: Handwritten digits, 8×8 grey values to 10 classes.
input:  {shape: [64]}
output: {labels: ["0","1","2","3","4","5","6","7","8","9"]}
layers:
  - dense: {units: 64, activation: relu, kernel_initializer: he_normal}
  - dropout: {rate: 0.2}
  - dense: {units: 10, kernel_regularizer: {l2: 1.0e-4}}
  - softmax
loss: cross_entropy
optimizer: {sgd: {learning_rate: 0.05, momentum: 0.9}}
numeric: {mode: fast}            # fast | reproducible; dtype: float32 (default) | float64
codegen: {train: true, batch: 32, unroll: auto, simd: auto}
`

const twoHeads = `nngen: 1
inputs:
  image: {shape: [8, 8], normalize: {mean: 3, std: [1]}}
  pose: {columns: [roll, y, "turn, °"], normalize: {min: -1, max: [1, 2, 3.5]}}
layers:
  - dense: {from: image, units: 8, activation: {leaky_relu: {negative_slope: 0.2}}, mask: {density: 0.5, seed: 7}}
  - dense: {name: turn, from: [pose], units: 8, mask: {file: masks/turn.npy}}
  - add: {name: both, from: [dense1, turn]}
  - tanh
  - dense: {name: policy_head, units: 4, kernel_regularizer: {l1: 1e-4, method: proximal}}
  - dense: {name: value_head, from: tanh1, units: 1, kernel_regularizer: {l1_l2: {l1: 1e-3, l2: 0.5}}}
outputs:
  policy: {from: policy_head, loss: {cross_entropy: {target: distribution}}}
  value: {from: value_head, weight: 0.5}
loss: {huber: {delta: 2}}
optimizer: {adam: {clip: {norm: 1}, schedule: {cosine: {steps: 100}}}}
numeric: {mode: reproducible, dtype: float64}
codegen: {simd: [avx2, avx512], embed: w/value.safetensors, standalone: true}
`

func decode(t *testing.T, file, text string) *Network {
	t.Helper()
	n, err := Decode(file, []byte(text), testVocabulary())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestDecodeDigits(t *testing.T) {
	n := decode(t, "dir/digits.yaml", digits)
	equal(t, `n.File`, n.File, "digits.yaml")
	equal(t, `n.Name`, n.Name, "digits")
	equal(t, `n.Package`, n.Package, "digits")
	equal(t, `n.Inputs`, n.Inputs, []Input{{Pos: Pos{4, 9}, Name: "x", Shape: []int{64}}})
	equal(t, `len(n.Layers)`, len(n.Layers), 4)
	equal(t, `n.layerNames()`, n.layerNames(), []string{"dense1", "dropout1", "dense2", "softmax1"})
	first := n.Layers[0]
	equal(t, `first.From`, first.From, []string{"x"})
	equal(t, `first.Args.Int("units")`, first.Args.Int("units"), 64)
	equal(t, `first.Args.Word("activation").Name`, first.Args.Word("activation").Name, "relu")
	equal(t, `first.Args.Word("bias_initializer").Name`, first.Args.Word("bias_initializer").Name, "zeros")
	equal(t, `first.Args["bias_initializer"].Set`, first.Args["bias_initializer"].Set, false)
	equal(t, `first.Args.Has("kernel_regularizer")`, first.Args.Has("kernel_regularizer"), false)
	equal(t, `first.Args.Bool("use_bias")`, first.Args.Bool("use_bias"), true)
	equal(t, `n.Layers[2].Args.Word("kernel_regularizer").Args.Float("lambda")`, n.Layers[2].Args.Word("kernel_regularizer").Args.Float("lambda"), 1e-4)
	equal(t, `n.Layers[3].From`, n.Layers[3].From, []string{"dense2"})
	out := n.Outputs[0]
	equal(t, `out.Name`, out.Name, "y")
	equal(t, `out.From`, out.From, "softmax1")
	equal(t, `len(out.Labels)`, len(out.Labels), 10)
	equal(t, `out.Loss.Args.Text("target")`, out.Loss.Args.Text("target"), "class")
	equal(t, `n.Optimizer.Args.Float("momentum")`, n.Optimizer.Args.Float("momentum"), 0.9)
	equal(t, `n.Numeric`, n.Numeric, Numeric{"fast", "float32"})
	equal(t, "codegen", n.Codegen, Codegen{Pos: Pos{14, 10}, Train: true, Batch: 32, Unroll: "auto", SIMD: []string{"auto"},
		Storage: "float32", SkipZeros: "auto"})
}

func TestDecodeTwoHeads(t *testing.T) {
	n := decode(t, "two_heads.yaml", twoHeads)
	equal(t, `n.Package`, n.Package, "two_heads")
	equal(t, `n.Inputs[0].Normalize`, n.Inputs[0].Normalize, &Normalize{Pos: Pos{3, 37}, Mean: []float64{3}, Std: []float64{1}})
	equal(t, `n.Inputs[1].Normalize`, n.Inputs[1].Normalize, &Normalize{Pos: Pos{4, 52}, Mean: []float64{-1}, Std: []float64{2, 3, 4.5}})
	equal(t, `n.Inputs[1].ColumnNames()`, n.Inputs[1].ColumnNames(), []string{"roll", "y", "turn, °"})
	equal(t, `n.Layers[2].From`, n.Layers[2].From, []string{"dense1", "turn"})
	equal(t, `n.Layers[5].From`, n.Layers[5].From, []string{"tanh1"})
	l1 := n.Layers[4].Args.Word("kernel_regularizer")
	equal(t, `l1.Args.Text("method")`, l1.Args.Text("method"), "proximal")
	equal(t, `l1.Args.Float("lambda")`, l1.Args.Float("lambda"), 1e-4)
	equal(t, `n.Layers[0].Args.Group("mask").Int("seed")`, n.Layers[0].Args.Group("mask").Int("seed"), 7)
	equal(t, `n.Outputs[0].Loss.Args.Text("target")`, n.Outputs[0].Loss.Args.Text("target"), "distribution")
	equal(t, `n.Outputs[1].Loss.Args.Float("delta")`, n.Outputs[1].Loss.Args.Float("delta"), 2.0)
	equal(t, `n.Outputs[1].Weight`, n.Outputs[1].Weight, 0.5)
	equal(t, `n.Optimizer.Args.Word("schedule").Args.Int("steps")`, n.Optimizer.Args.Word("schedule").Args.Int("steps"), 100)
	equal(t, `n.Codegen.SIMD`, n.Codegen.SIMD, []string{"avx2", "avx512"})
}

func (n *Network) layerNames() []string {
	var names []string
	for _, l := range n.Layers {
		names = append(names, l.Name)
	}
	return names
}

// TestGoldenSpecs decodes the example specs of the project.
func TestGoldenSpecs(t *testing.T) {
	files, _ := filepath.Glob("../golden/specs/*.yaml")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(file, text, testVocabulary()); err != nil {
			t.Error(err)
		}
	}
}
