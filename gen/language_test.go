package gen

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// manual writes docs/language.md.
type manual struct{ strings.Builder }

func (m *manual) line(format string, args ...any) { fmt.Fprintf(m, format+"\n", args...) }

const languageHead = `<!-- Written by "go test ./gen -run TestDocs -update" from the tables of gen/op and spec. Do not edit. -->

# The language

A network is a YAML (or JSON) file. Everything the language knows is on this page; an editor that reads
[nngen.schema.json](nngen.schema.json) completes and checks it while you type. An example:

` + "```yaml\n%s```" + `

A word with fields is written in one of three ways: alone, if no field is required; with its fields in braces; or,
where a field is marked *short*, with the value of that field in place of the braces:

` + "```yaml" + `
activation: relu
activation: {leaky_relu: {negative_slope: 0.2}}
kernel_regularizer: {l1: 1.0e-4}                       # short for {l1: {lambda: 1.0e-4}}
kernel_regularizer: {l1: 1.0e-4, method: proximal}     # short, with another field beside it
` + "```" + `

Unknown keys, duplicate keys, and values of the wrong type are errors. Names start with a letter a–z and go on with
a–z, 0–9 and _; they have at most %d bytes. A network has at most %d layers and %.0f parameters.

**Formulas.** x is what a layer reads, y its result, d· the gradient of the loss by ·. The lines in code blocks are the
very programs that are compiled: assignments of scalars, per element. ` + "`select(c, a, b)`" + ` is a if c holds, else b;
` + "`expm1(x)`" + ` is exp(x) − 1 and ` + "`log1p(x)`" + ` is log(1 + x), both accurate near 0; ` + "`sigmoid(x)`" + ` is 1/(1 + exp(−x)).
Fields stand in them by their names. Errors are those of float32 arithmetic against float64, as the tests measure them;
2⁻²⁴ is half a unit in the last place of numbers in [1, 2).
`

// languagePage is the reference of the language.
func languagePage(example string, schema schemaDoc) string {
	m := &manual{}
	m.line(languageHead, example, spec.MaxNameLen, spec.MaxLayers, op.MaxParams)
	m.keys(schema)
	table(m, "Layers", "Every layer also takes `name` (its kind and a running number if absent) and `from`, the names of the inputs or layers\nit reads (the layer above if absent). Every activation is a layer, too.", op.Layers(), m.layer)
	table(m, "Activations", "", op.Activations(), m.activation)
	table(m, "Losses", "The loss of a batch is the mean (or the sum) of l, p the prediction and t the target; s is the weight of the output,\ndivided by what the mean runs over.", op.Losses(), m.loss)
	table(m, "Optimisers", "The learning rate lr of step n = 1, 2, … is learning_rate times the factor of the schedule; g is the gradient, w the parameter.\nA step is: gradient of the loss, subgradients of the regularisers, clipping, optimiser, proximal steps.", op.Optimizers(), m.optimizer)
	table(m, "Schedules", "The factor of the learning rate at t = 0, 1, …, the number of steps made.", op.Schedules(), func(r *op.Schedule) { m.kind(r.Kind) })
	table(m, "Clipping", "", op.Clips(), func(r *op.Clip) {
		m.kind(r.Kind)
		m.code(r.Value, r.Norm)
	})
	table(m, "Regularisers", "", op.Regularizers(), m.regularizer)
	table(m, "Initialisers", "u is uniform in [0, 1), z standard normal, tz standard normal cut off at ±2; fan_in and fan_out count a unit's connections.", op.Initializers(), m.initializer)
	return strings.TrimRight(m.String(), "\n") + "\n"
}

// table writes the rows of a table of the vocabulary.
func table[T any](m *manual, title, intro string, rows []T, write func(*T)) {
	m.line("## %s\n", title)
	if intro != "" {
		m.line("%s\n", intro)
	}
	for i := range rows {
		write(&rows[i])
	}
}

