package portable

import (
	"fmt"
	"strings"

	"github.com/nngen-go/nngen/gen/vector"
)

// printer prints one function.
type printer struct {
	*regions
	f      *vector.Function
	out    []stmt   // of the block at hand
	pre    []stmt   // what must stand before the statement at hand
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

// stmt is a line of Go, or an if statement.
type stmt struct {
	line     string // or the condition
	isIf     bool
	yes, no  []stmt
	declares bool   // a variable with what it begins with
	guard    string // a condition without which that of the if does not hold
}

// statement adds a line after what it needs before it.
func (p *printer) statement(format string, args ...any) {
	p.out = append(append(p.out, p.pre...), stmt{line: fmt.Sprintf(format, args...)})
	p.pre = nil
}

// branch adds the if statement of a choice; no may be nil.
func (p *printer) branch(choice *vector.Value, condition string, yes, no func()) {
	p.out = append(p.out, p.pre...)
	p.pre = nil
	s := stmt{line: condition, isIf: true, yes: p.block(yes), guard: p.beyond(choice.Rare)}
	if no != nil {
		s.no = p.block(no)
	}
	p.out = append(p.out, s)
}

// declare adds the declaration of a variable.
func (p *printer) declare(format string, args ...any) {
	p.statement(format, args...)
	p.out[len(p.out)-1].declares = true
}

// guarded puts if statements that follow each other and have the same guard
// under an if statement of that; what they declare in between comes before.
func guarded(block []stmt) (out []stmt) {
	for i := 0; i < len(block); i++ {
		var declared, between, under []stmt
		end := i
		for k := i; k < len(block) && block[i].guard != "" && (block[k].declares || block[k].guard == block[i].guard); k++ {
			if block[k].declares {
				between = append(between, block[k])
			} else {
				declared, between = append(declared, between...), nil
				under, end = append(under, block[k]), k
			}
		}
		if len(under) < 2 {
			out = append(out, block[i])
			continue
		}
		out = append(out, declared...)
		out = append(out, stmt{line: block[i].guard, isIf: true, yes: under})
		i = end
	}
	return out
}

// block makes a block, whose names are its own.
func (p *printer) block(print func()) []stmt {
	before := p.out
	p.out = nil
	p.scopes = append(p.scopes, map[string]*vector.Value{})
	print()
	p.scopes = p.scopes[:len(p.scopes)-1]
	made := p.out
	p.out = before
	return guarded(made)
}

// write writes statements; else if, where there is nothing else in an else.
func write(b *strings.Builder, statements []stmt) {
	for _, s := range statements {
		for s.isIf {
			fmt.Fprintf(b, "if %s {\n", s.line)
			write(b, s.yes)
			if len(s.no) == 0 {
				s.line = "}"
				break
			}
			b.WriteString("} else ")
			if len(s.no) > 1 || !s.no[0].isIf {
				b.WriteString("{\n")
				write(b, s.no)
				s.line = "}"
				break
			}
			s = s.no[0]
		}
		b.WriteString(s.line + "\n")
	}
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
	write(&b, guarded(p.out))
	b.WriteString("}\n")
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
		p.branch(v, p.contrary(g.condition), func() { p.into(g.no, no, to) }, nil)
		p.into(g.yes, yes, to)
	case to == "":
		p.branch(v, p.expr(g.condition), func() { p.into(g.yes, yes, to) }, nil)
		p.into(g.no, no, to)
	default:
		p.branch(v, p.expr(g.condition), func() { p.into(g.yes, yes, to) }, func() { p.into(g.no, no, to) })
	}
	p.emitted[v] = true
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
	short := true // the variables begin with what no gives
	for _, m := range g.members {
		short = short && p.simple(g.no, m.Args[2]) && p.plain(m.Args[2])
	}
	var names, types []string
	zeros := map[string][]string{} // by type
	for _, m := range g.members {
		typ := goType(m)
		name := ""
		switch no := m.Args[2]; {
		case !short || zero(no):
			name = p.fresh(m)
			if zeros[typ] = append(zeros[typ], name); len(zeros[typ]) == 1 {
				types = append(types, typ)
			}
		case no.Op == vector.OpConst:
			x := p.expr(no)
			name = p.fresh(m)
			p.declare("%s := %s(%s)", name, typ, x)
		default:
			x := p.expr(no)
			name = p.fresh(m)
			p.declare("%s := %s", name, x)
		}
		names = append(names, name)
	}
	for _, typ := range types {
		p.declare("var %s %s", strings.Join(zeros[typ], ", "), typ)
	}
	for _, m := range g.members {
		if m.Doc != "" {
			p.comment(m.Doc)
		}
	}
	side := func(r *region, i int) {
		for k, m := range g.members {
			switch {
			case zero(m.Args[i]) && !short: // as declared
			case k == len(g.members)-1:
				p.into(r, m.Args[i], names[k])
			default:
				for _, w := range r.values {
					p.need(w, r)
				}
				p.statement("%s = %s", names[k], p.expr(m.Args[i]))
			}
		}
	}
	no := func() { side(g.no, 2) }
	if short {
		no = nil
	}
	p.branch(g.members[0], p.expr(g.condition), func() { side(g.yes, 1) }, no)
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
		p.pre = append(p.pre, stmt{line: "// " + l})
	}
}
