package golang

import (
	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
)

// preempting adds to the calls of assembly in a loop a place where the
// goroutine can be stopped, if the function works for long. A garbage
// collection asks a goroutine to stop by a signal, which assembly ignores, or
// where a function checks its stack: between two calls of assembly in a loop
// there is almost never the one and not at all the other. flops is the work of
// the function in all.
func (e *emitter) preempting(flops int, calls []jen.Code) []jen.Code {
	if flops <= flopsPerCall {
		return calls
	}
	name := e.common("preempt", "preempt", "lets the scheduler stop the goroutine: it has a stack, so it checks whether it may go on.",
		func(name string, doc []string) *asm.Func {
			f := &asm.Func{Name: name, Doc: doc, Frame: leastFrame}
			f.Ins("RET")
			return f
		})
	return append(calls, jen.Id(name).Call())
}

// leastFrame is the smallest stack for which the assembler checks the stack
// in a function that calls no other.
const leastFrame = 128
