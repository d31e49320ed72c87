package api

import (
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
)

// fitGroup is what one function fits: FitInput all inputs, FitTarget all outputs
// that are normalised by the training data or whose classes it weighs.
type fitGroup struct {
	Func, Arg, Type string
	All             []fitView
}

type fitView struct {
	Port, Of, Suffix, Field, Mean, Std string
	Weights                            string // of the classes, in place of mean and standard deviation
	Size                               int
	// Length is the field that says how many steps of a sample there are, of PerStep
	// elements each; "" if none does.
	Length  string
	PerStep int
}

// lengthField is the field of the input that says how many steps a sample has, "" where
// none or several do.
func (e *API) lengthField() string {
	var fields []string
	for _, in := range e.prog.Inputs {
		if e.net.IsLength(in.Name) {
			fields = append(fields, e.InputField(in))
		}
	}
	if len(fields) != 1 {
		return ""
	}
	return fields[0]
}

// fits are the inputs and outputs that hold statistics of the training data.
func (e *API) fits() []fitGroup {
	fitted := map[string]*ir.Value{}
	for _, p := range e.prog.Params {
		if p.Param.FitPort != "" {
			fitted[p.Param.FitPort+"."+p.Param.Stat] = p
		}
	}
	inputs := fitGroup{Func: "FitInput", Arg: "x", Type: "Input"}
	targets := fitGroup{Func: "FitTarget", Arg: "y", Type: "Target"}
	add := func(g *fitGroup, name, of, field string, size int) {
		if mean := fitted[name+".mean"]; mean != nil {
			g.All = append(g.All, fitView{Port: name, Of: of, Size: size, Field: field, Mean: source.ParamName(mean), Std: source.ParamName(fitted[name+".std"])})
		}
		if weights := fitted[name+".class_weights"]; weights != nil {
			g.All = append(g.All, fitView{Port: name, Size: size, Field: field, Weights: source.ParamName(weights)})
		}
	}
	for _, in := range e.prog.Inputs {
		first := len(inputs.All)
		add(&inputs, in.Name, "samples", e.InputField(in), in.Size())
		if steps := e.net.Steps(in.Shape); steps > 0 {
			for i := range inputs.All[first:] {
				inputs.All[first+i].Length, inputs.All[first+i].PerStep = e.lengthField(), in.Size()/steps
			}
		}
	}
	if e.plan.Train != nil {
		for _, o := range e.Trained() {
			add(&targets, o.Name, "targets", e.OutputField(o.Name), o.Value.Size())
		}
	}
	var groups []fitGroup
	for _, g := range []fitGroup{inputs, targets} {
		if len(g.All) > 1 {
			for i := range g.All {
				g.All[i].Suffix = spec.GoName(g.All[i].Port)
			}
		}
		if len(g.All) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}
