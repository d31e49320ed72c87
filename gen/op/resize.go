package op

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// resize samples the last axes anew.
var resize = Layer{
	Kind: spec.Kind{
		Name: "resize", Aliases: []string{"upsampling", "upsample"},
		Doc: "Its source sampled at other places along its last axes (ONNX Resize, PyTorch interpolate, Keras UpSampling2D). Element o of an axis is taken at the place p: half_pixel: (o + ½)/s − ½ with the scale s; pytorch_half_pixel: the same, 0 if there is one element; asymmetric: o/s; align_corners: o·(n − 1)/(m − 1) from n elements to m. nearest: the element nearest to it; linear: (1 − t)·x[i] + t·x[i + 1] with i = ⌊p⌋, t = p − i; cubic: four elements (Keys, a = −¾). Places outside have the values of the edge. Gradient the transpose.",
		Params: []spec.Param{
			{Name: "scales", Doc: "factors of the sizes of the last axes; one number for all axes behind the first; sizes are ⌊n·scale⌋", Type: spec.NumberList, Range: &spec.Range{Min: 0, MinOpen: true, Max: 1 << 16}},
			{Name: "sizes", Doc: "new sizes of the last axes instead", Type: spec.NumberList, Range: &spec.Range{Min: 1, Max: 1 << 20}},
			{Name: "mode", Doc: "how elements are made", Type: spec.Enum, Enum: []string{"nearest", "linear", "cubic"}, Default: "nearest"},
			{Name: "coordinates", Doc: "where they are taken", Type: spec.Enum, Enum: []string{"half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners"}, Default: "half_pixel"},
			{Name: "rounding", Doc: "with mode nearest, which element is nearest to p; round_prefer_floor and round_prefer_ceil differ in the middle of two (ONNX nearest_mode)", Type: spec.Enum, Enum: []string{"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"}, Default: "round_prefer_floor"},
		},
	},
	Build: func(b *Builder, l *spec.Layer, xs []Tensor) Tensor {
		x := xs[0]
		list, ok := b.sampled(l, x)
		if !ok {
			return Tensor{}
		}
		dims := slices.Clone(x.Dims)
		runs := make([][]run, len(dims))
		copies := true // all is one copy
		for i, a := range list {
			axis := len(dims) - len(list) + i
			if dims[axis] = a.out; a.out == a.size && a.scale.Cmp(big.NewRat(1, 1)) == 0 {
				continue
			}
			if runs[axis] = a.runs(); len(runs[axis]) > maxRuns {
				b.Errorf(l.Pos, "write sizes with a simpler ratio", code.Limit+"axis %d, of %d elements, is sampled at %d kinds of places; the limit is %d", axis, a.size, len(runs[axis]), maxRuns)
				return Tensor{}
			}
			copies = copies && len(runs[axis]) == 1 && slices.Equal(runs[axis][0].weights, []float64{1})
		}
		if !b.small(l, dims) {
			return Tensor{}
		}
		if copies {
			return b.resample(l, x, runs)
		}
		for axis := range runs {
			if runs[axis] != nil {
				one := make([][]run, len(runs))
				one[axis] = runs[axis]
				x = b.resample(l, x, one)
			}
		}
		return x
	},
}

// maxRuns is how many contractions an axis may take.
const maxRuns = 128

// sampling is how an axis is sampled.
type sampling struct {
	size, out                   int
	scale                       *big.Rat // exact, so that halves are halves
	mode, coordinates, rounding string
}

