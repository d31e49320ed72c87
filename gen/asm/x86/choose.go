package x86

import "github.com/nngen-go/nngen/gen/asm"

// Choose prints a function that goes on in the first of some with its arguments whose
// variable is true, else in the last: a jump, where a call from Go and another
// from there would take twice as long as a small layer.
func Choose(f *asm.Func, choices []asm.Choice, otherwise string) {
	f.GoesOn = true
	for _, c := range choices {
		next := f.Label("next")
		f.Line(func() {
			f.Ins("CMPB", "·"+c.Flag+"(SB)", "$0")
			f.Ins("JEQ", next)
		})
		f.Ins("JMP", "·"+c.Name+"(SB)")
		f.Place(next)
	}
	f.Line(func() {
		f.Ins("JMP", "·"+otherwise+"(SB)")
		f.Ins("CALL", "·"+f.Name+"(SB)") // never: the stack of a function without calls is not checked
	})
}
