package plan

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
)

// repeats finds the loops of all phases, once everything else is decided.
func (p *Plan) repeats() {
	p.Infer.Repeats = p.loops(p.Infer, nil)
	if p.InferBatch != nil {
		p.InferBatch.Repeats = p.loops(p.InferBatch, nil)
		p.local(p.InferBatch, true)
	}
	t := p.Train
	if t == nil {
		return
	}
	for _, b := range []*Batched{t.Gradients, t.Evaluate} {
		for _, s := range b.Stages {
			var ranks map[*ir.ParamInfo]int
			switch s.Over {
			case Once: // its numbers are taken one by one
				continue
			case Groups, Parameters:
				ranks = p.Ranks()
			}
			s.Phase.Repeats = p.loops(s.Phase, ranks)
			if s.Over == Samples {
				p.local(s.Phase, t.Group > 0)
			}
		}
	}
	t.Update.Repeats = p.loops(t.Update, nil)
	if t.One != nil {
		t.One.Repeats = p.loops(t.One, nil)
	}
	learn := &Phase{}
	for _, l := range t.Learn {
		learn.Steps = append(learn.Steps, &Step{Op: l.Gradient, Epilogue: []*ir.Map{l.Update}})
	}
	t.LearnRepeats = p.loops(learn, p.Ranks())
}

// looping finds the loops of a phase.
type looping struct {
	*Plan
	phase *Phase
	ranks map[*ir.ParamInfo]int
	used  map[*ir.Value][2]int // the first and the last step that make or read a value
	made  map[*ir.Value]bool
	kept  map[*ir.Value]bool // has a place that other phases know of
}

func (p *Plan) loops(ph *Phase, ranks map[*ir.ParamInfo]int) []*Repeat {
	l := &looping{p, ph, ranks, map[*ir.Value][2]int{}, map[*ir.Value]bool{}, map[*ir.Value]bool{}}
	keys := make([]string, len(ph.Steps))
	for i, s := range ph.Steps {
		keys[i] = s.key()
		for _, op := range s.Ops() {
			for _, v := range valuesOf([]ir.Op{op}) {
				at, ok := l.used[v]
				if !ok {
					at[0] = i
				}
				l.used[v] = [2]int{at[0], i}
			}
			define(op, l.made)
		}
	}
	for _, f := range p.Prog.Funcs() {
		l.keep(f.Results)
	}
	if t := p.Train; t != nil {
		l.keep(t.Values)
		l.keep(t.Rows)
	}
	var out []*Repeat
	for _, s := range spans(keys, l.following) {
		out = append(out, l.repeat(s))
	}
	l.readOutside(out)
	return out
}

func (l *looping) keep(vs []*ir.Value) {
	for _, v := range vs {
		l.kept[v] = true
	}
}

// ops are the operations of a turn.
func (l *looping) ops(s Span, k int) []ir.Op {
	var ops []ir.Op
	for _, step := range l.phase.Steps[s.First+k*s.Period : s.First+(k+1)*s.Period] {
		ops = append(ops, step.Ops()...)
	}
	return ops
}

// values are those of a turn.
func (l *looping) values(s Span, k int) []*ir.Value { return valuesOf(l.ops(s, k)) }

// address is where a value lies: an element of something, in a ring of so many.
type address struct {
	in          string
	index, ring int
}

// place is the address of a value, if it has one.
func (l *looping) place(v *ir.Value) (address, bool) {
	if v.Param != nil && !v.Batch {
		t := l.TensorOf(v.Param)
		in := t.Field
		if t.Run != nil {
			in = fmt.Sprintf("%s %s", t.Run.Name, t.Field)
		}
		switch v.Kind {
		case ir.Temp, ir.State:
			in += v.Name[len(v.Param.Name):]
		}
		return address{fmt.Sprintf("%s of %s", v.Kind, in), t.Block, 0}, true
	}
	if slot, ok := l.phase.Slot[v]; ok {
		return address{fmt.Sprintf("slot %d", slot), l.phase.Index[v], l.phase.ring(slot)}, true
	}
	if l.Train != nil {
		if at := l.Train.RowOf[v]; at.Series != nil {
			return address{fmt.Sprintf("rows %p", at.Series), at.Index, 0}, true
		}
	}
	return address{}, false
}

// move is how an address goes on from turn to turn.
func move(a, b address) Move {
	m := Move{a.index, b.index - a.index, a.ring}
	if m.Ring > 0 && m.Step < 0 {
		m.Step += m.Ring
	}
	return m
}