// sampled reads how the last axes are sampled.
func (b *Builder) sampled(l *spec.Layer, x Tensor) (list []sampling, ok bool) {
	field := "scales"
	if l.Args.Has("sizes") {
		field = "sizes"
	}
	if l.Args.Has("scales") == l.Args.Has("sizes") {
		b.Errorf(l.Pos, "write scales: 2, for instance", code.Conflict+"resize needs one of scales and sizes")
		return nil, false
	}
	arg, numbers := l.Args[field], l.Args.Floats(field)
	if len(numbers) == 1 && len(x.Dims) > 1 {
		numbers = slices.Repeat(numbers, len(x.Dims)-1)
	}
	if len(numbers) > len(x.Dims) {
		b.Errorf(arg.Pos, fmt.Sprintf("the shape is %s, without the batch", shapeText(x.Dims)), code.Count+"%s must be a number for each of the last axes, got %d numbers", field, len(numbers))
		return nil, false
	}
	for i, n := range numbers {
		a := sampling{size: x.Dims[len(x.Dims)-len(numbers)+i], mode: l.Args.Text("mode"), coordinates: l.Args.Text("coordinates"), rounding: l.Args.Text("rounding")}
		exact, _ := new(big.Rat).SetString(strconv.FormatFloat(n, 'g', -1, 64))
		switch {
		case field == "scales":
			a.scale, a.out = exact, int(floor(new(big.Rat).Mul(exact, big.NewRat(int64(a.size), 1))))
		case n != float64(int(n)):
			b.Errorf(arg.Pos, "", code.Value+"sizes must be whole numbers, got %g", n)
			return nil, false
		default:
			a.scale, a.out = big.NewRat(int64(n), int64(a.size)), int(n)
		}
		if a.out < 1 || a.out > MaxElements {
			b.Errorf(arg.Pos, "", code.Shapes+"an axis of %d elements would have %d", a.size, a.out)
			return nil, false
		}
		list = append(list, a)
	}
	return list, true
}

// floor is the greatest whole number that is not above x.
func floor(x *big.Rat) int64 { return new(big.Int).Div(x.Num(), x.Denom()).Int64() }

// taps are the neighbouring elements that one is made of, with their weights.
type taps struct {
	first   int
	weights []float64
}

// place is where element o is taken.
func (a sampling) place(o int) *big.Rat {
	half, x := big.NewRat(1, 2), big.NewRat(int64(o), 1)
	switch {
	case a.coordinates == "asymmetric":
		return x.Quo(x, a.scale)
	case a.coordinates == "align_corners" && a.out == 1, a.coordinates == "pytorch_half_pixel" && a.out == 1:
		return new(big.Rat)
	case a.coordinates == "align_corners":
		return x.Mul(x, big.NewRat(int64(a.size-1), int64(a.out-1)))
	}
	return x.Sub(x.Quo(x.Add(x, half), a.scale), half)
}

// taps are those of element o; those that lie outside are the edge.
func (a sampling) taps(o int) taps {
	p := a.place(o)
	i, half := int(floor(p)), big.NewRat(1, 2)
	t, _ := new(big.Rat).Sub(p, big.NewRat(int64(i), 1)).Float64()
	var weights []float64
	switch a.mode {
	case "nearest":
		weights = []float64{1}
		switch a.rounding {
		case "ceil":
			i = -int(floor(p.Neg(p)))
		case "round_prefer_ceil":
			i = int(floor(p.Add(p, half)))
		case "round_prefer_floor":
			i = -int(floor(p.Sub(half, p)))
		}
	case "linear":
		weights = []float64{1 - t, t}
	case "cubic":
		i--
		const k = -0.75
		near := func(d float64) float64 { return ((k+2)*d-(k+3))*d*d + 1 }
		far := func(d float64) float64 { return ((k*d-5*k)*d+8*k)*d - 4*k }
		weights = []float64{far(1 + t), near(t), near(1 - t), far(2 - t)}
	}
	var out taps
	for k, w := range weights {
		at := min(max(i+k, 0), a.size-1)
		switch {
		case w == 0:
		case out.weights == nil:
			out = taps{at, []float64{w}}
		case at == out.first+len(out.weights)-1:
			out.weights[len(out.weights)-1] += w
		default:
			out.weights = append(out.weights, w)
		}
	}
	return out
}