func (m *manual) layer(r *op.Layer) {
	m.kind(r.Kind)
	switch {
	case r.NoFrom:
		m.line("Reads nothing: it takes no `from`.\n")
	case r.MinFrom > 1 && r.MinFrom == r.MaxFrom:
		m.line("Reads %d sources.\n", r.MinFrom)
	case r.MinFrom > 1:
		m.line("Reads %d to %d sources.\n", r.MinFrom, r.MaxFrom)
	}
}

// kind writes what every word has: aliases, documentation and fields.
func (m *manual) kind(k spec.Kind) {
	m.line("### %s\n", k.Name)
	if len(k.Aliases) > 0 {
		m.line("Also: %s.\n", strings.Join(k.Aliases, ", "))
	}
	m.line("%s\n", k.Doc)
	m.fields(k.Params)
}

func (m *manual) fields(params []spec.Param) {
	if len(params) == 0 {
		return
	}
	m.line("| field | value | default | meaning |\n| --- | --- | --- | --- |")
	m.rows("", params)
	m.line("")
}

func (m *manual) rows(prefix string, params []spec.Param) {
	for i := range params {
		p := &params[i]
		doc := strings.TrimSuffix(p.Doc, ".")
		if p.Short {
			doc += "; *short*"
		}
		if p.With != "" {
			doc += "; only with " + prefix + p.With
		}
		if len(p.OneOf) > 0 {
			doc += "; exactly one of " + strings.Join(p.OneOf, ", ")
		}
		m.line("| %s | %s | %s | %s |", prefix+p.Name, cell(valueOf(p)), defaultOf(p), cell(doc))
		m.rows(prefix+p.Name+": ", p.Fields)
	}
}

// cell escapes what would end the cell of a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// slots are the headings of the tables that a field's word comes from.
var slots = map[spec.Slot]string{
	spec.ActivationSlot: "activations", spec.LossSlot: "losses", spec.OptimizerSlot: "optimisers", spec.ScheduleSlot: "schedules",
	spec.ClipSlot: "clipping", spec.RegularizerSlot: "regularisers", spec.InitializerSlot: "initialisers",
}

// valueOf says what a field may hold.
func valueOf(p *spec.Param) string {
	switch p.Type {
	case spec.Number, spec.NumberList:
		return pick(p.Type == spec.NumberList, "number or list", "number") + interval(p.Range)
	case spec.Integer:
		return "whole number" + interval(p.Range)
	case spec.Bool:
		return "true, false"
	case spec.Text:
		return pick(p.File, "file", "text")
	case spec.Enum:
		return strings.Join(p.Enum, ", ")
	case spec.EnumOrNumbers:
		return strings.Join(p.Enum, ", ") + pick(p.ByLabel, ", number, list or map of labels", ", number or list") + interval(p.Range)
	case spec.EnumList:
		return "one or a list of " + strings.Join(p.Enum, ", ")
	case spec.Word:
		return fmt.Sprintf("[%s](#%s)", p.Slot, slots[p.Slot])
	}
	return "map"
}

func pick(cond bool, a, b string) string {
	if cond {
		return a
	}
	return b
}

// interval writes a range: in (0, 1], ≥ 0.
func interval(r *spec.Range) string {
	switch {
	case r == nil:
		return ""
	case math.IsInf(r.Max, 1):
		return pick(r.MinOpen, " > ", " ≥ ") + number(r.Min)
	case math.IsInf(r.Min, -1):
		return pick(r.MaxOpen, " < ", " ≤ ") + number(r.Max)
	}
	return fmt.Sprintf(" in %s%s, %s%s", pick(r.MinOpen, "(", "["), number(r.Min), number(r.Max), pick(r.MaxOpen, ")", "]"))
}

func number(x float64) string {
	switch {
	case x == 1<<53:
		return "2⁵³"
	case x == math.Trunc(x) && math.Abs(x) < 1e15:
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

func defaultOf(p *spec.Param) string {
	switch x := p.Default.(type) {
	case nil:
		return pick(p.Required, "*required*", "")
	case float64:
		return number(x)
	case *spec.Named:
		return x.Name
	}
	return fmt.Sprint(p.Default)
}
