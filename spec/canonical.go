package spec

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Canonical writes the network out as a spec with every default in place.
// Decoding it gives the same network. Comments of the source are not kept;
// Format keeps them.
func (n *Network) Canonical(v *Vocabulary) []byte { return n.canonical(v, nil) }

// canonical writes the spec with remarks, lines of comments, above the parts
// that they belong to.
func (n *Network) canonical(v *Vocabulary, remarks map[part][]string) []byte {
	w := canonical{v: v, remarks: remarks}
	w.remark(part{"top", 0}, 0)
	w.text("nngen", strconv.Itoa(Version))
	w.text("name", bare(n.Name))
	w.text("package", bare(n.Package))
	w.text("doc", text(n.Doc))
	w.text("license", text(n.License))
	w.heading("inputs")
	for i := range n.Inputs {
		w.input(i, &n.Inputs[i])
	}
	w.heading("layers")
	for i := range n.Layers {
		w.layer(i, &n.Layers[i])
	}
	w.heading("outputs")
	for i := range n.Outputs {
		w.output(i, &n.Outputs[i])
	}
	if n.Optimizer != nil {
		w.remark(part{"optimizer", 0}, 0)
		if one := "optimizer: " + w.word(n.Optimizer, OptimizerSlot); len(one) <= lineLength {
			w.line("%s", one)
		} else {
			k, _ := find(v.Table(OptimizerSlot), n.Optimizer.Name)
			w.line("optimizer:")
			w.entry("  "+n.Optimizer.Name, "    ", w.args(n.Optimizer.Args, k.Params))
		}
	}
	w.remark(part{"numeric", 0}, 0)
	w.line("numeric: {mode: %s, dtype: %s}", n.Numeric.Mode, n.Numeric.DType)
	w.remark(part{"codegen", 0}, 0)
	w.codegen(&n.Codegen)
	w.remark(part{"budget", 0}, 0)
	if fields := w.args(n.Budget, budgetParams); len(fields) > 0 {
		w.entry("budget", "  ", fields)
	}
	return w.Bytes()
}

// part is a part of a spec that stands in lines of its own: a key of the top,
// or one of the inputs, layers or outputs.
type part struct {
	key   string
	index int
}

// lineLength is what a line holds, if what it says can be broken.
const lineLength = 100

// canonical writes lines of YAML.
type canonical struct {
	bytes.Buffer
	v       *Vocabulary
	remarks map[part][]string
}

func (w *canonical) line(format string, args ...any) {
	fmt.Fprintf(w, format+"\n", args...)
}

// remark writes the comments of a part.
func (w *canonical) remark(p part, indent int) {
	for _, c := range w.remarks[p] {
		w.line("%s%s", strings.Repeat(" ", indent), c)
	}
}

// text writes a key with a value; without one, the comments alone.
func (w *canonical) text(key, value string) {
	w.remark(part{key, 0}, 0)
	if value != "" && value != `""` {
		w.line("%s: %s", key, value)
	}
}

func (w *canonical) heading(key string) {
	w.remark(part{key, -1}, 0)
	w.line("%s:", key)
}

// entry writes a word with its fields: in one line, or, where that is too long,
// a line for each.
func (w *canonical) entry(head, indent string, fields []string) {
	if one := head + ": {" + strings.Join(fields, ", ") + "}"; len(one) <= lineLength && !strings.Contains(one, "\n") {
		w.line("%s", one)
		return
	}
	w.line("%s:", head)
	for _, f := range fields {
		w.line("%s%s", indent, wrap(f, indent+"  "))
	}
}

// wrap breaks a field that is a list into lines.
func wrap(field, indent string) string {
	if len(indent)+len(field) <= lineLength || strings.Contains(field, "\n") || !strings.HasSuffix(field, "]") || strings.ContainsAny(field, `"{`) {
		return field
	}
	var b strings.Builder
	width := len(indent)
	for i, item := range strings.SplitAfter(field, ", ") {
		if width += len(item); i > 0 && width > lineLength {
			b.WriteString("\n" + indent)
			width = len(indent) + len(item)
		}
		b.WriteString(item)
	}
	return strings.ReplaceAll(b.String(), ", \n", ",\n")
}

