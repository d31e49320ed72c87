package phases

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
)

// pool emits the maximum of every window.
func (b *body) pool(o *ir.Pool) {
	y := b.result(o.Y.V)
	pass, typ, element := b.elementsOf(o.X.V)
	b.add(b.e.ID(b.e.PoolOf(o, typ, element, b.training)).Call(source.Exprf("%s", y.ptr), source.Exprf("%s", pass)))
}

// poolGradient emits the gradient of the maxima.
func (b *body) poolGradient(o *ir.PoolGradient, k *kernel.Kernel) {
	dx := b.result(o.DX.V)
	pass, typ, element := b.elementsOf(o.X.V)
	b.add(b.e.ID(b.e.PoolGradientOf(o, k, typ, element, b.training)).Call(source.Exprf("%s", dx.ptr), source.Exprf("%s", b.pointer(o.DY.V)), source.Exprf("%s", pass)))
}

// elementsOf is how a function gets a value, and an element of it: a
// parameter lies in rows of 16.
func (b *body) elementsOf(v *ir.Value) (pass, typ string, element func(name, at string) string) {
	if v.Kind == ir.Param {
		t := b.e.plan.TensorOf(v.Param)
		return "&" + b.weights + "." + b.e.field(t, t.Field), fmt.Sprintf("*[%d][16]%s", t.Layout.Full, source.TypeName(t.Layout.Elem)),
			func(name, at string) string {
				if v.Size() == 1 {
					at = "0"
				}
				return source.VectorAt(name, at)
			}
	}
	return b.pointer(v), "*" + source.Array(v.DType, v.Size()), func(name, at string) string { return name + "[" + at + "]" }
}

// view emits a fixed choice of elements.
func (b *body) view(o *ir.View) {
	pass, typ, element := b.elementsOf(o.X)
	y := b.result(o.Y)
	b.add(b.e.ID(b.e.ViewOf(o, typ, element, b.training)).Call(source.Exprf("%s", y.ptr), source.Exprf("%s", pass)))
}

// viewGrad emits the gradient of a view: sums over what was repeated, zero
// where nothing was read.
func (b *body) viewGrad(o *ir.ViewGrad) {
	dx := b.result(o.DX)
	b.add(b.e.ID(b.e.ViewGradient(o, b.training)).Call(source.Exprf("%s", dx.ptr), source.Exprf("%s", b.pointer(o.DY))))
}
