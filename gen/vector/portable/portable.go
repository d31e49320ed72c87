// Package portable prints functions in the form of package vector as Go, one
// number at a time. A choice becomes an if statement, and what only one side
// needs is computed there.
package portable

import (
	"fmt"
	"go/format"
	"math"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/gen/vector"
)

// File is a Go file of package nnrt with functions and the tables they read.
func File(head string, functions []*vector.Function) ([]byte, error) {
	var b strings.Builder
	b.WriteString(head + "\n\npackage nnrt\n\nimport \"math\"\n")
	printed := map[*vector.Table]bool{}
	for _, f := range functions {
		p := newPrinter(f)
		b.WriteString("\n" + p.function())
		for _, t := range p.tables {
			if !printed[t] {
				printed[t] = true
				b.WriteString("\n" + table(t))
			}
		}
	}
	out, err := format.Source([]byte(b.String()))
	if err != nil {
		return nil, fmt.Errorf("internal error: portable: %w in\n%s", err, b.String())
	}
	return out, nil
}

// printer prints one function.
type printer struct {
	*regions
	f      *vector.Function
	lines  []string
	pre    []string // what must stand before the statement at hand
	consts []string // declarations
	known  map[string]string
	tables []*vector.Table

	scopes  []map[string]*vector.Value // who has the Go names, block by block
	names   map[*vector.Value]string
	emitted map[*vector.Value]bool
}

func newPrinter(f *vector.Function) *printer {
	p := &printer{regions: analyse(f.Program().Merged()), f: f, known: map[string]string{}, scopes: []map[string]*vector.Value{{}},
		names: map[*vector.Value]string{}, emitted: map[*vector.Value]bool{}}
	for _, in := range p.prog.Inputs {
		p.names[in], p.scopes[0][in.Name], p.emitted[in] = in.Name, in, true
	}
	for _, v := range p.prog.Values { // no variable takes a constant's name
		if v.Op == vector.OpConst && p.at[v] != nil {
			p.constant(v)
		}
	}
	return p
}

func (p *printer) line(format string, args ...any) {
	p.lines = append(p.lines, fmt.Sprintf(format, args...))
}

// statement is a line after what it needs before it.
func (p *printer) statement(format string, args ...any) {
	p.lines = append(p.lines, p.pre...)
	p.pre = nil
	p.line(format, args...)
}

// function prints the function.
func (p *printer) function() string {
	p.into(p.root, p.prog.Results[0], "")
	var b strings.Builder
	for _, d := range p.f.Doc {
		b.WriteString(strings.TrimRight("// "+d, " ") + "\n")
	}
	params := make([]string, len(p.prog.Inputs))
	for i, in := range p.prog.Inputs {
		params[i] = in.Name
		if i == len(params)-1 || goType(in) != goType(p.prog.Inputs[i+1]) {
			params[i] += " " + goType(in)
		}
	}
	fmt.Fprintf(&b, "func %s(%s) %s {\n", p.f.Name, strings.Join(params, ", "), goType(p.prog.Results[0]))
	switch len(p.consts) {
	case 0:
	case 1:
		b.WriteString("const " + p.consts[0] + "\n")
	default:
		b.WriteString("const (\n" + strings.Join(p.consts, "\n") + "\n)\n")
	}
	b.WriteString(strings.Join(p.lines, "\n") + "\n}\n")
	return b.String()
}

func goType(v *vector.Value) string {
	return map[vector.Type]string{
		vector.Float: fmt.Sprint("float", 8*v.Bytes), vector.Uint: fmt.Sprint("uint", 8*v.Bytes), vector.Int: "int32", vector.Mask: "bool",
	}[v.Type]
}

// into prints a region and gives its value to a variable, or returns it.
func (p *printer) into(r *region, v *vector.Value, to string) {
	for _, w := range r.values {
		p.need(w, r)
	}
	if g := p.group[v]; g != nil && g.home == r && p.tail(v, r) {
		p.choose(g, v, to)
		return
	}
	x := p.expr(v)
	if to == "" {
		p.statement("return %s", x)
	} else {
		p.statement("%s = %s", to, x)
	}
}

// choose prints the last choice of a region.
func (p *printer) choose(g *group, v *vector.Value, to string) {
	yes, no := v.Args[1], v.Args[2]
	if v.Doc != "" {
		p.comment(v.Doc)
	}
	switch {
	case to == "" && p.simple(g.no, no) && !p.simple(g.yes, yes):
		p.statement("if %s {", p.contrary(g.condition))
		p.block(func() { p.into(g.no, no, to) })
		p.line("}")
		p.into(g.yes, yes, to)
	case to == "":
		p.statement("if %s {", p.expr(g.condition))
		p.block(func() { p.into(g.yes, yes, to) })
		p.line("}")
		p.into(g.no, no, to)
	default:
		p.statement("if %s {", p.expr(g.condition))
		p.block(func() { p.into(g.yes, yes, to) })
		p.otherwise(func() { p.into(g.no, no, to) })
	}
	p.emitted[v] = true
}

