// Package asm is a writer of Go assembly: functions, arguments, labels,
// comments. Instruction sets are folders below it, each with a typed helper
// per instruction and one fixed register map; they print kernel descriptions
// and decide nothing.
package asm

import (
	"fmt"
	"strings"
)

// Func is one assembly function under construction.
type Func struct {
	Name string
	Args []Arg
	Doc  []string

	body   strings.Builder
	labels int
}

// Arg is a pointer argument.
type Arg struct {
	Name, Type string
}

// argSize is the size of an argument: all are pointers.
const argSize = 8

// Stub is the Go declaration that goes with the function.
func (f *Func) Stub() string {
	args := make([]string, len(f.Args))
	for i, a := range f.Args {
		args[i] = a.Name + " " + a.Type
	}
	return fmt.Sprintf("//go:noescape\nfunc %s(%s)", f.Name, strings.Join(args, ", "))
}

// Text is the function's assembly. It uses no stack and cannot be preempted;
// the caller keeps it short.
func (f *Func) Text() string {
	var b strings.Builder
	for _, line := range f.Doc {
		fmt.Fprintf(&b, "// %s\n", line)
	}
	args := make([]string, len(f.Args))
	for i, a := range f.Args {
		args[i] = a.Name + " " + a.Type
	}
	fmt.Fprintf(&b, "//\n// func %s(%s)\n", f.Name, strings.Join(args, ", "))
	fmt.Fprintf(&b, "TEXT ·%s(SB), NOSPLIT, $0-%d\n", f.Name, len(f.Args)*argSize)
	b.WriteString(f.body.String())
	return b.String()
}

// Ins writes an instruction.
func (f *Func) Ins(op string, operands ...string) {
	fmt.Fprintf(&f.body, "\t%s %s\n", op, strings.Join(operands, ", "))
}

// Note writes a comment: the formula of what follows.
func (f *Func) Note(format string, args ...any) {
	fmt.Fprintf(&f.body, "\n\t// %s\n", fmt.Sprintf(format, args...))
}

// Label returns a new label with the role in its name.
func (f *Func) Label(role string) string {
	f.labels++
	return fmt.Sprintf("%s%d", role, f.labels)
}

// Place puts a label here.
func (f *Func) Place(label string) { fmt.Fprintf(&f.body, "%s:\n", label) }

// ArgOf is the operand of an argument.
func (f *Func) ArgOf(name string) string {
	for i, a := range f.Args {
		if a.Name == name {
			return fmt.Sprintf("%s+%d(FP)", name, i*argSize)
		}
	}
	panic("internal error: asm: no argument " + name)
}
