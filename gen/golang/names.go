package golang

import (
	"fmt"
	"go/token"
	"go/types"
	"strings"

	"github.com/nngen-go/nngen/gen/ir"
)

// lowerCamel turns words ("relu gradient", "dense1.weight", "fan_in") into a
// Go identifier that is not exported.
func lowerCamel(s string) string {
	words := strings.FieldsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9')
	})
	for i, w := range words {
		if i > 0 {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	name := strings.Join(words, "")
	if name == "" {
		return "v"
	}
	if name[0] >= '0' && name[0] <= '9' {
		name = "v" + name
	}
	return strings.ToLower(name[:1]) + name[1:]
}

// namer hands out identifiers that are unique in a scope, and that neither
// hide nor are hidden by those of the scopes it knows of.
type namer struct {
	reserved map[string]bool // not to be handed out, but no names either
	taken    map[string]bool
	others   map[string]bool // identifiers of other scopes to keep clear of
	record   map[string]bool // where own identifiers are made known
}

func newNamer(reserved ...string) *namer {
	n := &namer{reserved: map[string]bool{}, taken: map[string]bool{}}
	for _, r := range reserved {
		n.reserved[r] = true
	}
	return n
}

// local returns a namer for a function's variables: no variable hides a
// function of the package.
func (e *emitter) local(reserved ...string) *namer {
	n := newNamer(reserved...)
	n.others, n.record = e.globals.taken, e.globals.others
	return n
}

// name returns hint, or hint with the first number that makes it unique.
func (n *namer) name(hint string) string {
	name := lowerCamel(hint)
	for i := 2; n.reserved[name] || n.taken[name] || n.others[name] || token.IsKeyword(name) || types.Universe.Lookup(name) != nil; i++ {
		name = fmt.Sprintf("%s_%d", lowerCamel(hint), i)
	}
	n.taken[name] = true
	if n.record != nil {
		n.record[name] = true
	}
	return name
}

// paramName is the stem of a parameter's accessor: dense1Weight.
func paramName(v *ir.Value) string { return lowerCamel(v.Param.Name) }
