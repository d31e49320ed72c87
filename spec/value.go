package spec

import (
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v4"

	"github.com/nngen-go/nngen/spec/code"
)

// join puts the context of a message before the field it is about.
func join(context, field string) string {
	if context == "" {
		return field
	}
	return context + ": " + field
}

// paramNames lists the names of fields.
func paramNames(params []Param, more ...string) []string {
	names := make([]string, 0, len(params)+len(more))
	for i := range params {
		names = append(names, params[i].Name)
	}
	return append(names, more...)
}

// fields decodes the fields of a word by their table and fills in defaults.
func (d *decoder) fields(context string, e entries, params []Param) Args {
	args := Args{}
	for i := range params {
		p := &params[i]
		n := e.get(p.Name)
		if n == nil {
			if p.Required && e.misses(p.Name) {
				d.fail(e.node, p.example(), code.Missing+"%s", join(context, p.Name+" is missing"))
			} else if value := d.v.defaultOf(p, pos(e.node)); value != nil && (p.With == "" || e.has(p.With)) {
				args[p.Name] = Arg{Pos: pos(e.node), Value: value}
			}
			continue
		}
		if p.With != "" && e.misses(p.With) {
			d.fail(n, "", code.Conflict+"%s", join(context, p.Name+" needs "+p.With+" beside it"))
		}
		if value := d.value(context, p, n); value != nil {
			args[p.Name] = Arg{Pos: pos(n), Value: value, Set: true}
		}
	}
	return args
}

// example is the hint for a missing field.
func (p *Param) example() string {
	value := map[Type]string{Number: "NUMBER", Integer: "WHOLE NUMBER", Bool: "true", Text: "TEXT",
		Enum: strings.Join(p.Enum, " or "), NumberList: "[NUMBER, …]", EnumList: strings.Join(p.Enum, " or "), EnumOrNumbers: strings.Join(p.Enum, " or ") + " or [NUMBER, …]",
		Word: strings.ToUpper(string(p.Slot)), Group: "{…}"}[p.Type]
	if p.Type == Text && p.File {
		value = "FILE"
	}
	return "write " + p.Name + ": " + value
}

// value decodes the value of a field; nil if it is refused.
func (d *decoder) value(context string, p *Param, n *yaml.Node) any {
	if d.bad[n] {
		return nil
	}
	where := join(context, p.Name)
	switch p.Type {
	case Number:
		return d.orNil(d.number(where, n, p.Range))
	case Integer:
		return d.orNil(d.integer(where, n, p.Range))
	case Bool:
		return d.orNil(d.boolean(where, n))
	case Text:
		return d.orNil(d.textParam(where, n, p))
	case Enum:
		return d.orNil(d.enum(where, n, p.Enum))
	case NumberList:
		return d.orNil(d.numbers(where, n, p.Range))
	case EnumList:
		return d.orNil(d.enums(where, n, p.Enum))
	case EnumOrNumbers:
		return d.orNil(d.enumOrNumbers(where, n, p))
	case Word:
		if w := d.word(context, p.Name, n, p.Slot); w != nil {
			return w
		}
	case Group:
		if g := d.group(context, p, n); g != nil {
			return g
		}
	}
	return nil
}

// orNil turns a refused value into nil.
func (d *decoder) orNil(value any, ok bool) any {
	if !ok {
		return nil
	}
	return value
}

func (d *decoder) number(where string, n *yaml.Node, r *Range) (any, bool) {
	x, problem, hint := parseNumber(n)
	switch {
	case problem != "":
		d.fail(n, hint, code.Value+"%s %s", where, problem)
	case !r.has(x):
		d.fail(n, "", code.Range+"%s %s, got %s", where, r.must(x, false), clip(n.Value))
	default:
		return x, true
	}
	return x, false
}

func (d *decoder) integer(where string, n *yaml.Node, r *Range) (any, bool) {
	i, problem, hint := parseInt(n)
	switch {
	case problem != "":
		d.fail(n, hint, code.Value+"%s %s", where, problem)
	case !r.has(float64(i)):
		d.fail(n, "", code.Range+"%s %s, got %s", where, r.must(float64(i), true), clip(n.Value))
	default:
		return i, true
	}
	return i, false
}

