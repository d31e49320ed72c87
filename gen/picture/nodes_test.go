package picture

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/lower"
)

// The picture of every committed example can be read.
func TestNetworks(t *testing.T) {
	specs, err := filepath.Glob("../../golden/specs/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, specs)
	for _, path := range specs {
		t.Run(filepath.Base(path), func(t *testing.T) {
			net, err := gen.Load(path)
			require.NoError(t, err)
			prog, err := lower.Lower(net)
			require.NoError(t, err)
			nodes := Nodes(net, prog)
			require.Len(t, nodes, len(net.Inputs)+len(net.Layers)+len(net.Outputs))
			legible(t, Network(Light, net.Name, nodes))
		})
	}
}

// A neuron is joined with what it reads: all, those of its mask, or its own.
func TestJoined(t *testing.T) {
	dense := Node{Dense: true}
	require.Equal(t, []int{0, 1, 2}, dense.joined(1, 3))
	masked := Node{Dense: true, Joined: [][]int{{0}, {1, 2}}}
	require.Equal(t, []int{1, 2}, masked.joined(1, 3))
	require.Equal(t, []int{1}, (&Node{}).joined(1, 3))
	require.Equal(t, []int{0}, (&Node{}).joined(5, 1))
}

// Connections that skip a row have lanes of their own while they overlap.
func TestLanes(t *testing.T) {
	g := newGraph([]Node{
		{Name: "x", Kind: "input", Size: 100},
		{Name: "a", From: []string{"x"}, Size: 100},
		{Name: "b", From: []string{"a", "x"}, Size: 100},
		{Name: "c", From: []string{"b", "a"}, Size: 100},
		{Name: "d", From: []string{"c", "b"}, Size: 100},
		{Name: "y", Kind: "output", From: []string{"d"}, Size: 100},
	})
	lanes, count := g.lanes()
	require.Equal(t, 2, count)
	require.Equal(t, map[[2]int]int{{0, 2}: 0, {1, 3}: 1, {2, 4}: 0}, lanes)
	require.False(t, g.small())
	legible(t, Network(Dark, "skips", g.nodes))
}
