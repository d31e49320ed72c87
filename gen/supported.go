package gen

import (
	"slices"

	"github.com/nngen-go/nngen/spec"
)

// supported refuses what the language can say but no back end can do yet.
func supported(net *spec.Network) error {
	var errs spec.ErrorList
	refuse := func(hint, format string, args ...any) {
		errs = append(errs, net.Errorf(net.Codegen.Pos, hint, format, args...))
	}
	for _, isa := range net.Codegen.SIMD {
		if !slices.Contains([]string{"auto", "none"}, isa) {
			refuse("write simd: auto or simd: none", "codegen: there are no %s kernels yet", isa)
		}
	}
	if net.Codegen.Storage != "float32" {
		refuse("leave storage out", "codegen: storage %s is not available yet", net.Codegen.Storage)
	}
	if len(errs) > 0 {
		return errs
	}
	return nil
}
