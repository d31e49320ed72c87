package calls

import (
	"slices"

	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/target"
)

// PoolGradient is the calls of the gradient of a pooling, of one sample.
type PoolGradient struct {
	Convolution // the calls of the pooling
	Adds        bool
	// Clears: some elements of the result are not stored, or all are added to.
	Clears bool
}

// PoolGradientOf schedules the gradient of a pooling of a source of some elements from
// the kernel of the pooling.
func PoolGradientOf(t *target.Target, k *kernel.Kernel, elements int) *PoolGradient {
	reads := k.Reads(elements / k.Outputs)
	g := &PoolGradient{Convolution: *ConvolutionOf(t, k)}
	g.Adds = slices.Max(reads) > 1
	g.Clears = g.Adds || slices.Min(reads) == 0
	for i := range g.Parts {
		g.Parts[i].Kernel.Tile = kernel.Tile{Positions: 1}
	}
	return g
}

// Kernel is that of a part.
func (g *PoolGradient) Kernel(p ConvolutionPart) *kernel.MaxGradient {
	return &kernel.MaxGradient{Of: p.Kernel, Adds: g.Adds}
}

func (g *PoolGradient) String() string {
	switch text := g.Convolution.String(); {
	case g.Adds:
		return "cleared, added to; " + text
	case g.Clears:
		return "cleared; " + text
	default:
		return text
	}
}
