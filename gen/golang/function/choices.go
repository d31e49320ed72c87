package function

import (
	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/library"
	"github.com/nngen-go/nngen/gen/target"
)

// forTarget is what a function is with one instruction set.
type forTarget struct {
	*target.Target
	code []jen.Code
}

// Fast makes a function's code for every instruction set; those that it is nil
// for go on with the next.
func (e *Functions) Fast(k *Func, code func() []jen.Code) {
	e.EachTarget(func(t *target.Target) {
		if c := code(); c != nil {
			k.Fast = append(k.Fast, forTarget{Target: t, code: c})
		}
	})
}

// choice calls the preferred assembly that a machine of an architecture has, else
// portable Go.
func (k *Func) choice(portable []jen.Code, arch string) []jen.Code {
	var cases []jen.Code
	for _, f := range k.Fast {
		if f.Arch == arch {
			cases = append(cases, jen.Case(jen.Id(library.Flag(f.Target))).Block(f.code...))
		}
	}
	if cases == nil {
		return []jen.Code{jen.Id(k.Portable()).Call(portable...)}
	}
	return []jen.Code{jen.Switch().Block(append(cases, jen.Default().Block(jen.Id(k.Portable()).Call(portable...)))...)}
}
