package model

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/spec"
)

// mostAssembly bounds the text of the assembly of a network's inference, for each
// instruction set, in bytes.
const mostAssembly = 400_000

// TestAssemblyText holds convolutional networks to mostAssembly: those that are
// measured against others, and of the vision models of ../shared/data/models that
// with the most.
func TestAssemblyText(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	for _, path := range []string{"docs/peers/specs/resnet8.yaml", "docs/peers/specs/mobilenet.yaml", "golden/specs/lenet.yaml"} {
		net, err := gen.Load("../../" + path)
		require.NoError(t, err)
		assemblyText(t, net)
	}
	root := filepath.Join("..", "..", "..", "shared", "data", "models")
	if _, err := os.Stat(root); err != nil {
		t.Skipf("%s is not there: the assembly of blazeface_front is not measured", root)
	}
	m, err := Import(filepath.Join(root, "blazeface_front", "model.onnx"), Options{Inference: true, NoProof: true})
	require.NoError(t, err)
	assemblyText(t, m.Net)
}

func assemblyText(t *testing.T, net *spec.Network) {
	net.Codegen.Train = false
	files, err := gen.Generate(net, gen.Options{})
	require.NoError(t, err, net.Name)
	found := 0
	for name, text := range files {
		if strings.HasSuffix(name, ".s") {
			require.LessOrEqual(t, len(text), mostAssembly, "%s: %s", net.Name, name)
			found++
		}
	}
	require.Greater(t, found, 1, net.Name)
}
