package evaluate

import (
	"math"
	"slices"
)

// windows are the operators that move a window over the axes behind the batch
// and the channels, and those that pad.
var windows = map[string]row{
	"Conv":              conv,
	"ConvTranspose":     convTranspose,
	"Resize":            resize,
	"Upsample":          upsample,
	"MaxPool":           maxPool,
	"AveragePool":       averagePool,
	"GlobalMaxPool":     global(largest),
	"GlobalAveragePool": global(func(v []float64) float64 { return total(v) / float64(len(v)) }),
	"Pad":               pad,
}

// geometry is where the windows of a node lie, by axis.
type geometry struct {
	sizes, kernel, stride, dilation []int
	begin, end                      []int // padding
	out                             []int
}

// geometry reads the attributes, by the definition of Conv and of the pools.
func (c *call) geometry(sizes, kernel []int) *geometry {
	read := func(name string, preset int) []int {
		if list, ok := c.integers(name, -1); ok {
			return list
		}
		return slices.Repeat([]int{preset}, len(sizes))
	}
	g := &geometry{sizes: sizes, kernel: kernel, stride: read("strides", 1), dilation: read("dilations", 1)}
	pads := make([]int, 2*len(sizes))
	if list, ok := c.integers("pads", -1); ok {
		pads = list
	}
	auto := c.text("auto_pad", "NOTSET")
	for i, size := range sizes {
		extent := (kernel[i]-1)*g.dilation[i] + 1
		begin, end := pads[i], pads[len(sizes)+i]
		out := 0
		switch auto {
		case "VALID":
			begin, end = 0, 0
			out = int(math.Ceil(float64(size-extent+1) / float64(g.stride[i])))
		case "SAME_UPPER", "SAME_LOWER":
			out = int(math.Ceil(float64(size) / float64(g.stride[i])))
			all := max(0, (out-1)*g.stride[i]+extent-size)
			begin, end = all/2, all-all/2
			if auto == "SAME_LOWER" {
				begin, end = end, begin
			}
		default:
			steps := float64(size+begin+end-extent) / float64(g.stride[i])
			if out = int(math.Floor(steps)) + 1; c.integer("ceil_mode", 0) != 0 {
				if out = int(math.Ceil(steps)) + 1; (out-1)*g.stride[i] >= size+begin { // windows that would start behind the data are ignored
					out--
				}
			}
		}
		g.begin, g.end, g.out = append(g.begin, begin), append(g.end, end), append(g.out, out)
	}
	return g
}

// each calls f for every place of a window at a position: at is the place in
// the data, −1 for one outside; padding says whether it is among the pads.
func (g *geometry) each(position []int, f func(tap, at int, padding bool)) {
	tap := make([]int, len(g.sizes))
	for n := range Size(g.kernel) {
		for i, rest := len(tap)-1, n; i >= 0; i-- {
			tap[i], rest = rest%g.kernel[i], rest/g.kernel[i]
		}
		at, padding := 0, true
		for i, k := range tap {
			x := position[i]*g.stride[i] + k*g.dilation[i] - g.begin[i]
			padding = padding && x >= -g.begin[i] && x < g.sizes[i]+g.end[i]
			if x < 0 || x >= g.sizes[i] {
				at = -1
			}
			if at >= 0 {
				at = at*g.sizes[i] + x
			}
		}
		f(n, at, padding)
	}
}

// positions are those of the results.
func (g *geometry) positions() [][]int {
	list := [][]int{{}}
	for _, n := range g.out {
		var next [][]int
		for _, p := range list {
			for i := range n {
				next = append(next, append(slices.Clone(p), i))
			}
		}
		list = next
	}
	return list
}

// conv is Y[n, m, o] = B[m] + Σ X[n, c, o·stride + k·dilation − pad]·W[m, c, k] over
// the channels c of m's group and the window.
func conv(c *call) []*Tensor {
	x, w := c.x(0), c.x(1)
	if len(x.Shape) < 3 || len(w.Shape) != len(x.Shape) {
		c.fail("shapes %v and %v do not go together", x.Shape, w.Shape)
	}
	groups := c.integer("group", 1)
	batch, channels, filters, ins := x.Shape[0], x.Shape[1], w.Shape[0], w.Shape[1]
	if groups < 1 || channels != ins*groups || filters%groups != 0 {
		c.fail("%d channels in %d groups do not go with filters of shape %v", channels, groups, w.Shape)
	}
	g := c.geometry(x.Shape[2:], w.Shape[2:])
	taps, size := Size(g.kernel), Size(g.sizes)
	y := c.tensor(slices.Concat([]int{batch, filters}, g.out), int64(batch)*int64(filters)*int64(Size(g.out))*int64(ins)*int64(taps))
	// What each tap reads: results, and places of the data.
	type pair struct{ result, at int32 }
	pairs := make([][]pair, taps)
	for p, position := range g.positions() {
		g.each(position, func(tap, at int, _ bool) {
			if at >= 0 {
				pairs[tap] = append(pairs[tap], pair{int32(p), int32(at)})
			}
		})
	}
	places := Size(g.out)
	for n := range batch {
		for m := range filters {
			sums := y.Data[(n*filters+m)*places:][:places]
			for k := range ins {
				channel := x.Data[(n*channels+m/(filters/groups)*ins+k)*size:][:size]
				for tap, list := range pairs {
					v := w.Data[(m*ins+k)*taps+tap]
					for _, q := range list {
						sums[q.result] += channel[q.at] * v
					}
				}
			}
		}
	}
	if c.has(2) {
		for i := range y.Data {
			y.Data[i] += c.x(2).Data[i/Size(g.out)%filters]
		}
	}
	return one(y)
}

