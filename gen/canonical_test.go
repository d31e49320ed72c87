package gen_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// TestCanonicalIsAccepted: what `nngen fmt` writes of a network means the same to
// the compiler: it is accepted, and has the same canonical form.
func TestCanonicalIsAccepted(t *testing.T) {
	g := gentest.NewGenerator(7)
	for i := range 300 {
		net, err := g.Network(fmt.Sprintf("net%d", i))
		require.NoError(t, err)
		text := net.Canonical(op.Vocabulary())
		again, err := spec.Decode("net.yaml", text, op.Vocabulary())
		require.NoError(t, err, "%s", text)
		again.Files = net.Files
		require.NoError(t, gen.Check(again), "%s", text)
		require.Equal(t, string(text), string(again.Canonical(op.Vocabulary())))
	}
}
