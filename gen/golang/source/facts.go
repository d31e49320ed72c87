package source

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
)

// InputField is the selector of an input within Input, "" if it is the only
// one.
func (p *Package) InputField(v *ir.Value) string {
	if len(p.prog.Inputs) == 1 {
		return ""
	}
	return "." + spec.GoName(v.Name)
}

// OutputField is that of an output within Output.
func (p *Package) OutputField(name string) string {
	if len(p.prog.Outputs) == 1 {
		return ""
	}
	return "." + spec.GoName(name)
}

// Trained are the outputs that have a loss.
func (p *Package) Trained() []ir.Output {
	var out []ir.Output
	for _, o := range p.prog.Outputs {
		if o.Target != nil {
			out = append(out, o)
		}
	}
	return out
}

// Remembers reports whether the network keeps something of a stream from one
// step to the next: whether there is a State.
func (p *Package) Remembers() bool { return len(p.prog.Memory) > 0 }

// MemorySize is the number of elements of a state.
func (p *Package) MemorySize() int {
	n := 0
	for _, m := range p.prog.Memory {
		n += m.In.Size()
	}
	return n
}

// StateNames are the names of the arguments that networks with memory have.
func (p *Package) StateNames() []string {
	if !p.Remembers() {
		return nil
	}
	return []string{"s", "next"}
}