// run is a part of an axis that one contraction makes: elements first + step·m + r
// for m < count and r < repeat, of the taps from advance·m + those of its first on.
type run struct {
	taps
	from, step, count, repeat, advance int
}

// runs cuts an axis into few of them. Places repeat themselves after as many
// elements as the numerator of the scale.
func (a sampling) runs() []run {
	scale := a.scale
	if a.coordinates == "align_corners" && a.size > 1 && a.out > 1 {
		scale = big.NewRat(int64(a.out-1), int64(a.size-1))
	}
	step, advance := a.out, 0
	if scale.Num().IsInt64() && scale.Num().Int64() < int64(a.out) {
		step, advance = int(scale.Num().Int64()), int(scale.Denom().Int64())
	}
	var out []run
	for r := range step {
		last := -1 // the run of this residue
		for o := r; o < a.out; o += step {
			t := a.taps(o)
			if last >= 0 && t.first == out[last].first+out[last].count*advance && slices.Equal(t.weights, out[last].weights) {
				out[last].count++
				continue
			}
			last = len(out)
			out = append(out, run{taps: t, from: o, step: step, count: 1, repeat: 1, advance: advance})
		}
	}
	return joinRuns(out)
}

// joinRuns puts runs side by side together that are made of the same.
func joinRuns(runs []run) []run {
	var out []run
	for _, r := range runs {
		i := slices.IndexFunc(out, func(q run) bool {
			return q.from+q.repeat == r.from && q.first == r.first && q.count == r.count && slices.Equal(q.weights, r.weights)
		})
		if i < 0 {
			out = append(out, r)
			continue
		}
		out[i].repeat++
	}
	return out
}

// resample samples the axes that have runs: one, or several with one copy each.
func (b *Builder) resample(l *spec.Layer, x Tensor, axes [][]run) Tensor {
	dims, parts := slices.Clone(x.Dims), 0
	for i, runs := range axes {
		if runs != nil {
			dims[i], parts = 0, len(runs)
		}
		for _, r := range runs {
			dims[i] += r.count * r.repeat
		}
	}
	if parts == 0 {
		return x
	}
	y := b.Temp(l.Name, dims...)
	for n := range parts {
		c := &ir.Contract{Layer: l.Name, Y: ir.Operand{V: y}, Chains: 1}
		read := ir.Operand{V: x.Value, Dims: x.Dims}
		along, weights := -1, []float64(nil) // what is summed over
		loop := func(name string, size int) ir.Affine {
			c.Loops = append(c.Loops, ir.Loop{Name: name, Size: size})
			return ir.Unit(len(c.Loops) - 1)
		}
		for i := range dims {
			if axes[i] == nil {
				at := loop(axisName(i), dims[i])
				c.Y.At, read.At = append(c.Y.At, at), append(read.At, at)
				continue
			}
			r := axes[i][n]
			at, from := ir.Affine{Offset: r.from}, ir.Affine{Offset: r.first}
			m := loop(axisName(i), r.count)
			at, from = at.Plus(m, r.step), from.Plus(m, r.advance)
			if r.repeat > 1 {
				at = at.Plus(loop(axisName(i)+"r", r.repeat), 1)
			}
			c.Y.At, read.At = append(c.Y.At, at), append(read.At, from)
			if len(r.weights) > 1 || r.weights[0] != 1 {
				along, weights = i, r.weights
			}
		}
		if weights == nil {
			c.Init = &read
		} else {
			k := ir.Unit(len(c.Loops))
			read.At[along] = read.At[along].Plus(k, 1)
			table := b.Constant(fmt.Sprintf("%s_weights%d_%d", l.Name, along, n), weights)
			c.Terms = []ir.Term{{Loops: []ir.Loop{{Name: "k", Size: len(weights)}}, A: read, B: &ir.Operand{V: table, At: []ir.Affine{k}}}}
		}
		b.Contract(c)
	}
	return Tensor{y, dims}
}
