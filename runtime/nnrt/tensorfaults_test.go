package nnrt

import (
	"bytes"
	"errors"
	"io"
	"math"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// TestReadErrors fails the reader at every byte.
func TestReadErrors(t *testing.T) {
	file := saveAB(t, "k", "v")
	broken := errors.New("broken")
	for n := range len(file) {
		err := LoadTensors(io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(broken)), abTensors, nil, func(int, []float32) error { return nil })
		require.ErrorIs(t, err, broken, "%d", n)
		err = LoadTensors(bytes.NewReader(file[:n]), abTensors, nil, func(int, []float32) error { return nil })
		require.Error(t, err, "%d", n)
	}
	err := LoadTensors(io.MultiReader(bytes.NewReader(file), iotest.ErrReader(broken)), abTensors, nil, func(int, []float32) error { return nil })
	require.ErrorIs(t, err, broken)
	require.EqualError(t, err, "safetensors: end of the file: broken")
}

type limitedWriter struct {
	left  int
	short bool
}

func (w *limitedWriter) Write(b []byte) (int, error) {
	if len(b) <= w.left {
		w.left -= len(b)
		return len(b), nil
	}
	n := w.left
	w.left = 0
	if w.short {
		return n, nil
	}
	return n, io.ErrClosedPipe
}

func TestSaveErrors(t *testing.T) {
	file := saveAB(t, "k", "v")
	for n := range len(file) {
		err := SaveTensors(&limitedWriter{left: n}, abTensors, []string{"k", "v"}, func(i int, v []float32) {})
		require.ErrorIs(t, err, io.ErrClosedPipe)
		err = SaveTensors(&limitedWriter{left: n, short: true}, abTensors, []string{"k", "v"}, func(i int, v []float32) {})
		require.ErrorIs(t, err, io.ErrShortWrite)
	}
	require.NoError(t, SaveTensors(&limitedWriter{left: len(file)}, abTensors, []string{"k", "v"}, func(i int, v []float32) {}))
	for _, c := range []struct {
		tensors []Tensor
		meta    []string
		want    string
	}{
		{[]Tensor{{Name: "a", Shape: []int{1}}, {Name: "a", Shape: []int{2}}}, nil, `tensor "a": want one tensor of this name, got two`},
		{[]Tensor{{Name: "a", Shape: []int{0}}}, nil, `tensor "a": want a size from 1 to the address space, got shape [0]`},
		{[]Tensor{{Name: "a", Shape: []int{-1, -1}}}, nil, `tensor "a": want a size from 1 to the address space, got shape [-1 -1]`},
		{[]Tensor{{Name: "a", Shape: []int{math.MaxInt / 2, 3}}}, nil, `tensor "a": want a size from 1 to the address space, got shape `},
		{[]Tensor{{Name: "a", Shape: []int{math.MaxInt / 100}}, {Name: "b", Shape: []int{math.MaxInt / 100}}, {Name: "c", Shape: []int{math.MaxInt / 17}}, {Name: "d", Shape: []int{math.MaxInt / 17}}, {Name: "e", Shape: []int{math.MaxInt / 17}}, {Name: "f", Shape: []int{math.MaxInt / 17}}, {Name: "g", Shape: []int{math.MaxInt / 17}}}, nil, `tensor "f": want a size from 1 to the address space`},
		{[]Tensor{{Name: "__metadata__", Shape: nil}}, nil, `tensor "__metadata__": want another name, got one that the format does not allow`},
		{[]Tensor{{Name: "\xff", Shape: nil}}, nil, `tensor "\xff": want another name, got one that the format does not allow`},
		{nil, []string{"k"}, `safetensors: metadata: a key without a value`},
		{nil, []string{"k", "v", "k", "w"}, `safetensors: metadata: two values for "k"`},
		{nil, []string{"k", "\xff"}, `safetensors: metadata: "k" is not UTF-8`},
	} {
		var w bytes.Buffer
		err := SaveTensors(&w, c.tensors, c.meta, func(i int, v []float32) {})
		require.ErrorContains(t, err, c.want)
		require.Zero(t, w.Len())
	}
}

func FuzzLoadTensors(f *testing.F) {
	for _, c := range malformedFiles() {
		if len(c.file) < 1000 {
			f.Add(c.file)
		}
	}
	var w bytes.Buffer
	if err := SaveTensors(&w, abTensors, []string{"k", "v"}, func(i int, v []float32) { v[0] = 1 }); err != nil {
		f.Fatal(err)
	}
	f.Add(w.Bytes())
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := loadAll[float32](file, abTensors)
		if _, err64 := loadAll[float64](file, abTensors); err == nil && err64 != nil {
			t.Fatalf("float64 only: %v", err64)
		}
		if err != nil {
			return
		}
		var w bytes.Buffer
		if err := SaveTensors(&w, abTensors, nil, func(i int, v []float32) { copy(v, got[i]) }); err != nil {
			t.Fatal(err)
		}
		again, err := loadAll[float32](w.Bytes(), abTensors)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			for j := range got[i] {
				if math.Float32bits(got[i][j]) != math.Float32bits(again[i][j]) {
					t.Fatal(i, j)
				}
			}
		}
	})
}
