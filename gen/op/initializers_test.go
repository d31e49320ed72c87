package op

import (
	"math"
	"testing"

	"github.com/nngen-go/nngen/gen/ir/expr"
)

func TestInitializers(t *testing.T) {
	const in, out = 6.0, 18.0
	for _, c := range []struct {
		name    string
		set     []any
		u, z    float64
		want    float64
		scaling string // field that scales the result, or ""
	}{
		{"zeros", nil, 0.3, 1, 0, ""},
		{"ones", nil, 0.3, 1, 1, ""},
		{"constant", []any{"value", -2.5}, 0.3, 1, -2.5, ""},
		{"uniform", []any{"min", -1.0, "max", 3.0}, 0.25, 0, 0, ""},
		{"uniform", []any{"min", -1.0, "max", 3.0}, 0, 0, -1, ""},
		{"normal", []any{"mean", 2.0, "std", 0.5}, 0, -1.5, 1.25, ""},
		{"truncated_normal", []any{"mean", 2.0, "std", 0.5}, 0, -1.5, 1.25, ""},
		{"glorot_uniform", nil, 0, 0, -0.5, "gain"},
		{"glorot_uniform", nil, 0.75, 0, 0.25, "gain"},
		{"glorot_normal", nil, 0, 1.5, 1.5 * math.Sqrt(2/24.), "gain"},
		{"glorot_normal", []any{"truncated", true}, 0, 1.5, 1.5 * math.Sqrt(2/24.) / 0.8796256610342398, "gain"},
		{"he_uniform", nil, 1, 0, 1, "gain"},
		{"he_normal", nil, 0, 2, 2 / math.Sqrt(3), "gain"},
		{"he_normal", []any{"truncated", true}, 0, 2, 2 / math.Sqrt(3) / 0.8796256610342398, "gain"},
		{"lecun_uniform", nil, 0.5, 0, 0, "gain"},
		{"lecun_uniform", nil, 0, 0, -math.Sqrt(0.5), "gain"},
		{"lecun_normal", nil, 0, -1, -1 / math.Sqrt(6), "gain"},
	} {
		r := InitializerByName(c.name)
		l := leaves{"fan_in": in, "fan_out": out, "u": c.u, "z": c.z, "tz": c.z}
		if got := eval(t, r.Value(args(r.Kind, c.set...)), expr.Float64, "w", l); !near(got, c.want, 1e-15, 0) {
			t.Errorf("%s %v: %v, want %v", c.name, c.set, got, c.want)
		}
		if c.scaling != "" {
			a := args(r.Kind, append([]any{c.scaling, 3.0}, c.set...)...)
			if got := eval(t, r.Value(a), expr.Float64, "w", l); !near(got, 3*c.want, 1e-15, 0) {
				t.Errorf("%s %v with %s 3: %v, want %v", c.name, c.set, c.scaling, got, 3*c.want)
			}
		}
	}
	for _, r := range initializers { // a layer without connections
		if !r.Orthogonal {
			if w := eval(t, r.Value(args(r.Kind)), expr.Float64, "w", leaves{"fan_in": 0, "fan_out": 0, "u": 0.3, "z": 1, "tz": 1}); math.IsNaN(w) || math.IsInf(w, 0) {
				t.Errorf("%s without connections: %v", r.Name, w)
			}
		}
	}
	uniform := InitializerByName("uniform")
	if why, hint := uniform.Check(args(uniform.Kind, "min", 1.0, "max", 0.0)); why == "" || hint == "" {
		t.Error("uniform accepts max < min")
	}
	if why, _ := uniform.Check(args(uniform.Kind, "min", 0.0, "max", 1.0)); why != "" {
		t.Error(why)
	}
}

// TestTruncatedDeviation checks the constant by the formula of the standard
// deviation of a normal distribution cut off at ±2.
func TestTruncatedDeviation(t *testing.T) {
	phi := math.Exp(-2) / math.Sqrt(2*math.Pi)
	variance := 1 - 4*phi/math.Erf(math.Sqrt2)
	if want := 0.87962566103423978; !(math.Abs(math.Sqrt(variance)-want) <= 1e-15) {
		t.Errorf("the standard deviation is %v, the rows say %v", math.Sqrt(variance), want)
	}
}
