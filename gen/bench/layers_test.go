package bench

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
)

// TestLayers: a network can be called step by step, of convolutions by tiles in packages
// that train, too, whose filters are the network's.
func TestLayers(t *testing.T) {
	for _, name := range []string{"../../docs/peers/specs/resnet8", "../../golden/specs/lenet", "../../golden/specs/pixels", "../../golden/specs/w2"} {
		net, err := gen.Load(name + ".yaml")
		require.NoError(t, err)
		net.Codegen.Train = true
		files, err := gen.Generate(net, gen.Options{Standalone: true, Steps: true})
		require.NoError(t, err, name)
		require.Contains(t, string(files["steps.go"]), "func (n *Net) Step(", name)
		p, err := gen.Plan(net, gen.Options{})
		require.NoError(t, err)
		require.NotEmpty(t, layersOf(p), name)
	}
}
