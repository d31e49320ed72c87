package golang

import (
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/target"
)

// forTarget is what a function is with one instruction set.
type forTarget struct {
	*target.Target
	code []jen.Code
}

// targets are the plan's instruction sets, the preferred first.
func (e *emitter) targets() []*target.Target { return calls.Targets(e.plan) }

// target is the instruction set that code is being made for.
func (e *emitter) target() *target.Target { return e.current }

// fast makes a function's code for every instruction set; those that it is nil
// for go on with the next.
func (e *emitter) fast(k *kernelFunc, code func() []jen.Code) {
	e.eachTarget(func(t *target.Target) {
		if c := code(); c != nil {
			k.fast = append(k.fast, forTarget{Target: t, code: c})
		}
	})
}

// eachTarget runs a function for every instruction set.
func (e *emitter) eachTarget(do func(t *target.Target)) {
	for _, t := range e.targets() {
		e.with(t, func() { do(t) })
	}
}

// with runs a function for an instruction set.
func (e *emitter) with(t *target.Target, do func()) {
	outer := e.current
	defer func() { e.current = outer }()
	e.current = t
	do()
}

// anyTarget reports whether one of the instruction sets can do something; only
// the current one counts if there is one.
func (e *emitter) anyTarget(can func(t *target.Target) bool) bool {
	if e.current != nil {
		return can(e.current)
	}
	for _, t := range e.targets() {
		if can(t) {
			return true
		}
	}
	return false
}

// upper is an instruction set's name in identifiers.
func upper(t *target.Target) string { return strings.ToUpper(t.Name) }

// flag is the variable that says whether an instruction set is used.
func flag(t *target.Target) string { return "use" + upper(t) }

// anyFlag is the condition that some assembly is used.
func (e *emitter) anyFlag() string {
	var flags []string
	for _, t := range e.targets() {
		flags = append(flags, flag(t))
	}
	if len(flags) > 1 {
		return "(" + strings.Join(flags, " || ") + ")"
	}
	return flags[0]
}

// choice calls the preferred assembly that the machine has, else portable Go.
func (k *kernelFunc) choice(portable []jen.Code) []jen.Code {
	var cases []jen.Code
	for _, f := range k.fast {
		cases = append(cases, jen.Case(jen.Id(flag(f.Target))).Block(f.code...))
	}
	return []jen.Code{jen.Switch().Block(append(cases, jen.Default().Block(jen.Id(k.portable()).Call(portable...)))...)}
}

// targetViews are the instruction sets as the templates see them.
func (e *emitter) targetViews() []targetView {
	var out []targetView
	for _, t := range e.targets() {
		for i := range out {
			out[i].Others = append(out[i].Others, t.Name)
		}
		out = append(out, targetView{Name: t.Name, Upper: upper(t)})
	}
	return out
}
