package pass

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
)

// Pixels turns the results of convolutions and of pooling, [channels, …], and
// what is combined with them, into pixels, […, channels], so that the channels
// of a place lie side by side: kernels take them as lanes. Only the maps of
// operations change; every sum keeps its terms and their order. Inputs, targets
// and the results of a function stay as they are; an input of pixels is read where
// it lies, and what else needs the channels outside gets a copy.
var Pixels = Pass{"pixels", func(p *ir.Program) error {
	for _, f := range p.Funcs() {
		t := newPixels(p, f)
		if t.survey(); len(t.channels) > 0 {
			t.rewrite()
		}
	}
	return nil
}}

// pixels is the rewriting of a function.
type pixels struct {
	prog *ir.Program
	f    *ir.Func
	// parent joins values that must lie alike.
	parent map[*ir.Value]*ir.Value
	// channels are those of the groups that become pixels, by their first value.
	channels map[*ir.Value]int
	// planes are the copies of values with the channels outside.
	planes map[*ir.Value]*ir.Value
	// own are the pixels of results, which stay as they are.
	own map[*ir.Value]*ir.Value
	// given are the pixels that lie there already: what a view exchanged the channels of.
	given map[*ir.Value]*ir.Value
}

func newPixels(p *ir.Program, f *ir.Func) *pixels {
	return &pixels{prog: p, f: f, parent: map[*ir.Value]*ir.Value{}, channels: map[*ir.Value]int{}, planes: map[*ir.Value]*ir.Value{}, own: map[*ir.Value]*ir.Value{}, given: map[*ir.Value]*ir.Value{}}
}

func (t *pixels) group(v *ir.Value) *ir.Value {
	for t.parent[v] != nil {
		v = t.parent[v]
	}
	return v
}

func (t *pixels) join(a, b *ir.Value) {
	if a, b = t.group(a), t.group(b); a != b {
		t.parent[a] = b
	}
}

// of are the channels of a value that becomes pixels, 0 of others.
func (t *pixels) of(v *ir.Value) int { return t.channels[t.group(v)] }

// survey joins the values that lie alike and finds those that become pixels.
func (t *pixels) survey() {
	fixed := map[*ir.Value]bool{}
	for _, op := range t.f.Ops {
		switch o := op.(type) {
		case *ir.Map:
			y := o.Out[0]
			for _, x := range append(slices.Clone(o.In), o.Out[1:]...) {
				switch {
				case x.Size() != y.Size() || x.Size() == 1:
				case x.Kind == ir.Temp && x.Param == nil:
					t.join(x, y)
				case x.Kind != ir.Constant:
					fixed[y] = true
				}
			}
			fixed[y] = fixed[y] || y.Kind != ir.Temp || y.Param != nil
		case *ir.PoolGradient:
			t.join(o.DX.V, o.X.V)
		}
	}
	for v := range fixed {
		if fixed[v] {
			fixed[t.group(v)] = true
		}
	}
	wanted := map[*ir.Value]int{}
	for _, op := range t.f.Ops {
		for _, x := range wants(op) {
			g, n := t.group(x.V), x.Shape()[0]
			if before := wanted[g]; before != 0 && before != n || !isPlain(x.V) {
				fixed[g] = true
			}
			wanted[g] = n
		}
	}
	for _, op := range t.f.Ops {
		if v, ok := op.(*ir.View); ok && isPlain(v.Y) && !slices.Contains(t.f.Results, v.Y) {
			t.give(v, wanted)
		}
	}
	for _, op := range t.f.Ops {
		if c, ok := op.(*ir.Concat); ok {
			t.besides(c, wanted, fixed)
		}
	}
	for g, n := range wanted {
		if !fixed[g] && n > 1 && n < g.Size() {
			t.channels[g] = n
		}
	}
	for i, op := range t.f.Ops {
		if s, ok := op.(*ir.Slice); ok && t.of(s.X) > 0 {
			t.f.Ops[i] = t.channelsOf(s)
			op = t.f.Ops[i]
		}
		if v, ok := op.(*ir.View); ok && wanted[t.group(v.Y)] == 0 && !fixed[t.group(v.Y)] {
			t.spread(v)
		}
	}
}

