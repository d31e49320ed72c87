//go:build linux

package asm_test

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// formulas are the programs of the activations and of their gradients.
func formulas() (y, dx []expr.Program) {
	for _, row := range op.Activations() {
		if row.Mixing != nil || row.Name == "linear" {
			continue
		}
		args := spec.Args{}
		for _, p := range row.Params {
			args[p.Name] = spec.Arg{Value: p.Default}
			if p.Default == nil { // a number that must be written
				args[p.Name] = spec.Arg{Value: 1.5}
			}
		}
		if row.Name == "gelu" {
			args["approximate"] = spec.Arg{Value: "tanh"}
		}
		a, b := row.Programs(args)
		y, dx = append(y, a), append(dx, b)
	}
	return y, dx
}

// epilogues are relu's, then those of the other activations that the target
// can print, and of some it must print in two.
func (s *suite) epilogues() [][]kernel.Epilogue {
	all := [][]kernel.Epilogue{nil}
	programs, _ := formulas()
	for _, p := range programs {
		e := []kernel.Epilogue{{Name: "a", Prog: p, Operands: []kernel.Operand{{Leaf: "x", From: kernel.Sum}}, Result: "y"}}
		k := &kernel.Kernel{Elem: kernel.Elements{Acc: s.elem}, Fused: s.fused, Epilogue: e}
		switch relu := op.ActivationByName("relu").Y.String() == p.String(); {
		case !s.Fuses(k):
		case relu:
			all[0] = e
		default:
			all = append(all, e)
		}
	}
	require.NotNil(s, all[0], "no epilogue for relu")
	require.Greater(s, len(all), 3)
	return all
}

// gradientEpilogues are no epilogue, then the gradients of activations that
// read the sum and one further operand.
func (s *suite) gradientEpilogues() [][]kernel.Epilogue {
	all := [][]kernel.Epilogue{nil}
	_, programs := formulas()
	for _, p := range programs {
		var operands []kernel.Operand
		for _, leaf := range p.Leaves() {
			from := "u"
			if leaf == "dy" {
				from = kernel.Sum
			}
			operands = append(operands, kernel.Operand{Leaf: leaf, From: from})
		}
		e := []kernel.Epilogue{{Name: "a", Prog: p, Operands: operands, Result: "dx"}}
		if len(operands) == 2 && s.Fuses(&kernel.Kernel{Elem: kernel.Elements{Acc: s.elem}, Fused: s.fused, Epilogue: e}) {
			all = append(all, e)
		}
	}
	require.Greater(s, len(all), 3)
	return all
}

// mapCases: every activation, its gradient, a number for all elements, and numbers
// that are the same in every row.
func mapCases(s *suite) {
	programs, gradients := formulas()
	programs = append(programs, gradients...)
	for i, p := range sizes(0) {
		for j := range len(programs) {
			if (i+j)%8 == 0 {
				s.mapCase(p[0], programs[j], -1, -1, -1)
			}
		}
		s.mapCase(p[0], expr.One("y", expr.Add(expr.Mul(expr.L("a"), expr.L("b")), expr.L("c"))), i%3, -1, (i+1)%3)
		s.mapCase(p[0], normalised, 6, i%6, -1)
		s.bytesCase(p[0], i%2 > 0)
		s.sumCase(p[0], programs[i%len(programs)], 4<<(i%2), -1)
		s.sumCase(p[0], expr.One("y", expr.MustParseNode("(p - t)*(p - t)")), 4<<(i/2%2), i%2)
	}
}

