package run

import (
	"io"
	"math"
	"testing"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/stretchr/testify/require"
)

// simulate trains the classifier here as the runner must.
func simulate(t *testing.T, path string, epochs, batch int, seed uint64, shuffle bool) []float32 {
	f, err := dataset.ReadFile(path)
	require.NoError(t, err)
	n := f.Arrays[0].Rows()
	w := make([]float32, 9)
	for i := range w {
		w[i] = float32(math.Sin(float64(seed)+float64(i))) / 8
	}
	step := 0
	order := allRows(n)
	for e := range epochs {
		if shuffle {
			nnrt.Permutation(order, seed, nnrt.PurposeShuffle, uint32(e))
		}
		for at := 0; at < n; at += batch {
			rows := order[at:min(at+batch, n)]
			for _, r := range rows {
				simulateSample(w, f.Arrays[0].Data[3*r:])
			}
			step++
			w[8] += float32(step%7) * float32(f.Arrays[0].Data[3*rows[0]]) / 1024
		}
	}
	return w
}

func simulateSample(w []float32, row []float64) {
	x := [2]float64{float64(float32(row[0])), float64(float32(row[1]))}
	var got [3]float64
	for o := range got {
		s := float64(w[6+o])
		for k, v := range x {
			s += float64(v * float64(w[o*2+k]))
		}
		got[o] = float64(float32(s))
	}
	for o := range got {
		want := 0.0
		if int(row[2]) == o {
			want = 1
		}
		d := float32(0.05) * float32(got[o]-want)
		w[6+o] -= d
		for k, v := range x {
			w[o*2+k] -= float32(d * float32(v))
		}
	}
}

// TestOrder checks that batches follow the file, or the order that nnrt gives,
// and that the last, smaller batch is trained.
func TestOrder(t *testing.T) {
	c, net := classifier.compiler(), classifier.net()
	data := classData(t, 21)
	for _, shuffle := range []bool{false, true} {
		o := trainOptions(t, data)
		o.Shuffle, o.Batch, o.Epochs = shuffle, 4, 3
		_, err := c.Train(t.Context(), net, o)
		require.NoError(t, err)
		want := simulate(t, data, 3, 4, 3, shuffle)
		got := make([]float32, 9)
		tensors := []nnrt.Tensor{{Name: "out.weight", Shape: []int{3, 2}}, {Name: "out.bias", Shape: []int{3}}}
		require.NoError(t, nnrt.LoadFile(o.Out, func(r io.Reader) error {
			return nnrt.LoadTensors(r, tensors, nil, func(i int, v []float32) error { copy(got[6*i:], v); return nil })
		}))
		require.InDeltaSlice(t, want, got, 1e-5)
	}
}
