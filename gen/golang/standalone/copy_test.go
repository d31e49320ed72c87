package standalone

import (
	"go/parser"
	"go/token"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// TestCopy: what a used name reaches is copied under a prefix, with its imports and
// the licence of its file; nothing else is.
func TestCopy(t *testing.T) {
	runtime := fstest.MapFS{
		"nnrt/own.go": {Data: []byte(`package nnrt

import (
	"fmt"
	"math"
)

const half = 0.5

// Half halves.
func Half(x float64) float64 { return math.Floor(x) * half }

// Unused is not copied.
func Unused() { fmt.Println(half) }

// T has a method, which comes with it.
type T struct{ Half int }

func (t T) Twice() float64 { return other(t.Half) }
`)},
		"nnrt/theirs.go":   {Data: []byte("// Copyright 1999 Somebody\n\npackage nnrt\n\nfunc other(n int) float64 { return float64(2 * n) }\n")},
		"nnrt/own_test.go": {Data: []byte("package nnrt\n\nfunc Tested() {}\n")},
	}
	for name, want := range map[string]string{
		"Half": "import (\n\t\"math\"\n)\n\nconst nnrt_half = 0.5\n\n// Half halves.\nfunc nnrtHalf(x float64) float64 { return math.Floor(x) * nnrt_half }\n\n",
		"T": "// Copyright 1999 Somebody\n\nimport (\n)\n\n// T has a method, which comes with it.\ntype nnrtT struct{ Half int }\n\n" +
			"func (t nnrtT) Twice() float64 { return nnrt_other(t.Half) }\n\nfunc nnrt_other(n int) float64 { return float64(2 * n) }\n\n",
	} {
		got, err := Copy(runtime, map[string]bool{name: true})
		require.NoError(t, err)
		require.Equal(t, want, string(got))
		_, err = parser.ParseFile(token.NewFileSet(), "nnrt.go", "package p\n\n"+string(got), 0)
		require.NoError(t, err)
	}
	_, err := Copy(fstest.MapFS{"nnrt/bad.go": {Data: []byte("package nnrt\nfunc")}}, nil)
	require.ErrorContains(t, err, "bad.go")
}
