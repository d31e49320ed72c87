// Package calls is the machine schedule: how the steps of a plan run on an
// instruction set. From shapes and the target's machine data it decides which
// kernels there are, how many outputs, inputs and rows a call takes, what is a loop
// of calls, where the scheduler may stop it, what is listed and what is fused.
// Printers walk the result and decide nothing.
package calls

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
	"github.com/nngen-go/nngen/gen/target"
)

// Machine data that the instruction sets share.
const (
	// flopsPerCall bounds the work of a call: assembly cannot be preempted, and a
	// garbage collection waits for it.
	flopsPerCall = 4 << 20
	// weightsPerCall bounds a call on one sample: every weight is fetched from
	// memory for two or four operations, so it is the bytes that take the time.
	weightsPerCall = 3 << 18
	// elementsPerCall bounds an update, which takes as long as its arrays need
	// from memory.
	elementsPerCall = 1 << 17
	// inputsInCache is the size of the part of the inputs of a batch that a turn of
	// the loop over panels works on: half of a first-level cache.
	inputsInCache = 16 << 10
	// leastRolled is the number of terms from which a kernel for rows takes it as
	// an argument; fewer are written out.
	leastRolled = 16
	// leastElements is the size from which an element-wise operation is worth a
	// call.
	leastElements = 8
	// alignedPanels is the number of panels of a turn of the loops of kernels for
	// one sample.
	alignedPanels = 4
)

// Preempts reports whether a function works for so long that the scheduler must
// be able to stop it between two calls.
func Preempts(flops int) bool { return flops > flopsPerCall }

// Elements reports whether an element-wise operation is worth a call.
func Elements(size int) bool { return size >= leastElements }

// FewEnough is the largest number of inputs that are there at which a list of them
// is still faster than all: seven eighths.
func FewEnough(inputs int) int { return inputs - inputs/8 }

// UpdateOf is how many elements a call of an update takes; 0 if all tensors of a
// plan are so small that one call takes any of them.
func UpdateOf(p *plan.Plan) int {
	if slices.ContainsFunc(p.Tensors, func(t *plan.Tensor) bool { return t.Layout.Size() > elementsPerCall }) {
		return elementsPerCall
	}
	return 0
}

// A Panel is a call for some outputs of a panel: those from Lane on.
type Panel struct {
	Lane, Outputs int
	Partial       bool // the last vector is not full
	Room, Mask    int  // outputs that its vectors have room for; the lanes it has
	Tiles         []int
}

// PanelLoop is the calls for full panels From, From+Step, … below To, for the tail, or
// for the last Step full panels and the tail.
type PanelLoop struct {
	From, To, Step int
	Tail           bool
	Calls          []Panel
}

// Once reports whether the loop has one turn.
func (l *PanelLoop) Once() bool { return l.Tail || l.From+l.Step >= l.To }

// Joined reports whether the tail follows full panels in a call.
func (l *PanelLoop) Joined() bool { return l.Tail && l.Step > 0 }

// Together is the number of panels of a call that takes several, else 0.
func (l *PanelLoop) Together() int {
	if l.Step > 1 {
		return l.Step
	}
	return 0
}

// panels divides a layer's outputs: `together` full panels in a call, or as many
// outputs of a panel as a call takes, then the tail.
func panels(t *target.Target, elem string, full, tail, together, most int, merge bool) []PanelLoop {
	calls := func(valid int) (out []Panel) {
		for lane := 0; lane < valid; lane += most {
			out = append(out, panel(t, elem, lane, min(most, valid-lane), merge))
		}
		return out
	}
	var loops []PanelLoop
	from := 0
	if together > 1 {
		from = full / together * together
		loops = append(loops, PanelLoop{0, from, together, false, []Panel{panel(t, elem, 0, together*schedule.Panel, merge)}})
	}
	if from < full {
		loops = append(loops, PanelLoop{from, full, 1, false, calls(schedule.Panel)})
	}
	if tail > 0 {
		loops = append(loops, PanelLoop{Tail: true, Calls: calls(tail)})
	}
	return loops
}

// panel is the call for some outputs. Where masks cost nothing one kernel serves
// whole and partial vectors, if they may be merged.
func panel(t *target.Target, elem string, lane, outputs int, merge bool) Panel {
	p := Panel{Lane: lane, Outputs: outputs}
	p.Room, p.Partial, p.Mask = t.Last(elem, outputs, false)
	if merge && t.Masks && p.Room <= t.Lanes(elem) {
		p.Partial, p.Mask = true, 1<<outputs-1
	}
	return p
}

