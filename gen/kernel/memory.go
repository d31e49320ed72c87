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
	p.Outputs, p.Panels = n*k.Out.Panel, Panels{Full: n, PanelRows: k.Panels.PanelRows}
	return &p
}

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
	Elem            string
	Fused           bool
	Inputs, Outputs int // Outputs of the panel that exist
	Width           int
	X, DY           int // displacements from row to row
	Update          *Update
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
	// Listed: only the inputs of a list, the others being zero.
	Listed bool
}
