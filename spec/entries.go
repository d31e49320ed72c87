package spec

import (
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v4"

	"github.com/nngen-go/nngen/spec/code"
)

// entries are the fields of a map in the spec.
type entries struct {
	node    *yaml.Node // where missing fields are reported
	m       map[string]*yaml.Node
	excused []string // fields that a reported key was probably meant to be
	holes   bool     // a reported key may have been any field
}

// get returns the value of a field, nil if it is absent.
func (e entries) get(name string) *yaml.Node { return e.m[name] }

// has reports whether a field was written.
func (e entries) has(name string) bool { return e.m[name] != nil }

// misses reports whether a field was forgotten, as opposed to misspelled.
func (e entries) misses(name string) bool {
	return e.m[name] == nil && !e.holes && !slices.Contains(e.excused, name)
}

// entries lists the fields of a map and refuses those that are not known. A
// field without a value is refused too: what it means would be a guess.
func (d *decoder) entries(where string, n *yaml.Node, known []string) entries {
	e := entries{node: n, m: map[string]*yaml.Node{}, holes: d.holes[n]}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], deref(n.Content[i+1])
		name := k.Value
		switch {
		case !slices.Contains(known, name):
			if d.full() {
				continue
			}
			if near := suggest(name, known); near != "" {
				e.excused = append(e.excused, near)
			}
			hint := fieldHint(name, known)
			if name == "name" && d.nameHint != "" {
				hint = d.nameHint
			}
			d.fail(k, hint, code.UnknownField+"%s has no field %s", where, plain(name))
		case isNull(v):
			e.excused = append(e.excused, name)
			d.fail(k, "give it a value or remove it", code.Missing+"%s has no value", name)
		case d.bad[v]:
			e.excused = append(e.excused, name)
		default:
			e.m[name] = v
		}
	}
	return e
}

// plain shows a key: bare if it looks like one, quoted if not.
func plain(s string) string {
	if isNameText(s) && len(s) <= MaxNameLen {
		return s
	}
	return quote(s)
}

func fieldHint(name string, known []string) string {
	if near := suggest(name, known); near != "" {
		return "did you mean " + near + "?"
	}
	if len(known) == 0 {
		return "it takes no fields"
	}
	return "its fields are " + strings.Join(known, ", ")
}

// deref follows an alias to the value it stands for.
func deref(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// isText reports whether a value is text, quoted or a bare word that YAML does
// not read as something else.
func isText(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!str" }

// describe names what was found where something else was expected.
func describe(n *yaml.Node) string {
	n = deref(n)
	switch {
	case n.Kind == yaml.MappingNode && len(n.Content) == 0:
		return "an empty map"
	case n.Kind == yaml.MappingNode:
		return "a map"
	case n.Kind == yaml.SequenceNode && len(n.Content) == 0:
		return "an empty list"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case isNull(n):
		return "nothing"
	case isText(n):
		return quote(n.Value)
	}
	return clip(n.Value)
}
