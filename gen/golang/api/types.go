package api

import (
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/spec"
)

// Types prints what the shapes decide: constants, the input, output and
// target types, the workspaces.
func (e *API) Types() (*jen.File, error) {
	f := e.File()
	inputs, outputs := 0, 0
	for _, v := range e.prog.Inputs {
		inputs += v.Size()
	}
	for _, o := range e.prog.Outputs {
		outputs += o.Value.Size()
	}
	f.Const().Defs(
		jen.Id("Inputs").Op("=").Lit(inputs).Comment("numbers per sample"),
		jen.Id("Outputs").Op("=").Lit(outputs).Comment("numbers per sample"),
		jen.Id("Params").Op("=").Lit(e.prog.ParamCount()).Comment("weights and biases"),
		jen.Id("MaxBatch").Op("=").Lit(e.plan.Options.Batch).Comment("most samples of a training step"),
	)
	f.Line()
	e.inputType(f)
	e.outputType(f)
	if e.plan.Train != nil {
		e.targetType(f)
		e.valid(f)
	}
	e.workspaces(f)
	return f, nil
}

func (e *API) inputType(f *jen.File) {
	if len(e.prog.Inputs) == 1 {
		v := e.prog.Inputs[0]
		f.Comment(fmt.Sprintf("Input is one sample: %s, shape %v.", source.OneLine(v.Name), e.net.Inputs[0].Shape))
		f.Type().Id("Input").Id(source.Array(v.DType, v.Size()))
		f.Line()
		return
	}
	fields := make([]jen.Code, len(e.prog.Inputs))
	for i, v := range e.prog.Inputs {
		fields[i] = jen.Id(spec.GoName(v.Name)).Id(source.Array(v.DType, v.Size())).Comment(fmt.Sprintf("shape %v", e.net.Inputs[i].Shape))
	}
	f.Comment("Input is one sample.")
	f.Type().Id("Input").Struct(fields...)
	f.Line()
}

func (e *API) outputType(f *jen.File) {
	single := len(e.prog.Outputs) == 1
	if single {
		o := e.prog.Outputs[0]
		f.Comment("Output is the result for one sample.")
		f.Type().Id("Output").Id(source.Array(o.Value.DType, o.Value.Size()))
		f.Line()
	} else {
		fields := make([]jen.Code, len(e.prog.Outputs))
		for i, o := range e.prog.Outputs {
			fields[i] = jen.Id(spec.GoName(o.Name)).Id(source.Array(o.Value.DType, o.Value.Size()))
		}
		f.Comment("Output is the result for one sample.")
		f.Type().Id("Output").Struct(fields...)
		f.Line()
	}
	for _, o := range e.prog.Outputs {
		suffix := ""
		if !single {
			suffix = spec.GoName(o.Name)
		}
		if o.Classifier {
			e.argMax(f, suffix, o)
		}
		if len(o.Labels) > 0 {
			labels := make([]jen.Code, len(o.Labels))
			for i, l := range o.Labels {
				labels[i] = jen.Lit(l)
			}
			f.Comment(fmt.Sprintf("%sLabels are the names of the classes.", suffix))
			f.Var().Id(suffix + "Labels").Op("=").Index(jen.Op("...")).String().Values(labels...)
			f.Line()
		}
	}
}

// argMax prints the method that picks the most likely class.
func (e *API) argMax(f *jen.File, suffix string, o ir.Output) {
	if n := o.Classes(); o.Numbers() > 1 {
		f.Comment(fmt.Sprintf("ArgMax%s is the class with the greatest score at place k, 0…%d; the first of equals.", suffix, o.Numbers()-1))
		f.Func().Params(jen.Id("y").Op("*").Id("Output")).Id("ArgMax"+suffix).Params(jen.Id("k").Int()).Int().Block(
			source.Letf("scores", "y%s[%d*k:][:%d]", e.OutputField(o.Name), n, n), source.Letf("best", "0"),
			source.ForRange("i, v", "scores", jen.If(source.Exprf("v > scores[best]")).Block(source.Setf("best", "i"))),
			jen.Return(jen.Id("best")))
		f.Line()
		return
	}
	f.Comment(fmt.Sprintf("ArgMax%s is the class with the greatest score; the first of equals.", suffix))
	f.Func().Params(jen.Id("y").Op("*").Id("Output")).Id("ArgMax"+suffix).Params().Int().Block(
		source.Letf("best", "0"),
		source.ForRange("i, v", "y"+e.OutputField(o.Name), jen.If(source.Exprf("v > y%s[best]", e.OutputField(o.Name))).Block(source.Setf("best", "i"))),
		jen.Return(jen.Id("best")))
	f.Line()
}