// otherwise prints the else of an if statement: else if, where there is nothing
// but another one.
func (p *printer) otherwise(print func()) {
	before := p.lines
	p.lines = nil
	p.block(print)
	if len(p.lines) == 0 {
		p.lines = append(before, "}")
		return
	}
	if n := len(p.lines); strings.HasPrefix(p.lines[0], "if ") && p.lines[n-1] == "}" && closes(p.lines) == n-1 {
		p.lines[0] = "} else " + p.lines[0]
		p.lines = append(before, p.lines...)
		return
	}
	p.lines = append(append(append(before, "} else {"), p.lines...), "}")
}

// block prints a block, whose names are its own.
func (p *printer) block(print func()) {
	p.scopes = append(p.scopes, map[string]*vector.Value{})
	print()
	p.scopes = p.scopes[:len(p.scopes)-1]
}

// holder is who has a Go name, and the block where it is declared.
func (p *printer) holder(name string) (v *vector.Value, scope map[string]*vector.Value) {
	for _, s := range slices.Backward(p.scopes) {
		if v, ok := s[name]; ok {
			return v, s
		}
	}
	return nil, nil
}

// row is the variable of the row that a lookup reads, if there is one.
func (p *printer) row(lookup *vector.Value) string {
	for _, s := range p.scopes {
		for name, v := range s {
			if v.Op == vector.OpLookup && v.Name == lookup.Table.Row && v.Table == lookup.Table && v.Args[0] == lookup.Args[0] {
				return name
			}
		}
	}
	return ""
}

// closes is the line at which the block that the first line opens ends.
func closes(lines []string) int {
	depth := 0
	for i, l := range lines {
		if strings.HasPrefix(l, "}") {
			depth--
		}
		if depth == 0 && i > 0 {
			if !strings.HasSuffix(l, "{") {
				return i
			}
		}
		if strings.HasSuffix(l, "{") {
			depth++
		}
	}
	return -1
}

// simple reports whether a side of a choice is an expression.
func (p *printer) simple(r *region, v *vector.Value) bool {
	return len(r.values) == 0 && v.Op != vector.OpChoose
}

// need prints what a value of region r needs, and itself if it is a variable
// there.
func (p *printer) need(v *vector.Value, r *region) {
	if p.emitted[v] || !p.at[v].within(r) {
		return
	}
	g := p.group[v]
	if g == nil || g.home != r {
		for _, a := range v.Args {
			p.need(a, r)
		}
		if p.at[v] == r && !p.inlined(v) && g == nil {
			p.variable(v)
		}
		return
	}
	if p.tail(v, r) {
		return
	}
	for _, m := range g.members {
		for _, a := range m.Args {
			p.need(a, r)
		}
	}
	p.choices(g)
}

// tail reports whether a value is what its region gives, by a choice.
func (p *printer) tail(v *vector.Value, r *region) bool {
	return p.uses(v) == 1 && r.gives == v && len(p.group[v].members) == 1
}

// variable prints a value as a variable.
func (p *printer) variable(v *vector.Value) {
	sign := map[vector.Op]string{vector.OpAdd: " +=", vector.OpSub: " -="}[v.Op]
	step := sign != "" && v.Name != "" && p.names[v.Args[0]] == v.Name
	x := ""
	if step {
		x = p.expr(v.Args[1])
	} else {
		x = p.expr(v)
	}
	name, again := p.name(v)
	after := ""
	if v.Doc != "" && !strings.Contains(v.Doc, "\n") && len(v.Doc) < 40 {
		after = " // " + v.Doc
	} else if v.Doc != "" {
		p.comment(v.Doc)
	}
	switch {
	case step && again:
		p.statement("%s%s %s%s", name, sign, x, after)
	case step:
		p.statement("%s := %s%s%s%s", name, p.names[v.Args[0]], sign[:2], x, after)
	case again:
		p.statement("%s = %s%s", name, x, after)
	default:
		p.statement("%s := %s%s", name, x, after)
	}
}

