package op

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
)

// OfPlaces reports whether every place has a loss: the arguments are those of a loss
// along an axis.
func OfPlaces(a spec.Args) bool { return a.Has("axis") }

// LossOf adds a loss: it returns the loss of each sample and seeds the
// gradient of the prediction, multiplied by the scale s. w are the weights of
// the samples, or of the elements where the loss is one of these, or nil.
func (b *Builder) LossOf(row *Loss, a spec.Args, of Tensor, t, s, w *ir.Value) *ir.Value {
	p := of.Value
	switch {
	case OfPlaces(a):
		l, dp, x := row.Places(b, a, of, t, s, w)
		b.AddGrad(x, dp)
		return l
	case row.Mix != nil:
		l, dp, x := row.Mix(b, a, p, t, s, w)
		b.AddGrad(x, dp)
		return l
	}
	value := row.Value.Bind(Numbers(a)).Rename(map[string]string{"l": "e"})
	gradient := row.DP.Bind(Numbers(a))
	if w != nil { // 0 also where what is left out is not a number
		value = append(value.Rename(map[string]string{"e": "all"}), formula("e = select(0 < w, w*all, 0)")...)
		gradient = append(gradient.Rename(map[string]string{"dp": "all"}), formula("dp = select(0 < w, w*all, 0)")...)
	}
	l := b.Reduce(row.Name, "l_"+p.Name, ir.Sum, value, "p", p, "t", t, "w", w)
	dp := b.Map(row.Name+" gradient", "d"+p.Name, gradient, "dp", p.Size(), "p", p, "t", t, "s", s, "w", w)
	b.AddGrad(p, dp)
	return l
}
