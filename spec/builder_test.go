package spec

import (
	"math"
	"strings"
	"testing"
)

func buildDigits() (*Network, error) {
	b := New("digits")
	b.Doc("Handwritten digits, 8×8 grey values to 10 classes.")
	x := b.Input("x", 64)
	h := b.Layer("dense", x, Fields{"units": 64, "activation": "relu", "kernel_initializer": "he_normal"})
	h = b.Layer("dropout", h, Fields{"rate": 0.2})
	h = b.Layer("dense", h, Fields{"units": 10, "kernel_regularizer": Fields{"l2": 1e-4}})
	b.Output("y", b.Layer("softmax", h), Fields{"labels": strings.Split("0123456789", "")})
	b.Loss("cross_entropy")
	b.Optimizer("sgd", Fields{"learning_rate": 0.05, "momentum": 0.9})
	b.Codegen(Fields{"batch": 32})
	return b.Build(testVocabulary())
}

// TestBuilderIsDecoder: the same network, written in Go and in YAML.
func TestBuilderIsDecoder(t *testing.T) {
	got, err := buildDigits()
	if err != nil {
		t.Fatal(err)
	}
	want := decode(t, "digits.yaml", digits)
	equal(t, "file", got.File, "builder_test.go")
	equal(t, "canonical form", string(got.Canonical(testVocabulary())), string(want.Canonical(testVocabulary())))
}

func TestBuilderJoins(t *testing.T) {
	b := New("two")
	image := b.NormalizedInput("image", Fields{"mean": []float64{1, 2}, "std": 3}, 2)
	pose := b.ColumnInput("pose", []string{"roll", "pitch", "turn"}, Fields{"normalize": "standard"})
	pixels := b.InputWith("pixels", Fields{"layout": "hwc", "dtype": "uint8"}, 5, 4, 3)
	a := b.Layer("dense", image, Fields{"units": 4, "name": "eye"})
	c := b.Layer("gemm", pose, Fields{"units": 4})
	d := b.Layer("dense", b.Layer("add", Join(a, c, b.Layer("dense", pixels, Fields{"units": 4}))), Fields{"units": 1})
	b.Output("value", d, Fields{"loss": "mse", "weight": 2})
	n, err := b.Build(testVocabulary())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "names", n.layerNames(), []string{"eye", "dense2", "dense3", "add1", "dense4"})
	equal(t, "sources", n.Layers[3].From, []string{"eye", "dense2", "dense3"})
	equal(t, "output", n.Outputs[0].From, "dense4")
	equal(t, "columns", n.Inputs[1].ColumnNames(), []string{"roll", "pitch", "turn"})
	equal(t, "shape", n.Inputs[1].Shape, []int{3})
	equal(t, "layout", n.Inputs[2].ChannelsLast, true)
	equal(t, "bytes", n.Inputs[2].Bytes, true)
	equal(t, "pixels", n.Inputs[2].Shape, []int{5, 4, 3})
	equal(t, "normalised", n.Inputs[1].Normalize.Fit, true)
}

func TestBuilderErrors(t *testing.T) {
	b, other := New("Bad"), New("other")
	x := b.Input("x", 4)
	h := b.Layer("dense", x, Fields{"units": 0, "activation": "rellu", "drop_connect": math.NaN()})
	h = b.Layer("dense", Join(h, other.Input("x", 1)), Fields{"units": struct{}{}})
	b.Output("y", h)
	b.Codegen(Fields{"train": false})
	_, err := b.Build(testVocabulary())
	want := []string{
		`builder_test.go:59: name must start with a letter`,
		`builder_test.go:61: layer 1 (dense "dense1"): units must be positive, got 0`,
		`builder_test.go:61: layer 1 (dense "dense1"): activation must be a known activation, got "rellu"`,
		`builder_test.go:61: layer 1 (dense "dense1"): drop_connect must be a finite number, got NaN`,
		`builder_test.go:62: layer 2 (dense "dense2"): units must be a whole number, got a Go value of type struct {}`,
		`builder_test.go:62: layer 2 (dense "dense2"): from must be a word, got Refs of two Builders`,
		`did you mean relu?`,
	}
	for _, line := range want {
		if err == nil || !strings.Contains(err.Error(), line) {
			t.Errorf("no %s in\n%v", line, err)
		}
	}
}
