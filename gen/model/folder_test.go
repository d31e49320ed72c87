package model

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/dataset"
)

// TestReadFolder: pairs by number, inputs by name or alone, outputs by their order.
func TestReadFolder(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data ...float64) {
		f, err := os.Create(filepath.Join(dir, name+".npy"))
		require.NoError(t, err)
		require.NoError(t, dataset.WriteNPY(f, &dataset.Array{Shape: []int{1, len(data)}, Data: data}, 4))
		require.NoError(t, f.Close())
	}
	b := newBuilder(13, 1)
	x, z := b.input("x", 1, 2), b.input("z", 1, 2)
	m := imported(t, b.model(b.op("Add", x, z), b.op("Relu", x)), Options{})
	_, err := m.ReadFolder(dir)
	require.ErrorContains(t, err, "neither in_0.npy nor in_0_x.npy")
	for i, name := range []string{"0", "1"} {
		v := float64(i)
		write("in_"+name+"_x", v, -3)
		write("in_"+name+"_z", 10, 20)
		write("out_"+name+"_0", v+10, 17)
	}
	_, err = m.ReadFolder(dir)
	require.ErrorContains(t, err, "out_0_1.npy")
	write("out_0_1", 0, 0)
	write("out_1_1", 1, 0)
	data, err := m.ReadFolder(dir)
	require.NoError(t, err)
	require.Len(t, data, 2)
	r, err := m.Reference(data[1])
	require.NoError(t, err)
	require.Equal(t, [][]float64{{1, -3, 10, 20}}, r.Inputs)
	require.Equal(t, [][]float64{{11, 17, 1, 0}}, r.Outputs)
	require.Equal(t, r.Outputs, interpret(t, m, r.Inputs))

	one := newBuilder(13, 1)
	single := imported(t, one.model(one.op("Relu", one.input("x", 1, 2))), Options{})
	write("in_0", -1, 2)
	write("out_0", 0, 2)
	data, err = single.ReadFolder(dir)
	require.NoError(t, err)
	require.Len(t, data, 2, "in_1_x is a pair, too")
}
