package spec

import "slices"

// recurrent are the kinds of layers that run over the steps of a sequence.
var recurrent = []string{"rnn", "gru", "lstm"}

// Steps is how many steps of a sequence a value of a shape has, along its first axis; 0
// where the network has no layer that runs over these, or the shape is another.
func (n *Network) Steps(shape []int) int {
	over := slices.ContainsFunc(n.Layers, func(l Layer) bool {
		return slices.Contains(recurrent, l.Kind) && l.Args.Has("axis") && (l.Args.Int("axis") == 0 || l.Args.Int("axis") == -2)
	})
	if !over || len(shape) != 2 {
		return 0
	}
	return shape[0]
}

// IsLength reports whether an input is the number of steps of a sequence: the second
// source of a recurrent layer, or lengths of an output.
func (n *Network) IsLength(input string) bool {
	return slices.ContainsFunc(n.Layers, func(l Layer) bool {
		return slices.Contains(recurrent, l.Kind) && len(l.From) > 1 && l.From[1] == input
	}) || slices.ContainsFunc(n.Outputs, func(o Output) bool { return o.Lengths == input })
}