// pool calls f with the elements of every window of every channel.
func (c *call) pool(f func(values []float64, padding int) float64) []*Tensor {
	x := c.x(0)
	kernel, _ := c.integers("kernel_shape", -1)
	if len(x.Shape) < 3 || len(kernel) != len(x.Shape)-2 {
		c.fail("a window of %v does not go with the shape %v", kernel, x.Shape)
	}
	if len(c.n.Outputs) > 1 && c.n.Outputs[1] != "" {
		c.fail("the places of maxima are not evaluated")
	}
	g := c.geometry(x.Shape[2:], kernel)
	planes, size := x.Shape[0]*x.Shape[1], Size(g.sizes)
	y := c.tensor(slices.Concat(x.Shape[:2], g.out), int64(planes)*int64(Size(g.out))*int64(Size(kernel)))
	for p, position := range g.positions() {
		var places []int
		padded := 0
		g.each(position, func(_, at int, padding bool) {
			if at >= 0 {
				places = append(places, at)
			} else if padding {
				padded++
			}
		})
		for n := range planes {
			var values []float64
			for _, at := range places {
				values = append(values, x.Data[n*size+at])
			}
			y.Data[n*Size(g.out)+p] = f(values, padded)
		}
	}
	return one(y)
}

// largest is the maximum, NaN if there is one.
func largest(values []float64) float64 {
	best := math.Inf(-1)
	for _, x := range values {
		best = math.Max(best, x)
	}
	return best
}

func maxPool(c *call) []*Tensor {
	return c.pool(func(values []float64, _ int) float64 { return largest(values) })
}

// averagePool divides by what the window holds of the data, or of the data and
// the pads.
func averagePool(c *call) []*Tensor {
	include := c.integer("count_include_pad", 0) != 0
	return c.pool(func(values []float64, padded int) float64 {
		n := len(values)
		if include {
			n += padded
		}
		return total(values) / float64(n)
	})
}

// global combines all elements of a channel.
func global(f func(values []float64) float64) row {
	return func(c *call) []*Tensor {
		x := c.x(0)
		if len(x.Shape) < 2 {
			c.fail("shape %v has no channels", x.Shape)
		}
		shape := slices.Concat(x.Shape[:2], slices.Repeat([]int{1}, len(x.Shape)-2))
		y := c.tensor(shape, int64(len(x.Data)))
		size := Size(x.Shape[2:])
		for i := range y.Data {
			y.Data[i] = f(x.Data[i*size : (i+1)*size])
		}
		return one(y)
	}
}

// pad puts elements before and behind the axes; negative numbers take some away.
func pad(c *call) []*Tensor {
	x := c.x(0)
	rank := len(x.Shape)
	list, ok := c.integers("pads", 1)
	if !ok {
		list, ok = c.integers("paddings", -1)
	}
	if !ok {
		c.fail("it has no pads")
	}
	fill := c.float("value", 0)
	if c.has(2) && len(c.in[2].Data) > 0 {
		fill = c.in[2].Data[0]
	}
	axes := from(0, rank)
	if c.has(3) {
		axes = whole(c.in[3].Data)
	}
	begin, end := make([]int, rank), make([]int, rank)
	for i, a := range axes {
		a = c.axis(a, rank)
		begin[a], end[a] = list[i], list[len(axes)+i]
	}
	shape := slices.Clone(x.Shape)
	for i := range shape {
		shape[i] += begin[i] + end[i]
	}
	y := c.tensor(shape, 0)
	y.Integer = x.Integer
	step := strides(x.Shape)
	mode := c.text("mode", "constant")
	for o := range y.Data {
		at, rest, inside := 0, o, true
		for i := rank - 1; i >= 0; i-- {
			p, n := rest%shape[i]-begin[i], x.Shape[i]
			rest /= shape[i]
			if p < 0 || p >= n {
				switch mode {
				case "edge":
					p = min(max(p, 0), n-1)
				case "wrap":
					p = (p%n + n) % n
				case "reflect":
					for period := 2 * (n - 1); p < 0 || p >= n; { // to and fro
						if p = (p%max(period, 1) + max(period, 1)) % max(period, 1); p >= n {
							p = period - p
						}
					}
				default:
					inside = false
				}
			}
			at += p * step[i]
		}
		if y.Data[o] = fill; inside {
			y.Data[o] = x.Data[at]
		}
	}
	return one(y)
}
