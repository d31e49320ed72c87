package gen

import (
	"slices"

	"github.com/nngen-go/nngen/gen/target"
	"github.com/nngen-go/nngen/spec"
)

// targets returns the instruction sets a spec asks for.
func targets(net *spec.Network) []string {
	var names []string
	for _, t := range target.Targets {
		asks := func(word string) bool { return slices.Contains(net.Codegen.SIMD, word) }
		if asks("all") || asks("auto") && t.Auto || asks(t.Name) {
			names = append(names, t.Name)
		}
	}
	return names
}
