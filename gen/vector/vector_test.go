package vector_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/vector"
	"github.com/nngen-go/nngen/gen/vector/toy"
	"github.com/nngen-go/nngen/gen/vector/vectortest"
	"github.com/nngen-go/nngen/runtime/nnrt"
)

// equal compares results, of which any NaN equals any other.
func equal(a, b uint64, bytes int) bool {
	nan := func(v uint64) bool {
		if bytes == 8 {
			return v&^(1<<63) > 0x7ff<<52
		}
		return v&^(1<<31) > 0xff<<23
	}
	return a == b || nan(a) && nan(b)
}

// machine runs the instructions that are printed.
type machine interface {
	vector.Printer
	Put(register, lane int, bits uint64, bytes int)
	Get(register, lane, bytes int) uint64
	Const(c vector.Constant) string
}

// sets are instruction sets that a machine here can run: a row for each, and a
// folder with its table.
var sets = []struct {
	name    string
	set     *vector.Set
	machine func() machine
}{
	{"toy", toy.Set, func() machine { return &toy.Machine{} }},
}

// onMachines compares a program on the machines of all sets with what is
// wanted: rows of inputs, a lane for each.
func onMachines(t *testing.T, name string, p *vector.Program, bytes int, rows [][]uint64, want []uint64) {
	for _, s := range sets {
		code := s.set.Select(p)
		used := s.set.NewUsed()
		given := make([]int, len(p.Inputs))
		for i := range given {
			given[i], _ = used.Take()
		}
		a, ok := code.Allocate(used, given...)
		require.True(t, ok, "%s: the registers of %s do not suffice", name, s.name)
		lanes := s.set.Bytes / bytes
		for at := 0; at < len(rows); at += lanes {
			m := s.machine()
			for lane := range lanes {
				for i, in := range rows[(at+lane)%len(rows)] {
					m.Put(given[i], lane, in, bytes)
				}
			}
			code.Print(m, a, m.Const, nil)
			for lane := range lanes {
				k := (at + lane) % len(rows)
				got := m.Get(a[code.Results[0]], lane, bytes)
				require.True(t, equal(want[k], got, bytes), "%s(%#x): %s gives %#x, want %#x", name, rows[k], s.name, got, want[k])
			}
		}
	}
}

// TestRandom runs random functions on the machines: every operation that a set
// lacks is written with those it has.
func TestRandom(t *testing.T) {
	for seed := range uint64(100) {
		for _, bytes := range []int{4, 8} {
			f := vectortest.Function(seed, bytes)
			p, in := f.Program(), vectortest.Inputs(bytes)
			rows, want := make([][]uint64, len(in)), make([]uint64, len(in))
			for i := range in {
				rows[i] = []uint64{in[i], in[(i*7+int(seed))%len(in)]}
				want[i] = p.Eval(rows[i]...)[0]
			}
			onMachines(t, f.Name, p, bytes, rows, want)
		}
	}
}

// runtime are nnrt's functions by the names of ours.
var runtime = map[string]any{
	"Exp32": nnrt.Exp32, "Expm132": nnrt.Expm132, "Log32": nnrt.Log32, "Log1p32": nnrt.Log1p32, "Tanh32": nnrt.Tanh32,
	"Sigmoid32": nnrt.Sigmoid32, "Erf32": nnrt.Erf32, "Pow32": nnrt.Pow32, "Sin32": nnrt.Sin32, "Cos32": nnrt.Cos32,
	"Exp64": nnrt.Exp64, "Expm164": nnrt.Expm164, "Log64": nnrt.Log64, "Log1p64": nnrt.Log1p64, "Tanh64": nnrt.Tanh64,
	"Sigmoid64": nnrt.Sigmoid64, "Erf64": nnrt.Erf64, "Pow64": nnrt.Pow64,
}

// TestFunctions compares what the form means, what the machines compute and
// what package nnrt computes, bit for bit.
func TestFunctions(t *testing.T) {
	compared := 0
	for _, bytes := range []int{4, 8} {
		for _, f := range vector.Printed[bytes] {
			fn, ok := runtime[f.Name]
			if !ok {
				continue
			}
			compared++
			p, in := f.Program(), vectortest.Inputs(bytes)
			rows, want := make([][]uint64, len(in)), make([]uint64, len(in))
			for i := range in {
				rows[i] = []uint64{in[i], in[(i*5+3)%len(in)]}[:len(f.Params)]
				want[i] = call(t, fn, rows[i])
				got := p.Eval(rows[i]...)[0]
				require.True(t, equal(want[i], got, bytes), "%s(%#x): form %#x, nnrt %#x", f.Name, rows[i], got, want[i])
			}
			onMachines(t, f.Name, p, bytes, rows, want)
		}
	}
	require.Equal(t, len(runtime), compared)
}

func call(t *testing.T, fn any, a []uint64) uint64 {
	f32 := func(b uint64) float32 { return math.Float32frombits(uint32(b)) }
	switch fn := fn.(type) {
	case func(float32) float32:
		return uint64(math.Float32bits(fn(f32(a[0]))))
	case func(a, b float32) float32:
		return uint64(math.Float32bits(fn(f32(a[0]), f32(a[1]))))
	case func(float64) float64:
		return math.Float64bits(fn(math.Float64frombits(a[0])))
	case func(a, b float64) float64:
		return math.Float64bits(fn(math.Float64frombits(a[0]), math.Float64frombits(a[1])))
	}
	t.Fatalf("%T is no function of numbers", fn)
	return 0
}

