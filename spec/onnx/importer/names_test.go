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
