package spec

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// Canonical writes the network out as a spec with every default in place.
// Decoding it gives the same network. Comments of the source are not kept.
func (n *Network) Canonical(v *Vocabulary) []byte {
	w := canonical{v: v}
	w.line("nngen: %d", Version)
	w.line("name: %s", n.Name)
	w.line("package: %s", n.Package)
	if n.Doc != "" {
		w.line("doc: %s", text(n.Doc))
	}
	if n.License != "" {
		w.line("license: %s", text(n.License))
	}
	w.line("inputs:")
	for i := range n.Inputs {
		w.input(&n.Inputs[i])
	}
	w.line("layers:")
	for i := range n.Layers {
		w.layer(&n.Layers[i])
	}
	w.line("outputs:")
	for i := range n.Outputs {
		w.output(&n.Outputs[i])
	}
	if n.Optimizer != nil {
		w.line("optimizer: %s", w.word(n.Optimizer, OptimizerSlot))
	}
	w.line("numeric: {mode: %s, dtype: %s}", n.Numeric.Mode, n.Numeric.DType)
	w.codegen(&n.Codegen)
	return w.Bytes()
}

// canonical writes lines of YAML.
type canonical struct {
	bytes.Buffer
	v *Vocabulary
}

func (w *canonical) line(format string, args ...any) {
	fmt.Fprintf(w, format+"\n", args...)
}

func (w *canonical) input(in *Input) {
	fields := []string{"shape: " + list(in.Shape, strconv.Itoa)}
	switch m := in.Normalize; {
	case m == nil:
	case m.Fit:
		fields = append(fields, "normalize: standard")
	default:
		fields = append(fields, fmt.Sprintf("normalize: {mean: %s, std: %s}", list(m.Mean, number), list(m.Std, number)))
	}
	w.line("  %s: {%s}", in.Name, strings.Join(fields, ", "))
}

func (w *canonical) layer(l *Layer) {
	fields := []string{"name: " + l.Name}
	if len(l.From) > 0 {
		fields = append(fields, "from: ["+strings.Join(l.From, ", ")+"]")
	}
	if k := w.v.layerKind(l.Kind); k != nil {
		fields = append(fields, w.args(l.Args, k.Params)...)
	}
	w.line("  - %s: {%s}", l.Kind, strings.Join(fields, ", "))
}

func (w *canonical) output(out *Output) {
	fields := []string{"from: " + out.From}
	if len(out.Labels) > 0 {
		fields = append(fields, "labels: "+list(out.Labels, text))
	}
	if out.Loss != nil {
		fields = append(fields, "loss: "+w.word(out.Loss, LossSlot), "weight: "+number(out.Weight))
	}
	w.line("  %s: {%s}", out.Name, strings.Join(fields, ", "))
}

func (w *canonical) codegen(c *Codegen) {
	fields := []string{
		fmt.Sprintf("train: %t", c.Train), fmt.Sprintf("batch: %d", c.Batch), "unroll: " + c.Unroll,
		"simd: " + list(c.SIMD, text), "storage: " + c.Storage,
	}
	if c.Embed != "" {
		fields = append(fields, "embed: "+text(c.Embed))
	}
	fields = append(fields, fmt.Sprintf("standalone: %t", c.Standalone), "skip_zeros: "+text(c.SkipZeros))
	w.line("codegen: {%s}", strings.Join(fields, ", "))
}

// word writes a word of a table: alone if it has no fields.
func (w *canonical) word(n *Named, slot Slot) string {
	k, _ := find(w.v.Table(slot), n.Name)
	if k == nil || len(n.Args) == 0 {
		return n.Name
	}
	return fmt.Sprintf("{%s: {%s}}", n.Name, strings.Join(w.args(n.Args, k.Params), ", "))
}

// args writes fields in the order of their table.
func (w *canonical) args(a Args, params []Param) []string {
	var fields []string
	for i := range params {
		if p := &params[i]; a.Has(p.Name) {
			fields = append(fields, p.Name+": "+w.value(a[p.Name].Value, p))
		}
	}
	return fields
}

// value writes the value of a field.
func (w *canonical) value(x any, p *Param) string {
	switch x := x.(type) {
	case float64:
		return number(x)
	case string:
		return text(x)
	case []float64:
		return list(x, number)
	case []string:
		return list(x, text)
	case *Named:
		return w.word(x, p.Slot)
	case Args:
		return "{" + strings.Join(w.args(x, p.Fields), ", ") + "}"
	}
	return fmt.Sprint(x)
}

func list[T any](xs []T, write func(T) string) string {
	items := make([]string, len(xs))
	for i, x := range xs {
		items[i] = write(x)
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// number writes the shortest decimal that reads as the same number.
func number(x float64) string {
	if a := math.Abs(x); a != 0 && (a < 1e-4 || a >= 1e15) {
		return strconv.FormatFloat(x, 'e', -1, 64)
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

// text writes text: bare if it is a plain word, else in double quotes.
func text(s string) string {
	if n := (yaml.Node{Kind: yaml.ScalarNode, Value: s}); isNameText(s) && n.ShortTag() == "!!str" && !yaml11Bool(s) {
		return s
	}
	return quoteYAML(s)
}

// yaml11Bool reports words that older YAML parsers read as booleans.
func yaml11Bool(s string) bool {
	return slices.Contains([]string{"y", "n", "yes", "no", "on", "off"}, s)
}

// quoteYAML writes a double-quoted scalar on one line.
func quoteYAML(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case strconv.IsPrint(r):
			b.WriteRune(r)
		case r <= 0xFFFF:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
