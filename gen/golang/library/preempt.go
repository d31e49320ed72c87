package library

import (
	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
)

// Preempt is a place where the goroutine can be stopped, between calls of assembly
// in a loop. A garbage collection asks a goroutine to stop by a signal, which
// assembly ignores, or where a function checks its stack: between two calls of
// assembly in a loop there is almost never the one and not at all the other.
func (l *Library) Preempt() jen.Code {
	name := l.Common("preempt", "preempt", "lets the scheduler stop the goroutine: it has a stack, so it checks whether it may go on.",
		func(name string, doc []string) *asm.Func {
			f := &asm.Func{Name: name, Doc: doc, Frame: leastFrame}
			f.Ins("RET")
			return f
		})
	return jen.Id(name).Call()
}

// leastFrame is the smallest stack for which the assembler checks the stack
// in a function that calls no other.
const leastFrame = 128
