package picture

import (
	"fmt"
	"strings"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
)

// Nodes are the inputs, layers and outputs of a network.
func Nodes(net *spec.Network, prog *ir.Program) []Node {
	var nodes []Node
	for _, in := range net.Inputs {
		detail := dims(in.Shape)
		if in.Normalize != nil {
			detail += ", normalised"
		}
		nodes = append(nodes, Node{Name: in.Name, Kind: "input", Size: product(in.Shape), Detail: detail})
	}
	for i := range net.Layers {
		l := &net.Layers[i]
		shape := prog.Shapes[l.Name]
		n := Node{Name: l.Name, Kind: l.Kind, Size: product(shape), From: l.From, Dense: l.Kind == "dense", Detail: detail(l, shape)}
		if w := prog.ParamByName(l.Name + ".weight"); w != nil && w.Param.Mask != nil {
			n.Joined = w.Param.Mask.Cols
		}
		nodes = append(nodes, n)
	}
	for _, out := range net.Outputs {
		n := Node{Name: out.Name, Kind: "output", From: []string{out.From}, Size: product(prog.Shapes[out.From]), Detail: dims(prog.Shapes[out.From])}
		if out.Loss != nil {
			n.Detail = out.Loss.Name
		}
		if out.Normalize != nil {
			n.Detail += ", normalised"
		}
		for _, other := range nodes { // a name is free to be that of a layer
			if other.Name == n.Name {
				n.Name += " (output)"
			}
		}
		nodes = append(nodes, n)
	}
	return nodes
}

// detail is what a layer does, in a few words: 64, relu, 30 % of connections.
func detail(l *spec.Layer, shape []int) string {
	parts := []string{dims(shape)}
	if a := l.Args.Word("activation"); a != nil && a.Name != "linear" {
		parts = append(parts, a.Name)
	}
	if l.Args.Has("mask") {
		parts = append(parts, "masked")
	}
	for _, field := range []string{"rate", "drop_connect"} {
		if v := l.Args.Float(field); v > 0 {
			parts = append(parts, fmt.Sprintf("%s %g", strings.ReplaceAll(field, "_", " "), v))
		}
	}
	return strings.Join(parts, ", ")
}

func dims(shape []int) string {
	if len(shape) == 0 {
		return "1"
	}
	text := make([]string, len(shape))
	for i, d := range shape {
		text[i] = fmt.Sprint(d)
	}
	return strings.Join(text, "×")
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