// sumCase adds a program's values at n elements of some rows, in chains; the rows of one
// of its leaves may have no gaps.
func (s *suite) sumCase(n int, p expr.Program, chains, dense int) {
	k := &kernel.Map{Double: s.elem == "float64", Prog: p, Result: p[len(p)-1].Name, YType: "*" + s.elem, Chains: chains}
	rows, stride := 1+n%3, n+n/3%4
	c := s.newCase("Sum %d of %d, %d rows, %d chains, %s", n, stride, rows, chains, p)
	y := c.operand("y", s.rows(rows, 1, 1, sentinel))
	args := map[string]pass{"y": y.from(0), "n": number(n), "rows": number(rows), "gap": number((stride - n) * s.size())}
	leaves := p.Leaves()
	var ins []*array
	for i, leaf := range leaves {
		in := kernel.MapOperand{Leaf: leaf, Arg: fmt.Sprintf("x%d", i), Type: "*" + s.elem, Dense: i == dense}
		k.Ins = append(k.Ins, in)
		x := c.operand(in.Arg, s.rows(rows, n, apart(in, n, stride), untouched))
		ins = append(ins, x)
		args[in.Arg] = x.from(0)
	}
	if _, ok := s.Map(k); !ok {
		return
	}
	f, err := expr.Compile(p, s.arith, leaves...)
	require.NoError(s, err)
	for r := range rows {
		sums := make([]float64, chains)
		for i := range n {
			env := make([]float64, len(f.Vars))
			for j, x := range ins {
				env[j] = x.before[r*apart(k.Ins[j], n, stride)+i]
			}
			f.Run(env)
			sums[i%chains] = s.arith.Apply(expr.OpAdd, sums[i%chains], env[f.Index(k.Result)])
		}
		for h := chains / 2; h > 0; h /= 2 {
			for i := range h {
				sums[i] = s.arith.Apply(expr.OpAdd, sums[i], sums[i+h])
			}
		}
		y.after[r] = sums[0]
	}
	fn := s.function(fmt.Sprint("Sum", p, chains, dense), func(name string) *asm.Func {
		k.Name = name
		fn, _ := s.Map(k)
		return fn
	})
	c.call(fn, args)
	c.done()
}

// apart is how far the rows of an operand are apart.
func apart(in kernel.MapOperand, n, stride int) int {
	if in.Dense {
		return n
	}
	return stride
}

// normalised has as many operands as a kernel takes, beside a number.
var normalised = expr.One("y", expr.MustParseNode("r*(a - (b + (c - d)*e)/n)"))

// mapCase applies a program to n elements of some rows; one of its leaves may be
// a single number, and those from one on up to it the same in every row; the rows of
// one may have no gaps.
func (s *suite) mapCase(n int, p expr.Program, single, repeated, dense int) {
	k := &kernel.Map{Double: s.elem == "float64", Prog: p, Result: p[len(p)-1].Name, YType: "*" + s.elem}
	rows, stride := 1+n%3, n+n/3%4
	c := s.newCase("Map %d of %d, %d rows, %s", n, stride, rows, p)
	y := c.operand("y", s.rows(rows, n, stride, sentinel))
	args := map[string]pass{"y": y.from(0), "n": number(n), "rows": number(rows), "gap": number((stride - n) * s.size())}
	leaves := p.Leaves()
	var ins []*array
	for i, leaf := range leaves {
		in := kernel.MapOperand{Leaf: leaf, Arg: fmt.Sprintf("x%d", i), Type: "*" + s.elem, Single: i == single, Repeated: repeated >= 0 && i >= repeated && i < single, Dense: i == dense}
		k.Ins = append(k.Ins, in)
		numbers := s.rows(rows, n, apart(in, n, stride), untouched)
		switch {
		case in.Single:
			numbers = s.numbers(1)
		case in.Repeated:
			numbers = s.numbers(n)
		}
		x := c.operand(in.Arg, numbers)
		ins = append(ins, x)
		args[in.Arg] = x.from(0)
	}
	if _, ok := s.Map(k); !ok {
		return
	}
	f, err := expr.Compile(p, s.arith, leaves...)
	require.NoError(s, err)
	for i := range y.after {
		if i%stride >= n {
			continue
		}
		env := make([]float64, len(f.Vars))
		for j, x := range ins {
			at := i/stride*apart(k.Ins[j], n, stride) + i%stride
			if k.Ins[j].Repeated {
				at = i % stride
			}
			env[j] = x.before[min(at, len(x.before)-1)]
		}
		f.Run(env)
		y.after[i] = env[f.Index(k.Result)]
	}
	fn := s.function(fmt.Sprint("Map", p, single, repeated, dense), func(name string) *asm.Func {
		k.Name = name
		fn, _ := s.Map(k)
		return fn
	})
	c.call(fn, args)
	c.done()
}

