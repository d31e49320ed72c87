package portable

import (
	"slices"

	"github.com/nngen-go/nngen/gen/vector"
)

// region is a block of the function: its body, or a side of an if statement.
type region struct {
	parent *region
	values []*vector.Value // computed there, in their order
	gives  *vector.Value   // what it is computed for, if that is one value
}

// within reports whether a region is r or inside it.
func (q *region) within(r *region) bool {
	for ; q != nil; q = q.parent {
		if q == r {
			return true
		}
	}
	return false
}

// common is the smallest region around two.
func common(a, b *region) *region {
	for !b.within(a) {
		a = a.parent
	}
	return a
}

// group are choices by the same condition in the same region, none of which
// needs another: one if statement.
type group struct {
	home, yes, no *region
	condition     *vector.Value
	members       []*vector.Value
}

// regions says where the values of a program are computed: in the smallest
// region around those that read them.
type regions struct {
	prog  *vector.Program
	root  *region
	users map[*vector.Value][]*vector.Value
	at    map[*vector.Value]*region
	group map[*vector.Value]*group
}

func analyse(p *vector.Program) *regions {
	s := &regions{prog: p, root: &region{}, users: map[*vector.Value][]*vector.Value{}, at: map[*vector.Value]*region{}, group: map[*vector.Value]*group{}}
	var groups []*group
	s.root.gives = p.Results[0]
	s.at[p.Results[0]] = s.root
	for _, v := range slices.Backward(p.Values) {
		r := s.at[v]
		if r == nil { // nobody reads it
			continue
		}
		if v.Op == vector.OpChoose {
			g := s.join(groups, v, r)
			if g == nil {
				g = &group{home: r, yes: &region{parent: r}, no: &region{parent: r}, condition: v.Args[0]}
				groups = append(groups, g)
			}
			g.members = append([]*vector.Value{v}, g.members...)
			s.group[v] = g
			g.yes.gives, g.no.gives = g.members[len(g.members)-1].Args[1], g.members[len(g.members)-1].Args[2]
		}
		for i, a := range v.Args {
			s.users[a] = append(s.users[a], v)
			from := r
			if v.Op == vector.OpChoose && i > 0 {
				from = []*region{s.group[v].yes, s.group[v].no}[i-1]
			}
			if s.at[a] == nil {
				s.at[a] = from
			} else {
				s.at[a] = common(s.at[a], from)
			}
		}
	}
	for _, v := range p.Values {
		if r := s.at[v]; r != nil && v.Op != vector.OpInput && !s.inlined(v) {
			r.values = append(r.values, v)
		}
	}
	return s
}

// join is the group that a choice belongs to, or nil: its members, which come
// later, may not need it, also not through other groups, which are computed as
// a whole.
func (s *regions) join(groups []*group, v *vector.Value, r *region) *group {
	for _, g := range groups {
		if g.home == r && g.condition == v.Args[0] && !s.needs(g.members, v) {
			return g
		}
	}
	return nil
}

// needs reports whether one of some values is computed from another value.
func (s *regions) needs(values []*vector.Value, other *vector.Value) bool {
	seen := map[*vector.Value]bool{}
	for queue := slices.Clone(values); len(queue) > 0; {
		v := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if seen[v] {
			continue
		}
		seen[v] = true
		if v == other {
			return true
		}
		queue = append(queue, v.Args...)
		if g := s.group[v]; g != nil {
			queue = append(queue, g.members...)
		}
	}
	return false
}

// uses counts the operands that a value is; the result is one.
func (s *regions) uses(v *vector.Value) int {
	n := len(s.users[v])
	if slices.Contains(s.prog.Results, v) {
		n++
	}
	return n
}

// inlined reports whether a value is written where it is used and not a
// variable.
func (s *regions) inlined(v *vector.Value) bool {
	switch v.Op {
	case vector.OpConst, vector.OpCast, vector.OpLookup:
		return v.Name == "" || v.Op == vector.OpConst
	case vector.OpInput, vector.OpChoose:
		return false
	}
	if s.uses(v) == 1 && s.users[v] != nil && s.users[v][0].Op == vector.OpChoose && s.users[v][0].Args[0] != v {
		return true // a side of a choice, which has a name
	}
	if v.Name != "" {
		return false
	}
	if u := s.users[v]; len(u) == 1 && (u[0].Op == vector.OpUnordered || u[0].Op == vector.OpOrdered) {
		return false // it is written twice
	}
	return s.uses(v) == 1 || v.Type == vector.Mask && !slices.ContainsFunc(v.Args, func(a *vector.Value) bool { return !s.atom(a) })
}

// atom reports whether a value is a name or a constant.
func (s *regions) atom(v *vector.Value) bool {
	return v.Op == vector.OpConst || v.Op == vector.OpInput || !s.inlined(v)
}
