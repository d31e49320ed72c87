package phases

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
)

// stateField is the selector of a part of the state.
func stateField(m *ir.Memory) string {
	layer, slot, _ := strings.Cut(m.Name, ".")
	return "." + spec.GoName(layer) + spec.GoName(slot)
}

// stateArg is the argument of a function for the state, if there is one.
func (e *Phases) stateArg(typ string) []jen.Code {
	if !e.Remembers() {
		return nil
	}
	return []jen.Code{jen.Id("s").Id(typ)}
}

// withState adds the state to what a call passes, behind y and x.
func (e *Phases) withState(s string, args ...jen.Code) []jen.Code {
	if !e.Remembers() {
		return args
	}
	return append(append(args[:2:2], source.Exprf("%s", s)), args[2:]...)
}

// batchArgs are the arguments of ForwardBatch.
func (e *Phases) batchArgs() []jen.Code {
	args := []jen.Code{jen.Id("y").Index().Id("Output"), jen.Id("x").Index().Id("Input")}
	return append(append(args, e.stateArg("[]State")...), jen.Id("ws").Op("*").Id("BatchWorkspace"))
}

// matches panics unless a slice is as long as x.
func (e *Phases) matches(function, slice string) []jen.Code {
	n := fmt.Sprintf("len(%s)", slice)
	return []jen.Code{jen.If(source.Exprf("%s != len(x)", n)).Block(e.RT("BadMatch").Call(
		jen.Lit(e.Title+".Net."+function), jen.Lit(n), source.Exprf("%s", n), jen.Lit("len(x)"), source.Exprf("len(x)")))}
}

// bindMemory gives the state its places: before the step in s, after it in the
// workspace, so that nothing is overwritten that the step still reads. The
// statements of the returned function end the step.
func (e *Phases) bindMemory(b *body) func() []jen.Code {
	var out []jen.Code
	for _, m := range e.prog.Memory {
		b.at[m.In] = place{"s" + stateField(m), "&s" + stateField(m)}
	}
	for _, m := range e.prog.Memory {
		at := "next" + stateField(m)
		if src, taken := b.at[m.Out]; taken {
			out = append(out, jen.Id("copy").Call(source.Exprf("%s[:]", at), source.Exprf("%s[:]", src.idx)))
			continue
		}
		b.at[m.Out] = place{at, "&" + at}
	}
	if e.Remembers() {
		b.add(source.Letf("next", "&ws.next"))
		out = append(out, source.Setf("*s", "*next"))
	}
	return func() []jen.Code { return out }
}

// bindMemoryRows is bindMemory for a batch, layer by layer; it returns the copies
// of a stream.
func (e *Phases) bindMemoryRows(b *body) []jen.Code {
	var out []jen.Code
	b.memory = map[*ir.Value]memoryRows{}
	for _, m := range e.prog.Memory {
		b.memory[m.In] = memoryRows{"s", stateField(m)}
		b.rowPlace(m.In)
	}
	for _, m := range e.prog.Memory {
		if src, taken := b.at[m.Out]; taken {
			out = append(out, jen.Id("copy").Call(source.Exprf("next[i]%s[:]", stateField(m)), source.Exprf("%s[:]", src.idx)))
			continue
		}
		b.memory[m.Out] = memoryRows{"next", stateField(m)}
		b.rowPlace(m.Out)
	}
	return out
}

// memoryRows says in which slice of states, and in which field, a value's rows
// are.
type memoryRows struct{ slice, field string }

// forwardSequence prints steps of one stream.
func (e *Phases) forwardSequence(f *jen.File) {
	f.Comment("ForwardSequence is len(x) steps of the stream of s, one after the other: y[i] from x[i]. The")
	f.Comment("bits are those of Forward. It does not allocate and panics unless len(y) == len(x).")
	f.Func().Params(jen.Id("n").Op("*").Id("Net")).Id("ForwardSequence").Params(
		jen.Id("y").Index().Id("Output"), jen.Id("x").Index().Id("Input"), jen.Id("s").Op("*").Id("State"), jen.Id("ws").Op("*").Id("Workspace"),
	).Block(append(e.matches("ForwardSequence", "y"),
		source.ForRange("i", "x", jen.Id("n.Forward").Call(source.Exprf("&y[i]"), source.Exprf("&x[i]"), source.Exprf("s"), source.Exprf("ws"))))...)
	f.Line()
}

// MemoryView is a part of the state as the templates see it.
type MemoryView struct {
	Field, Name string
	Shape       []int
	Size        int
	// Rows are those of the samples of a trainer, Trained and Evaluated those after
	// a call.
	Rows, Trained, Evaluated string
}

// MemoryViews are the parts of the state as the templates see them.
func (e *Phases) MemoryViews() []MemoryView {
	var out []MemoryView
	for _, m := range e.prog.Memory {
		v := MemoryView{Field: stateField(m), Name: m.Name, Shape: m.In.Shape, Size: m.In.Size()}
		if e.plan.Train != nil {
			v.Rows, v.Trained, v.Evaluated = e.rowField(m.In), e.rowField(m.Trained), e.rowField(m.Evaluated)
		}
		out = append(out, v)
	}
	return out
}
