package bench

import "github.com/nngen-go/nngen/gen/ir"

// Cost is the work that a network is, whatever code does it.
type Cost struct {
	// Multiply-adds per sample.
	Forward    int `json:"forward"`
	GradWeight int `json:"grad_weight"`
	GradInput  int `json:"grad_input"`
	// Parameters are what is read, Trained those that a step changes.
	Parameters int `json:"parameters"`
	Trained    int `json:"trained"`
	// Bytes of the parameters, of the trained ones, and of the latter's
	// optimiser states.
	Bytes        int `json:"bytes"`
	TrainedBytes int `json:"trained_bytes"`
	StateBytes   int `json:"state_bytes"`
	// Functions are the operations with elementary functions: activations, their
	// gradients, softmax.
	Functions []*Function `json:"functions"`
}

// costOf counts the work of a program.
func costOf(prog *ir.Program) Cost {
	c := Cost{Parameters: prog.ParamCount(), Functions: functionsOf(prog)}
	size := 4
	if prog.DType == ir.Float64 {
		size = 8
	}
	for _, v := range prog.Params {
		if len(v.Param.Values) == 0 { // not a constant of the input's normalisation
			c.Bytes += storedBytes(v, size)
		}
	}
	for _, op := range prog.Infer.Ops {
		if o, ok := op.(*ir.Contract); ok {
			c.Forward += o.MultiplyAdds()
		}
	}
	if prog.Gradients == nil {
		return c
	}
	backward := false
	for _, op := range prog.Gradients.Ops {
		backward = backward || op.Outs()[0] == prog.Loss
		o, ok := op.(*ir.Contract)
		switch {
		case !ok || !backward:
		case o.OverBatch():
			c.GradWeight += o.MultiplyAdds()
		default:
			c.GradInput += o.MultiplyAdds()
		}
	}
	for _, g := range prog.Grads {
		c.Trained += connections(g)
	}
	c.TrainedBytes = c.Trained * size
	for _, s := range prog.States {
		c.StateBytes += connections(s) * size
	}
	return c
}

// storedBytes is what a parameter takes in memory, with the scales of integers.
func storedBytes(v *ir.Value, size int) int {
	n := connections(v)
	switch v.StorageOf() {
	case ir.Float16:
		return 2 * n
	case ir.Int8:
		return n + v.Shape[0]*size
	}
	return n * size
}

// connections returns the elements that a parameter, or its gradient or state,
// really has.
func connections(v *ir.Value) int {
	if v.Param != nil && v.Param.Mask != nil {
		return v.Param.Mask.Count()
	}
	return v.Size()
}

// FLOPs returns the operations of a call, a multiply-add being two.
func (c *Cost) FLOPs(mode string, batch int) float64 {
	if mode == Infer {
		return 2 * float64(batch) * float64(c.Forward)
	}
	return 2*float64(batch)*float64(c.Forward+c.GradWeight+c.GradInput) + 2*float64(c.Trained)
}

// WorkingSet is the bytes that a call goes through.
func (c *Cost) WorkingSet(mode string) int {
	if mode == Infer {
		return c.Bytes
	}
	return c.Bytes + c.StateBytes
}