// choices prints a group of choices by the same condition, each a variable.
func (p *printer) choices(g *group) {
	short := true
	for _, m := range g.members {
		short = short && p.simple(g.no, m.Args[2]) && p.plain(m.Args[2])
	}
	var names []string
	for i, m := range g.members {
		x := ""
		if short {
			x = p.expr(m.Args[2])
		}
		name := p.fresh(m)
		names = append(names, name)
		last := len(p.lines) - 1
		switch {
		case !short && i > 0 && strings.HasPrefix(p.lines[last], "var ") && goType(m) == goType(g.members[i-1]):
			p.lines[last] = strings.Replace(p.lines[last], " "+goType(m), ", "+name+" "+goType(m), 1)
		case !short || zero(m.Args[2]):
			p.statement("var %s %s", name, goType(m))
		case m.Args[2].Op == vector.OpConst:
			p.statement("%s := %s(%s)", name, goType(m), x)
		default:
			p.statement("%s := %s", name, x)
		}
	}
	for _, m := range g.members {
		if m.Doc != "" {
			p.comment(m.Doc)
		}
	}
	p.statement("if %s {", p.expr(g.condition))
	side := func(r *region, i int) {
		for k, m := range g.members {
			last := k == len(g.members)-1
			switch {
			case zero(m.Args[i]) && !short: // as declared
			case last:
				p.into(r, m.Args[i], names[k])
			default:
				for _, w := range r.values {
					p.need(w, r)
				}
				p.statement("%s = %s", names[k], p.expr(m.Args[i]))
			}
		}
	}
	p.block(func() { side(g.yes, 1) })
	if short {
		p.line("}")
	} else {
		p.otherwise(func() { side(g.no, 2) })
	}
	for k, m := range g.members {
		p.names[m], p.emitted[m] = names[k], true
	}
}

// zero reports whether a value is what a variable begins with.
func zero(v *vector.Value) bool { return v.Op == vector.OpConst && v.Bits == 0 }

// plain reports whether a value can be written anywhere at no cost.
func (p *printer) plain(v *vector.Value) bool {
	return v.Op == vector.OpConst || p.names[v] != ""
}

func (p *printer) comment(doc string) {
	for _, l := range strings.Split(doc, "\n") {
		p.pre = append(p.pre, "// "+l)
	}
}

// name gives a value a Go name: that of a value that is no longer needed, if it
// is the same, which is then assigned again.
func (p *printer) name(v *vector.Value) (name string, again bool) {
	if h, scope := p.holder(v.Name); h != nil && goType(h) == goType(v) && p.dead(h, v) {
		scope[v.Name], name, again = v, v.Name, true
	} else {
		name = p.fresh(v)
	}
	p.names[v], p.emitted[v] = name, true
	return name, again
}

// fresh is a name that nobody has.
func (p *printer) fresh(v *vector.Value) string {
	base := v.Name
	if base == "" {
		base = "t"
	}
	name := base
	for i := 1; ; i++ {
		if h, _ := p.holder(name); h == nil && p.known[name] == "" {
			break
		}
		name = fmt.Sprint(base, i)
	}
	p.scopes[len(p.scopes)-1][name] = v
	return name
}

// dead reports whether nobody but user reads a value from now on.
func (p *printer) dead(v, user *vector.Value) bool {
	if v == p.prog.Results[0] {
		return false
	}
	for _, u := range p.users[v] {
		if u != user && !p.emitted[u] && !(p.inlined(u) && p.dead(u, user)) {
			return false
		}
	}
	return true
}

// table prints a table.
func table(t *vector.Table) string {
	var b strings.Builder
	for _, d := range t.Doc {
		b.WriteString("// " + d + "\n")
	}
	number := func(column, row int) string {
		bits := t.Columns[column][row]
		if t.Types != nil && t.Types[column] == vector.Uint {
			return fmt.Sprintf("%#x", bits)
		}
		return literal(float64(math.Float32frombits(uint32(bits))), 4)
	}
	if t.Fields == nil {
		fmt.Fprintf(&b, "var %s = [8][%d]float32{\n", t.Name, len(t.Columns))
	} else {
		fmt.Fprintf(&b, "var %s = [8]struct {\n", t.Name)
		for i, f := range t.Fields {
			fmt.Fprintf(&b, "%s %s\n", f, map[vector.Type]string{vector.Float: "float32", vector.Uint: "uint32"}[t.Types[i]])
		}
		b.WriteString("}{\n")
	}
	for row := range 8 {
		cells := make([]string, len(t.Columns))
		for column := range cells {
			cells[column] = number(column, row)
		}
		fmt.Fprintf(&b, "{%s},", strings.Join(cells, ", "))
		if t.Notes[row] != "" {
			b.WriteString(" // " + t.Notes[row])
		}
		b.WriteString("\n")
	}
	return b.String() + "}\n"
}
