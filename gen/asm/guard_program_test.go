//go:build linux

package asm_test

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/asmtest"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/target"
)

// The types of testdata/guard.go.txt.
type (
	Operand struct {
		Name          string
		Size          int
		Before, After []byte
		Free          []bool
	}
	Arg struct {
		Operand, At int
	}
	Call struct {
		Func int
		Args []Arg
	}
	Case struct {
		Name     string
		Operands []Operand
		Calls    []Call
	}
)

// suite collects kernels of one target, element type and rounding, and the
// cases that call them.
type suite struct {
	testing.TB
	*target.Target
	elem  string
	fused bool
	arith expr.Arith // of the reference
	rng   *rand.Rand

	funcs          []*asm.Func
	index          map[string]int
	cases          []Case
	kernels, calls int                          // in all
	found          string                       // by the programs that ran
	plant          func(assembly string) string // a fault
}

func newSuite(t testing.TB, tg *target.Target, elem string, fused bool) *suite {
	s := &suite{TB: t, Target: tg, elem: elem, fused: fused, rng: rand.New(rand.NewPCG(1, 2)), index: map[string]int{}}
	s.arith = map[bool]map[string]expr.Arith{
		true:  {"float32": interp.Fused32, "float64": interp.Fused64},
		false: {"float32": interp.Strict32, "float64": interp.Strict64},
	}[fused][elem]
	return s
}

// bytes of an element.
func (s *suite) size() int { return map[string]int{"float32": 4, "float64": 8}[s.elem] }

// function is the number of a kernel, printed once for its key.
func (s *suite) function(key string, print func(name string) *asm.Func) int {
	i, ok := s.index[key]
	if !ok {
		i = len(s.funcs)
		s.funcs = append(s.funcs, print(fmt.Sprintf("kernel%d", i)))
		s.index[key] = i
	}
	return i
}

// array is an operand of a case under construction: numbers before the call
// and after it.
type array struct {
	name          string
	before, after []float64
	free          []bool
	ints          []byte // instead, of int32 or int
	intsAfter     []byte
	elem          string // if it is not the suite's
	n             int    // in the case
}

// pass is what a call passes for an argument.
type pass struct {
	*array
	at int // element, or the number
}

func number(n int) pass { return pass{at: n} }

// from is an operand from an element on.
func (a *array) from(i int) pass { return pass{a, i} }

// built is a case under construction.
type built struct {
	s      *suite
	name   string
	arrays []*array
	calls  []Call
}

func (s *suite) newCase(format string, args ...any) *built {
	return &built{s: s, name: fmt.Sprintf(format, args...)}
}

func (b *built) add(a *array) *array {
	a.n = len(b.arrays)
	b.arrays = append(b.arrays, a)
	return a
}

// operand is one that does not change unless after is written.
func (b *built) operand(name string, v []float64) *array {
	return b.add(&array{name: name, before: v, after: append([]float64(nil), v...), free: make([]bool, len(v))})
}

// number is an operand of one element.
func (b *built) number(name string) *array { return b.operand(name, b.s.numbers(1)) }

// list is an operand of byte offsets in elements of the type.
func (b *built) list(name string, indices []int) *array {
	var v []byte
	for _, i := range indices {
		v = binary.LittleEndian.AppendUint32(v, uint32(i*b.s.size()))
	}
	return b.add(&array{name: name, ints: v, intsAfter: v})
}

// call adds a call of a kernel; every argument it has must be given.
func (b *built) call(fn int, args map[string]pass) {
	b.s.Helper()
	f := b.s.funcs[fn]
	c := Call{Func: fn}
	for _, a := range f.Args {
		p, ok := args[a.Name]
		require.True(b.s, ok, "%s: %s has an argument %s that the test does not know", b.name, f.Name, a.Name)
		switch {
		case p.array == nil:
			c.Args = append(c.Args, Arg{-1, p.at})
		case p.ints != nil:
			c.Args = append(c.Args, Arg{p.n, p.at})
		default:
			c.Args = append(c.Args, Arg{p.n, p.at * b.s.sizeOf(p.array)})
		}
	}
	b.calls = append(b.calls, c)
}

// done adds the case to the suite.
func (b *built) done() {
	c := Case{Name: fmt.Sprintf("%s %s fused=%v: %s", b.s.Target.Name, b.s.elem, b.s.fused, b.name), Calls: b.calls}
	for _, a := range b.arrays {
		o := Operand{Name: a.name, Size: 1, Before: a.ints, After: a.intsAfter, Free: a.free}
		if a.before != nil {
			o.Size, o.Before, o.After = b.s.sizeOf(a), b.s.encode(a, a.before), b.s.encode(a, a.after)
		}
		require.Len(b.s, o.After, len(o.Before), b.name)
		c.Operands = append(c.Operands, o)
	}
	b.s.cases = append(b.s.cases, c)
	if len(b.s.funcs) >= mostKernels {
		b.s.program()
	}
}

