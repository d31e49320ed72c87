package importer

import (
	"fmt"
	"slices"
	"strconv"
)

// streaming is a graph whose layers read windows of a signal, while it is made to read
// what is new of it: convolutions keep the past that they need, and values of different
// lengths, whose last elements belong together, all get that of a call.
type streaming struct {
	count int
	last  map[*node]int // how many elements of the signal are behind the last of a value
}

// stream makes the last axis of the only input a signal of which a call reads count new
// elements. It returns the length of the window that the graph reads, and that of the
// result which it gives.
func (g *graph) stream(count int) (window, result int, err *Error) {
	if len(g.inputs) != 1 || len(g.outputs) != 1 || len(g.states) > 0 {
		return 0, 0, errorf("", "leave --stream out", "only a model of one input, one output and no state can be made a stream")
	}
	in, out := g.inputs[0], g.outputs[0]
	if len(in.shape) == 0 || len(out.shape) == 0 {
		return 0, 0, errorf("input "+quote(in.hints[0]), "leave --stream out", "it has no axis that could be a signal")
	}
	window, result = in.shape[len(in.shape)-1], out.shape[len(out.shape)-1]
	if count > window {
		return 0, 0, errorf("input "+quote(in.hints[0]), "give --stream a number up to that", "its last axis has %d elements, of which %d cannot be new", window, count)
	}
	s := &streaming{count: count, last: map[*node]int{}}
	for _, n := range g.order() {
		why := s.node(n)
		if why == "" && n == out.node && s.last[n] != 0 {
			why = fmt.Sprintf("the last %d elements of the window would not be used", s.last[n])
		}
		if why != "" {
			e := errorf(n.place, "leave --stream out; it is for convolutions without padding and strides and what is done to every element alike", "%s", why)
			e.Operator, e.Node = n.op, n.node
			return 0, 0, e
		}
	}
	for n := range s.last {
		n.shape = slices.Concat(n.shape[:len(n.shape)-1], []int{count})
	}
	return window, result, nil
}

// node follows the signal through a layer and changes it; why is "" unless it cannot.
func (s *streaming) node(n *node) (why string) {
	if n.kind == "input" {
		s.last[n] = 0
		return ""
	}
	var signal *node
	for _, x := range n.from {
		at, ok := s.last[x]
		switch {
		case !ok && (x.kind != "constant" || len(x.shape) > 0 && x.shape[len(x.shape)-1] > 1):
			return "it combines a signal with a value that is none"
		case ok && signal != nil && (at != s.last[signal] || length(x) != length(signal)):
			return "it combines elements of a signal of different times"
		case ok:
			signal = x
		}
	}
	if signal == nil {
		return map[bool]string{false: "it depends on no signal"}[n.kind == "constant"]
	}
	before := s.last[signal]
	_, function := functions[n.kind]
	axis := len(signal.shape) - 1
	switch {
	case function, slices.Contains(merging, n.kind):
	case n.kind == "affine", n.kind == "prelu":
		if !n.affine.alike(length(n)) {
			return "its constants differ along the signal"
		}
		n.affine = n.affine.every(length(n), s.count)
	case n.kind == "concat" && n.integerField("axis") != len(n.shape)-1:
	case n.kind == "reshape" && length(n) == length(signal):
	case n.kind == "slice" && n.integerField("axis") != axis:
	case n.kind == "slice" && n.integerField("step") == 1:
		before += length(signal) - n.integerField("start") - length(n)
		n.kind, n.fields = "linear", nil
	case n.kind == "conv1d", n.kind == "depthwise_conv1d":
		if n.field("strides") != nil || n.field("padding") != nil {
			return "a convolution with strides or padding does not go on from window to window"
		}
		if n.field("kernel_size") != "1" {
			n.fields = append(n.fields, field{"padding", "causal"}, field{"stateful", "true"})
		}
	default:
		return "a layer " + strconv.Quote(n.kind) + " of a signal does not go on from window to window"
	}
	s.last[n] = before
	return ""
}

// merging are the layers that combine the elements of their sources.
var merging = []string{"add", "subtract", "multiply", "divide", "minimum", "maximum", "average", "where", "equal", "less", "less_or_equal", "greater", "greater_or_equal"}

func length(n *node) int { return n.shape[len(n.shape)-1] }

// alike reports whether the constants are the same along the last axis, of a length.
func (a *affine) alike(length int) bool {
	for _, list := range [][]float64{a.sub, a.mul, a.div, a.add} {
		for i := range list {
			if len(list) > 1 && list[i] != list[i-i%length] {
				return false
			}
		}
	}
	return true
}

// every is the constants for another length of the last axis.
func (a *affine) every(length, count int) *affine {
	change := func(list []float64) []float64 {
		if len(list) < 2 {
			return list
		}
		var out []float64
		for i := 0; i < len(list); i += length {
			out = append(out, slices.Repeat(list[i:i+1], count)...)
		}
		return out
	}
	return &affine{change(a.sub), change(a.mul), change(a.div), change(a.add)}
}