func (w *canonical) input(i int, in *Input) {
	fields := []string{"shape: " + list(in.Shape, strconv.Itoa)}
	if in.Columns != nil {
		fields[0] = "columns:" + w.columns(in.Columns)
	}
	if in.ChannelsLast {
		fields = append(fields, "layout: hwc")
	}
	if in.Bytes {
		fields = append(fields, "dtype: uint8")
	}
	fields = append(fields, w.normalize(in.Normalize)...)
	if in.Context > 0 {
		fields = append(fields, fmt.Sprintf("context: %d", in.Context))
	}
	w.remark(part{"inputs", i}, 2)
	w.entry("  "+bare(in.Name), "    ", fields)
}

// normalize writes how a port is scaled, if it is.
func (w *canonical) normalize(m *Normalize) []string {
	switch {
	case m == nil:
		return nil
	case m.Fit:
		return []string{"normalize: standard"}
	}
	mean, std := "mean: "+list(m.Mean, number), "std: "+list(m.Std, number)
	one := "normalize: {" + mean + ", " + std + "}"
	if len(one) > lineLength {
		one = "normalize:\n      " + wrap(mean, "        ") + "\n      " + wrap(std, "        ")
	}
	return []string{one}
}

func (w *canonical) layer(i int, l *Layer) {
	fields := []string{"name: " + bare(l.Name)}
	if len(l.From) > 0 {
		fields = append(fields, "from: "+list(l.From, bare))
	}
	if k := w.v.layerKind(l.Kind); k != nil {
		fields = append(fields, w.args(l.Args, k.Params)...)
	}
	w.remark(part{"layers", i}, 2)
	w.entry("  - "+l.Kind, "      ", fields)
}

func (w *canonical) output(i int, out *Output) {
	fields := []string{"from: " + bare(out.From)}
	if len(out.Labels) > 0 {
		fields = append(fields, "labels: "+list(out.Labels, text))
	}
	fields = append(fields, w.normalize(out.Normalize)...)
	if out.Lengths != "" {
		fields = append(fields, "lengths: "+bare(out.Lengths))
	}
	if out.Loss != nil {
		fields = append(fields, "loss: "+w.word(out.Loss, LossSlot), "weight: "+number(out.Weight))
	}
	w.remark(part{"outputs", i}, 2)
	w.entry("  "+bare(out.Name), "    ", fields)
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
	w.entry("codegen", "  ", fields)
}

// word writes a word of a table: alone if it has no fields.
func (w *canonical) word(n *Named, slot Slot) string {
	k, _ := find(w.v.Table(slot), n.Name)
	if k == nil || len(n.Args) == 0 {
		return n.Name
	}
	return fmt.Sprintf("{%s: {%s}}", n.Name, strings.Join(w.args(n.Args, k.Params), ", "))
}

// args writes fields in the order of their table, without defaults that follow
// from another field.
func (w *canonical) args(a Args, params []Param) []string {
	var fields []string
	for i := range params {
		if p := &params[i]; a.Has(p.Name) && (a[p.Name].Set || !a.Has(p.Unless) || a[p.Unless].Value == false) {
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
	if isNameText(s) && !slices.Contains(noText, s) {
		return s
	}
	return QuoteYAML(s)
}

// bare writes a name, which is a word in itself but for one.
func bare(name string) string {
	if name == "null" {
		return QuoteYAML(name)
	}
	return name
}

// noText are words that parsers of YAML, old ones too, read as null or a truth.
var noText = []string{"null", "true", "false", "y", "n", "yes", "no", "on", "off"}

// QuoteYAML writes a text as a double-quoted scalar of YAML on one line.
func QuoteYAML(s string) string {
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
