package op

import (
	"math"
	"testing"

	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
)

// arithmetics in which rows are tested: package math, and the runtime's
// functions.
var arithmetics = []struct {
	name string
	expr.Arith
	eps, max float64
}{
	{"float64", expr.Float64, 0x1p-53, math.MaxFloat64},
	{"nnrt float64", interp.Strict64, 0x1p-53, math.MaxFloat64},
	{"nnrt float32", interp.Strict32, 0x1p-24, math.MaxFloat32},
}

// args returns the defaults of a word with some fields set: name, value, ….
// Required numbers that are not given are 0.5.
func args(k spec.Kind, set ...any) spec.Args {
	a := spec.Args{}
	for _, p := range k.Params {
		switch {
		case p.Default != nil:
			a[p.Name] = spec.Arg{Value: p.Default}
		case p.Required && p.Type == spec.Integer:
			a[p.Name] = spec.Arg{Value: 5}
		case p.Required && p.Name == "p":
			a[p.Name] = spec.Arg{Value: 1.5}
		case p.Required && p.Type == spec.Number:
			a[p.Name] = spec.Arg{Value: 0.5}
		}
	}
	for i := 0; i < len(set); i += 2 {
		a[set[i].(string)] = spec.Arg{Value: set[i+1], Set: true}
	}
	return a
}

// choices returns the arguments of a word for every combination of its
// enumerated and boolean fields.
func choices(k spec.Kind) []spec.Args {
	all := []spec.Args{args(k)}
	for _, p := range k.Params {
		var values []any
		switch p.Type {
		case spec.Enum:
			for _, e := range p.Enum {
				values = append(values, e)
			}
		case spec.Bool:
			values = []any{false, true}
		default:
			continue
		}
		var more []spec.Args
		for _, a := range all {
			for _, v := range values {
				b := spec.Args{}
				for name, arg := range a {
					b[name] = arg
				}
				b[p.Name] = spec.Arg{Value: v}
				more = append(more, b)
			}
		}
		all = more
	}
	return all
}

// leaves is shorthand for the values of leaves.
type leaves = map[string]float64

func eval(t *testing.T, p expr.Program, a expr.Arith, name string, l leaves) float64 {
	t.Helper()
	rounded := leaves{}
	for k, v := range l {
		rounded[k] = a.Round(v)
	}
	v, err := expr.Eval(p, a, name, rounded)
	if err != nil {
		t.Fatalf("%s: %v", p, err)
	}
	return v
}

// same reports equality in which every NaN equals every NaN.
func same(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

// near reports equality within a tolerance relative to max(|want|, scale).
func near(got, want, tol, scale float64) bool {
	return same(got, want) || math.Abs(got-want) <= tol*max(math.Abs(want), scale)
}
