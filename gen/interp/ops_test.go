package interp

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
)

// param is a weight of the shape [out, in], value another value.
func param(info ir.ParamInfo, shape ...int) *ir.Value {
	info.Shape = shape
	return &ir.Value{Name: "w", Kind: ir.Param, DType: ir.Float32, Shape: shape, Param: &info}
}

func value(kind ir.Kind, shape ...int) *ir.Value {
	return &ir.Value{Name: "v", Kind: kind, DType: ir.Float32, Shape: shape, Batch: kind == ir.Input || kind == ir.Temp}
}

// floats draws float32 numbers.
func floats(rng *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(float32(rng.NormFloat64()))
	}
	return v
}

// result runs an operation in fused float32 on the schedule.
func result(t *testing.T, o ir.Op, y *ir.Value, values map[*ir.Value][]float64) []float64 {
	t.Helper()
	m := NewOracle(&ir.Program{DType: ir.Float32}, true)
	for v, x := range values {
		m.Set(v, x)
	}
	require.NoError(t, m.run(o))
	return m.Get(y)[0]
}

// fma is x·y + z of float32 numbers, rounded once by big numbers.
func fma(x, y, z float64) float64 { return exact(x, y, z) }

// TestSparseDense: the products of a sparse layer are rounded by themselves,
// in its sums and in those of the inputs' gradients.
func TestSparseDense(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	mask := &ir.Mask{Out: 3, In: 40, Cols: [][]int{nil, {1, 2, 5, 39}, {0, 3, 4, 6, 7, 8, 9, 10, 11}}}
	w, x, y := param(ir.ParamInfo{Mask: mask}, 3, 40), value(ir.Input, 40), value(ir.Temp, 3)
	ws, xs := floats(rng, 120), floats(rng, 40)
	sums, grads, dy := make([]float32, 3), make([]float32, 40), []float64{1.5, float64(float32(0.1)), float64(float32(-0.7))}
	for n, cols := range mask.Cols {
		for _, k := range cols {
			sums[n] += float32(float32(ws[n*40+k]) * float32(xs[k]))
			grads[k] += float32(float32(ws[n*40+k]) * float32(dy[n]))
		}
	}
	got := result(t, (&ir.Dense{Y: y, X: x, W: w}).Contract(), y, map[*ir.Value][]float64{w: ws, x: xs})
	for n, s := range sums {
		require.Equal(t, float64(s), got[n])
	}
	dx := value(ir.Temp, 40)
	got = result(t, gradInput(dx, y, w), dx, map[*ir.Value][]float64{w: ws, y: dy})
	for k, s := range grads {
		require.Equal(t, float64(s), got[k])
	}
}

// gradInput and gradWeight are the gradients of a dense layer.
func gradInput(dx, dy, w *ir.Value) ir.Op {
	c := (&ir.Dense{Y: dy, X: dx, W: w}).Contract()
	return c.Grad(&c.Terms[0], 0, dy, dx)[0]
}

func gradWeight(dw, dy, x *ir.Value) ir.Op {
	w := &ir.Value{Kind: ir.Param, DType: dw.DType, Shape: dw.Shape, Param: dw.Param}
	c := (&ir.Dense{Y: dy, X: x, W: w}).Contract()
	return c.Grad(&c.Terms[0], 1, dy, dw)[0]
}

// TestSparseGradWeight: so are those of the gradient of a sparse weight.
func TestSparseGradWeight(t *testing.T) {
	w := &ir.ParamInfo{Shape: []int{1, 2}, Mask: &ir.Mask{Out: 1, In: 2, Cols: [][]int{{1}}}}
	dw := &ir.Value{Name: "dw", Kind: ir.Gradient, DType: ir.Float32, Shape: w.Shape, Param: w}
	dy, x := &ir.Value{Name: "dy", Shape: []int{1}, Batch: true}, &ir.Value{Name: "x", Shape: []int{2}, Batch: true}
	m := NewOracle(&ir.Program{DType: ir.Float32}, true)
	a := 1 + 0x1p-12
	m.Batch = 2
	m.Set(dy, []float64{-1}, []float64{a})
	m.Set(x, []float64{5, 1}, []float64{5, a})
	require.NoError(t, m.run(gradWeight(dw, dy, x)))
	require.Equal(t, []float64{0, float64(float32(a*a) - 1)}, m.Get(dw)[0])
}

