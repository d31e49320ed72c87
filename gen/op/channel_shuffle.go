package op

import (
	"slices"

	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// channelShuffle deals the channels of groups out in turn.
var channelShuffle = Layer{
	Kind: spec.Kind{
		Name: "channel_shuffle",
		Doc:  "The n channels of g groups dealt out in turn, y[c·g + k, …] = x[k·n/g + c, …] (PyTorch ChannelShuffle), gradient the other way round.",
		Params: []spec.Param{
			{Name: "groups", Doc: "number of groups", Type: spec.Integer, Required: true, Range: &spec.Range{Min: 1, Max: 1e6}},
		},
	},
	Build: func(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
		x, groups := xs[0], l.Args.Int("groups")
		if len(x.Dims) == 0 || x.Dims[0]%groups != 0 {
			b.Errorf(l.Args["groups"].Pos, "", code.Shapes+"groups must divide the channels, axis 0 of the shape %s, got %d", shapeText(x.Dims), groups)
			return Tensor{}
		}
		parted := slices.Concat([]int{groups, x.Dims[0] / groups}, x.Dims[1:])
		perm := []int{1, 0}
		for i := range x.Dims[1:] {
			perm = append(perm, 2+i)
		}
		y := b.permute(l.Name, Tensor{x.Value, parted}, perm)
		return Tensor{y.Value, x.Dims}
	},
}
