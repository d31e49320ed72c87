package asm

// MatMul is Y = X·W + b for the rows of a batch and one panel of weights,
// [Terms][Width]: a layer's outputs, or, with the weights transposed, the
// gradients of its inputs. Rows lie Stride bytes apart.
type MatMul struct {
	Name    string
	Doc     []string
	Double  bool
	Fused   bool
	Terms   int // K, products of a sum
	Width   int // elements of a row of weights, 8 or 16
	Valid   int // outputs of the panel that exist
	Chains  int
	Bias    bool
	Relu    bool
	XStride int // bytes from one row of X to the next
	YStride int

	Elem string // of the pointers
}

// GradWeight is G[k][n] = Σ over the rows of X[k]·DY[n] for one panel of n:
// [Inputs][Width] weights.
type GradWeight struct {
	Name     string
	Doc      []string
	Double   bool
	Fused    bool
	Inputs   int
	Width    int
	Valid    int
	XStride  int
	DYStride int

	Elem string
}
