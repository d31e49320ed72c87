package nnrt

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestIgnoredCounters: PyTorch's number of batches beside a running mean is left
// alone, wherever its data lie; other tensors are still refused.
func TestIgnoredCounters(t *testing.T) {
	tensors := []Tensor{{Name: "n.running_mean", Shape: []int{2}}, {Name: "n.running_var", Shape: []int{1}}}
	load := func(header string, data []byte) (got []float32, err error) {
		err = LoadTensors(bytes.NewReader(rawFile(header, data)), tensors, nil, func(_ int, v []float32) error {
			got = append(got, v...)
			return nil
		})
		return got, err
	}
	const mean, variance = `"n.running_mean":{"dtype":"F32","shape":[2],"data_offsets":`, `"n.running_var":{"dtype":"F32","shape":[1],"data_offsets":`
	const count = `"n.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":`
	m, v, c := f32Bytes(1, 2), f32Bytes(3), []byte{9, 0, 0, 0, 0, 0, 0, 0}
	for name, f := range map[string]struct {
		header string
		data   [][]byte
	}{
		"none":   {mean + `[0,8]},` + variance + `[8,12]}`, [][]byte{m, v}},
		"first":  {count + `[0,8]},` + mean + `[8,16]},` + variance + `[16,20]}`, [][]byte{c, m, v}},
		"middle": {mean + `[0,8]},` + variance + `[16,20]},` + count + `[8,16]}`, [][]byte{m, c, v}},
		"last":   {mean + `[0,8]},` + count + `[12,20]},` + variance + `[8,12]}`, [][]byte{m, v, c}},
	} {
		got, err := load("{"+f.header+"}", bytes.Join(f.data, nil))
		require.NoError(t, err, name)
		require.Equal(t, []float32{1, 2, 3}, got, name)
	}
	const rest = mean + `[0,8]},` + variance + `[8,12]},`
	for header, want := range map[string]string{
		rest + `"o.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[12,20]}`:  `tensor "o.num_batches_tracked": want no tensor of this name, got shape []`,
		rest + `"n.num_batches_tracked_":{"dtype":"I64","shape":[],"data_offsets":[12,20]}`: `tensor "n.num_batches_tracked_": want no tensor of this name, got shape []`,
		rest + count + `[13,21]}`: `tensor "*.num_batches_tracked": want data from offset 12, got offsets [13 21] (a hole)`,
		rest + count + `[4,12]}`:  `tensor "*.num_batches_tracked": want data from offset 12, got offsets [4 12] (an overlap)`,
		rest + count + `[20,12]}`: `tensor "*.num_batches_tracked": want data from offset 12, got offsets [20 12] (a hole)`,
		mean + `[0,8]},` + variance + `[16,20]},` + count + `[20,28]}`: `tensor "n.running_var": want data from offset 8, got offsets [16 20] (a hole)`,
	} {
		_, err := load("{"+header+"}", bytes.Join([][]byte{m, v, c}, nil))
		require.EqualError(t, err, want, header)
	}
	_, err := load("{"+rest+count+"[12,20]}}", append(bytes.Join([][]byte{m, v}, nil), 9))
	require.ErrorContains(t, err, "data of a tensor that is ignored")
}

// TestIgnoredClassWeights: those of the loss that a network was trained by.
func TestIgnoredClassWeights(t *testing.T) {
	tensors := []Tensor{{Name: "d.bias", Shape: []int{2}}}
	load := func(header string, data []byte) (got []float32, err error) {
		err = LoadTensors(bytes.NewReader(rawFile(header, data)), tensors, nil, func(_ int, v []float32) error {
			got = v
			return nil
		})
		return got, err
	}
	const bias = `"d.bias":{"dtype":"F32","shape":[2],"data_offsets":`
	got, err := load(`{`+bias+`[0,8]},"y.class_weights":{"dtype":"F32","shape":[3],"data_offsets":[8,20]}}`, f32Bytes(1, 2, 7, 8, 9))
	require.NoError(t, err)
	require.Equal(t, []float32{1, 2}, got)
	_, err = load(`{`+bias+`[0,8]},"y.class_weights":{"dtype":"F32","shape":[3],"data_offsets":[9,21]}}`, f32Bytes(1, 2, 7, 8, 9))
	require.EqualError(t, err, `tensor "*.class_weights": want data from offset 8, got offsets [9 21] (a hole)`)
	_, err = load(`{`+bias+`[0,8]},"y.weights":{"dtype":"F32","shape":[3],"data_offsets":[8,20]}}`, f32Bytes(1, 2, 7, 8, 9))
	require.ErrorContains(t, err, "want no tensor of this name")
}
