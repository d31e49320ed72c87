package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// TestNoteMachine: whoever generates on arm64 learns that auto writes no assembly
// for it; whoever chose, or has another machine, is told nothing.
func TestNoteMachine(t *testing.T) {
	note := func(arch, codegen string) string {
		source := "nngen: 1\nname: net\ninput: {shape: [4]}\nlayers: [{dense: {units: 2}}]\ncodegen: {train: false" + codegen + "}\n"
		net, err := spec.Decode("net.yaml", []byte(source), op.Vocabulary())
		require.NoError(t, err)
		var b strings.Builder
		noteMachine(&b, "net.yaml", net, arch)
		return b.String()
	}
	require.Equal(t, "note: net.yaml: the package has no assembly for arm64, this machine's architecture; write codegen: {simd: all}, which adds neon\n", note("arm64", ""))
	for _, codegen := range []string{", simd: all", ", simd: none", ", simd: neon", ", simd: avx2"} {
		require.Empty(t, note("arm64", codegen), codegen)
	}
	require.Empty(t, note("amd64", ""))
	require.Empty(t, note("riscv64", ""))
}