// give takes what a view puts the last axis of first, the channels of an image, for
// its pixels, where an operation reads it, or what lies like it, as such.
func (t *pixels) give(v *ir.View, wanted map[*ir.Value]int) {
	axes, g := ir.MergeAxes(v.Axes), t.group(v.Y)
	if v.Offset != 0 || v.X.Size() != v.Y.Size() || len(axes) != 2 || axes[0] != (ir.Axis{Size: axes[1].Stride, Stride: 1}) {
		return
	}
	n := axes[0].Size
	takes := func(o *ir.Operand) bool {
		return o != nil && t.group(o.V) == g && len(o.Shape()) > 1 && o.Shape()[0] == n
	}
	reads := func(op ir.Op) bool {
		c, ok := op.(*ir.Contract)
		return ok && (takes(c.Init) || slices.ContainsFunc(c.Terms, func(t ir.Term) bool { return takes(&t.A) || takes(t.B) }))
	}
	if wanted[g] == 0 && slices.ContainsFunc(t.f.Ops, reads) {
		wanted[g] = n
	}
	if wanted[g] == n {
		t.given[v.Y] = v.X
	}
}

// besides makes what joins the channels of pixels pixels, too.
func (t *pixels) besides(c *ir.Concat, wanted map[*ir.Value]int, fixed map[*ir.Value]bool) {
	places := 0
	for _, x := range c.Xs {
		if n := wanted[t.group(x)]; n > 1 && n < x.Size() && !fixed[t.group(x)] {
			places = x.Size() / n
		}
	}
	if places < 2 || !isPlain(c.Y) || fixed[t.group(c.Y)] {
		return
	}
	for _, x := range c.Xs {
		if n := wanted[t.group(x)]; x.Size()%places != 0 || n > 1 && !fixed[t.group(x)] && n*places != x.Size() {
			return
		}
	}
	if g, n := t.group(c.Y), c.Y.Size()/places; wanted[g] == 0 || wanted[g] == n {
		wanted[g] = n
	}
}

// channelsOf is a slice of pixels as a view, if it is one of whole channels.
func (t *pixels) channelsOf(s *ir.Slice) ir.Op {
	places := s.X.Size() / t.of(s.X)
	if s.From%places != 0 || s.Y.Size()%places != 0 {
		return s
	}
	return &ir.View{Doc: "slice", Y: s.Y, X: s.X, Offset: s.From, Axes: []ir.Axis{{Size: s.Y.Size() / places, Stride: places}, {Size: places, Stride: 1}}}
}

// spread makes what views cut out of pixels pixels, too, where only contractions
// that take them so read it, or what is combined with it.
func (t *pixels) spread(first *ir.View) {
	g, n := t.group(first.Y), t.cut(first)
	in := func(x *ir.Value) bool { return t.group(x) == g }
	takes := func(o *ir.Operand) bool { return !in(o.V) || len(o.Shape()) > 1 && o.Shape()[0] == n }
	fits := func(op ir.Op) bool {
		switch o := op.(type) {
		case *ir.Map:
			return true
		case *ir.View:
			return !in(o.X) && (!in(o.Y) || t.cut(o) == n)
		case *ir.Contract:
			for i := range o.Terms {
				for _, x := range o.Terms[i].Operands() {
					if !takes(x) {
						return false
					}
				}
			}
			return !in(o.Y.V) && (o.Init == nil || takes(o.Init))
		}
		return !slices.ContainsFunc(append(op.Ins(), op.Outs()...), in)
	}
	if n > 1 && n < first.Y.Size() && !slices.ContainsFunc(t.f.Ops, func(op ir.Op) bool { return !fits(op) }) {
		t.channels[g] = n
	}
}

// cut is the number of channels of what a view cuts out of pixels, 0 if channels
// and places change their order.
func (t *pixels) cut(v *ir.View) int {
	ok, axes, _ := t.pixelAxes(v.X, v.Axes, v.Offset)
	if !ok || !isPlain(v.Y) {
		return 0
	}
	n, places := 1, false
	for _, a := range axes {
		switch {
		case a.Size == 1:
		case a.Stride >= t.of(v.X):
			places = true
		case places || a.Stride < 0:
			return 0
		default:
			n *= a.Size
		}
	}
	return n
}

