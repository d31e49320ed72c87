package importer

import "slices"

// simplify turns the layers of exporters into those a person would write.
func (g *graph) simplify() {
	g.dropLinear()
	for range 100 { // each round makes the graph smaller; the bound is for bugs
		changed := false
		for _, pass := range []func() bool{
			g.recognize, g.matchPatterns, g.joinAffine, g.sinkReshape, g.moveTransposes, g.normalizeInputs,
			g.foldIntoDense, g.joinDense, g.joinMerges, g.padsOfZeros, g.foldPads, g.sliceSources,
		} {
			changed = pass() || changed
			g.dropLinear()
		}
		if !changed {
			break
		}
	}
	g.shuffles()
	g.planes()
	g.fuseActivations()
}

// dropLinear makes the readers of y = x and of shapes that change nothing read
// x instead.
func (g *graph) dropLinear() {
	skip := func(n *node) *node {
		for {
			x := firstOf(n)
			switch {
			case n.kind == "linear", n.kind == "affine" && n.norm == nil && n.affine.neutral(),
				n.kind == "reshape" && slices.Equal(n.shape, x.shape):
				if x.kind != "input" && x.kind != "state" {
					x.hints = joinHints(x.hints, n.hints)
				}
				x.integer = x.integer || n.integer
				n.hints = nil
				n = x
			case n.kind == "reshape" && x.kind == "reshape":
				n.from[0] = x.from[0]
			default:
				return n
			}
		}
	}
	for _, n := range g.order() {
		for i := range n.from {
			n.from[i] = skip(n.from[i])
		}
	}
	named := func(o *node) *node { // what has the name of an input is no layer
		switch n := skip(o); {
		case n.kind != "input" && n.kind != "state":
			return n
		case o.kind != "linear":
			return apply("linear", n)
		default:
			o.from[0] = n
			return o
		}
	}
	for i := range g.outputs {
		g.outputs[i].node = named(g.outputs[i].node)
	}
	for i := range g.states {
		g.states[i].out = named(g.states[i].out)
	}
}

// joinAffine puts a constant factor or term after another together.
func (g *graph) joinAffine() bool {
	changed := false
	readers := g.readers()
	for _, n := range g.order() {
		x := firstOf(n)
		if n.kind != "affine" || x.kind != "affine" || x.norm != nil && n.norm != nil {
			continue
		}
		if r, ok := only(readers, x); !ok || r != n {
			continue
		}
		a := x.affine.then(*n.affine)
		if !a.normal() && x.affine.normal() && n.affine.normal() {
			continue // 1e30 twice is too much for a float32, 1e-30 twice too little
		}
		n.affine, n.norm, n.from[0] = &a, nil, x.from[0]
		n.hints = joinHints(n.hints, x.hints)
		changed = true
	}
	return changed
}

// sinkReshape moves changes of shape behind element-wise layers, where most
// turn out not to matter.
func (g *graph) sinkReshape() bool {
	changed := false
	readers := g.readers()
	for _, n := range g.order() {
		_, function := functions[n.kind]
		x := firstOf(n)
		if !function && n.kind != "affine" || x.kind != "reshape" {
			continue
		}
		if r, ok := only(readers, x); !ok || r != n {
			continue
		}
		inner := *n
		inner.from, inner.shape, inner.norm = []*node{x.from[0]}, x.from[0].shape, nil
		outer := reshaped(&inner, n.shape)
		outer.integer = n.integer
		n.hints = nil
		n.become(outer)
		changed = true
	}
	return changed
}

// normalizeInputs makes a constant mean and deviation in front part of the
// input.
func (g *graph) normalizeInputs() bool {
	changed := false
	readers := g.readers()
	for _, in := range g.inputs {
		n, ok := only(readers, in)
		if !ok || n == nil || n.kind != "affine" || in.affine != nil || in.field("context") != nil || n.affine.neutral() {
			continue
		}
		if slices.Contains(readers[n], nil) {
			continue // an output cannot read the input
		}
		if r, single := only(readers, n); single && r.kind == "affine" {
			continue // not put together yet
		}
		mean, std, ok := n.affine.meanStd(in.size())
		if !ok || in.bytes && !(uniform(mean) && uniform(std)) { // nothing is fitted to bytes
			continue
		}
		in.affine = n.affine
		n.kind, n.affine, n.norm, n.hints = "linear", nil, nil, nil
		changed = true
	}
	return changed
}

func uniform(list []float64) bool {
	_, ok := (&array{data: list}).uniform()
	return ok
}

// sliceSources makes slices of what is joined read the part that they are of.
func (g *graph) sliceSources() bool {
	changed := false
	for _, n := range g.order() {
		x := firstOf(n)
		if n.kind != "slice" || x.kind != "concat" || x.integerField("axis") != n.integerField("axis") {
			continue
		}
		axis, start, step := n.integerField("axis"), n.integerField("start"), n.integerField("step")
		last := start + (n.shape[axis]-1)*step
		from := 0
		for _, part := range x.from {
			to := from + part.shape[axis]
			if min(start, last) < from || max(start, last) >= to {
				from = to
				continue
			}
			n.from = []*node{part}
			n.fields = []field{{"axis", axis}, {"start", start - from}, {"step", step}}
			if start == from && last == to-1 && step == 1 {
				n.kind, n.fields = "linear", nil
			}
			changed = true
			break
		}
	}
	return changed
}

// joinMerges makes one layer of sums of sums, and the like.
func (g *graph) joinMerges() bool {
	changed := false
	readers := g.readers()
	for _, n := range g.order() {
		if n.kind != "add" && n.kind != "multiply" && n.kind != "minimum" && n.kind != "maximum" {
			continue
		}
		x := n.from[0]
		if r, ok := only(readers, x); !ok || r != n || x.kind != n.kind || slices.Contains(n.from[1:], x) || len(x.from)+len(n.from) > 60 {
			continue
		}
		n.from = slices.Concat(x.from, n.from[1:])
		changed = true
	}
	return changed
}

// fuseActivations writes the activation after a dense layer or a convolution
// into the layer.
func (g *graph) fuseActivations() {
	readers := g.readers()
	for _, n := range g.order() {
		d := firstOf(n)
		if d == nil || d.kind != "dense" && d.kind != "rows" && !d.isConv() || d.activation != nil {
			continue
		}
		if _, ok := functions[n.kind]; !ok || n.kind == "linear" {
			continue
		}
		if r, ok := only(readers, d); !ok || r != n {
			continue
		}
		act := &node{kind: n.kind, fields: n.fields}
		fused := *d
		fused.activation, fused.shape = act, n.shape
		n.become(&fused)
	}
}
