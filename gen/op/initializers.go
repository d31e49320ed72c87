package op

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
)

var (
	gain      = number("gain", "factor of the result", 1.0, positive)
	truncated = spec.Param{Name: "truncated", Doc: "redraw beyond two standard deviations (Keras); the standard deviation is corrected for it", Type: spec.Bool, Default: false}
)

// initializers is the initialiser table. n is fan_in, m is fan_out.
var initializers = []Initializer{
	{
		Kind:  spec.Kind{Name: "zeros", Doc: "Zeros, w = 0."},
		Value: constant("w = 0"),
	},
	{
		Kind:  spec.Kind{Name: "ones", Doc: "Ones, w = 1."},
		Value: constant("w = 1"),
	},
	{
		Kind: spec.Kind{
			Name: "constant", Doc: "A constant, w = value.",
			Params: []spec.Param{{Name: "value", Doc: "the constant", Type: spec.Number, Required: true, Short: true}},
		},
		Value: constant("w = value"),
	},
	{
		Kind: spec.Kind{
			Name: "uniform", Doc: "Uniform distribution, min ≤ w < max.",
			Params: []spec.Param{
				{Name: "min", Doc: "lower end", Type: spec.Number, Required: true},
				{Name: "max", Doc: "upper end", Type: spec.Number, Required: true},
			},
		},
		Check: func(a spec.Args) (why, hint string) {
			if a.Float("max") < a.Float("min") {
				return fmt.Sprintf("max must not be less than min, got min %g and max %g", a.Float("min"), a.Float("max")), "exchange the two"
			}
			return "", ""
		},
		Value: constant("w = min + (max - min)*u"),
	},
	{
		Kind:  spec.Kind{Name: "normal", Doc: "Normal distribution, w = mean + std·z.", Params: normalFields},
		Value: constant("w = mean + std*z"),
	},
	{
		Kind:  spec.Kind{Name: "truncated_normal", Doc: "Normal distribution cut off at two standard deviations, w = mean + std·z with |z| ≤ 2 (Keras TruncatedNormal; PyTorch trunc_normal_).", Params: normalFields},
		Value: constant("w = mean + std*tz"),
	},
	{
		Kind:  spec.Kind{Name: "glorot_uniform", Aliases: []string{"xavier_uniform"}, Doc: "Uniform within ±gain·√(6/(n + m)) (Glorot and Bengio 2010; PyTorch xavier_uniform_).", Params: []spec.Param{gain}},
		Value: constant("w = gain*sqrt(6/max(fan_in + fan_out, 1))*(2*u - 1)"),
	},
	{
		Kind:  spec.Kind{Name: "glorot_normal", Aliases: []string{"xavier_normal"}, Doc: "Normal with standard deviation gain·√(2/(n + m)) (Glorot and Bengio 2010; PyTorch xavier_normal_).", Params: []spec.Param{gain, truncated}},
		Value: normal("gain*sqrt(2/max(fan_in + fan_out, 1))"),
	},
	{
		Kind:  spec.Kind{Name: "he_uniform", Aliases: []string{"kaiming_uniform"}, Doc: "Uniform within ±gain·√(6/n) (He et al. 2015; PyTorch kaiming_uniform_ for ReLU).", Params: []spec.Param{gain}},
		Value: constant("w = gain*sqrt(6/max(fan_in, 1))*(2*u - 1)"),
	},
	{
		Kind:  spec.Kind{Name: "he_normal", Aliases: []string{"kaiming_normal"}, Doc: "Normal with standard deviation gain·√(2/n) (He et al. 2015; PyTorch kaiming_normal_ for ReLU).", Params: []spec.Param{gain, truncated}},
		Value: normal("gain*sqrt(2/max(fan_in, 1))"),
	},
	{
		Kind:  spec.Kind{Name: "lecun_uniform", Doc: "Uniform within ±gain·√(3/n) (LeCun et al. 1998; Keras LecunUniform).", Params: []spec.Param{gain}},
		Value: constant("w = gain*sqrt(3/max(fan_in, 1))*(2*u - 1)"),
	},
	{
		Kind:  spec.Kind{Name: "lecun_normal", Doc: "Normal with standard deviation gain·√(1/n) (LeCun et al. 1998; Keras LecunNormal).", Params: []spec.Param{gain, truncated}},
		Value: normal("gain*sqrt(1/max(fan_in, 1))"),
	},
	{
		Kind:       spec.Kind{Name: "orthogonal", Doc: "An orthogonal matrix times gain: its rows, or columns if there are fewer, are orthonormal (Saxe et al. 2013; PyTorch orthogonal_).", Params: []spec.Param{gain}},
		Orthogonal: true,
	},
}

var normalFields = []spec.Param{
	number("mean", "mean", 0.0, nil),
	{Name: "std", Doc: "standard deviation", Type: spec.Number, Required: true, Range: notNegative},
}

// Initializers returns the initialiser table.
func Initializers() []Initializer { return initializers }

// InitializerByName returns the row of an initialiser, or nil.
func InitializerByName(name string) *Initializer {
	return find(initializers, name, func(r *Initializer) *spec.Kind { return &r.Kind })
}

// constant is a formula that is the same for all enumerated fields.
func constant(src string) func(a spec.Args) expr.Program {
	return func(a spec.Args) expr.Program { return formula(src).Bind(Numbers(a)) }
}

// normal is a normal distribution, truncated if the field says so. Cut off at
// ±2 the standard deviation of z is 0.87962566103423978.
func normal(std string) func(a spec.Args) expr.Program {
	return func(a spec.Args) expr.Program {
		if a.Bool("truncated") {
			return formula("w = " + std + "/0.87962566103423978*tz").Bind(Numbers(a))
		}
		return formula("w = " + std + "*z").Bind(Numbers(a))
	}
}