// String is how many outputs the kernel takes, in words.
func (p *Panel) String() string {
	if p.Partial {
		return fmt.Sprint("up to ", p.Room)
	}
	return fmt.Sprint(p.Room)
}

// print describes loops over panels.
func print(loops []PanelLoop) string {
	var out []string
	for _, l := range loops {
		var calls []string
		for _, c := range l.Calls {
			s := c.String() + " outputs"
			if len(c.Tiles) > 0 {
				s += fmt.Sprintf(" in tiles of %v rows", c.Tiles)
			}
			calls = append(calls, s)
		}
		where := fmt.Sprintf("panels %d…%d by %d", l.From, l.To-1, l.Step)
		switch {
		case l.Joined():
			where = fmt.Sprintf("panels %d…%d and the tail", l.From, l.To-1)
		case l.Tail:
			where = "the tail"
		}
		out = append(out, where+": "+strings.Join(calls, " and "))
	}
	return strings.Join(out, "; ")
}

// Rows is a dense layer for the rows of a batch.
type Rows struct {
	PerCall int  // rows
	Divided bool // a batch may have more
	Preempt bool
	Rolled  bool // the number of terms is an argument
	Loops   []PanelLoop
	// Term is an estimate of the cycles that a term of a row takes in all calls, 0
	// where nothing is known of the processor.
	Term float64
}

// RowsOf schedules a dense layer for a batch.
func RowsOf(t *target.Target, k *kernel.Kernel, batch int) *Rows {
	elem, terms := k.Elem.Acc, k.Terms()
	most := t.VectorOutputs(elem, k.Chains)
	together := max(1, min(most/schedule.Panel, k.Panels.Full))
	r := &Rows{Rolled: terms >= leastRolled, Preempt: Preempts(2 * terms * k.Outputs * batch)}
	r.PerCall = rowsPerCall(2*terms*schedule.Panel*together, batch, t.TileRows(elem, schedule.Panel*together, k.Chains))
	r.Divided = r.PerCall < batch
	r.Loops = joined(t, k, panels(t, elem, k.Panels.Full, k.Outputs-k.Panels.Full*schedule.Panel, together, most, true))
	for i := range r.Loops {
		for j := range r.Loops[i].Calls {
			c := &r.Loops[i].Calls[j]
			c.Tiles = t.TileRows(elem, c.Outputs, k.Chains)
		}
	}
	if t.Core != nil {
		r.Term = cost(t, k, r.Loops)
	}
	return r
}

// Kernel is the kernel of a panel of a layer.
func (r *Rows) Kernel(k *kernel.Kernel, l *PanelLoop, p *Panel) *kernel.Kernel {
	part := k.Whole(max(l.Step, 1))
	switch {
	case l.Joined():
		part = k.Joined(l.Step)
	case l.Tail || l.Step == 1:
		width := schedule.Panel
		if l.Tail {
			width = k.Panels.Tail
		}
		part = k.Panel(p.Outputs, width)
	}
	part.Rolled = r.Rolled
	open := part.Open()
	open.Outputs, open.Partial, open.Tile.Rows = p.Room, p.Partial, p.Tiles
	return open
}

func (r *Rows) String() string {
	s := divided("rows", r.PerCall, r.Divided, r.Preempt) + print(r.Loops)
	if r.Term > 0 {
		s += fmt.Sprintf("; about %.2f cycles for an input of a row", r.Term)
	}
	return s
}

// divided describes the parts that a call takes.
func divided(what string, per int, some, preempt bool) string {
	s := ""
	if some {
		s = fmt.Sprintf("%d %s a call, ", per, what)
	}
	if preempt {
		s += "preempted between calls, "
	}
	return s
}

// rowsPerCall is how many rows a call may take, a multiple of the tiles' sizes, or
// all of a batch.
func rowsPerCall(flops, batch int, tiles []int) int {
	if batch*flops <= flopsPerCall {
		return batch
	}
	unit := tiles[0]
	if len(tiles) > 1 {
		for unit%tiles[1] > 0 {
			unit += tiles[0]
		}
	}
	return max(flopsPerCall/flops/unit*unit, tiles[0])
}