// at is the index in a turn.
func (m Move) at(turn int) int {
	i := m.From + m.Step*turn
	if m.Ring > 0 {
		i %= m.Ring
	}
	return i
}

// first is what the first turns of a span say of all: how places go on.
type first struct {
	Span
	values, second []*ir.Value
	at             map[*ir.Value]int
	places         []placed
	numbers, next  []number
}

// placed is an address that a value of the first turn has, and how it goes on.
type placed struct {
	in   string
	move Move
	ok   bool // in the second turn too
	any  bool // in one of them
}

func (l *looping) first(s Span) *first {
	f := &first{Span: s, values: l.values(s, 0), second: l.values(s, 1), numbers: numbersOf(l.ops(s, 0)), next: numbersOf(l.ops(s, 1))}
	f.at = positions(f.values)
	for p, u := range f.values {
		a, has := l.place(u)
		b, also := l.place(f.second[p])
		f.places = append(f.places, placed{a.in, move(a, b), has && also && a.in == b.in, has || also})
	}
	return f
}

// following reports whether turn k of a span does to the next places what the
// first two do.
func (l *looping) following(s Span) func(k int) bool {
	f := l.first(s)
	return func(k int) bool { return l.follows(f, k) }
}

func (l *looping) follows(f *first, k int) bool {
	turn := l.values(f.Span, k)
	here := positions(turn)
	own := func(v *ir.Value, k int) bool { // a variable of the turn
		used := l.used[v]
		return v.Kind == ir.Temp && l.made[v] && !l.kept[v] && used[0] >= f.First+k*f.Period && used[1] < f.First+(k+1)*f.Period
	}
	for p, v := range turn {
		u, w, at := f.values[p], f.second[p], &f.places[p]
		c, has := l.place(v)
		switch {
		case here[v] != f.at[u]:
			return false
		case u == v:
			if u != w {
				return false
			}
		case at.ok && has:
			if at.in != c.in || at.move.at(k) != c.index {
				return false
			}
		case at.any || has || !own(u, 0) || !own(v, k):
			return false
		}
		if l.ranks != nil && v.Kind == ir.Gradient && l.ranks[v.Param] != l.rank(u, w).at(k) {
			return false
		}
	}
	return numbersFollow(f.numbers, f.next, numbersOf(l.ops(f.Span, k)), k)
}

// rank is how the rank of a parameter goes on.
func (l *looping) rank(u, w *ir.Value) Move {
	return Move{From: l.ranks[u.Param], Step: l.ranks[w.Param] - l.ranks[u.Param]}
}

// repeat describes the loop of a span.
func (l *looping) repeat(s Span) *Repeat {
	r := &Repeat{
		Span:  s,
		Moves: map[*ir.Value]Move{}, Tensors: map[*Tensor]Move{}, Ranks: map[*ir.ParamInfo]Move{}, Numbers: map[ir.Op]Move{},
	}
	f := l.first(s)
	for p, u := range f.values {
		switch at := f.places[p]; {
		case !at.ok || at.move.Step == 0:
		case u.Param != nil && !u.Batch:
			r.Tensors[l.TensorOf(u.Param)] = at.move
		default:
			r.Moves[u] = at.move
		}
		if l.ranks != nil && u.Kind == ir.Gradient {
			r.Ranks[u.Param] = l.rank(u, f.second[p])
		}
	}
	for i, a := range f.numbers {
		r.Numbers[a.op] = a.to(f.next[i])
	}
	return r
}

// readOutside finds the values of loops that are read outside of them by their
// names: by steps, or by other loops where they are the same in every turn.
func (l *looping) readOutside(repeats []*Repeat) {
	made := map[*ir.Value]*Repeat{}
	for _, r := range repeats {
		for _, s := range l.phase.Steps[r.First : r.First+r.Count*r.Period] {
			for _, y := range s.Stored() {
				if y.Kind == ir.Temp && y.Param == nil {
					made[y] = r
				}
			}
		}
	}
	read := func(i int, by *Repeat) {
		for _, op := range l.phase.Steps[i].Ops() {
			for _, x := range op.Ins() {
				moves := false
				if by != nil {
					_, moves = by.Moves[x]
				}
				if r := made[x]; r != nil && r != by && !moves && !slices.Contains(r.Read, x) {
					r.Read = append(r.Read, x)
				}
			}
		}
	}
	_ = Walk(len(l.phase.Steps), repeats, func(i int) error {
		read(i, nil)
		return nil
	}, func(r *Repeat) error {
		for q := range r.Period {
			read(r.First+q, r)
		}
		return nil
	})
}