// TestGradInputOrder: the gradient of an input is summed in eight chains over
// the outputs, added in halves.
func TestGradInputOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 0))
	w, dy, dx := param(ir.ParamInfo{}, 27, 2), value(ir.Input, 27), value(ir.Temp, 2)
	ws, ds := floats(rng, 54), floats(rng, 27)
	got := result(t, gradInput(dx, dy, w), dx, map[*ir.Value][]float64{w: ws, dy: ds})
	for k := range 2 {
		var a [8]float64
		for n, d := range ds {
			a[n%8] = fma(ws[2*n+k], d, a[n%8])
		}
		add := func(i, j int) float64 { return float64(float32(a[i]) + float32(a[j])) }
		a[0], a[1], a[2], a[3] = add(0, 4), add(1, 5), add(2, 6), add(3, 7)
		a[0], a[1] = add(0, 2), add(1, 3)
		require.Equal(t, add(0, 1), got[k])
	}
}

// TestRankOne: the gradient is rounded, then its product with the rate, then
// the step, as gradients and their update are.
func TestRankOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 0))
	w, b, dy, x, rate := param(ir.ParamInfo{}, 3, 5), value(ir.Temp, 3), value(ir.Temp, 3), value(ir.Temp, 5), value(ir.Temp)
	ws, bs, ds, xs, r := floats(rng, 15), floats(rng, 3), floats(rng, 3), floats(rng, 5), float64(float32(1.7))
	values := map[*ir.Value][]float64{w: ws, b: bs, dy: ds, x: xs, rate: {r}}
	o := &ir.RankOne{W: w, B: b, DY: dy, X: x, Rate: rate}
	for i, got := range result(t, o, w, values) {
		g := float32(ds[i/5]) * float32(xs[i%5])
		require.Equal(t, float64(float32(ws[i])-float32(float32(r)*g)), got)
	}
	for n, got := range result(t, o, b, values) {
		require.Equal(t, float64(float32(bs[n])-float32(float32(r)*float32(ds[n]))), got)
	}
}

// TestSumOfParameter: the elements of a parameter are dealt to 16 lanes, those
// of a sparse one in turn.
func TestSumOfParameter(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 0))
	lanesOf := func(lanes []float32) float64 {
		for h := 8; h >= 1; h /= 2 {
			for i := range h {
				lanes[i] += lanes[i+h]
			}
		}
		return float64(lanes[0])
	}
	mask := &ir.Mask{Out: 7, In: 9, Cols: make([][]int, 7)}
	for n := range mask.Cols {
		for k := n % 2; k < 9; k += 1 + n%3 {
			mask.Cols[n] = append(mask.Cols[n], k)
		}
	}
	ws := floats(rng, 7*9)
	w, y := param(ir.ParamInfo{Mask: mask}, 7, 9), value(ir.Temp)
	o := &ir.Reduce{Kind: ir.Sum, Prog: expr.One("e", expr.L("w")), In: []*ir.Value{w}, InNames: []string{"w"}, Y: y}
	lanes, j := make([]float32, 16), 0
	for n, cols := range mask.Cols {
		for _, k := range cols {
			lanes[j%16] += float32(ws[n*9+k])
			j++
		}
	}
	require.Equal(t, lanesOf(lanes), result(t, o, y, map[*ir.Value][]float64{w: ws})[0])

	ws = floats(rng, 19*4) // a full panel and one of three outputs
	w = param(ir.ParamInfo{}, 19, 4)
	o.In = []*ir.Value{w}
	total := float32(0)
	for first := 0; first < 19; first += 16 {
		lanes := make([]float32, 16)
		for n := first; n < min(19, first+16); n++ {
			for k := range 4 {
				lanes[n-first] += float32(ws[n*4+k])
			}
		}
		total += float32(lanesOf(lanes))
	}
	require.Equal(t, float64(total), result(t, o, y, map[*ir.Value][]float64{w: ws})[0])
}

// TestStored: float16 as the format says, subnormals and the largest included;
// int8 in units of a scale that is a normal number.
func TestStored(t *testing.T) {
	half := &ir.ParamInfo{Storage: ir.Float16}
	require.Equal(t, []float64{0, 0x1p-24, 0x1p-24, 0x1p-23, 0, 0x1p-14, 1, 1 + 0x1p-10, 65504, -65504, 2048, 2052},
		Stored(half, []float64{0, 0x1p-24, 0x1.2p-24, 0x1.9p-24, 0x1p-25, 0x1p-14, 1 + 0x1p-12, 1 + 0x1.8p-11, 65519, -1e9, 2049, 2051}))
	narrow := &ir.ParamInfo{Storage: ir.Int8, Shape: []int{3, 3}}
	got := Stored(narrow, []float64{127, -1, 63.6, 0x1p-130, 0, 0, 0, 0, 0})
	require.Equal(t, []float64{127, -1, 64, 0, 0, 0, 0, 0, 0}, got)
	require.Equal(t, 0x1p-126, Scale([]float64{0x1p-130}))
	require.Equal(t, 0x1p-126, Scale([]float64{0, 0}))
	for _, largest := range []float64{1, 0.3, 1e-20, 1e38} {
		s := Scale([]float64{0.1 * largest, -largest})
		fraction, _ := math.Frexp(s)
		require.Equal(t, math.Trunc(fraction*(1<<17)), fraction*(1<<17), "of 17 bits")
		require.GreaterOrEqual(t, s*127, largest)
		require.LessOrEqual(t, s*127, largest*(1+0x1p-16))
	}
}

