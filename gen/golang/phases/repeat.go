package phases

import (
	"fmt"
	"maps"
	"slices"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
)

// field is a field of a tensor in the arena: of the block of the turn in a loop
// over equal layers.
func (e *Phases) field(t *plan.Tensor, name string) string {
	if e.repeat != nil {
		if m, ok := e.repeat.Tensors[t]; ok {
			return fmt.Sprintf("%s[%s].%s", t.Run.Name, m.Text(source.Turn), name)
		}
	}
	return t.Path(name)
}

// index is which element of an array holds a value.
func (e *Phases) index(v *ir.Value, fixed int) string {
	if m, ok := e.move(v); ok {
		return m.Text(source.Turn)
	}
	return fmt.Sprint(fixed)
}

// layerOf is the number of a layer for random numbers.
func (e *Phases) layerOf(o *ir.Random) string {
	if e.repeat != nil {
		if m, ok := e.repeat.Numbers[o]; ok {
			return fmt.Sprintf("uint32(%s)", m.Text(source.Turn))
		}
	}
	return fmt.Sprint(o.Layer)
}

// sliceOf is a part of an array: of the turn in a loop.
func (e *Phases) sliceOf(o *ir.Slice, array string) string {
	if e.repeat != nil {
		return source.SliceIn(o, array, e.repeat.Numbers)
	}
	return source.SliceIn(o, array, nil)
}

// move is how the place of a value goes on in the loop that is being printed.
func (e *Phases) move(v *ir.Value) (plan.Move, bool) {
	if e.repeat == nil {
		return plan.Move{}, false
	}
	m, ok := e.repeat.Moves[v]
	return m, ok
}

// variable is a variable for a value, in a loop without the number of its layer.
func (b *body) variable(v *ir.Value) string {
	if b.e.repeat != nil {
		return b.names.Name(plan.SeriesName(v))
	}
	return b.names.Name(v.Name)
}

// slot is a value's place in the workspace.
func (b *body) slot(v *ir.Value) string {
	slot := b.phase.Slot[v]
	s := fmt.Sprintf("%s.t%d", b.slots, slot)
	if b.phase.Room(slot) > 1 {
		s += fmt.Sprintf("[%s]", b.e.index(v, b.phase.Index[v]))
	}
	return s
}

// loop emits a loop over equal layers, the body of which is its first turn.
func (b *body) loop(r *plan.Repeat, first []*plan.Step, body func() error) error {
	at, variables, declared, before := maps.Clone(b.at), maps.Clone(b.variables), b.declared, b.take()
	b.declared, b.e.repeat = nil, r
	for v := range r.Moves {
		delete(b.at, v)
		delete(b.variables, v)
	}
	made := map[*ir.Value]bool{}
	for _, s := range first {
		for _, op := range s.Ops() {
			for _, x := range op.Ins() {
				if _, moves := r.Moves[x]; moves && !made[x] {
					made[x] = true
					b.bind(x, first)
				}
			}
		}
		for _, y := range s.Stored() {
			made[y] = true
		}
	}
	err := body()
	code := append(b.declared, b.take()...)
	b.at, b.variables, b.declared, b.stmts, b.e.repeat = at, variables, declared, before, nil
	b.add(source.ForRange(source.Turn, fmt.Sprint(r.Count), code...))
	for _, v := range r.Read {
		b.bind(v, b.byName(v))
	}
	return err
}

// bind makes the place of a value known that was stored before, for some steps.
func (b *body) bind(v *ir.Value, steps []*plan.Step) {
	switch {
	case b.layers:
		b.rowPlace(v)
	case b.single && summed(v, steps): // as rows, of which there is one
	default:
		b.result(v)
	}
}

// byName are the steps that read a value by its name, not as that of a turn.
func (b *body) byName(v *ir.Value) (steps []*plan.Step) {
	_ = plan.Walk(len(b.phase.Steps), b.phase.Repeats, func(i int) error {
		steps = append(steps, b.phase.Steps[i])
		return nil
	}, func(r *plan.Repeat) error {
		if _, moves := r.Moves[v]; !moves {
			steps = append(steps, b.phase.Steps[r.First:r.First+r.Period]...)
		}
		return nil
	})
	return steps
}

// summed reports whether steps read a value in sums over the samples alone.
func summed(v *ir.Value, steps []*plan.Step) bool {
	return !slices.ContainsFunc(steps, func(s *plan.Step) bool {
		switch ir.Form(s.Op).(type) {
		case *ir.BatchSum, *ir.DenseGradWeight:
			return false
		}
		return slices.ContainsFunc(s.Ops(), func(op ir.Op) bool { return slices.Contains(op.Ins(), v) })
	})
}

// cellAt is the method of params that says where an element lies.
func (e *Phases) cellAt(t *plan.Tensor, at ...string) string {
	if e.repeat == nil {
		return source.CellAt(t, nil, at...)
	}
	return source.CellAt(t, e.repeat.Tensors, at...)
}
