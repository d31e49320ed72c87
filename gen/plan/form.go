package plan

import "github.com/nngen-go/nngen/gen/ir"

// product is what there are matrix kernels for: the product of a layer's weight
// with a value of the samples, or its transpose's.
type product struct {
	y, x, w *ir.Value
	bias    bool
	grad    bool // y = Wᵀ·x
}

// productOf returns the product that an operation is, nil if it is none.
func productOf(op ir.Op) *product {
	switch o := ir.Form(op).(type) {
	case *ir.Dense:
		return &product{y: o.Y, x: o.X, w: o.W, bias: o.B != nil}
	case *ir.DenseGradInput:
		return &product{y: o.DX, x: o.DY, w: o.W, grad: true}
	}
	return nil
}

// connected reports whether all connections of the layer exist.
func (p *product) connected() bool { return p.w.Param.Mask == nil }
