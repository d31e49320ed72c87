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
		if slices.Contains(net.Codegen.SIMD, "auto") || slices.Contains(net.Codegen.SIMD, t.Name) {
			names = append(names, t.Name)
		}
	}
	return names
}
