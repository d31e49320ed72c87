package plan

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/nngen-go/nngen/gen/ir"
)

// String prints the plan: where the parameters lie, and the steps of each
// phase with what is fused into them and where results are stored.
func (p *Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "plan of %s, %s, %s mode, batch %d, unroll %s\n", p.Prog.Name, p.Prog.DType, p.Prog.Mode, p.Options.Batch, p.Options.Unroll)
	fmt.Fprintf(&b, "\nparameters, %d bytes\n", p.NetBytes())
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "field\ttensor\tlayout\toffset\tbytes\tpadding")
	for _, f := range slices.Concat(p.Net.Fields, p.Filtered.Fields) {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%d\n", f.Name, f.Tensor.Value.Name, f.layout(), f.Offset, f.Size, f.Pad*ElemSize(f.Elem))
	}
	t.Flush()
	p.Infer.print(&b, "infer", nil)
	if p.Train != nil {
		p.Train.print(&b, p)
	}
	return b.String()
}

// layout describes how the field's elements lie.
func (f *Field) layout() string {
	if f.Elem != f.Tensor.Layout.Elem {
		return fmt.Sprintf("[%d][%d]%s", f.Dims[0], f.Dims[1], f.Elem)
	}
	return f.Tensor.Layout.String()
}

// print prints the phases of training.
func (t *Train) print(b *strings.Builder, p *Plan) {
	fmt.Fprintf(b, "\ntrainer, %d bytes", p.TrainerBytes())
	if len(t.States) > 0 {
		fmt.Fprintf(b, ", states per parameter: %s", strings.Join(t.States, ", "))
	}
	if p.Shares() {
		fmt.Fprintf(b, "\n  workers share batches of %d samples or more", p.ShareFrom())
	}
	if t.Group > 0 {
		fmt.Fprintf(b, "\n  %d samples together for every worker", t.Group)
	}
	b.WriteByte('\n')
	rows := map[*ir.Value]bool{}
	for _, v := range t.Rows {
		rows[v] = true
		of := "every sample"
		if t.Grouped[v] {
			of += " of a group"
		}
		fmt.Fprintf(b, "  of %s %s %s\n", of, v, v.Name)
	}
	for _, v := range t.Copies {
		fmt.Fprintf(b, "  copy %s %s\n", v, v.Name)
	}
	for _, v := range t.Values {
		fmt.Fprintf(b, "  of the batch %s %s\n", v, v.Name)
	}
	for _, f := range []struct {
		name string
		b    *Batched
	}{{"gradients", t.Gradients}, {"evaluate", t.Evaluate}} {
		for _, s := range f.b.Stages {
			s.Phase.print(b, f.name+": "+string(s.Over), rows)
		}
	}
	t.Update.print(b, "update", rows)
	if t.One != nil {
		t.One.print(b, "step on one sample", rows)
	}
	if t.Penalty != nil {
		t.Penalty.print(b, "penalty", rows)
	}
}

// print prints the steps of a phase; one without steps is left out.
func (ph *Phase) print(b *strings.Builder, name string, rows map[*ir.Value]bool) {
	if len(ph.Steps) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s", name)
	if len(ph.Slots) > 0 {
		fmt.Fprintf(b, ", workspace %s, %d bytes", ph.workspace(), ph.Bytes())
	}
	b.WriteByte('\n')
	_ = Walk(len(ph.Steps), ph.Repeats, func(i int) error {
		ph.printStep(b, "  ", ph.Steps[i], rows)
		return nil
	}, func(r *Repeat) error {
		fmt.Fprintf(b, "  %s\n", r)
		for _, s := range ph.Steps[r.First : r.First+r.Period] {
			ph.printStep(b, "    ", s, rows)
		}
		return nil
	})
}

// printStep prints a step.
func (ph *Phase) printStep(b *strings.Builder, indent string, s *Step, rows map[*ir.Value]bool) {
	fmt.Fprintf(b, "%s%s%s\n", indent, s.Op, s.notes())
	for _, m := range s.Epilogue {
		fmt.Fprintf(b, "%s  fused %s\n", indent, m)
	}
	if places := ph.places(s, rows); places != "" {
		fmt.Fprintf(b, "%s  stores %s\n", indent, places)
	}
}

// workspace are the sizes of the slots.
func (ph *Phase) workspace() string {
	sizes := make([]string, len(ph.Slots))
	for i, n := range ph.Slots {
		sizes[i] = fmt.Sprint(n)
		if room := ph.Room(i); room > 1 {
			sizes[i] = fmt.Sprintf("%d×%d", room, n)
		}
	}
	return fmt.Sprint(sizes)
}

// String says how often the steps of the first turn are repeated, and where what
// they read and write lies in turn l.
func (r *Repeat) String() string {
	var moves []string
	for t, m := range r.Tensors {
		moves = append(moves, fmt.Sprintf("%s[%s].%s", t.Run.Name, m.Text("l"), t.Field))
	}
	for v, m := range r.Moves {
		moves = append(moves, fmt.Sprintf("%s in element %s", v, m.Text("l")))
	}
	slices.Sort(moves)
	return fmt.Sprintf("%d times, l = 0…%d, with %s:", r.Count, r.Count-1, strings.Join(moves, ", "))
}

// notes are the decisions about a step.
func (s *Step) notes() string {
	var notes []string
	if n := multiplyAdds(s.Op); n > 0 && !overBatch(s.Op) {
		notes = append(notes, fmt.Sprintf("%d multiply-adds", n))
	}
	if s.Unrolled {
		notes = append(notes, "straight-line")
	}
	if s.Chains > 1 {
		notes = append(notes, fmt.Sprintf("%d chains", s.Chains))
	}
	if s.Then != nil {
		notes = append(notes, "then "+s.Then.String())
	}
	if s.Skip {
		notes = append(notes, "zeros skipped")
	}
	if s.Vector {
		notes = append(notes, "assembly")
	}
	if notes == nil {
		return ""
	}
	return "  [" + strings.Join(notes, ", ") + "]"
}

// places says where a step stores its results.
func (ph *Phase) places(s *Step, rows map[*ir.Value]bool) string {
	var places []string
	for _, y := range s.Stored() {
		if slot, ok := ph.Slot[y]; ok {
			at := fmt.Sprintf("%s in t%d", y, slot)
			if ph.Room(slot) > 1 {
				at += fmt.Sprintf("[%d]", ph.Index[y])
			}
			if ph.Local[y] {
				at += " of the first sample"
			}
			places = append(places, at)
		} else if rows[y] {
			places = append(places, fmt.Sprintf("%s for every sample", y))
		}
	}
	return strings.Join(places, ", ")
}

// Bytes is the size of the phase's workspace.
func (ph *Phase) Bytes() int {
	return ph.bytes(1, func(size int) int { return size })
}

// bytes is the size of a workspace with some rows of some stride.
func (ph *Phase) bytes(rows int, stride func(size int) int) int {
	n := 0
	for i, slot := range ph.Slots {
		n += ph.Rows(i, rows)*stride(slot)*ph.Room(i) + ph.Gap(i, ph.Rows(i, rows))
	}
	return n * ElemSize(ph.Elem)
}
