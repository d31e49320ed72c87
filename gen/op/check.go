package op

import (
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// MaxParams is the number of parameters a network may have.
const MaxParams = 1e8

// Check reports fields of a word that do not go together by the rule of its
// row. field is what the word is the value of.
func (b *Builder) Check(field string, word *spec.Named, rule func(spec.Args) (why, hint string)) {
	if rule == nil {
		return
	}
	if why, hint := rule(word.Args); why != "" {
		b.Errorf(word.Pos, hint, code.Conflict+"%s %s: %s", field, word.Name, why)
	}
}

// checkDense reports fields of a dense layer that do not go together.
func checkDense(b *Builder, l *spec.Layer) {
	for _, field := range []string{"kernel_regularizer", "recurrent_regularizer", "bias_regularizer"} {
		if reg := l.Args.Word(field); reg != nil {
			b.Check(field, reg, RegularizerByName(reg.Name).Check)
			checkProximal(b, field, reg)
		}
	}
	for _, field := range []string{"kernel_initializer", "recurrent_initializer", "bias_initializer"} {
		if init := l.Args.Word(field); init != nil {
			row := InitializerByName(init.Name)
			b.Check(field, init, row.Check)
			if row.Orthogonal && field == "bias_initializer" {
				b.Errorf(init.Pos, "write bias_initializer: zeros", code.Conflict+"bias_initializer %s needs a matrix, but a bias is a vector", row.Name)
			}
		}
	}
	for _, field := range []string{"bias_initializer", "bias_regularizer"} {
		if l.Args[field].Set && !l.Args.Bool("use_bias") && l.Args.Word(field).Name != "zeros" {
			b.Errorf(l.Args.Word(field).Pos, "remove "+field+", or write use_bias: true", code.Conflict+"%s needs a bias, but use_bias is false", field)
		}
	}
}

// checkProximal refuses a proximal step after an optimiser whose step size is
// not the same for all elements.
func checkProximal(b *Builder, field string, reg *spec.Named) {
	if !b.Net.Codegen.Train || reg.Args.Text("method") != "proximal" {
		return
	}
	if row := OptimizerByName(b.Net.Optimizer.Name); row.Adaptive {
		b.Errorf(reg.Pos, "write method: subgradient, or optimizer: sgd",
			code.Conflict+"%s %s: method proximal needs one step size for all weights, but %s has one for each", field, reg.Name, row.Name)
	}
}

// fits reports whether the weights of a layer can be added to the network. It
// is asked before anything of that size is made.
func fits(b *Builder, l *spec.Layer, units, in int) bool {
	if b.params[l.Name+".weight"] != nil {
		return true
	}
	n := float64(units) * float64(in)
	if l.Args.Bool("use_bias") {
		n += float64(units)
	}
	return b.fit(l, n)
}