// TestInt8Dense: the integers are summed from zero, then comes one fused
// multiply-add with scale and bias.
func TestInt8Dense(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 0))
	w, x, y, b := param(ir.ParamInfo{Storage: ir.Int8}, 40, 3), value(ir.Input, 3), value(ir.Temp, 40), value(ir.Temp, 40)
	ws, xs, bs := floats(rng, 120), floats(rng, 3), floats(rng, 40)
	got := result(t, (&ir.Dense{Y: y, X: x, W: w, B: b}).Contract(), y, map[*ir.Value][]float64{w: ws, x: xs, b: bs})
	for n := range got {
		row, sum := ws[3*n:3*n+3], 0.0
		s := Scale(row)
		for k := range row {
			sum = fma(math.RoundToEven(row[k]/s), xs[k], sum)
		}
		require.Equal(t, fma(s, sum, bs[n]), got[n])
	}
}

// TestReduceAxis: extremes are NaN if an element is, wherever it stands; of
// equal ones the first or the last place counts.
func TestReduceAxis(t *testing.T) {
	nan := math.NaN()
	reduce := func(kind ir.ReduceKind, length, inner int, xs ...float64) []float64 {
		x, y := value(ir.Input, len(xs)), value(ir.Temp, len(xs)/length)
		return result(t, &ir.ReduceAxis{Kind: kind, Y: y, X: x, Length: length, Inner: inner, Outer: len(xs) / length / inner}, y, map[*ir.Value][]float64{x: xs})
	}
	for _, kind := range []ir.ReduceKind{ir.MaxOf, ir.MinOf} {
		for at := range 3 {
			xs := []float64{1, 1, 1}
			xs[at] = nan
			require.True(t, math.IsNaN(reduce(kind, 3, 1, xs...)[0]), "%s, place %d", kind, at)
		}
	}
	xs := []float64{2, -1, 5, -1, 5, 0} // columns 2 5 5 and -1 -1 0
	for kind, want := range map[ir.ReduceKind][]float64{
		ir.Sum: {12, -2}, ir.MaxOf: {5, 0}, ir.MinOf: {2, -1},
		ir.ArgMax: {1, 2}, ir.ArgMaxLast: {2, 2}, ir.ArgMin: {0, 0}, ir.ArgMinLast: {0, 1},
	} {
		require.Equal(t, want, reduce(kind, 3, 2, xs...), kind)
	}
}

// TestViewGrad: what a view repeats is added up.
func TestViewGrad(t *testing.T) {
	dx, dy := value(ir.Temp, 3), value(ir.Input, 4)
	o := &ir.ViewGrad{DX: dx, DY: dy, Axes: []ir.Axis{{Size: 2, Stride: 0}, {Size: 2, Stride: 1}}, Offset: 1}
	require.Equal(t, []float64{0, 1 + 3, 2 + 4}, result(t, o, dx, map[*ir.Value][]float64{dy: {1, 2, 3, 4}}))
}

// TestPerStep: numbers of the step are computed in float64, then rounded.
func TestPerStep(t *testing.T) {
	step := &ir.Value{Name: "step", Kind: ir.Temp, DType: ir.Float64}
	y := &ir.Value{Name: "c", Kind: ir.Temp, DType: ir.Float32}
	o := &ir.Map{Prog: expr.One("c", expr.Sub(expr.C(1), expr.Mul(expr.L("b"), expr.L("b")))), In: []*ir.Value{step}, InNames: []string{"b"}, Out: []*ir.Value{y}, OutNames: []string{"c"}}
	const beta = 0.99999999
	require.Equal(t, []float64{float64(float32(1 - beta*beta))}, result(t, o, y, map[*ir.Value][]float64{step: {beta}}))
}

// TestInitialValues: a list gives each element its own value, one number all.
func TestInitialValues(t *testing.T) {
	list, one := param(ir.ParamInfo{Values: []float64{1, 2, 3}}, 3), param(ir.ParamInfo{Values: []float64{0.1}}, 2)
	values := InitialValues(&ir.Program{DType: ir.Float32, Params: []*ir.Value{list, one}}, 1)
	require.Equal(t, []float64{1, 2, 3}, values[list])
	require.Equal(t, []float64{float64(float32(0.1)), float64(float32(0.1))}, values[one])
}
