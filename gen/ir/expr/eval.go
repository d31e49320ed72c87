package expr

import (
	"fmt"
	"math"
)

// Arith is an arithmetic: how numbers are rounded and which algorithm
// computes each operation. Numbers are carried as float64, which holds every
// float32 exactly.
type Arith interface {
	// Round rounds a constant to the arithmetic's precision.
	Round(v float64) float64
	// Apply computes op; comparisons give 1 or 0.
	Apply(op Op, args ...float64) float64
	// MulAdd computes x·y + z as the arithmetic's schedule rounds it.
	MulAdd(x, y, z float64) float64
}

// Func is a compiled program: it reads and writes the variables in env, which
// hold the leaves first, in the order given to Compile.
type Func struct {
	Vars  []string // names of env's elements
	steps []step
}

type step struct {
	dst int
	x   func(env []float64) float64
}

// Compile prepares a program for evaluation in an arithmetic. The leaves name
// the first elements of the environment; assigned names that are not leaves
// are appended.
func Compile(p Program, a Arith, leaves ...string) (*Func, error) {
	f := &Func{Vars: append([]string(nil), leaves...)}
	index := map[string]int{}
	for i, l := range leaves {
		index[l] = i
	}
	for _, s := range p {
		x, err := compile(s.X, a, index)
		if err != nil {
			return nil, err
		}
		dst, ok := index[s.Name]
		if !ok {
			dst = len(f.Vars)
			index[s.Name] = dst
			f.Vars = append(f.Vars, s.Name)
		}
		f.steps = append(f.steps, step{dst, x})
	}
	return f, nil
}

// Run evaluates the program on env, which has len(f.Vars) elements.
func (f *Func) Run(env []float64) {
	for _, s := range f.steps {
		env[s.dst] = s.x(env)
	}
}

// Index returns the position of a variable in the environment, or -1.
func (f *Func) Index(name string) int {
	for i, v := range f.Vars {
		if v == name {
			return i
		}
	}
	return -1
}

func compile(n *Node, a Arith, index map[string]int) (func([]float64) float64, error) {
	switch n.Op {
	case OpConst:
		v := a.Round(n.Value)
		return func([]float64) float64 { return v }, nil
	case OpLeaf:
		i, ok := index[n.Name]
		if !ok {
			return nil, fmt.Errorf("internal error: expr: unbound leaf %q", n.Name)
		}
		return func(env []float64) float64 { return env[i] }, nil
	}
	args := make([]func([]float64) float64, len(n.Args))
	for i, arg := range n.Args {
		f, err := compile(arg, a, index)
		if err != nil {
			return nil, err
		}
		args[i] = f
	}
	op := n.Op
	switch len(args) {
	case 1:
		x := args[0]
		return func(env []float64) float64 { return a.Apply(op, x(env)) }, nil
	case 2:
		x, y := args[0], args[1]
		return func(env []float64) float64 { return a.Apply(op, x(env), y(env)) }, nil
	}
	c, x, y := args[0], args[1], args[2]
	return func(env []float64) float64 {
		if c(env) != 0 {
			return x(env)
		}
		return y(env)
	}, nil
}

// Eval evaluates a program once and returns the value of one of its names.
func Eval(p Program, a Arith, name string, leaves map[string]float64) (float64, error) {
	var keys []string
	var env []float64
	for k, v := range leaves {
		keys = append(keys, k)
		env = append(env, v)
	}
	f, err := Compile(p, a, keys...)
	if err != nil {
		return 0, err
	}
	env = append(env, make([]float64, len(f.Vars)-len(env))...)
	f.Run(env)
	i := f.Index(name)
	if i < 0 {
		return 0, fmt.Errorf("internal error: expr: %q is not assigned", name)
	}
	return env[i], nil
}

// Float64 is the reference arithmetic: float64 and package math. It is for
// definitions and tolerances; its last bits depend on the platform.
var Float64 Arith = float64Arith{}

type float64Arith struct{}

func (float64Arith) Round(v float64) float64        { return v }
func (float64Arith) MulAdd(x, y, z float64) float64 { return float64(x*y) + z }

func (float64Arith) Apply(op Op, a ...float64) float64 {
	if f := unary64[op]; f != nil {
		return f(a[0])
	}
	return Binary(op, a, func(x float64) float64 { return x }, math.Pow)
}

var unary64 = [OpSelect + 1]func(float64) float64{
	OpAbs: math.Abs, OpSqrt: math.Sqrt, OpExp: math.Exp, OpExpm1: math.Expm1,
	OpLog: math.Log, OpLog1p: math.Log1p, OpTanh: math.Tanh, OpErf: math.Erf,
	OpSin: math.Sin, OpCos: math.Cos, OpFloor: math.Floor,
	OpNeg: func(x float64) float64 { return -x },
	OpSigmoid: func(x float64) float64 {
		if x < 0 {
			e := math.Exp(x)
			return e / (1 + e)
		}
		return 1 / (1 + math.Exp(-x))
	},
}

// Binary computes the operations of two or three arguments: arithmetic in
// float64 rounded by round, which for float32 operands gives the correctly
// rounded float32 result, comparisons, and pow.
func Binary(op Op, a []float64, round func(float64) float64, pow func(x, y float64) float64) float64 {
	truth := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	switch op {
	case OpAdd:
		return round(a[0] + a[1])
	case OpSub:
		return round(a[0] - a[1])
	case OpMul:
		return round(a[0] * a[1])
	case OpDiv:
		return round(a[0] / a[1])
	case OpMin:
		if a[1] < a[0] {
			return a[1]
		}
		return a[0]
	case OpMax:
		if a[0] < a[1] {
			return a[1]
		}
		return a[0]
	case OpPow:
		return pow(a[0], a[1])
	case OpLess:
		return truth(a[0] < a[1])
	case OpLessEqual:
		return truth(a[0] <= a[1])
	case OpEqual:
		return truth(a[0] == a[1])
	case OpSelect:
		if a[0] != 0 {
			return a[1]
		}
		return a[2]
	}
	panic(fmt.Sprintf("internal error: expr: unexpected op %d", op))
}
