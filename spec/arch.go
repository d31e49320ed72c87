package spec

import (
	"fmt"
	"slices"
	"strings"
)

// Arch describes the layers that inference has, and which columns of inputs
// with categories, for comparison when weights are loaded.
func (n *Network) Arch() string {
	parts := []string{n.Numeric.DType}
	for i := range n.Inputs {
		if in := &n.Inputs[i]; slices.ContainsFunc(in.Columns, func(c Column) bool { return c.Categories != nil }) {
			parts = append(parts, in.arch())
		}
	}
	for i := range n.Layers {
		l := &n.Layers[i]
		if l.Kind == "dropout" {
			continue // absent from inference
		}
		s := l.Name + ": " + l.Kind
		if units := l.Args.Int("units"); units > 0 {
			s += fmt.Sprintf(" %d", units)
		}
		if act := l.Args.Word("activation"); act != nil {
			s += " " + act.Name
		}
		if tied := l.Args.Text("tied_to"); tied != "" {
			s += " tied to " + tied
		}
		from := l.From
		if slices.Contains(recurrent, l.Kind) {
			from = from[:1] // not the length of a sequence, which a stream does not have
		}
		parts = append(parts, s+" from "+strings.Join(from, ","))
	}
	return strings.Join(parts, "; ")
}
