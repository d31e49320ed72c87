package kernel

// Panels says how a kernel's weights lie: Full panels of 16 outputs with
// PanelRows rows of inputs each, then one of Tail outputs.
type Panels struct {
	Full, Tail int
	PanelRows  int // of a full panel; at least the inputs
}

// Panel is the part of a kernel that computes the sums of one panel, or of a
// part of it: outputs sums, whose weights lie width apart from input to input.
func (k *Kernel) Panel(outputs, width int) *Kernel {
	p := *k
	p.Outputs, p.Panels = outputs, Panels{Tail: width}
	return &p
}

// Whole is the part of a kernel that computes the sums of n neighbouring full
// panels.
func (k *Kernel) Whole(n int) *Kernel {
	p := *k
	p.Outputs, p.Panels = n*panel, Panels{Full: n, PanelRows: k.Panels.PanelRows}
	return &p
}

// Joined is the part of a kernel that computes the sums of its last n full panels
// and of the tail.
func (k *Kernel) Joined(n int) *Kernel {
	p := *k
	p.Outputs, p.Panels.Full = k.Outputs-(k.Panels.Full-n)*panel, n
	return &p
}

// Open is the kernel for rows without what it is told by arguments: distances
// and, if it is rolled, the terms.
func (k *Kernel) Open() *Kernel {
	p := *k
	if k.Segments[0].Swapped {
		return p.openSwapped()
	}
	p.Batch, p.Panels.PanelRows, p.Ahead, p.Tile = Batch{}, 0, 0, Tile{}
	if k.Rolled {
		p.Segments = []Segment{{}}
	}
	return &p
}

// PanelsInTurn is how many panels the chains of a sum go through, where its products
// lie side by side.
func (k *Kernel) PanelsInTurn() int { return max(1, k.Chains/panel) }

// openSwapped is Open for the gradient of inputs: it is told the turns through full
// panels by an argument, its panels are those of a turn and those after the last; its
// terms are those of the tail.
func (k Kernel) openSwapped() *Kernel {
	terms := k.Terms() - k.Panels.Full*panel
	turn := k.PanelsInTurn()
	full := k.Panels.Full
	if full >= turn {
		full = turn + full%turn
	}
	k.Batch, k.Panels, k.Ahead, k.Tile = Batch{}, Panels{Full: full, Tail: k.Panels.Tail}, 0, Tile{}
	k.Segments = []Segment{{Swapped: true, Taps: []Tap{{}}, Channels: terms}}
	return &k
}

// Some is the kernel of some of its outputs without what does not change its text.
func (k *Kernel) Some(outputs int) *Kernel {
	p := *k
	p.Outputs, p.Batch, p.Ahead, p.Tile = outputs, Batch{}, 0, Tile{}
	return &p
}

// Open is the step with the gradients of inputs without what it is told by
// arguments: the inputs, and the full panels; its outputs are those of the tail.
func (r *RankOne) Open() *RankOne {
	p := *r
	p.Inputs, p.Outputs = 0, r.Outputs-r.Panels.Full*panel
	p.Panels = Panels{Full: min(r.Panels.Full, 1), Tail: r.Panels.Tail}
	return &p
}

// panel is the number of outputs of a full panel.
const panel = 16

// Turn is the number of terms of a turn of a kernel's loop over terms; a
// multiple of every number of chains.
const Turn = 8

// Extras are the operands of the epilogue that are read from memory, each
// once, in the order of the programs.
func (k *Kernel) Extras() []Operand { return Extras(k.Epilogue) }

// Extras are the operands of programs that are read from memory.
func Extras(epilogue []Epilogue) []Operand {
	known := map[string]bool{Sum: true}
	var out []Operand
	for _, e := range epilogue {
		for _, o := range e.Operands {
			if !known[o.From] {
				known[o.From] = true
				out = append(out, o)
			}
		}
		known[e.Name] = true
	}
	return out
}

// Gradient describes the gradient of one panel of weights,
// G[k][n] = Σ over the rows of X[k]·DY[n] in their order, [Inputs][Width].
// The epilogue changes what lies where the gradients would: weights and
// optimiser states, element by element; without one the gradients are stored.
type Gradient struct {
	Elem    string
	Fused   bool
	Inputs  int // for which it is, though an argument says how many there are; 0 is any number
	Outputs int // of the panel that exist, or of Panels full ones
	Width   int
	Panels  int // 0 is one; of several an argument says how far they lie apart
	// Partial: the last vector is not full; an argument says which lanes it has.
	Partial bool
	Update  *Update
	// Shared: other cores have read what the update changes.
	Shared bool
}

// RankOne describes the step of one sample on weights and bias:
// W[n][k] −= rate·(0 + X[k]·DY[n]) and B[n] −= rate·(0 + DY[n]), each operation
// rounded but for the multiply-add of the gradient where it is Fused; and with DX
// the gradients of the inputs from the weights before it, DX[k] = Σ_n
// W[n][k]·DY[n], in the chains of the schedule. Without inputs it is the bias
// alone.
type RankOne struct {
	Elem            string
	Fused           bool
	Inputs, Outputs int
	Panels          Panels
	Ahead           int // inputs whose weights are fetched ahead
	Bias            bool
	DX              bool
	Epilogue        []Epilogue // on the gradients of the inputs
	// Partial: the last vector of an open kernel is not full; an argument says
	// which lanes it has.
	Partial bool
	// Listed: only the inputs of a list, the others being zero.
	Listed bool
	// AnyZero: a weight that is zero may change its sign, as it may where inputs that are
	// zero are left out. Then the gradient need not start at zero.
	AnyZero bool
}
