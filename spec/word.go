package spec

import (
	"fmt"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v4"

	"github.com/nngen-go/nngen/spec/code"
)

// find looks a word up in a table; exact says that it is not an alias.
func find(table []Kind, word string) (k *Kind, exact bool) {
	for i := range table {
		if table[i].Name == word {
			return &table[i], true
		}
	}
	for i := range table {
		if slices.Contains(table[i].Aliases, word) {
			return &table[i], false
		}
	}
	return nil, false
}

// words lists every word of a table, aliases after names.
func words(table []Kind) []string {
	var names, aliases []string
	for i := range table {
		names = append(names, table[i].Name)
		aliases = append(aliases, table[i].Aliases...)
	}
	return append(names, aliases...)
}

// wordHint proposes a word of a table, or lists the table, without aliases.
func wordHint(word string, table []Kind) string {
	if near := suggest(word, words(table)); near != "" {
		return "did you mean " + near + "?"
	}
	return knownHint(names(table))
}

// names lists the words of a table without their aliases.
func names(table []Kind) []string {
	list := make([]string, len(table))
	for i := range table {
		list[i] = table[i].Name
	}
	return list
}

// word decodes a word with its fields; nil if it is refused. The forms are
//
//	relu    {leaky_relu: {negative_slope: 0.2}}    {l1: 1e-4, method: proximal}
func (d *decoder) word(context, label string, n *yaml.Node, slot Slot) *Named {
	where := join(context, label)
	table := d.v.Table(slot)
	if n.Kind == yaml.MappingNode {
		return d.wordMap(context, label, n, slot)
	}
	k, _ := find(table, n.Value)
	if !isText(n) || k == nil {
		hint := ""
		if isText(n) {
			hint = wordHint(n.Value, table)
		}
		d.fail(n, hint, code.UnknownWord+"%s must be %s, got %s", where, knownWord(slot), describe(n))
		return nil
	}
	return d.named(join(context, labelled(label, k.Name)), n, n, nil, k)
}

func knownWord(slot Slot) string { return "a known " + string(slot) }

// labelled names a word inside a message: activation leaky_relu.
func labelled(label, kind string) string { return label + " " + kind }

// wordMap decodes a word written as a map.
func (d *decoder) wordMap(context, label string, n *yaml.Node, slot Slot) *Named {
	where, table := join(context, label), d.v.Table(slot)
	var kinds []int // indices of the keys that are words
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k, _ := find(table, n.Content[i].Value); k != nil {
			kinds = append(kinds, i)
		}
	}
	switch {
	case len(n.Content) == 0 && d.holes[n]:
		return nil
	case len(n.Content) == 0:
		d.fail(n, wordHint("", table), code.UnknownWord+"%s must be %s, got an empty map", where, knownWord(slot))
		return nil
	case len(kinds) == 0:
		key := n.Content[0]
		d.fail(key, wordHint(key.Value, table), code.UnknownWord+"%s must be %s, got %s", where, knownWord(slot), quote(key.Value))
		return nil
	case len(kinds) > 1:
		first, second := n.Content[kinds[0]], n.Content[kinds[1]]
		d.fail(second, joinedHint(table, first.Value, second.Value), code.Conflict+"%s takes one %s, got %s and %s",
			where, slot, first.Value, second.Value)
		return nil
	}
	key, body := n.Content[kinds[0]], deref(n.Content[kinds[0]+1])
	k, _ := find(table, key.Value)
	if d.bad[body] {
		return nil
	}
	siblings := slices.Clone(n.Content)
	siblings = slices.Delete(siblings, kinds[0], kinds[0]+2)
	return d.named(join(context, labelled(label, k.Name)), key, body, siblings, k)
}

// joinedHint proposes the word that has both words as fields: l1_l2.
func joinedHint(table []Kind, a, b string) string {
	for i := range table {
		if table[i].param(a) != nil && table[i].param(b) != nil {
			return fmt.Sprintf("write {%s: {%s: …, %s: …}}", table[i].Name, a, b)
		}
	}
	return "remove one of the two"
}

// named decodes the fields of a word of a known kind. at is the word; body is
// its value, or the word itself if it stands alone; siblings are further
// fields, which the short form allows beside the word.
func (d *decoder) named(context string, at, body *yaml.Node, siblings []*yaml.Node, k *Kind) *Named {
	e, ok := d.body(context, at, body, siblings, k)
	if !ok {
		return nil
	}
	before := len(d.errs)
	args := d.fields(context, e, k.Params)
	if len(d.errs) > before {
		return nil
	}
	return &Named{Pos: pos(at), Name: k.Name, Args: args}
}

// body lists the fields that a word is given, whatever their form.
func (d *decoder) body(context string, at, body *yaml.Node, siblings []*yaml.Node, k *Kind, more ...string) (entries, bool) {
	known := paramNames(k.Params, more...)
	fields, short := *body, k.short()
	switch {
	case body == at || isNull(body):
		fields = yaml.Node{Kind: yaml.MappingNode}
	case body.Kind == yaml.MappingNode && len(siblings) > 0:
		d.fail(siblings[0], "move it into the braces", code.Form+"%s: %s must stand among its fields", context, plain(siblings[0].Value))
		return entries{}, false
	case body.Kind == yaml.MappingNode:
		e := d.entries(context, body, known)
		e.node = at
		return e, true
	case short != nil:
		name := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: short.Name, Line: at.Line, Column: at.Column}
		fields = yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{name, body}}
	default:
		d.fail(body, bodyHint(k, body), code.Form+"%s takes %s fields, got %s", context, pick(len(k.Params) == 0, "no", "a map of"), describe(body))
		return entries{}, false
	}
	fields.Line, fields.Column = at.Line, at.Column
	fields.Content = append(fields.Content, siblings...)
	return d.entries(context, &fields, known), true
}

// bodyHint says how to write the fields of a word that got a bare value.
func bodyHint(k *Kind, body *yaml.Node) string {
	switch {
	case len(k.Params) == 0:
		return "write " + k.Name
	case body.Kind == yaml.ScalarNode && len(body.Value) <= 40:
		return fmt.Sprintf("write {%s: %s}", k.Params[0].Name, body.Value)
	}
	return "its fields are " + strings.Join(paramNames(k.Params), ", ")
}

// group decodes a map of fields that is the value of a field.
func (d *decoder) group(context string, p *Param, n *yaml.Node) Args {
	where := join(context, p.Name)
	if n.Kind != yaml.MappingNode {
		d.fail(n, "its fields are "+strings.Join(paramNames(p.Fields), ", "), code.Form+"%s must be a map of fields, got %s", where, describe(n))
		return nil
	}
	before := len(d.errs)
	e := d.entries(where, n, paramNames(p.Fields))
	args := d.fields(where, e, p.Fields)
	d.oneOf(where, e, p.OneOf)
	if len(d.errs) > before {
		return nil
	}
	return args
}

// oneOf demands exactly one of some fields.
func (d *decoder) oneOf(where string, e entries, names []string) {
	var got []string
	missing := len(names) > 0
	for _, name := range names {
		if e.has(name) {
			got = append(got, name)
		}
		missing = missing && e.misses(name)
	}
	switch {
	case len(got) > 1:
		d.fail(e.get(got[1]), "remove one of the two", code.Conflict+"%s takes %s, got both", where, orList(names))
	case missing:
		d.fail(e.node, "", code.Missing+"%s needs %s", where, orList(names))
	}
}
