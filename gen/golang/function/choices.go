package function

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
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

// jump is the function as assembly that jumps to that of the machine, where this is
// given its parameters and nothing else by every instruction set; else nil.
func (k *Func) jump(arch string) *asm.Func {
	var choices []asm.Choice
	var choose func(f *asm.Func, choices []asm.Choice, otherwise string)
	for _, f := range k.Fast {
		if f.Arch != arch {
			continue
		}
		name := k.passedOn(f.code)
		if name == "" || f.Choose == nil {
			return nil
		}
		choose = f.Choose
		choices = append(choices, asm.Choice{Flag: library.Flag(f.Target), Name: name})
	}
	if choices == nil {
		return nil
	}
	doc := []string{k.Name + " goes on in the preferred assembly that the machine has. The call at its end, which it never comes to, makes it check the stack."}
	if k.Plain != "" { // others have it with their portable form
		doc = append(k.Doc[:len(k.Doc):len(k.Doc)], doc...)
	}
	fn := &asm.Func{Name: k.Name, Doc: doc}
	for _, a := range k.Args {
		fn.Args = append(fn.Args, asm.Arg{Name: a.Name, Type: a.Type})
	}
	choose(fn, choices, k.Portable())
	return fn
}

// passedOn is the function that code calls with pointers to the first elements of all
// parameters, in their order, if it does nothing else.
func (k *Func) passedOn(code []jen.Code) string {
	if len(code) != 1 || k.Result != "" {
		return ""
	}
	var first []string
	for _, a := range k.Args {
		if !strings.HasPrefix(a.Type, "*[") {
			return ""
		}
		first = append(first, "&"+a.Name+strings.Repeat("[0]", strings.Count(a.Type, "[")))
	}
	call := fmt.Sprintf("%#v", code[0])
	name, ok := strings.CutSuffix(call, "("+strings.Join(first, ", ")+")")
	if !ok || strings.ContainsAny(name, "( ") {
		return ""
	}
	return name
}