// TestAllocate: registers that live at the same time differ, what is given and
// kept stays, and with one register less than are needed the answer is no.
func TestAllocate(t *testing.T) {
	for seed := range uint64(100) {
		for _, bytes := range []int{4, 8} {
			f := vectortest.Function(seed, bytes)
			code := toy.Set.Select(f.Program())
			code.Inputs[0].Kept = true
			needed := 0
			for most := 1; needed == 0 && most <= 24; most++ {
				used := limited(most)
				given := []int{0, 1}
				used[0][0], used[0][1] = true, true
				before := used.Clone()
				a, ok := code.Allocate(used, given...)
				if !ok {
					assert.Equal(t, before, used)
					continue
				}
				needed = most
				check(t, code, a)
				assert.True(t, used[0][0], "the input that is kept")
			}
			require.NotZero(t, needed, f.Name)
			// The most values that live at once are as many.
			assert.Equal(t, needed, max(2, pressure(code)), f.Name)
		}
	}
}

// limited are the first registers of the toy machine.
func limited(most int) vector.Used {
	used := toy.Set.NewUsed()
	for i := most; i < len(used[0]); i++ {
		used[0][i] = true
	}
	return used
}

// lastReads are the places of the last instruction that reads each register.
func lastReads(c *vector.Code) map[*vector.Register]int {
	last := map[*vector.Register]int{}
	for i, in := range c.Instrs {
		for _, r := range in.Args {
			last[r] = i
		}
	}
	for _, r := range slices.Concat(c.Results, []*vector.Register{c.Inputs[0]}) {
		last[r] = len(c.Instrs)
	}
	return last
}

// check follows the values through the registers: each is where it was put
// when it is read.
func check(t *testing.T, c *vector.Code, a vector.Allocation) {
	holds := map[int]*vector.Register{}
	for _, r := range c.Inputs {
		holds[a[r]] = r
	}
	for i, in := range c.Instrs {
		for _, r := range in.Args {
			if r != nil {
				require.Same(t, r, holds[a[r]], "instruction %d reads what another has overwritten", i)
			}
		}
		holds[a[in.Result]] = in.Result
	}
	for _, r := range c.Results {
		require.Same(t, r, holds[a[r]])
	}
}

// pressure is the largest number of values that live at once.
func pressure(c *vector.Code) int {
	last := lastReads(c)
	most := 0
	for i := range c.Instrs {
		live := map[*vector.Register]bool{c.Instrs[i].Result: true}
		for _, r := range c.Inputs {
			live[r] = last[r] > i
		}
		for _, in := range c.Instrs[:i] {
			live[in.Result] = last[in.Result] > i
		}
		n := 0
		for _, is := range live {
			if is {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// TestTwice: the code for two vectors computes both, of inputs of which the first
// is the same for them.
func TestTwice(t *testing.T) {
	done := 0
	for seed := range uint64(100) {
		for _, bytes := range []int{4, 8} {
			f := vectortest.Function(seed, bytes)
			p, in := f.Program(), vectortest.Inputs(bytes)
			code := toy.Set.Select(p)
			code.Inputs[0].Kept = true
			both := code.Twice()
			used := toy.Set.NewUsed()
			given := make([]int, len(both.Inputs))
			for i := range given {
				given[i], _ = used.Take()
			}
			a, ok := both.Allocate(used, given...)
			if !ok {
				continue
			}
			check(t, both, a)
			done++
			m := &toy.Machine{}
			args := []uint64{in[seed%uint64(len(in))], in[(seed*3+1)%uint64(len(in))], in[(seed*5+2)%uint64(len(in))]}
			for i, x := range args {
				m.Put(given[i], 0, x, bytes)
			}
			both.Print(m, a, m.Const, nil)
			for i, r := range both.Results {
				want, got := p.Eval(args[0], args[1+i])[0], m.Get(a[r], 0, bytes)
				require.True(t, equal(want, got, bytes), "%s, vector %d: %#x, want %#x", f.Name, i, got, want)
			}
		}
	}
	require.Greater(t, done, 90)
}

// TestLower compares a lowered formula with what package expr computes.
func TestLower(t *testing.T) {
	for _, src := range []string{
		"y = select(x < 0, 0, x)", "y = select(x < u, u, x)", "y = select(u < x, u, x)", "y = max(x, u)·min(x, 1)",
		"s = 1/(1 + abs(x)); y = select(u <= x, s, -s) - sqrt(abs(u))", "y = select(x = u, 1, 2)", "y = select(x < 1, select(x < 0, 3, 2), x/u)",
	} {
		prog, err := expr.Parse(src)
		require.NoError(t, err)
		p := &vector.Program{}
		names := map[string]*vector.Value{"x": p.Input("x", vector.Float, 8), "u": p.Input("u", vector.Float, 8)}
		require.True(t, p.Lower(prog, 8, names))
		p.Results = []*vector.Value{names["y"]}
		in := vectortest.Inputs(8)
		rows, wanted := make([][]uint64, len(in)), make([]uint64, len(in))
		for i := range in {
			x, u := in[i], in[(i*3+1)%len(in)]
			want, err := expr.Eval(prog, expr.Float64, "y", map[string]float64{"x": math.Float64frombits(x), "u": math.Float64frombits(u)})
			require.NoError(t, err)
			require.True(t, equal(math.Float64bits(want), p.Eval(x, u)[0], 8), "%s for x = %#x, u = %#x", src, x, u)
			rows[i], wanted[i] = []uint64{x, u}, math.Float64bits(want)
		}
		onMachines(t, src, p, 8, rows, wanted)
	}
	p := &vector.Program{}
	x := p.Input("x", vector.Float, 8)
	assert.False(t, p.Lower(expr.MustParse("y = cos(x)"), 8, map[string]*vector.Value{"x": x}), "there is no cosine of float64 on vectors")
	assert.False(t, p.Lower(expr.MustParse("y = x + z"), 8, map[string]*vector.Value{"x": x}), "z has no value")
}
