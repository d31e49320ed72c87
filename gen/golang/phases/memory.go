package phases

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/api"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
)

// memory prints the trainer's arena.
func (e *Phases) memory(f *jen.File) {
	t := e.plan.Train
	fields := []jen.Code{jen.Id("grads").Id("params").Comment("gradients of the current step")}
	for _, s := range t.States {
		fields = append(fields, jen.Id(source.LowerCamel(s)).Id("params").Comment("optimiser state"))
	}
	copies := map[string]bool{}
	for _, v := range t.Copies {
		if name := copyName(v); !copies[name] {
			copies[name] = true
			fields = append(fields, jen.Id(name).Id("params"))
		}
	}
	if a := &e.plan.Transposed; len(a.Fields) > 0 {
		fields = append(fields, jen.Id("transposed").Struct(e.Arena(a)...).Comment("filters by channels"))
	}
	var group []jen.Code
	for _, v := range t.Rows {
		if t.Grouped[v] {
			group = append(group, e.rowFields(v)...)
		} else {
			fields = append(fields, e.rowFields(v)...)
		}
	}
	for _, v := range t.Values {
		fields = append(fields, jen.Id(e.rowField(v)).Id(valueType(v)).Comment("of the batch"))
	}
	var spaces []jen.Code
	for n, ph := range t.Gradients.Phases(plan.Samples) {
		spaces = append(spaces, e.sampleSpace(numberedName("gradientSpace", n), ph))
	}
	spaces = append(spaces, e.sampleSpace("lossSpace", t.Evaluate.Phases(plan.Samples)[0]))
	if t.Group > 0 {
		f.Comment("groupRows is how many samples a worker takes through the network before their")
		f.Comment("gradients are summed: what they need stays in a cache.")
		f.Const().Id("groupRows").Op("=").Lit(t.Group)
		f.Line()
		f.Comment("group is the memory of such samples, which the next ones use again.")
		f.Type().Id("group").Struct(append(group, spaces...)...)
		f.Line()
	} else {
		fields = append(fields, spaces...)
	}
	if t.One != nil {
		fields = append(fields, jen.Id("oneSpace").Struct(api.Slots(t.One, api.Same, 1)...))
	}
	f.Comment("memory is everything a trainer keeps: one block without pointers. What begins with the")
	f.Comment("largest batch has a row for every sample.")
	f.Type().Id("memory").Struct(fields...)
	f.Line()
}

// sampleSpace is the field of a phase's workspace: with rows for every sample of a batch
// or group, or one for every sample that may be a worker's first.
func (e *Phases) sampleSpace(name string, p *plan.Phase) jen.Code {
	field := jen.Id(name)
	if !e.plan.Layerwise {
		field.Index(jen.Lit(e.plan.Options.Batch))
	}
	return field.Struct(e.BatchSlots(p, e.plan.Together())...)
}

// rowField is the trainer's field for the rows of a value.
func (e *Phases) rowField(v *ir.Value) string {
	if e.rowNames == nil {
		e.rowNames = map[any]string{}
		names := source.NewNamer("grads", "sharedGrads", "lossSpace", "connectionsKept", "connectionsMask", "transposed")
		for n := range e.plan.Train.Gradients.Phases(plan.Samples) {
			names.Taken[numberedName("gradientSpace", n)] = true
		}
		for _, s := range e.plan.Train.States {
			names.Taken[source.LowerCamel(s)] = true
		}
		for _, r := range append(e.plan.Train.Rows[:len(e.plan.Train.Rows):len(e.plan.Train.Rows)], e.plan.Train.Values...) {
			switch s := e.plan.Train.RowOf[r].Series; {
			case s == nil:
				e.rowNames[r] = names.Name(r.Name)
			case e.rowNames[s] == "":
				e.rowNames[s] = names.Name(s.Name)
			}
		}
	}
	if at := e.plan.Train.RowOf[v]; at.Series != nil {
		path := fmt.Sprintf("%s[%s]", e.rowNames[at.Series], e.index(v, at.Index))
		if e.rowPadding(v) > 0 {
			path += ".rows"
		}
		return path
	}
	name, ok := e.rowNames[v]
	if !ok {
		panic(fmt.Sprintf("internal error: golang: %s is not kept", v.Describe()))
	}
	return name
}

// rowPadding is the elements after the rows of a value, to the next line of the
// cache.
func (e *Phases) rowPadding(v *ir.Value) int {
	rest := e.plan.Train.RowsOf(v, e.plan.Options.Batch) * e.plan.RowStride(v.Size(), v.DType) % schedule.Panel
	return (schedule.Panel - rest) % schedule.Panel
}

// rowFields are the trainer's fields for the rows of a value; the first of a
// series has those of all.
func (e *Phases) rowFields(v *ir.Value) []jen.Code {
	typ, padding := source.Array(v.DType, e.plan.Train.RowsOf(v, e.plan.Options.Batch), e.plan.RowStride(v.Size(), v.DType)), e.rowPadding(v)
	rest := func() jen.Code { return jen.Id("_").Id(source.Array(v.DType, padding)) }
	if s := e.plan.Train.RowOf[v].Series; s != nil {
		if s.Values[0] != v {
			return nil
		}
		field := jen.Id(e.rowNames[s]).Index(jen.Lit(len(s.Values)))
		if padding > 0 {
			field.Struct(jen.Id("rows").Id(typ), rest())
		} else {
			field.Id(typ)
		}
		return []jen.Code{field.Comment("of every layer and sample")}
	}
	fields := []jen.Code{jen.Id(e.rowField(v)).Id(typ)}
	if padding > 0 {
		fields = append(fields, rest())
	}
	return fields
}
