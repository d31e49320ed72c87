package op

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// stateLayer is what a network keeps from call to call as a source of layers.
var stateLayer = Layer{
	Kind: spec.Kind{
		Name: "state", NoFrom: true,
		Doc: "What another layer was in the call before, zero in the first, y = next of the call before: a value that goes back to a layer above.",
		Params: []spec.Param{
			{Name: "shape", Doc: "its shape, row-major", Type: spec.NumberList, Required: true, Range: &spec.Range{Min: 1, Max: MaxElements}},
			{Name: "next", Doc: "the layer, of as many elements, that it is in the next call", Type: spec.Text, Layer: true, Required: true},
		},
	},
	Build: func(b *Builder, l *spec.Layer, _ []Tensor) Tensor {
		dims, ok := b.shapeField("shape", l.Args["shape"])
		if !ok {
			return Tensor{}
		}
		v := b.Keep(l, "state", dims...)
		b.pending = append(b.pending, pendingState{l, v})
		return Tensor{v, dims}
	},
}

// pendingState is a state whose next value is a layer below it.
type pendingState struct {
	l  *spec.Layer
	in *ir.Value
}

// Connect gives the states of the function their next values, once all layers are
// there.
func (b *Builder) Connect(values map[string]Tensor) {
	for _, p := range b.pending {
		b.In(p.l)
		arg := p.l.Args["next"]
		next, known := values[p.l.Args.Text("next")]
		isInput := slices.ContainsFunc(b.Net.Inputs, func(in spec.Input) bool { return in.Name == p.l.Args.Text("next") })
		switch {
		case isInput || !known && !slices.ContainsFunc(b.Net.Layers, func(l spec.Layer) bool { return l.Name == p.l.Args.Text("next") }):
			b.Errorf(arg.Pos, "", code.From+"next must name a layer, got %q", p.l.Args.Text("next"))
		case next.Value == nil: // reported there
		case next.Size() != p.in.Size():
			b.Errorf(arg.Pos, "", code.Shapes+"next must have as many elements as the state, of shape %s, but %s has the shape %s", shapeText(p.in.Shape), p.l.Args.Text("next"), shapeText(next.Dims))
		default:
			b.Kept(p.in, next.Value)
		}
	}
	b.In(nil)
}

// delay is its source some calls ago.
var delay = Layer{
	Kind: spec.Kind{
		Name: "delay",
		Doc:  "Its source some calls ago, zero in the first of a stream, y = x of so many calls before.",
		Params: []spec.Param{
			{Name: "steps", Doc: "how many calls", Type: spec.Integer, Default: 1, Range: &spec.Range{Min: 1, Max: 1 << 16}},
		},
	},
	Build: func(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
		x, steps := xs[0], l.Args.Int("steps")
		if n := float64(steps+1) * float64(x.Size()); n > MaxElements {
			b.Errorf(l.Pos, "make it shorter", code.Limit+"it keeps %.0f elements; the limit is %d", n, MaxElements)
			return Tensor{}
		}
		all := b.remember(l, x, steps, x.Size())
		return Tensor{b.part(all, 0, x.Size(), l.Name), x.Dims}
	},
}

// remember returns the values of calls before, so many of a size, and then x; it
// keeps the last of these for the next call.
func (b *Builder) remember(l *spec.Layer, x Tensor, count, size int) *ir.Value {
	past := b.Keep(l, "past", count*size)
	all := concatVectors(b, l.Name+"_all", []Tensor{{past, []int{count * size}}, x})
	b.Kept(past, b.part(all, all.Size()-past.Size(), past.Size(), l.Name+"_past"))
	return all
}

// Context is an input with the last elements of the call before in front.
func (b *Builder) Context(in *spec.Input, x *ir.Value) Tensor {
	all := b.remember(&spec.Layer{Pos: in.Pos, Name: in.Name, Kind: "input"}, Tensor{x, in.Shape}, in.Context, 1)
	return Tensor{all, []int{all.Size()}}
}

// streamed puts what a causal convolution kept of the calls before in front of its
// source [channels, length]; it reports false after an error.
func (c *convolution) streamed() bool {
	l, win := c.l, &c.ws[0]
	if l.Args.Text("padding") != "causal" {
		c.Errorf(l.Args["stateful"].Pos, "write padding: causal", code.Conflict+"what goes on from call to call is causal, but padding is not")
		return false
	}
	if length := c.x.Dims[1]; length%win.stride != 0 {
		c.Errorf(l.Args["stateful"].Pos, "", code.Shapes+"a stream has as many elements in every call, but strides of %d do not divide its length %d", win.stride, length)
		return false
	}
	channels, kept := c.x.Dims[0], win.before
	if kept == 0 {
		return true
	}
	past := c.Keep(l, "past", channels, kept)
	all := joined(c.Builder, l.Name+"_all", 1, Tensor{past, []int{channels, kept}}, c.x)
	c.Kept(past, c.View("past", l.Name+"_past", all.Value,
		[]ir.Axis{{Size: channels, Stride: all.Dims[1]}, {Size: kept, Stride: 1}}, all.Dims[1]-kept))
	win.before, win.size, c.x = 0, all.Dims[1], all
	return true
}