func (d *decoder) boolean(where string, n *yaml.Node) (any, bool) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!bool" {
		return strings.EqualFold(n.Value, "true"), true
	}
	d.fail(n, booleanHint(n), code.Value+"%s must be true or false, got %s", where, describe(n))
	return false, false
}

func booleanHint(n *yaml.Node) string {
	switch strings.ToLower(n.Value) {
	case "yes", "y", "on", "1", "true":
		return "write true"
	case "no", "n", "off", "0", "false":
		return "write false"
	}
	return ""
}

// text decodes text; a number or a boolean must be quoted to be text.
func (d *decoder) text(where string, n *yaml.Node) (string, bool) {
	if isText(n) {
		return n.Value, true
	}
	hint := ""
	if n.Kind == yaml.ScalarNode && !isNull(n) && len(n.Value) <= 40 {
		hint = `put it in quotes: "` + n.Value + `"`
	}
	d.fail(n, hint, code.Value+"%s must be text, got %s", where, describe(n))
	return "", false
}

// reference decodes the name of something; quotes would not make a number one.
func (d *decoder) reference(where string, n *yaml.Node) (string, bool) {
	if isText(n) {
		return n.Value, true
	}
	d.fail(n, "", code.Value+"%s must be a word, got %s", where, describe(n))
	return "", false
}

func (d *decoder) textParam(where string, n *yaml.Node, p *Param) (any, bool) {
	s, ok := d.text(where, n)
	problem := ""
	switch {
	case !ok:
		return "", false
	case p.File:
		problem = checkPath(s)
	default:
		problem = freeText(s, true)
	}
	if problem != "" {
		d.fail(n, "", code.Text+"%s %s, got %s", where, problem, quote(s))
		return "", false
	}
	if p.File {
		d.net.files = append(d.net.files, fileRef{pos: pos(n), path: s, what: where})
	}
	return s, true
}

func (d *decoder) enum(where string, n *yaml.Node, allowed []string) (any, bool) {
	if isText(n) && slices.Contains(allowed, n.Value) {
		return n.Value, true
	}
	d.fail(n, nearHint(n.Value, allowed), code.Choice+"%s must be %s, got %s", where, orList(allowed), describe(n))
	return "", false
}

// nearHint proposes an allowed word that is like another.
func nearHint(word string, allowed []string) string {
	if near := suggest(word, allowed); near != "" {
		return "did you mean " + near + "?"
	}
	return ""
}

func (d *decoder) enumOrNumbers(where string, n *yaml.Node, p *Param) (any, bool) {
	switch {
	case p.ByLabel && n.Kind == yaml.MappingNode:
		return d.byLabel(where, n, p.Range)
	case !isText(n):
		return d.numbers(where, n, p.Range)
	case slices.Contains(p.Enum, n.Value):
		return n.Value, true
	}
	d.fail(n, nearHint(n.Value, p.Enum), code.Choice+"%s must be %s or numbers, got %s", where, strings.Join(p.Enum, ", "), describe(n))
	return nil, false
}

func (d *decoder) enums(where string, n *yaml.Node, allowed []string) (any, bool) {
	if n.Kind != yaml.SequenceNode {
		s, ok := d.enum(where, n, allowed)
		return []string{s.(string)}, ok
	}
	if len(n.Content) == 0 {
		d.fail(n, "", code.Form+"%s must not be an empty list", where)
		return nil, false
	}
	list := make([]string, 0, len(n.Content))
	good := true
	for _, c := range n.Content {
		s, ok := d.enum(where, deref(c), allowed)
		good = good && ok
		if ok && slices.Contains(list, s.(string)) {
			d.fail(c, "", code.WrittenTwice+"%s lists %s twice", where, s)
			good = false
		}
		list = append(list, s.(string))
	}
	return list, good
}

func (d *decoder) numbers(where string, n *yaml.Node, r *Range) ([]float64, bool) {
	if n.Kind != yaml.SequenceNode {
		x, ok := d.number(where, n, r)
		return []float64{x.(float64)}, ok
	}
	if len(n.Content) == 0 {
		d.fail(n, "", code.Form+"%s must not be an empty list", where)
		return nil, false
	}
	list := make([]float64, len(n.Content))
	good := true
	for i, c := range n.Content {
		x, ok := d.number(where, deref(c), r)
		list[i], good = x.(float64), good && ok
	}
	return list, good
}

// orList writes alternatives: a, b or c.
func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
