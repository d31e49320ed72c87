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

// ForMachine is a network for code that is not kept but runs on this machine alone:
// auto are then the instruction sets of its architecture.
func ForMachine(net *spec.Network, arch string) *spec.Network {
	if !slices.Contains(net.Codegen.SIMD, "auto") {
		return net
	}
	var own []string
	for _, t := range target.Targets {
		if t.Arch == arch {
			own = append(own, t.Name)
			if t.Auto {
				return net
			}
		}
	}
	if own == nil {
		return net
	}
	local := *net
	local.Codegen.SIMD = own
	return &local
}
