package plan

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/nngen-go/nngen/gen/ir"
)

// A Repeat is a part of a list of steps that is a loop: Count turns of Period
// steps from step First on, which differ in nothing but where their operands
// lie. Cost grows with what differs: printers write the first turn, in a loop.
type Repeat struct {
	Span
	// Moves are the values of the first turn that lie elsewhere in the next,
	// Tensors the stored tensors; Ranks are the numbers by which parameters are
	// dealt out to workers, Numbers those of operations: of layers for random numbers,
	// and where slices begin.
	Moves   map[*ir.Value]Move
	Tensors map[*Tensor]Move
	Ranks   map[*ir.ParamInfo]Move
	Numbers map[ir.Op]Move
	// Read are the values of its turns that steps outside of it read.
	Read []*ir.Value
}

// Move is an index that goes on from turn to turn: From + Step·turn, in a ring
// of some elements modulo their number.
type Move struct{ From, Step, Ring int }

// Text is the index in a turn.
func (m Move) Text(turn string) string {
	s := fmt.Sprint(m.From)
	switch m.Step {
	case 0:
	case 1:
		s = strings.TrimSuffix(fmt.Sprintf("%s+%d", turn, m.From), "+0")
	case -1:
		s = fmt.Sprintf("%d-%s", m.From, turn)
	default:
		s = strings.TrimPrefix(fmt.Sprintf("%d+%d*%s", m.From, m.Step, turn), "0+")
	}
	switch {
	case m.Ring == 0 || m.Step == 0:
		return s
	case s == turn:
		return fmt.Sprintf("%s%%%d", s, m.Ring)
	}
	return fmt.Sprintf("(%s)%%%d", s, m.Ring)
}

// Walk takes a list of n steps in order: repeats as one, the other steps one by
// one.
func Walk[R interface{ span() Span }](n int, repeats []R, step func(i int) error, repeat func(r R) error) error {
	for i := 0; i < n; {
		if len(repeats) > 0 && repeats[0].span().First == i {
			r := repeats[0]
			if err := repeat(r); err != nil {
				return err
			}
			i, repeats = i+r.span().Count*r.span().Period, repeats[1:]
			continue
		}
		if err := step(i); err != nil {
			return err
		}
		i++
	}
	return nil
}

const (
	leastTurns  = 4  // fewer are written out
	longestTurn = 64 // steps of a turn, at most: backward through a cell takes 40
)

// Span is Count turns of Period items of a list, from item First on.
type Span struct{ First, Period, Count int }

func (s Span) span() Span { return s }

// spans finds the runs of a list of which the turns are alike: they have the
// same keys, and turn k follows the first as the others before it do.
func spans(keys []string, following func(s Span) (follows func(k int) bool)) []Span {
	ids, known := make([]int, len(keys)), map[string]int{}
	for i, k := range keys {
		if _, ok := known[k]; !ok {
			known[k] = len(known)
		}
		ids[i] = known[k]
	}
	alike := func(s Span, k int) bool {
		for q := range s.Period {
			if ids[s.First+q] != ids[s.First+k*s.Period+q] {
				return false
			}
		}
		return true
	}
	var out []Span
	for i := 0; i < len(ids); {
		var best Span
		for period := 1; period <= longestTurn && i+period*leastTurns <= len(ids); period++ {
			s := Span{i, period, 1}
			if best.Count > 0 && period%best.Period == 0 || !alike(s, 1) {
				continue // several turns of a run are no better than one
			}
			for follows := following(s); i+(s.Count+1)*period <= len(ids) && alike(s, s.Count) && follows(s.Count); {
				s.Count++
			}
			if s.Count >= leastTurns && s.Count*period > best.Count*best.Period {
				best = s
			}
		}
		if best.Count == 0 {
			i++
			continue
		}
		out = append(out, best)
		i += best.Count * best.Period
	}
	return out
}

var (
	valuePattern = regexp.MustCompile(`%\d+`)
	layerNumber  = regexp.MustCompile(`layer=\d+`)
	sliceNumbers = regexp.MustCompile(`\[\d+:\d+\]$`)
	layerPattern = regexp.MustCompile(`(dense|dense_dx|dense_dw|rank_one) "[^"]*"`)
)

// opKey describes an operation by everything but its values and the layer's
// name.
func opKey(op ir.Op) string {
	s := layerNumber.ReplaceAllString(op.String(), "")
	if _, ok := op.(*ir.Slice); ok {
		s = sliceNumbers.ReplaceAllString(s, "")
	}
	s = layerPattern.ReplaceAllString(valuePattern.ReplaceAllString(s, "%"), "$1")
	for _, v := range append(op.Ins(), op.Outs()...) {
		s += fmt.Sprintf(" %s %s %v %v", v.Kind, v.DType, v.Shape, v.Batch)
		if v.Param != nil {
			s += fmt.Sprintf(" %v %v", v.Param.Shape, v.Param.Mask != nil)
			if c, ok := op.(*ir.Contract); ok && ir.Form(op) == any(c) {
				s += " " + v.Name // its function reaches for the parameter itself
			}
		}
	}
	return s
}

// key describes a step by everything but its values.
func (s *Step) key() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s [%d %v %v %v %v]", opKey(s.Op), s.Chains, s.Unrolled, s.Vector, s.Skip, s.Keep)
	for _, m := range s.Epilogue {
		fmt.Fprintf(&b, "; %s %v", opKey(m), s.hidden[m.Out[0]])
	}
	if s.Then != nil {
		b.WriteString("; then " + opKey(s.Then))
	}
	return b.String()
}

// Ops are the operations of a step.
func (s *Step) Ops() []ir.Op {
	ops := []ir.Op{s.Op}
	for _, m := range s.Epilogue {
		ops = append(ops, m)
	}
	if s.Then != nil {
		ops = append(ops, s.Then)
	}
	return ops
}

// number is what differs in operations that are alike: the layer for random numbers,
// where a slice begins.
type number struct {
	op ir.Op
	n  int
}

// numbersOf are those of some operations.
func numbersOf(ops []ir.Op) (out []number) {
	for _, op := range ops {
		switch o := op.(type) {
		case *ir.Random:
			out = append(out, number{op, o.Layer})
		case *ir.Slice:
			out = append(out, number{op, o.From})
		}
	}
	return out
}

// to is how a number goes on from turn to turn.
func (a number) to(b number) Move { return Move{From: a.n, Step: b.n - a.n} }

// numbersFollow reports whether the numbers of turn k go on as those of the first two.
func numbersFollow(first, second, turn []number, k int) bool {
	for i, a := range turn {
		if a.n != first[i].to(second[i]).at(k) {
			return false
		}
	}
	return true
}

// valuesOf are all values of some operations, results first, by position.
func valuesOf(ops []ir.Op) []*ir.Value {
	var out []*ir.Value
	for _, op := range ops {
		out = append(append(out, op.Outs()...), op.Ins()...)
	}
	return out
}

// positions numbers values by where they stand first.
func positions(values []*ir.Value) map[*ir.Value]int {
	at := map[*ir.Value]int{}
	for i, v := range values {
		if _, ok := at[v]; !ok {
			at[v] = i
		}
	}
	return at
}
