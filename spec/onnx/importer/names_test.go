package importer

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMeaningful(t *testing.T) {
	for hint, want := range map[string]string{
		"fc1.weight":       "fc1",
		"layers.0.weight":  "layers_0",
		"actor.mlp.2.bias": "mlp_2",
		"policy/hidden_0/MatMul/ReadVariableOp:0":                                               "hidden_0",
		"mlp_1/MLP_0_1/hidden_3_1/MatMul_Gemm__9":                                               "hidden_3_1",
		"fc1_relu_Relu_0":                                                                       "fc1",
		"output_softmax_Softmax_01":                                                             "",
		"_class__keras_layers_core_Dense__1":                                                    "",
		"StatefulPartitionedCall/model/d1/BiasAdd":                                              "d1",
		"StatefulPartitionedCall/sequential/dense_1/MatMul/ReadVariableOp:0":                    "dense_1",
		"StatefulPartitionedCall/sequential/batch_normalization/batchnorm/mul/ReadVariableOp:0": "batch_normalization",
		"model/time_distributed/Tensordot/ReadVariableOp:0":                                     "time_distributed",
		"onnx::MatMul_23":                                                                       "",
		"/encoder/Gemm_output_0":                                                                "encoder",
		"biased_tensor_name1":                                                                   "",
		"W1":                                                                                    "",
		"42":                                                                                    "",
		"":                                                                                      "",
		"Größe":                                                                                 "gr_e",
	} {
		assert.Equal(t, want, meaningful(hint), hint)
	}
}

func TestNamer(t *testing.T) {
	n := namer{taken: map[string]bool{}, valid: func(name string) bool { return name != "type" }}
	for _, c := range []struct {
		name, want string
		ok         bool
	}{{"fc1", "fc1", true}, {"fc1", "", false}, {"fc_1", "", false}, {"type", "", false}, {"", "", false}, {"1x", "n1x", true}} {
		got, ok := n.claim(c.name)
		assert.Equal(t, c.ok, ok, c.name)
		assert.Equal(t, c.want, got, c.name)
	}
}

// TestNearMisses: functions that only look like an activation are none.
func TestNearMisses(t *testing.T) {
	x := &node{kind: "input", shape: []int{1}}
	for name, n := range map[string]*node{
		"another cubic term": gelu(x, 0.045),
		"another slope":      {kind: "multiply", shape: x.shape, from: []*node{x, apply("sigmoid", shifted(x, 1e-3))}},
		"a small step":       {kind: "add", shape: x.shape, from: []*node{apply("thresholded_relu", x, 1e-3), scaled(x, 0)}},
	} {
		g := &graph{inputs: []*node{x}, outputs: []output{{"y", n}}, budget: mostTried}
		before := n.kind
		g.recognize()
		if n.kind != before {
			assert.Equal(t, "thresholded_relu", n.kind, name)
		}
	}
	n := gelu(x, 0.044715)
	g := &graph{inputs: []*node{x}, outputs: []output{{"y", n}}, budget: mostTried}
	assert.True(t, g.recognize())
	assert.Equal(t, "gelu_tanh", n.kind)
}

// gelu is the tanh form with a coefficient.
func gelu(x *node, c float64) *node {
	cube := scaled(apply("pow", x, 3), c)
	inner := scaled(&node{kind: "add", shape: x.shape, from: []*node{x, cube}}, 0.7978845608)
	return &node{kind: "multiply", shape: x.shape, from: []*node{scaled(x, 0.5), shifted(apply("tanh", inner), 1)}}
}
