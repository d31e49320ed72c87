package portable

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/gen/vector"
)

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
