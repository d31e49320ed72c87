package picture

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/gen/op"
)

var update = flag.Bool("update", false, "write the pictures of the documents")

// The pictures in docs are those that this package draws, for light and dark
// pages.
func TestDocs(t *testing.T) {
	net, err := gen.Load("../../golden/specs/lecture.yaml")
	require.NoError(t, err)
	prog, err := lower.Lower(net)
	require.NoError(t, err)
	var rows []op.Activation
	for _, name := range []string{"sigmoid", "step", "softsign", "tanh", "relu", "leaky_relu", "gelu", "silu"} {
		rows = append(rows, *op.ActivationByName(name))
	}
	for name, theme := range map[string]*Theme{"light": Light, "dark": Dark} {
		activations, err := Activations(theme, rows)
		require.NoError(t, err)
		check(t, "../../docs/pictures/activations-"+name+".svg", activations)
		check(t, "../../docs/pictures/network-"+name+".svg", Network(theme, net.Name, Nodes(net, prog)))
	}
}

func check(t *testing.T, path string, s *Scene) {
	legible(t, s)
	var b bytes.Buffer
	require.NoError(t, s.WriteSVG(&b))
	if *update {
		require.NoError(t, os.WriteFile(path, b.Bytes(), 0o666))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, b.Bytes()), "%s is out of date; go test ./gen/picture -update writes it", path)
}
