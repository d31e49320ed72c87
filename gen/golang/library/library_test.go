package library_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/golang/library"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/target"
)

// caller is a function that is called where it says.
type caller string

func (c caller) On(arch string) bool { return strings.Contains(string(c), arch) }

// TestLibrary: a kernel is there once for an instruction set, however many call it, and
// only where one of them is called; what several sets share lies in a file of its own.
func TestLibrary(t *testing.T) {
	p := &plan.Plan{Prog: &ir.Program{DType: ir.Float32}, Options: plan.Options{Targets: []string{"avx512", "avx2", "neon"}}}
	l := library.New(source.New("net", "net.yaml", "", p.Prog, source.NewNamer()), p)
	require.Equal(t, []string{"amd64", "arm64"}, l.Arches())
	require.Equal(t, "(useAVX512 || useAVX2 || useNEON)", l.AnyFlag())
	require.Nil(t, l.Target())
	printed := 0
	text := func(_ *target.Target, name string, doc []string) *asm.Func {
		printed++
		f := &asm.Func{Name: name, Doc: doc}
		f.Ins("RET")
		return f
	}
	names := map[string]bool{}
	build := func() {
		l.EachTarget(func(set *target.Target) {
			require.Equal(t, set, l.Target())
			require.True(t, l.AnyTarget(func(x *target.Target) bool { return x == set }), "another set counts")
			names[l.Assembly("rows", "rows 16", "sums.", text)] = true
			l.Common("list", "listing", "lists.", func(name string, doc []string) *asm.Func { return text(nil, name, doc) })
		})
	}
	l.For(caller("amd64"), build)
	l.For(caller("amd64"), build)
	require.Len(t, names, 3)
	require.Zero(t, printed, "before the files")

	files, functions := l.Files("amd64")
	require.Len(t, files, 3)
	require.Equal(t, 3, printed)
	var order []string
	for _, f := range functions {
		order = append(order, f.Name)
	}
	require.Equal(t, []string{"listing", "rows16AVX2", "rows16AVX512"}, order)
	require.Contains(t, files["avx2_amd64"], "//go:build amd64 && !purego && !msan\n")
	require.Contains(t, files["avx2_amd64"], "// rows16AVX2 sums.\nTEXT ·rows16AVX2(SB), NOSPLIT, $0-0\n\tRET\n")
	require.NotContains(t, files["avx2_amd64"], "listing")
	require.Contains(t, files["amd64"], "TEXT ·listing(SB)")
	files, _ = l.Files("arm64")
	require.Empty(t, files, "nobody calls it there")
	l.For(nil, build) // a function that is always there
	files, _ = l.Files("arm64")
	require.Len(t, files, 2)
}