// mostKernels bounds the size of a program.
const mostKernels = 1500

// elemOf is the type of an operand's elements, sizeOf the bytes of one.
func (s *suite) elemOf(a *array) string {
	if a.elem != "" {
		return a.elem
	}
	return s.elem
}

func (s *suite) sizeOf(a *array) int {
	return map[string]int{"int8": 1, "float16": 2, "float32": 4, "float64": 8}[s.elemOf(a)]
}

func (s *suite) encode(a *array, v []float64) []byte {
	b := []byte{}
	for _, x := range v {
		switch s.elemOf(a) {
		case "int8":
			b = append(b, byte(int8(x)))
		case "float16":
			b = binary.LittleEndian.AppendUint16(b, half(x))
		case "float32":
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(x)))
		default:
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
		}
	}
	return b
}

// numbers are normal, every fifth of them zero.
func (s *suite) numbers(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		if s.rng.IntN(5) > 0 {
			v[i] = s.arith.Round(s.rng.NormFloat64())
		} else if s.rng.IntN(2) > 0 {
			v[i] = math.Copysign(0, -1)
		}
	}
	return v
}

// rows are numbers in rows that lie stride apart; what lies between holds the
// filling. The last row ends the operand.
func (s *suite) rows(rows, size, stride int, filling float64) []float64 {
	v := make([]float64, (rows-1)*stride+size)
	for i := range v {
		v[i] = filling
	}
	for r := range rows {
		copy(v[r*stride:], s.numbers(size))
	}
	return v
}

// untouched is what a kernel must neither read nor write; a NaN it read would
// show in the results.
var untouched = math.NaN()

// sentinel is what lies between the results.
const sentinel = -12345.5

// run returns what the programs found.
func (s *suite) run() string {
	if len(s.cases) > 0 {
		s.program()
	}
	return s.found
}

// program compiles the kernels there are and runs the cases.
func (s *suite) program() {
	s.Helper()
	dir := s.TempDir()
	write := func(name string, data []byte) {
		require.NoError(s, os.WriteFile(filepath.Join(dir, name), data, 0o644))
	}
	var text, stubs strings.Builder
	text.WriteString("#include \"textflag.h\"\n\n" + s.NonZeroData + asm.Constants(s.funcs...))
	stubs.WriteString("package main\n\nimport \"unsafe\"\n\nvar functions = []func(p []unsafe.Pointer, n []int){\n")
	for _, f := range s.funcs {
		var args []string
		for i, a := range f.Args {
			if strings.HasPrefix(a.Type, "*") {
				args = append(args, fmt.Sprintf("(%s)(p[%d])", a.Type, i))
			} else {
				args = append(args, fmt.Sprintf("n[%d]", i))
			}
		}
		fmt.Fprintf(&stubs, "\tfunc(p []unsafe.Pointer, n []int) { %s(%s) },\n", f.Name, strings.Join(args, ", "))
	}
	stubs.WriteString("}\n")
	for _, f := range s.funcs {
		text.WriteString("\n" + f.Text())
		stubs.WriteString("\n" + f.Stub() + "\n")
	}
	main, err := os.ReadFile("testdata/guard.go.txt")
	require.NoError(s, err)
	write("main.go", main)
	write("kernels.go", []byte(stubs.String()))
	source := text.String()
	if s.plant != nil {
		source = s.plant(source)
	}
	write("kernels_"+s.Arch+".s", []byte(source))
	write("go.mod", []byte("module test\n\ngo 1.26\n"))
	cmd := exec.Command("go", "build", "-o", "guard", ".")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), asmtest.Env(s.Arch)...)
	out, err := cmd.CombinedOutput()
	require.NoError(s, err, "%s", out)

	var in bytes.Buffer
	enc := gob.NewEncoder(&in)
	for i := range s.cases {
		require.NoError(s, enc.Encode(&s.cases[i]))
	}
	cmd = asmtest.Command(asmtest.Need(s.TB, s.Arch), filepath.Join(dir, "guard"))
	cmd.Stdin = &in
	out, err = cmd.CombinedOutput()
	require.NoError(s, err, "%s", out)
	s.found += string(out)
	s.kernels, s.calls = s.kernels+len(s.funcs), s.calls+len(s.cases)
	s.funcs, s.index, s.cases = nil, map[string]int{}, nil
}
