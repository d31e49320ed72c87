package plan

import "github.com/nngen-go/nngen/gen/ir"

// A Roll is a run of equal layers in a list of operations, as the reference
// prints it: a loop whose turns pass values on to each other.
type Roll struct {
	Span
	Params  map[*ir.Value]Move // parameters of the first turn, by their numbers
	Numbers map[ir.Op]Move
	// Carried are the operands of the first turn in place of which each further one
	// has a result of the turn before: that of the first which is given.
	Carried map[*ir.Value]*ir.Value
	// After are the results of the last turn that are read later, and those of the
	// first that they take the place of.
	After map[*ir.Value]*ir.Value
}

// rolling finds the rolls of a list of operations.
type rolling struct {
	ops    []ir.Op
	number map[*ir.Value]int // of parameters
	made   map[*ir.Value]int // by which operation
	last   map[*ir.Value]int // operation that reads a value
}

// Rolls finds the runs of equal layers of a list of operations with some results.
func (p *Plan) Rolls(ops []ir.Op, results ...*ir.Value) []*Roll {
	r := &rolling{ops, map[*ir.Value]int{}, map[*ir.Value]int{}, map[*ir.Value]int{}}
	for i, t := range p.Tensors {
		r.number[t.Value] = i
	}
	keys := make([]string, len(ops))
	for i, op := range ops {
		keys[i] = opKey(op)
		for _, y := range op.Outs() {
			r.made[y] = i
		}
		for _, x := range op.Ins() {
			r.last[x] = i
		}
	}
	for _, v := range results {
		r.last[v] = len(ops)
	}
	var out []*Roll
	for _, s := range spans(keys, r.following) {
		if roll := r.roll(s); roll != nil {
			out = append(out, roll)
		}
	}
	return out
}

// in reports whether a turn makes a value, and where in it.
func (r *rolling) in(s Span, k int, v *ir.Value) (at int, ok bool) {
	i, made := r.made[v]
	from := s.First + k*s.Period
	return i - from, made && i >= from && i < from+s.Period
}

func (r *rolling) following(s Span) func(k int) bool {
	first, second := valuesOf(s.turn(r.ops, 0)), valuesOf(s.turn(r.ops, 1))
	at := positions(first)
	numbers, next := numbersOf(s.turn(r.ops, 0)), numbersOf(s.turn(r.ops, 1))
	return func(k int) bool {
		turn := valuesOf(s.turn(r.ops, k))
		if !sameGraph(at, first, second, turn) || !numbersFollow(numbers, next, numbersOf(s.turn(r.ops, k)), k) {
			return false
		}
		for p, v := range turn {
			u, w := first[p], second[p]
			if u == v {
				continue
			}
			_, own := r.in(s, k, v)
			here, carried := r.in(s, k-1, v)
			there, also := r.in(s, 0, w)
			n, param := r.number[v]
			switch {
			case own:
			case carried && also && here == there:
			case param && n == r.param(u, w).at(k):
			default:
				return false
			}
		}
		for _, op := range s.turn(r.ops, k-1) { // all it makes is read by then
			for _, y := range op.Outs() {
				if r.last[y] >= s.First+(k+1)*s.Period {
					return false
				}
			}
		}
		return true
	}
}

// param is how the number of a parameter goes on.
func (r *rolling) param(u, w *ir.Value) Move {
	return Move{From: r.number[u], Step: r.number[w] - r.number[u]}
}

// roll describes a span, nil if what follows reads a result of the last turn that
// turns do not pass on.
func (r *rolling) roll(s Span) *Roll {
	roll := &Roll{
		Span: s, Params: map[*ir.Value]Move{}, Numbers: map[ir.Op]Move{},
		Carried: map[*ir.Value]*ir.Value{}, After: map[*ir.Value]*ir.Value{},
	}
	first, second := valuesOf(s.turn(r.ops, 0)), valuesOf(s.turn(r.ops, 1))
	passed := map[*ir.Value]bool{}
	for p, u := range first {
		w := second[p]
		if _, param := r.number[u]; param {
			roll.Params[u] = r.param(u, w)
		} else if _, own := r.in(s, 0, u); !own && u != w {
			roll.Carried[u] = w
			passed[w] = true
		}
	}
	end := valuesOf(s.turn(r.ops, s.Count-1))
	at := positions(end)
	for _, v := range end {
		if _, own := r.in(s, s.Count-1, v); !own || r.last[v] < s.First+s.Count*s.Period {
			continue
		}
		u := first[at[v]]
		if !passed[u] {
			return nil
		}
		roll.After[v] = u
	}
	next := numbersOf(s.turn(r.ops, 1))
	for i, a := range numbersOf(s.turn(r.ops, 0)) {
		roll.Numbers[a.op] = a.to(next[i])
	}
	return roll
}
