package importer

import (
	"slices"
	"strconv"
	"strings"
)

// numberField is a field written as one number or a list, with n of them; false for
// a word.
func (n *node) numberField(name string, count int) ([]int, bool) {
	text, ok := n.field(name).(string)
	if !ok {
		return make([]int, count), true
	}
	var list []int
	for item := range strings.SplitSeq(strings.Trim(text, "[]"), ", ") {
		x, err := strconv.Atoi(item)
		if err != nil {
			return nil, false
		}
		list = append(list, x)
	}
	if len(list) == 1 {
		list = slices.Repeat(list, count)
	}
	return list, len(list) == count
}

// setField gives a field another value, or takes it away where that is the preset.
func (n *node) setField(name, value, preset string) {
	n.fields = slices.DeleteFunc(slices.Clone(n.fields), func(f field) bool { return f.name == name })
	n.add(name, value, preset)
}

// foldPads makes zeros around what a convolution or a pooling reads its own
// padding.
func (g *graph) foldPads() bool {
	changed := false
	readers := g.readers()
	for _, n := range g.order() {
		x := firstOf(n)
		axes := len(n.shape) - 1
		if x == nil || x.kind != "pad" || x.field("mode") != nil || x.field("value") != nil || !n.padsZeros(x) {
			continue
		}
		if r, ok := only(readers, x); !ok || r != n {
			continue
		}
		// Of the channels nothing is padded.
		around, ok := x.numberField("padding", strings.Count(x.field("padding").(string), ",")+1)
		if own, known := n.numberField("padding", 2*axes); ok && known && len(around) == 2*axes && n.holds(own, around) {
			for i := range own {
				own[i] += around[i]
			}
			n.setField("padding", perAxis(own), "0")
			if strings.HasPrefix(n.kind, "avg") {
				n.setField("count_include_pad", "true", "")
			}
			n.from = []*node{x.from[0]}
			changed = true
		}
	}
	return changed
}

// holds reports whether a layer may have more padding; a window of a pooling must
// reach beyond it.
func (n *node) holds(own, more []int) bool {
	axes := len(own) / 2
	kernel, _ := n.numberField("kernel_size", axes)
	for i := range own {
		if all := own[i] + more[i]; all > maxWindow || !n.isConv() && (all >= kernel[i%axes] || n.field("dilation") != nil) {
			return false
		}
	}
	return true
}

// padsZeros reports whether a layer's own padding is as good as zeros around its
// source: to an average they count, to a maximum they are no more than the rest.
func (n *node) padsZeros(pad *node) bool {
	switch {
	case n.isTransposed():
		return false
	case n.isConv():
		return true
	case strings.HasPrefix(n.kind, "avg_pool"):
		own, ok := n.numberField("padding", 2*(len(n.shape)-1))
		return ok && slices.Max(own) == 0 && n.field("ceil_mode") == nil
	case strings.HasPrefix(n.kind, "max_pool"):
		return pad.from[0].kind == "relu" || pad.from[0].kind == "relu6"
	}
	return false
}

// padsOfZeros finds a value beside constant zeros, which are padding.
func (g *graph) padsOfZeros() bool {
	changed := false
	for _, n := range g.order() {
		if n.kind != "concat" {
			continue
		}
		axis := n.integerField("axis")
		before, after, x := 0, 0, (*node)(nil)
		for _, from := range n.from {
			zeros := from.kind == "constant" && !slices.ContainsFunc(from.value.data, func(v float64) bool { return v != 0 })
			switch {
			case zeros && x == nil:
				before += from.shape[axis]
			case zeros:
				after += from.shape[axis]
			case x == nil:
				x = from
			default:
				before = -1 << 30 // two values
			}
		}
		if x == nil || before < 0 || before+after == 0 {
			continue
		}
		rest := make([]int, len(n.shape)-axis-1)
		n.become(&node{
			kind: "pad", from: []*node{x}, shape: n.shape,
			fields: []field{{"padding", intList(slices.Concat([]int{before}, rest, []int{after}, rest))}},
		})
		changed = true
	}
	return changed
}

// planes makes an input whose channels are moved to the front one that has them
// last.
func (g *graph) planes() {
	readers := g.readers()
	for _, in := range g.inputs {
		n, ok := only(readers, in)
		if !ok || n == nil || n.kind != "transpose" || in.field("context") != nil || slices.Contains(readers[n], nil) || !slices.Equal(n.field("perm").([]int), []int{2, 0, 1}) {
			continue
		}
		in.pixels, in.shape = in.shape, n.shape
		for _, r := range readers[n] {
			for i, x := range r.from {
				if x == n {
					r.from[i] = in
				}
			}
		}
	}
}

// given is the shape of an input in the model.
func (n *node) given() []int {
	if n.pixels != nil {
		return n.pixels
	}
	return n.shape
}
