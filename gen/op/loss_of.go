package op

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
)

// LossOf adds a loss: it returns the loss of each sample and seeds the
// gradient of the prediction, multiplied by the scale s. w are the weights of
// the samples, or nil.
func (b *Builder) LossOf(row *Loss, a spec.Args, p, t, s, w *ir.Value) *ir.Value {
	if row.Mix != nil {
		l, dp, of := row.Mix(b, a, p, t, s, w)
		b.AddGrad(of, dp)
		return l
	}
	value := row.Value.Bind(Numbers(a)).Rename(map[string]string{"l": "e"})
	l := b.Reduce(row.Name, "l_"+p.Name, ir.Sum, value, "p", p, "t", t)
	dp := b.Map(row.Name+" gradient", "d"+p.Name, row.DP.Bind(Numbers(a)), "dp", p.Size(), "p", p, "t", t, "s", s)
	b.AddGrad(p, dp)
	return l
}
