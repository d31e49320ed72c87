package run

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/spec"
)

// TestOnlyDense: unused inputs are told from the weights where every input has
// weights of its own, and not where rows or layers share them.
func TestOnlyDense(t *testing.T) {
	dense := func(name string, args spec.Args) spec.Layer {
		return spec.Layer{Name: name, Kind: "dense", Args: args, From: []string{"x"}}
	}
	own, rows := dense("a", nil), dense("b", spec.Args{"axis": {Value: -1}})
	tied := dense("c", spec.Args{"tied_to": {Value: "a"}})
	net := func(layers ...spec.Layer) *spec.Network {
		return &spec.Network{Inputs: []spec.Input{{Name: "x"}}, Layers: layers}
	}
	for _, c := range []struct {
		net   *spec.Network
		only  bool
		first map[string]string
	}{
		{net(own), true, map[string]string{"a.weight": "x"}},
		{net(own, rows), false, map[string]string{"a.weight": "x"}},
		{net(own, tied), false, map[string]string{"a.weight": "x"}},
		{net(rows), false, map[string]string{}},
	} {
		require.Equal(t, c.only, onlyDense(c.net, "x"))
		require.Equal(t, c.first, firstLayers(c.net))
	}
}
