package phases

import (
	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/plan"
)

// mixOf is the run that a step belongs to, nil if it is by itself.
func (b *body) mixOf(s *plan.Step) *calls.Mix {
	if b.mixedPhase != b.phase {
		b.mixes, b.mixedPhase = calls.MixesOf(b.e.plan, b.phase), b.phase
	}
	return b.mixes[s]
}

// mix emits the call of a run.
func (b *body) mix(m *calls.Mix) {
	for _, s := range m.Steps {
		b.bindConstants(s)
	}
	var args []jen.Code
	for _, y := range m.Stored {
		args = append(args, source.Exprf("%s", b.result(y).ptr))
	}
	for _, x := range m.Ins {
		if x.IsNumber() {
			args = append(args, source.Exprf("%s", b.at[x].idx))
		} else {
			args = append(args, source.Exprf("%s", b.pointer(x)))
		}
	}
	b.add(b.e.ID(b.e.MixOf(m, b.training)).Call(args...))
}