// isPlain reports whether a value is a temporary that is free to lie anyhow.
func isPlain(v *ir.Value) bool { return v.Kind == ir.Temp && v.Param == nil }

// wants are the operands of an operation whose channels had better lie side by
// side: results of convolutions and of pooling, and what is pooled.
func wants(op ir.Op) []*ir.Operand {
	switch o := op.(type) {
	case *ir.Pool:
		return spatial(&o.Y, &o.X)
	case *ir.PoolGradient:
		return spatial(&o.DX, &o.DY, &o.X)
	case *ir.Contract:
		w := o.Weight()
		switch {
		case !o.Y.V.Batch || len(o.Terms) == 0:
		case w != nil && len(w.Param.Shape) > 2:
			return spatial(&o.Y)
		case w == nil && !slices.ContainsFunc(o.Terms, func(t ir.Term) bool { return t.B != nil }):
			return spatial(&o.Y, &o.Terms[0].A)
		}
	}
	return nil
}

// spatial are those operands that have channels and something behind them.
func spatial(all ...*ir.Operand) []*ir.Operand {
	return slices.DeleteFunc(all, func(o *ir.Operand) bool {
		return len(o.Shape()) < 2 || o.Shape()[0] == 1 || o.Shape()[0] == o.V.Size() || !isPlain(o.V)
	})
}

// rewrite writes the operations anew.
func (t *pixels) rewrite() {
	last := map[*ir.Value]int{} // operation that computes the last part
	for i, op := range t.f.Ops {
		for _, y := range op.Outs() {
			last[y] = i
		}
	}
	for _, r := range t.f.Results {
		if t.of(r) > 0 {
			t.own[r] = t.temp(r)
		}
	}
	for y, x := range t.given {
		if t.of(y) == 0 || t.of(x) > 0 {
			delete(t.given, y)
		}
	}
	ops := t.f.Ops
	t.f.Ops = nil
	for i, op := range ops {
		if v, ok := op.(*ir.View); ok && t.given[v.Y] != nil {
			continue
		}
		t.emit(t.op(op))
		for _, y := range op.Outs() {
			n := t.of(y)
			switch {
			case n == 0 || last[y] != i:
			case t.planes[y] != nil:
				t.transpose(t.pixel(y), t.planes[y], n, y.Size()/n)
			case t.own[y] != nil:
				t.planes[y] = y
				t.transpose(y, t.own[y], y.Size()/n, n)
			}
		}
	}
}

// temp is a new value like another.
func (t *pixels) temp(v *ir.Value) *ir.Value {
	n := *v
	n.ID = len(t.prog.Values)
	t.prog.Values = append(t.prog.Values, &n)
	return &n
}

// transpose adds y = xᵀ of x [n][m], as y is in memory.
func (t *pixels) transpose(y, x *ir.Value, m, n int) {
	t.emit(&ir.View{Doc: "transpose", Y: y, X: x, Axes: []ir.Axis{{Size: n, Stride: 1}, {Size: m, Stride: n}}})
}

func (t *pixels) emit(op ir.Op) { t.f.Ops = append(t.f.Ops, op) }

// pixel is a value as pixels, if it becomes that.
func (t *pixels) pixel(v *ir.Value) *ir.Value {
	if x := t.given[v]; x != nil {
		return x
	}
	if own := t.own[v]; own != nil {
		return own
	}
	return v
}

// made is a value that is computed with the channels outside.
func (t *pixels) made(y *ir.Value) *ir.Value {
	switch {
	case t.of(y) == 0:
		return y
	case t.planes[y] == nil && t.own[y] != nil:
		t.planes[y] = y
	case t.planes[y] == nil:
		t.planes[y] = t.temp(y)
	}
	return t.planes[y]
}

// plane is a value with the channels outside.
func (t *pixels) plane(v *ir.Value) *ir.Value {
	n := t.of(v)
	switch {
	case n == 0:
		return v
	case t.planes[v] == nil:
		t.planes[v] = t.temp(v)
		t.transpose(t.planes[v], t.pixel(v), v.Size()/n, n)
	}
	return t.planes[v]
}
