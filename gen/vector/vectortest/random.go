// Package vectortest makes functions in the form of package vector, for tests.
package vectortest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/nngen-go/nngen/gen/vector"
)

// Function is a random function of two numbers of some bytes. Any NaN gives the
// same as any other.
func Function(seed uint64, bytes int) *vector.Function {
	return &vector.Function{
		Name: fmt.Sprintf("Random%d_%d", seed, 8*bytes), Bytes: bytes, Params: []string{"a", "b"},
		Build: func(args []*vector.Value) *vector.Value {
			r := &maker{Rand: rand.New(rand.NewPCG(seed, uint64(bytes))), bytes: bytes, floats: args}
			r.uints = []*vector.Value{r.clean(args[0]).Uint()}
			r.ints = []*vector.Value{r.uints[0].Int()}
			r.masks = []*vector.Value{args[0].Less(args[1])}
			for range 12 + r.IntN(40) {
				r.step()
			}
			y := r.floats[len(r.floats)-1]
			for range 3 { // more of what was made
				y = r.mask().Choose(y, r.float()).Add(r.float())
			}
			return y
		},
	}
}

// maker makes values from those made before, the later ones more often.
type maker struct {
	*rand.Rand
	bytes                      int
	floats, uints, ints, masks []*vector.Value
}

func (r *maker) pick(of []*vector.Value) *vector.Value {
	return of[max(r.IntN(len(of)), r.IntN(len(of)))]
}

func (r *maker) float() *vector.Value { return r.pick(r.floats) }
func (r *maker) uint() *vector.Value  { return r.pick(r.uints) }
func (r *maker) int() *vector.Value   { return r.pick(r.ints) }
func (r *maker) mask() *vector.Value  { return r.pick(r.masks) }

// number is a float or a constant.
func (r *maker) number() any {
	if r.IntN(3) > 0 {
		return r.float()
	}
	i := r.IntN(9)
	v := []float64{1, -2, 0.5, 1e-3, 0x1p20, math.Pi, 0, math.Copysign(0, -1), math.Inf(1)}[i]
	if i < 6 && r.IntN(3) == 0 {
		return vector.Const{Name: fmt.Sprintf("k%d", i), Value: v}
	}
	return v
}

// clean is a number with another one in the place of NaN, whose bits no
// processor promises.
func (r *maker) clean(v *vector.Value) *vector.Value { return v.Unordered(v).Choose(1.5, v) }

func (r *maker) step() {
	add := func(to *[]*vector.Value, v *vector.Value) {
		if r.IntN(2) == 0 {
			v.As([]string{"s", "t", "u"}[r.IntN(3)])
		}
		*to = append(*to, v)
	}
	bits := 8 * r.bytes
	switch r.IntN(10) {
	case 0, 1, 2:
		x, y := r.float(), r.number()
		add(&r.floats, []*vector.Value{x.Add(y), x.Sub(y), x.Mul(y), x.Div(y), x.Min(y), x.Max(y)}[r.IntN(6)])
	case 3:
		x := r.float()
		add(&r.floats, []*vector.Value{x.Neg(), x.Abs(), x.Sqrt(), x.Floor(), x.Trunc(), x.Abs().SignOf(r.clean(r.float()))}[r.IntN(6)])
	case 4:
		x, y := r.uint(), r.uint()
		c := r.IntN(1 << 20)
		add(&r.uints, []*vector.Value{x.Add(y), x.Sub(y), x.And(y), x.Or(c), x.Xor(c), x.Shl(r.IntN(bits)), x.Shr(r.IntN(bits)), r.clean(r.float()).Uint()}[r.IntN(8)])
	case 5:
		x, y := r.int(), r.int()
		add(&r.ints, []*vector.Value{x.Add(y), x.Sub(77), x.Sar(r.IntN(32)), r.uint().Int()}[r.IntN(4)])
		if r.bytes == 8 {
			add(&r.uints, r.int().Shl(32+r.IntN(32)))
		} else {
			add(&r.floats, r.int().ToFloat())
			add(&r.uints, r.int().Uint())
		}
	case 6:
		x, y := r.float(), r.number()
		m := []*vector.Value{x.Less(y), x.LessEqual(y), x.Equal(y), x.Unordered(y), x.Greater(y), x.Less(y).Not(), x.Equal(y).Not(), r.clean(x).Negative()}[r.IntN(8)]
		r.masks = append(r.masks, m)
	case 7:
		a, b := r.mask(), r.mask()
		add(&r.masks, []*vector.Value{a.And(b), a.Or(b), a.Xor(b), a.Not().And(b), a.Not()}[r.IntN(5)])
	case 8:
		add(&r.floats, r.mask().Choose(r.number(), r.float()))
		add(&r.floats, r.mask().Choose(r.float(), 0))
		add(&r.floats, r.mask().Choose(0, r.float()))
		add(&r.uints, r.mask().Choose(r.uint(), r.uint()))
	case 9:
		if r.bytes == 8 {
			add(&r.floats, r.clean(r.uint().Float()))
			return
		}
		add(&r.floats, r.uint().Lookup(table, r.IntN(2)))
		wide := r.clean(r.float()).Widen()
		add(&r.floats, wide.Mul(wide).Add(r.float().Widen().Abs()).Sqrt().Narrow())
	}
}

var table = &vector.Table{
	Name: "randomTable", Row: "row", Doc: []string{"randomTable is any table."},
	Columns: [][8]uint64{
		{0x3f800000, 0x40000000, 0, 0xbf800000, 0x41200000, 0x3f000000, 0xc0400000, 0x3e800000},
		{0x3f800001, 0x40000002, 0x80000000, 0xbf800005, 0x41200006, 0x3f000007, 0xc0400008, 0x7f800000},
	},
}

// Inputs are numbers that try a function: ordinary, special and any bits.
func Inputs(bytes int) []uint64 {
	r := rand.New(rand.NewPCG(7, 7))
	var in []uint64
	for _, v := range []float64{0, math.Copysign(0, -1), 1, -1, 0.5, 2, math.Pi, -7.25, 1e-3, -88, 1e9, math.Inf(1), math.Inf(-1), math.NaN(), 0x1p-149, math.MaxFloat32} {
		in = append(in, bitsOf(v, bytes))
	}
	for range 24 {
		in = append(in, bitsOf(r.NormFloat64()*4, bytes))
	}
	for range 8 {
		if b := r.Uint64(); bytes == 8 {
			in = append(in, b)
		} else {
			in = append(in, b>>32)
		}
	}
	return in
}

func bitsOf(v float64, bytes int) uint64 {
	if bytes == 8 {
		return math.Float64bits(v)
	}
	return uint64(math.Float32bits(float32(v)))
}