// bytesCase normalises n bytes of some rows, which lie behind each other if dense.
func (s *suite) bytesCase(n int, dense bool) {
	prog := expr.One("y", expr.MustParseNode("(x - m)/d"))
	k := &kernel.Map{Double: s.elem == "float64", Prog: prog, Result: "y", YType: "*" + s.elem}
	rows, stride := 1+n%3, n+n/3%4
	c := s.newCase("Map %d of %d, %d rows, %s of bytes", n, stride, rows, prog)
	y := c.operand("y", s.rows(rows, n, stride, sentinel))
	args := map[string]pass{"y": y.from(0), "n": number(n), "rows": number(rows), "gap": number((stride - n) * s.size())}
	x := kernel.MapOperand{Leaf: "x", Arg: "x", Type: "*uint8", Bytes: true, Dense: dense}
	between := apart(x, n, stride)
	all := make([]byte, (rows-1)*between+n)
	for i := range all {
		all[i] = byte(s.rng.IntN(256))
	}
	m, d := c.operand("m", s.numbers(len(y.before))), c.operand("d", s.numbers(n))
	k.Ins = []kernel.MapOperand{x, {Leaf: "m", Arg: "m", Type: "*" + s.elem}, {Leaf: "d", Arg: "d", Type: "*" + s.elem, Repeated: true}}
	if _, ok := s.Map(k); !ok {
		return
	}
	for i := range y.after {
		if i%stride < n {
			y.after[i] = s.arith.Apply(expr.OpDiv, s.arith.Apply(expr.OpSub, float64(all[i/stride*between+i%stride]), m.before[i]), d.before[i%stride])
		}
	}
	args["x"], args["m"], args["d"] = c.add(&array{name: "x", ints: all, intsAfter: all}).from(0), m.from(0), d.from(0)
	fn := s.function(fmt.Sprint("MapBytes", dense), func(name string) *asm.Func {
		k.Name = name
		fn, _ := s.Map(k)
		return fn
	})
	c.call(fn, args)
	c.done()
}

// nonZeroCases: the list may take a vector of numbers beyond the size of x. Zero
// is the only number that is left out: of either sign, but NaN is none.
func nonZeroCases(s *suite) {
	vector := s.Lanes("float32")
	for _, p := range sizes(0) {
		n := p[0]
		for part := range 4 { // none, some, most, all
			fn := s.function(fmt.Sprint("NonZero", n), func(name string) *asm.Func { return s.NonZero(name, nil, s.elem, n) })
			c := s.newCase("NonZero %d, %d thirds", n, part)
			x := c.operand("x", s.numbers(n))
			list := c.list("list", make([]int, n+vector))
			count := c.list("count", make([]int, 2))
			list.intsAfter, list.free = make([]byte, len(list.ints)), make([]bool, len(list.ints))
			count.intsAfter = make([]byte, 8)
			found := 0
			for i := range n {
				if s.rng.IntN(3) >= part {
					x.before[i] = []float64{0, math.Copysign(0, -1)}[s.rng.IntN(2)]
				} else {
					x.before[i] = s.nonZero()
					binary.LittleEndian.PutUint32(list.intsAfter[found*4:], uint32(i*s.size()))
					found++
				}
				x.after[i] = x.before[i]
			}
			for i := found * 4; i < len(list.free); i++ {
				list.free[i] = true
			}
			binary.LittleEndian.PutUint64(count.intsAfter, uint64(found))
			c.call(fn, map[string]pass{"list": list.from(0), "count": count.from(0), "x": x.from(0)})
			c.done()
		}
	}
}

