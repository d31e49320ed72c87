// Package asm is a writer of Go assembly: functions, arguments, labels,
// comments. Instruction sets are folders below it, each with a typed helper
// per instruction and one fixed register map; they print kernel descriptions
// and decide nothing.
package asm

import (
	"bytes"
	"fmt"
	"hash"
	"hash/fnv"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Func is one assembly function under construction.
type Func struct {
	Name string
	Args []Arg
	Doc  []string
	// Frame is the size of its stack; with one, it is preempted at its begin.
	Frame int
	// GoesOn: it jumps to others, which find its arguments, and is preempted at its begin.
	GoesOn bool

	body   bytes.Buffer
	shared []constant // macros of the file
	inLine int        // statements under way
	open   bool       // the line may be written on
	loads  bool       // the line loads arguments
	labels int
	consts []constant
}

// Arg is an argument: a pointer or an int.
type Arg struct {
	Name, Type string
}

// Choice is a function for machines on which a variable of the package is true.
type Choice struct{ Flag, Name string }

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

// Text is the function's assembly; its constants are the file's. Without a frame it cannot be preempted; the
// caller keeps it short.
func (f *Func) Text() string {
	var b strings.Builder
	for _, line := range f.Doc {
		fmt.Fprintf(&b, "// %s\n", line)
	}
	flags := "NOSPLIT"
	switch {
	case f.GoesOn:
		flags = "NOFRAME"
	case f.Frame > 0:
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
// other. A table of 32 bytes or a multiple of them begins at a multiple of 32.
func (f *Func) ConstTable(bits []uint64, size int) string {
	c := newConstant(bits, size)
	if !slices.ContainsFunc(f.consts, func(d constant) bool { return d.name == c.name }) {
		f.consts = append(f.consts, c)
	}
	return c.name + "<>(SB)"
}

// constant is a value of the read-only data of a file, or a macro. Its name says
// what it holds, so that the functions of a file share it.
type constant struct{ name, text string }

func newConstant(bits []uint64, size int) constant {
	name := fmt.Sprintf("c%0*x", 2*size, bits[0])
	same := !slices.ContainsFunc(bits, func(b uint64) bool { return b != bits[0] })
	switch {
	case same && len(bits) > 1:
		name += fmt.Sprintf("x%d", len(bits))
	case !same:
		h := fnv.New64a()
		fmt.Fprint(h, bits)
		name = fmt.Sprintf("table%dx%d_%x", len(bits), size, h.Sum64())
	}
	if len(bits) > 1 && size == 4 { // two words in one
		wide := make([]uint64, len(bits)/2)
		for i := range wide {
			wide[i] = bits[2*i] | bits[2*i+1]<<32
		}
		bits, size = wide, 8
	}
	if same {
		return constant{name, fmt.Sprintf("number%dx%d(%s, %#x)\n", len(bits), size, name, bits[0])}
	}
	values := make([]string, len(bits))
	for i, v := range bits {
		values[i] = fmt.Sprintf("$%#x", v)
	}
	return constant{name, data(name, size, values)}
}

// data is the data of a name: values of size bytes each.
func data(name string, size int, values []string) string {
	var b strings.Builder
	for i, v := range values {
		end := "\n"
		if i%2 == 0 && i+1 < len(values) { // two a line
			end = "; "
		}
		fmt.Fprintf(&b, "DATA %s<>+%d(SB)/%d, %s%s", name, i*size, size, v, end)
	}
	fmt.Fprintf(&b, "GLOBL %s<>(SB), RODATA|NOPTR, $%d\n", name, len(values)*size)
	return b.String()
}

// number is a use of the macro for one number, or for the same several times.
var number = regexp.MustCompile(`(?m)^number(\d+)x(\d)\(`)

// alike reports whether two texts differ in where lines end alone.
func alike(a, b string) bool {
	words := func(text string) []string { return strings.Fields(strings.ReplaceAll(text, "\\\n", "")) }
	return slices.Equal(words(a), words(b))
}

// Constants is the read-only data of functions in one file and the macros they
// share.
func Constants(funcs ...*Func) string {
	var b, macros strings.Builder
	known := map[string]string{}
	for _, f := range funcs {
		for _, c := range slices.Concat(f.consts, f.shared) {
			if text, ok := known[c.name]; ok {
				if !alike(text, c.text) {
					panic("internal error: asm: two macros or constants have the name " + c.name)
				}
				continue
			}
			known[c.name] = c.text
			b.WriteString(c.text)
			if use := number.FindStringSubmatch(c.text); use != nil && known[use[0]] == "" {
				known[use[0]] = use[0]
				macros.WriteString(numberMacro(use[1], use[2]))
			}
		}
	}
	return macros.String() + b.String()
}

// numberMacro declares the data of a number, which is there some times.
func numberMacro(times, size string) string {
	n, _ := strconv.Atoi(times)
	bytes, _ := strconv.Atoi(size)
	text := strings.TrimSuffix(data("name", bytes, slices.Repeat([]string{"$bits"}, n)), "\n")
	return fmt.Sprintf("#define number%sx%s(name, bits) \\\n\t%s\n\n", times, size, strings.ReplaceAll(text, "\n", "; \\\n\t"))
}

// widest is the number of characters from which a statement goes on in the
// next line.
const widest = 110

// Ins writes an instruction: on a line of its own, or behind the others of its
// statement. Loads of arguments share a line; others that read one come first on
// theirs, where go vet checks them.
func (f *Func) Ins(op string, operands ...string) {
	load := (op == "MOVQ" || op == "MOVD") && len(operands) > 0 && strings.HasSuffix(operands[0], "(FP)")
	text := strings.TrimRight(op+" "+strings.Join(operands, ", "), " ")
	switch argument := strings.Contains(text, "(FP)"); {
	case load && f.loads:
		f.open = true
	case argument:
		f.open = false
	}
	f.write(text)
	f.loads = load
}

func (f *Func) write(text string) {
	if start := bytes.LastIndexByte(f.body.Bytes()[:max(f.body.Len()-1, 0)], '\n'); f.open && f.body.Len()-start+len(text) < widest {
		f.body.Truncate(f.body.Len() - 1)
		fmt.Fprintf(&f.body, "; %s\n", text)
		return
	}
	fmt.Fprintf(&f.body, "\t%s\n", text)
	f.open = f.inLine > 0
}

// Line writes a statement of several instructions on a line, or on as few as
// it takes.
func (f *Func) Line(write func()) {
	if f.inLine++; f.inLine == 1 {
		f.open = false
	}
	write()
	if f.inLine--; f.inLine == 0 {
		f.open = false
	}
}

// Macro gives statements that are repeated a name, its role and what tells it from
// others of the role; functions of a file that repeat the same share it. The
// parameters stand for numbers.
func (f *Func) Macro(role string, parameters []string, write func()) (name string) {
	text := f.apart(write)
	h := fnv.New64a()
	fmt.Fprint(h, parameters, strings.ReplaceAll(text, "\n\t", "; ")) // wherever its lines end
	name = named(role, h)
	f.share(name, parameters, text)
	return name
}

// named is a role with what tells a text from others, in up to six letters.
func named(role string, text hash.Hash64) string {
	const base, all = 36, 36 * 36 * 36 * 36 * 36 * 36
	return role + "_" + strconv.FormatUint(text.Sum64()%all, base)
}

// Shared is Macro for what functions of a file have in common under a name.
func (f *Func) Shared(name string, parameters []string, write func()) {
	if !slices.ContainsFunc(f.shared, func(c constant) bool { return c.name == name }) {
		f.share(name, parameters, f.apart(write))
	}
}

// share adds a macro to those of the file.
func (f *Func) share(name string, parameters []string, text string) {
	if slices.ContainsFunc(f.shared, func(c constant) bool { return c.name == name }) {
		return
	}
	head := name
	if len(parameters) > 0 {
		head += "(" + strings.Join(parameters, ", ") + ")"
	}
	lines := strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "; \\\n")
	f.shared = append(f.shared, constant{name, fmt.Sprintf("#define %s \\\n%s\n\n", head, lines)})
}

// apart is the text of statements that are left out of the body.
func (f *Func) apart(write func()) string {
	outer, inLine := f.body, f.inLine
	f.body, f.inLine, f.open, f.loads = bytes.Buffer{}, 0, false, false
	write()
	text := f.body.String()
	f.body, f.inLine, f.open, f.loads = outer, inLine, false, false
	return text
}

// operand is a vector register or memory at a pointer.
var operand = regexp.MustCompile(`\b[XYZV]\d+\b|(?:\b\w+|\(\w+\+\d+\))?\((?:[A-D]X|[SD]I|R\d+)\)`)

// worthNaming is the number of statements from which a macro is shorter.
const worthNaming = 3

// Named writes statements as a macro of their vector registers and operands in
// memory, which those of the file that differ in these alone share. Its name is
// the role and what tells it from others of the role.
func (f *Func) Named(role string, write func()) {
	open, loads := f.open, f.loads
	text := f.apart(write)
	f.open, f.loads = open, loads
	if text == "" {
		return
	}
	var statements []string
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n\t") {
		if note, ok := strings.CutPrefix(line, "// "); ok {
			f.Note("%s", note)
			continue
		}
		statements = append(statements, strings.Split(line, "; ")...)
	}
	if len(statements) < worthNaming {
		for _, s := range statements {
			f.write(s)
		}
		return
	}
	var operands, parameters []string
	h := fnv.New64a()
	for i, s := range statements {
		statements[i] = operand.ReplaceAllStringFunc(s, func(r string) string {
			at := slices.Index(operands, r)
			if at < 0 {
				at = len(operands)
				operands, parameters = append(operands, r), append(parameters, fmt.Sprintf("r%d", at))
			}
			return parameters[at]
		})
		fmt.Fprintln(h, statements[i])
	}
	name := named(role, h)
	f.Shared(name, parameters, func() {
		f.Line(func() {
			for _, s := range statements {
				f.write(s)
			}
		})
	})
	f.Use(name, operands...)
}

// Use writes a macro's statements.
func (f *Func) Use(name string, arguments ...string) {
	if len(arguments) > 0 {
		name += "(" + strings.Join(arguments, ", ") + ")"
	}
	f.loads = false
	f.write(name)
}

// Note writes a comment: the formula of what follows.
func (f *Func) Note(format string, args ...any) {
	f.loads = false
	fmt.Fprintf(&f.body, "\t// %s\n", fmt.Sprintf(format, args...))
	f.open = false
}

// Label returns a new label with the role in its name.
func (f *Func) Label(role string) string {
	f.labels++
	return fmt.Sprintf("%s%d", role, f.labels)
}

// Place puts a label here.
func (f *Func) Place(label string) {
	f.loads = false
	fmt.Fprintf(&f.body, "%s:\n", label)
	f.open = false
}

// ArgOf is the operand of an argument.
func (f *Func) ArgOf(name string) string {
	for i, a := range f.Args {
		if a.Name == name {
			return fmt.Sprintf("%s+%d(FP)", name, i*argSize)
		}
	}
	panic("internal error: asm: no argument " + name)
}