func targetTypeOf(o ir.Output) string {
	if o.Class && o.Numbers() == 1 {
		return "int32"
	}
	return source.Array(o.Target.DType, o.Target.Size())
}

func (e *API) targetType(f *jen.File) {
	trained := e.Trained()
	if len(e.prog.Outputs) == 1 {
		o := trained[0]
		what := "Target is what the output should be."
		if e.normalized(o.Name) {
			what = "Target is what the output should be, in its units; the loss is of it normalised."
		}
		if o.Class {
			what = fmt.Sprintf("Target is the number of the right class, 0…%d.", o.Classes()-1)
			if o.Numbers() > 1 {
				what = fmt.Sprintf("Target is the numbers of the right classes, 0…%d, of every place.", o.Classes()-1)
			}
		}
		f.Comment(what)
		f.Type().Id("Target").Id(targetTypeOf(o))
		f.Line()
		return
	}
	fields := make([]jen.Code, len(trained))
	for i, o := range trained {
		fields[i] = jen.Id(spec.GoName(o.Name)).Id(targetTypeOf(o))
		if o.Class {
			fields[i] = jen.Add(fields[i]).Comment(fmt.Sprintf("class, 0…%d", o.Classes()-1))
		}
		if e.normalized(o.Name) {
			fields[i] = jen.Add(fields[i]).Comment("in its units; the loss is of it normalised")
		}
	}
	f.Comment("Target is what the outputs should be.")
	f.Type().Id("Target").Struct(fields...)
	f.Line()
}

// normalized reports whether the targets of an output are normalised for the loss.
func (e *API) normalized(output string) bool {
	return slices.ContainsFunc(e.net.Outputs, func(o spec.Output) bool { return o.Name == output && o.Normalize != nil })
}

// Slots are the fields of a phase's workspace: with rows for some samples, of some stride;
// for 0 each is a value.
func Slots(ph *plan.Phase, stride func(size int, elem ir.DType) int, samples int) []jen.Code {
	var fields []jen.Code
	for i, n := range ph.Slots {
		dims, rows := []int{stride(n, ph.Elem)}, ph.Rows(i, samples)
		if samples > 0 {
			dims = append([]int{rows}, dims...)
		}
		if room := ph.Room(i); room > 1 {
			dims = append([]int{room}, dims...)
		}
		fields = append(fields, jen.Id(fmt.Sprintf("t%d", i)).Id(source.Array(ph.Elem, dims...)))
		if gap := ph.Gap(i, rows); gap > 0 {
			fields = append(fields, jen.Id("_").Id(source.Array(ph.Elem, gap)))
		}
	}
	return fields
}

// Same is the stride of rows without gaps.
func Same(size int, _ ir.DType) int { return size }

// BatchSlots are the slots of a phase of several samples: with a row for each where they
// go layer by layer.
func (e *API) BatchSlots(ph *plan.Phase, samples int) []jen.Code {
	if !e.plan.Layerwise {
		return Slots(ph, Same, 0)
	}
	return Slots(ph, e.plan.RowStride, samples)
}

// nextState is the field of a workspace for the states after a step.
func (e *API) nextState(rows ...int) []jen.Code {
	if !e.Remembers() {
		return nil
	}
	field := jen.Id("next")
	for _, n := range rows {
		field = field.Index(jen.Lit(n))
	}
	return []jen.Code{field.Id("State")}
}

func (e *API) workspaces(f *jen.File) {
	f.Comment("Workspace holds the intermediate values of one inference. Its zero value is ready")
	f.Comment("to use; use one per goroutine.")
	f.Type().Id("Workspace").Struct(append(e.nextState(), Slots(e.plan.Infer, Same, 0)...)...)
	f.Line()
	f.Comment("BatchWorkspace is the workspace of ForwardBatch, with the same rules.")
	fields := []jen.Code{jen.Id("one").Id("Workspace")}
	if e.plan.Layerwise {
		fields = append(fields, e.nextState(e.plan.Options.Batch)...)
		fields = append(fields, e.BatchSlots(e.plan.InferBatch, e.plan.Options.Batch)...)
	}
	f.Type().Id("BatchWorkspace").Struct(fields...)
}

// WorkspaceBytes is the size of Workspace.
func (e *API) WorkspaceBytes() int {
	return e.plan.Infer.Bytes() + e.MemorySize()*plan.ElemSize(e.prog.DType)
}