// nonZero draws a number of any kind but zero.
func (s *suite) nonZero() float64 {
	tiniest := map[string]float64{"float32": math.SmallestNonzeroFloat32, "float64": math.SmallestNonzeroFloat64}[s.elem]
	odd := []float64{math.NaN(), math.Inf(1), math.Inf(-1), tiniest, -tiniest}
	if i := s.rng.IntN(2 * len(odd)); i < len(odd) {
		return odd[i]
	}
	return s.arith.Round(1 + s.rng.Float64())
}

// updates are the element-wise updates of optimisers.
func (s *suite) updates() []*kernel.Update {
	var all []*kernel.Update
	for _, o := range []struct {
		word   string
		fields spec.Fields
		kernel spec.Fields
	}{
		{"sgd", spec.Fields{}, nil},
		{"sgd", spec.Fields{"momentum": 0.9}, nil},
		{"sgd", spec.Fields{"momentum": 0.9, "nesterov": true, "weight_decay": 0.01}, nil},
		{"sgd", spec.Fields{}, spec.Fields{"kernel_regularizer": spec.Fields{"l1_l2": spec.Fields{"l1": 0.01, "l2": 0.02}}}},
		{"adam", spec.Fields{}, nil},
		{"adamw", spec.Fields{}, nil},
		{"rmsprop", spec.Fields{}, nil},
		{"rmsprop", spec.Fields{"momentum": 0.5, "centered": true}, nil},
	} {
		fields := spec.Fields{"units": 20}
		for name, v := range o.kernel {
			fields[name] = v
		}
		b := spec.New("net")
		b.Output("y", b.Layer("dense", b.Input("x", 20), fields))
		b.Loss("mse")
		b.Optimizer(o.word, o.fields)
		b.Numeric(spec.Fields{"dtype": s.elem})
		net, err := b.Build(op.Vocabulary())
		require.NoError(s, err)
		p, err := gen.Plan(net, gen.Options{})
		require.NoError(s, err)
		for _, step := range p.Train.Update.Steps {
			if m, ok := step.Op.(*ir.Map); ok && m.Out[0].Param != nil && len(m.Out[0].Param.Shape) == 2 {
				all = append(all, s.update(m))
			}
		}
	}
	require.GreaterOrEqual(s, len(all), 8)
	return all
}

// update describes an operation on parameters as the emitter does.
func (s *suite) update(m *ir.Map) *kernel.Update {
	u := &kernel.Update{Double: s.elem == "float64", Prog: m.Prog, Elem: s.elem}
	for i, x := range m.In {
		if x.Param == nil {
			u.Singles = append(u.Singles, m.InNames[i])
		} else {
			u.Arrays = append(u.Arrays, m.InNames[i])
		}
	}
	u.Stores = m.OutNames
	for _, name := range u.Stores {
		require.Contains(s, u.Arrays, name)
	}
	return u
}

// argument is the name of the argument for a leaf of an update.
func argument(leaf string) string { return leaf + "_" }

// positive are the numbers of an optimiser's operand: states are not negative.
func (s *suite) positive(n int) []float64 {
	v := s.numbers(n)
	for i := range v {
		v[i] = s.arith.Apply(expr.OpAbs, v[i])
	}
	return v
}

func updateCases(s *suite) {
	for i, u := range s.updates() {
		if _, ok := s.Update(u); !ok {
			continue
		}
		fn := s.function(fmt.Sprint("Update", i), func(name string) *asm.Func {
			v := *u
			v.Name = name
			f, _ := s.Update(&v)
			return f
		})
		for _, p := range sizes(0) {
			vectors := p[0]
			c := s.newCase("Update of %d vectors, %s", vectors, u.Prog)
			n := vectors * s.Lanes(s.elem)
			args := map[string]pass{"vectors": number(vectors)}
			env := c.optimiser(u, n, "", args)
			env.apply(u, n, func(i int) int { return i }, nil)
			c.call(fn, args)
			c.done()
		}
	}
	require.Greater(s, len(s.cases), 3*64)
}
