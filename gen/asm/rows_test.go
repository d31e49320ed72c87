//go:build linux

package asm_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/target"
	"github.com/nngen-go/nngen/spec"
)

// defaults are a row's arguments as if nothing were written, with one of the
// values of an enumerated field or another number for the others.
func defaults(k spec.Kind, change func(p spec.Param) any) spec.Args {
	a := spec.Args{}
	for _, p := range k.Params {
		v := p.Default
		if v == nil && p.Type == spec.Number { // one that must be written
			v = 1.5
		}
		if c := change(p); c != nil {
			v = c
		}
		if v != nil {
			a[p.Name] = spec.Arg{Value: v}
		}
	}
	return a
}

// choices are arguments that together reach every branch of a row.
func choices(k spec.Kind) []spec.Args {
	all := []spec.Args{defaults(k, func(spec.Param) any { return nil })}
	for _, p := range k.Params {
		for _, v := range p.Enum {
			all = append(all, defaults(k, func(q spec.Param) any {
				if q.Name == p.Name {
					return v
				}
				return nil
			}))
		}
	}
	return append(all, defaults(k, func(p spec.Param) any {
		switch p.Type {
		case spec.Number:
			return 0.25
		case spec.Bool:
			return true
		}
		return nil
	}))
}

// singles are leaves that are one number for all elements.
var singles = []string{"s", "lr", "step", "step_size", "correction", "shrink"}

// mapped and updated report whether a program can be printed.
func mapped(tg *target.Target, p expr.Program, result string, double bool) bool {
	k := &kernel.Map{Name: "f", Double: double, Prog: p, Result: result, YType: "*T"}
	for _, leaf := range p.Leaves() {
		k.Ins = append(k.Ins, kernel.MapOperand{Leaf: leaf, Arg: leaf + "_", Type: "*T", Single: slices.Contains(singles, leaf)})
	}
	_, ok := tg.Map(k)
	return ok
}

func updated(tg *target.Target, p expr.Program, double bool) bool {
	k := &kernel.Update{Name: "f", Double: double, Prog: p, Stores: []string{"w"}, Elem: "T"}
	for _, leaf := range p.Leaves() {
		if slices.Contains(singles, leaf) {
			k.Singles = append(k.Singles, leaf)
		} else {
			k.Arrays = append(k.Arrays, leaf)
		}
	}
	_, ok := tg.Update(k)
	return ok
}

// periodic tells the rows that every path computes in portable code in float64.
func periodic(row string) bool {
	name := strings.TrimSuffix(row, "'")
	return name == "sin" || name == "cos"
}

// TestRows prints the formulas of every activation, loss, regulariser and
// optimiser: none may fall back to Go. Only the proximal step of Lp in
// float64, three powers of two float64 each, needs more registers than there
// are.
func TestRows(t *testing.T) {
	for _, name := range []string{"avx2", "neon"} { // AVX-512 has more of all
		t.Run(name, func(t *testing.T) { testRows(t, target.ByName(name)) })
	}
}

func testRows(t *testing.T, tg *target.Target) {
	formulas := 0
	try := func(row, result string, p expr.Program) {
		for _, double := range []bool{false, true} {
			if len(p) > 0 {
				formulas++
				assert.Equal(t, !double || !periodic(row), mapped(tg, p, result, double), "%s, float64 %v: %s", row, double, p)
			}
		}
	}
	for _, r := range op.Activations() {
		for _, a := range choices(r.Kind) {
			if r.Mixing == nil {
				y, dx := r.Programs(a)
				try(r.Name, "y", y)
				try(r.Name+"'", "dx", dx)
			}
		}
	}
	for _, r := range op.Losses() {
		for _, a := range choices(r.Kind) {
			try(r.Name, "l", r.Value.Bind(op.Numbers(a)))
			try(r.Name+"'", "dp", r.DP.Bind(op.Numbers(a)))
		}
	}
	for _, r := range op.Regularizers() {
		for _, a := range choices(r.Kind) {
			p := r.Programs(a)
			try(r.Name, "r", p.Penalty)
			try(r.Name+"'", "dw", p.Grad)
			if p.Prox != nil {
				prox := p.Prox(a).Bind(op.Numbers(a))
				assert.True(t, updated(tg, prox, false), "%s: %s", r.Name, prox)
				assert.True(t, updated(tg, prox, true) || r.Name == "lp", "%s: %s", r.Name, prox)
			}
		}
	}
	for _, r := range op.Optimizers() {
		for _, a := range choices(r.Kind) {
			for _, double := range []bool{false, true} {
				p := r.Update(a).Bind(op.Numbers(a))
				assert.True(t, updated(tg, p, double), "%s, float64 %v: %s", r.Name, double, p)
			}
		}
	}
	assert.Greater(t, formulas, 150)
}
