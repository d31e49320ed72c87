// Package asm is a writer of Go assembly: functions, arguments, labels,
// comments. Instruction sets are folders below it, each with a typed helper
// per instruction and one fixed register map; they print kernel descriptions
// and decide nothing.
package asm

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Func is one assembly function under construction.
type Func struct {
	Name string
	Args []Arg
	Doc  []string
	// Frame is the size of its stack; with one, it is preempted at its begin.
	Frame int

	body       bytes.Buffer
	labels     int
	consts     []constant
	constBytes int
}

// constant is a value of the read-only data that goes with a function: words
// of the same size, one after the other, as hexadecimal numbers.
type constant struct {
	words  string
	size   int // of a word, in bytes
	offset int
}

// Arg is an argument: a pointer or an int.
type Arg struct {
	Name, Type string
}

// argSize is the size of every argument.
const argSize = 8

// Stub is the Go declaration that goes with the function.
func (f *Func) Stub() string {
	args := make([]string, len(f.Args))
	for i, a := range f.Args {
		args[i] = a.Name + " " + a.Type
	}
	return fmt.Sprintf("//go:noescape\nfunc %s(%s)", f.Name, strings.Join(args, ", "))
}

// Text is the function's assembly. Without a frame it cannot be preempted; the
// caller keeps it short.
func (f *Func) Text() string {
	var b strings.Builder
	b.WriteString(f.data())
	for _, line := range f.Doc {
		fmt.Fprintf(&b, "// %s\n", line)
	}
	args := make([]string, len(f.Args))
	for i, a := range f.Args {
		args[i] = a.Name + " " + a.Type
	}
	fmt.Fprintf(&b, "//\n// func %s(%s)\n", f.Name, strings.Join(args, ", "))
	flags := "NOSPLIT"
	if f.Frame > 0 {
		flags = "0"
	}
	fmt.Fprintf(&b, "TEXT ·%s(SB), %s, $%d-%d\n", f.Name, flags, f.Frame, len(f.Args)*argSize)
	b.WriteString(f.body.String())
	return b.String()
}

// Const is the operand of a floating-point constant.
func (f *Func) Const(v float64, double bool) string {
	if double {
		return f.ConstBits(math.Float64bits(v), 8)
	}
	return f.ConstBits(uint64(math.Float32bits(float32(v))), 4)
}

// ConstBits is the operand of a constant of size bytes.
func (f *Func) ConstBits(bits uint64, size int) string {
	return f.ConstTable([]uint64{bits}, size)
}

// ConstTable is the operand of constants of size bytes each, one after the
// other. A table of 32 bytes begins at a multiple of 32 from the data's begin.
func (f *Func) ConstTable(bits []uint64, size int) string {
	words := make([]string, len(bits))
	for i, b := range bits {
		words[i] = fmt.Sprintf("%#x", b)
	}
	c := constant{words: strings.Join(words, " "), size: size}
	i := slices.IndexFunc(f.consts, func(d constant) bool { return d.words == c.words && d.size == c.size })
	if i < 0 {
		i = len(f.consts)
		align := min(32, max(8, len(bits)*size))
		c.offset = (f.constBytes + align - 1) / align * align
		f.constBytes = c.offset + max(8, len(bits)*size)
		f.consts = append(f.consts, c)
	}
	return fmt.Sprintf("%sConst<>+%d(SB)", f.Name, f.consts[i].offset)
}

// data is the function's read-only data.
func (f *Func) data() string {
	if len(f.consts) == 0 {
		return ""
	}
	var b strings.Builder
	for _, c := range f.consts {
		for i, w := range strings.Fields(c.words) {
			fmt.Fprintf(&b, "DATA %sConst<>+%d(SB)/%d, $%s\n", f.Name, c.offset+i*c.size, c.size, w)
		}
	}
	// The linker aligns symbols of a multiple of 32 bytes to 32.
	fmt.Fprintf(&b, "GLOBL %sConst<>(SB), RODATA|NOPTR, $%d\n\n", f.Name, (f.constBytes+31)/32*32)
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
