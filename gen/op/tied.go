package op

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// ofTheOther are the fields that say something of a layer's own parameters.
var ofTheOther = []string{
	"use_bias", "kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer", "trainable", "drop_connect", "mask",
}

// untied says of those fields that a tied layer has none of its own.
func untied(params []spec.Param) []spec.Param {
	for i := range params {
		if slices.Contains(ofTheOther, params[i].Name) {
			params[i].Unless = "tied_to"
		}
	}
	return params
}

// tiedParams returns the weight and the bias of the dense layer that this one
// shares them with; no weight after an error.
func tiedParams(b *Builder, l *spec.Layer, in int) (w, bias *ir.Value) {
	b.NextLayer()
	arg, name := l.Args["tied_to"], l.Args.Text("tied_to")
	at := slices.IndexFunc(b.Net.Layers, func(o spec.Layer) bool { return o.Name == name })
	mine := slices.IndexFunc(b.Net.Layers, func(o spec.Layer) bool { return o.Name == l.Name })
	switch {
	case at < 0 || at >= mine || b.Net.Layers[at].Kind != "dense":
		b.Errorf(arg.Pos, "name a dense layer above", code.From+"tied_to must name a dense layer above this one, got %q", name)
		return nil, nil
	case b.Net.Layers[at].Args.Has("tied_to"):
		other := b.Net.Layers[at].Args.Text("tied_to")
		b.Errorf(arg.Pos, "write tied_to: "+other, code.From+"tied_to names %q, which has no weights of its own: they are those of %q", name, other)
		return nil, nil
	}
	if other := &b.Net.Layers[at]; b.Net.Codegen.Train && other.Args.Float("drop_connect") > 0 {
		b.Errorf(arg.Pos, "remove one of the two", code.Conflict+"tied_to names %q, whose connections are dropped in training (drop_connect)", name)
		return nil, nil
	}
	for _, field := range ofTheOther {
		if l.Args[field].Set {
			b.Errorf(l.Args[field].Pos, "write it in layer "+name, code.Conflict+"%s is about weights of its own, but tied_to shares those of %q", field, name)
			return nil, nil
		}
	}
	w = b.params[name+".weight"]
	if w == nil {
		return nil, nil // reported there
	}
	if outs, ins := w.Shape[0], w.Shape[1]; outs != l.Args.Int("units") || ins != in {
		b.Errorf(arg.Pos, "give both layers as many units and as many inputs", code.Shapes+"tied_to shares weights of %d units with %d inputs, but this layer has %d with %d",
			outs, ins, l.Args.Int("units"), in)
		return nil, nil
	}
	return w, b.params[name+".bias"]
}
