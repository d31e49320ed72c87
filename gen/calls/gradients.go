package calls

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/schedule"
	"github.com/nngen-go/nngen/gen/target"
)

// Inputs is the gradient of a layer's inputs, for rows or one sample: blocks of At
// inputs, PerCall of them at a time, the last beginning where it ends with them.
type Inputs struct {
	// Dots: they are the outputs of a narrow layer, for a kernel that knows all sizes.
	Dots                bool
	One                 bool // sample
	At, Blocks, PerCall int
	Rest                bool // inputs are no whole blocks
	Rows                int  // a call
	Divided, Preempt    bool
	Tiles               []int
	Room, Mask          int
	Partial             bool
}

// InputsOf schedules the gradient of a layer's inputs for a batch.
func InputsOf(t *target.Target, k *kernel.Kernel, batch int) *Inputs {
	in := inputsOf(t, k, false)
	flops := 2 * in.At * k.Terms()
	in.Rows = rowsPerCall(flops, batch, in.Tiles)
	in.Divided = in.Rows < batch
	in.PerCall = max(1, flopsPerCall/(flops*min(in.Rows, batch)))
	if in.Dots {
		in.PerCall = 1
	}
	in.Preempt = Preempts(flops * k.Outputs / in.At * batch)
	return in
}

// InputsOfOne schedules it for one sample.
func InputsOfOne(t *target.Target, k *kernel.Kernel) *Inputs {
	in := inputsOf(t, k, true)
	if in.PerCall = max(weightsPerCall/(in.At*k.Terms()), 1); in.Dots {
		in.PerCall = 1
	}
	in.Preempt = Preempts(2 * k.Outputs * k.Terms())
	return in
}

func inputsOf(t *target.Target, k *kernel.Kernel, one bool) *Inputs {
	if k.Narrow() && t.Dots != nil {
		return dotsOf(t, k, one)
	}
	in := &Inputs{At: t.InputsAtOnce(k), One: one}
	in.Tiles = t.GradInputRows(k, in.At)
	in.Blocks, in.Rest = k.Outputs/in.At, k.Outputs%in.At > 0
	in.Room, in.Partial, in.Mask = t.Last(k.Elem.Acc, k.Open().Terms(), true)
	return in
}

// dotsOf has all outputs in a block unless their weights are too many for a call.
func dotsOf(t *target.Target, k *kernel.Kernel, one bool) *Inputs {
	in := &Inputs{Dots: true, One: one}
	for blocks := 1; in.At == 0 || in.At > 1 && in.At*k.Terms() > weightsPerCall; blocks++ {
		in.At = (k.Outputs + blocks - 1) / blocks
	}
	in.Blocks, in.Rest = k.Outputs/in.At, k.Outputs%in.At > 0
	in.Tiles = t.DotsTiles(in.Kernel(k))
	return in
}

// Kernel is the kernel of a block.
func (in *Inputs) Kernel(k *kernel.Kernel) *kernel.Kernel {
	if in.Dots {
		return k.Some(in.At)
	}
	open := k.Open()
	open.Outputs, open.Partial, open.Segments[0].Channels, open.Tile.Rows = in.At, in.Partial, in.Room, in.Tiles
	return open
}

func (in *Inputs) String() string {
	if in.Dots && in.One {
		return fmt.Sprintf("dot products of %d outputs", in.At)
	}
	return divided("rows", in.Rows, in.Divided, in.Preempt) + divided("blocks", in.PerCall, in.PerCall < in.Blocks, false) +
		fmt.Sprintf("%d blocks of %d inputs in tiles of %v rows", in.Blocks, in.At, in.Tiles)
}

// Weights is the gradient of a layer's weights over a batch, and of the update that
// may follow.
type Weights struct {
	Inputs  int // that the kernels are for, 0 if for any number
	PerCall int // inputs
	Divided bool
	Preempt bool
	Loops   []PanelLoop
	// Term is an estimate of the cycles that an input takes for a row in all calls, 0
	// where nothing is known of the processor.
	Term float64
}

