package ir

import (
	"fmt"
	"strings"
)

// String prints the value: name, type and shape; B stands for the batch.
func (v *Value) String() string { return fmt.Sprintf("%%%d", v.ID) }

// Describe prints the value with its kind, type and shape.
func (v *Value) Describe() string {
	dims := make([]string, 0, 3)
	if v.Batch {
		dims = append(dims, "B")
	}
	for _, d := range v.Shape {
		dims = append(dims, fmt.Sprint(d))
	}
	return fmt.Sprintf("%s %s[%s] %s %q", v, v.DType, strings.Join(dims, ","), v.Kind, v.Name)
}

func list(vs []*Value) string {
	s := make([]string, len(vs))
	for i, v := range vs {
		s[i] = v.String()
	}
	return strings.Join(s, ", ")
}

func named(vs []*Value, names []string) string {
	s := make([]string, len(vs))
	for i, v := range vs {
		s[i] = names[i] + "=" + v.String()
	}
	return strings.Join(s, ", ")
}

func line(o Op, format string, args ...any) string {
	return list(o.Outs()) + " = " + fmt.Sprintf(format, args...)
}

func (o *RankOne) String() string {
	return line(o, "rank_one %q (%s)", o.Layer, list(o.Ins()))
}
func (o *Map) String() string {
	return line(o, "map %q (%s) {%s}", o.Doc, named(o.In, o.InNames), o.Prog)
}
func (o *Reduce) String() string {
	when := ""
	if o.When != nil {
		when = fmt.Sprintf(" when %s", o.When)
	}
	return line(o, "reduce_%s %q (%s) {%s}%s", o.Kind, o.Doc, named(o.In, o.InNames), o.Prog, when)
}
func (o *Concat) String() string { return line(o, "concat(%s)", list(o.Xs)) }
func (o *Slice) String() string {
	return line(o, "slice(%s)[%d:%d]", o.X, o.From, o.From+o.Y.Size())
}
func (o *Gather) String() string { return line(o, "gather(%s)[%s]", o.X, o.T) }
func (o *OneHot) String() string { return line(o, "one_hot(%s)", o.T) }
func (o *Random) String() string { return line(o, "%s(rate=%g, layer=%d)", o.Purpose, o.Rate, o.Layer) }

// String prints the function, one operation per line.
func (f *Func) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "func %s -> %s {\n", f.Name, list(f.Results))
	for _, op := range f.Ops {
		fmt.Fprintf(&b, "\t%s\n", op)
	}
	b.WriteString("}\n")
	return b.String()
}

// Funcs returns the functions the program has, in order.
func (p *Program) Funcs() []*Func {
	var fs []*Func
	for _, f := range []*Func{p.Infer, p.Gradients, p.Evaluate, p.Update, p.StepOne, p.Penalty} {
		if f != nil {
			fs = append(fs, f)
		}
	}
	return fs
}

// String prints the program: its values that are not temporaries, then its
// functions.
func (p *Program) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "program %s %s %s\n", p.Name, p.DType, p.Mode)
	for _, v := range p.Values {
		if v.Kind != Temp {
			fmt.Fprintf(&b, "%s\n", v.Describe())
		}
	}
	for _, f := range p.Funcs() {
		b.WriteString(f.String())
	}
	return b.String()
}
