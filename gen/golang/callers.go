package golang

import (
	"slices"

	"github.com/dave/jennifer/jen"
)

// callers are who calls a function. What nobody calls in a build is not printed
// for it: the portable form of a kernel often has its caller alone.
type callers []caller

// caller is a kernel, nil for a function that is always there, and the
// architecture whose assembly the call stands beside, "" for portable Go.
type caller struct {
	kernel *kernelFunc
	arch   string
}

// id names a kernel in order to call it.
func (e *emitter) id(k *kernelFunc) *jen.Statement {
	k.add(e.caller())
	return jen.Id(k.name)
}

// caller is what code is being made for.
func (e *emitter) caller() caller {
	c := caller{kernel: e.building}
	if e.current != nil {
		c.arch = e.current.Arch
	}
	return c
}

// add notes one more.
func (c *callers) add(by caller) {
	if !slices.Contains(*c, by) {
		*c = append(*c, by)
	}
}

// on reports whether something calls the function in the build of an architecture,
// "" that of portable Go.
func (c callers) on(arch string) bool {
	return slices.ContainsFunc(c, func(c caller) bool {
		return (c.arch == "" || c.arch == arch) && (c.kernel == nil || c.kernel.on(arch))
	})
}