// WeightsOf schedules the gradient of the weights of a layer.
func WeightsOf(t *target.Target, elem string, inputs, outputs, batch int) *Weights {
	w := weightsOf(t, elem, inputs, outputs, batch)
	w.PerCall = max(flopsPerCall/(2*schedule.Panel*batch), t.InputsOfWeights)
	w.Divided = w.PerCall < inputs
	return w
}

// LearnOf schedules it with an update of the weights: so many inputs at a time that
// those of all rows stay in a first-level cache.
func LearnOf(t *target.Target, elem string, inputs, outputs, batch, size int) *Weights {
	w, at := weightsOf(t, elem, inputs, outputs, batch), t.InputsOfWeights
	most := max(min(inputsInCache/(batch*size), flopsPerCall/(2*schedule.Panel*batch))/at, 1) * at
	each := (inputs + most - 1) / most // calls
	w.PerCall = (inputs + each*at - 1) / (each * at) * at
	if batch == 1 {
		w.PerCall = min(inputs, elementsPerCall/schedule.Panel/at*at)
	}
	w.Divided = true
	return w
}

func weightsOf(t *target.Target, elem string, inputs, outputs, batch int) *Weights {
	full, most := outputs/schedule.Panel, t.VectorOutputs(elem, 1)
	together := max(1, min(most/schedule.Panel, full)) // the load of a number into all lanes takes longer than a sum
	// The kernels for any number take odd ones, if they are few, one by one.
	own := 0
	if inputs == 2 || inputs > 1 && inputs < schedule.Panel && inputs%2 > 0 {
		own = inputs
	}
	w := &Weights{
		Inputs:  own,
		Preempt: Preempts(2 * inputs * outputs * batch),
		Loops:   panels(t, elem, full, outputs-full*schedule.Panel, together, most, true),
	}
	if t.Core != nil {
		w.Term = summed(w.Loops, func(c *Panel) float64 { return t.Core.Term(t.InputsOfWeights, t.Columns(elem, c.Outputs), 1) })
	}
	return w
}

func (w *Weights) String() string {
	s := divided("inputs", w.PerCall, w.Divided, w.Preempt) + print(w.Loops)
	if w.Term > 0 {
		s += fmt.Sprintf("; about %.2f cycles for an input of a row", w.Term)
	}
	return s
}

// Groups is a layer on one sample: one call, or one for every Per panels and one
// for what is left.
type Groups struct {
	Per, Grouped int
	Group, Rest  kernel.Panels
	Outputs      int // of a group
	Left         int // outputs of the rest
}

// GroupsOf divides a layer on one sample: elements is the size of its weights.
func GroupsOf(panels kernel.Panels, inputs, outputs, elements int) *Groups {
	per := max(weightsPerCall/(inputs*schedule.Panel), 1)
	if per > alignedPanels {
		per -= per % alignedPanels
	}
	if elements <= weightsPerCall || panels.Full <= per {
		return &Groups{Rest: panels, Left: outputs}
	}
	g := &Groups{Per: per, Grouped: panels.Full / per * per, Outputs: per * schedule.Panel}
	g.Group = kernel.Panels{Full: per, PanelRows: panels.PanelRows}
	g.Rest = kernel.Panels{Full: panels.Full - g.Grouped, Tail: panels.Tail, PanelRows: panels.PanelRows}
	g.Left = outputs - g.Grouped*schedule.Panel
	return g
}

func (g *Groups) String() string {
	if g.Per == 0 {
		return fmt.Sprintf("%d outputs in a call", g.Left)
	}
	return fmt.Sprintf("panels 0…%d by %d, preempted between calls, then %d outputs", g.Grouped-1, g.Per, g.Left)
}

// StepInputs is how many inputs a call takes that changes their weights by one
// sample, with the gradients of those inputs.
func StepInputs(outputs int) int {
	const atOnce = 4
	return max(weightsPerCall/outputs/atOnce*atOnce, atOnce)
}
