package library

import (
	"slices"
)

// Callers are who calls a function. What nobody calls in a build is not printed
// for it: the portable form of a kernel often has its caller alone.
type Callers []caller

// Function is a function of the package, which something calls or not.
type Function interface{ On(arch string) bool }

// caller is a function, nil for a function that is always there, and the
// architecture whose assembly the call stands beside, "" for portable Go.
type caller struct {
	kernel Function
	arch   string
}

// Caller is what code is being made for.
func (l *Library) Caller() caller {
	c := caller{kernel: l.building}
	if l.current != nil {
		c.arch = l.current.Arch
	}
	return c
}

// Add notes one more.
func (c *Callers) Add(by caller) {
	if !slices.Contains(*c, by) {
		*c = append(*c, by)
	}
}

// On reports whether something calls the function in the build of an architecture,
// "" that of portable Go.
func (c Callers) On(arch string) bool {
	return slices.ContainsFunc(c, func(c caller) bool {
		return (c.arch == "" || c.arch == arch) && (c.kernel == nil || c.kernel.On(arch))
	})
}
