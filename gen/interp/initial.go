package interp

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/runtime/nnrt"
)

// InitialValues returns the initial parameters for a seed, in canonical
// layout and rounded to the program's dtype.
func InitialValues(p *ir.Program, seed uint64) map[*ir.Value][]float64 {
	values := map[*ir.Value][]float64{}
	for _, v := range p.Params {
		w := make([]float64, v.Size())
		initialise(w, v, seed)
		if v.DType == ir.Float32 {
			for i := range w {
				w[i] = round32(w[i])
			}
		}
		values[v] = w
	}
	return values
}

func initialise(w []float64, v *ir.Value, seed uint64) {
	p := v.Param
	switch {
	case p.Orthogonal != 0:
		all := make([]float64, len(w))
		nnrt.Orthogonal(all, p.Shape[0], p.Size()/p.Shape[0], p.Orthogonal, seed, uint32(p.Layer))
		each(v, func(i int) { w[i] = all[i] })
	case len(p.Values) > 0:
		each(v, func(i int) { w[i] = p.Values[min(i, len(p.Values)-1)] })
	default:
		f, err := expr.Compile(p.Init, Strict64, "u", "z", "tz")
		if err != nil {
			panic(err)
		}
		env := make([]float64, len(f.Vars))
		at := f.Index("w")
		draws := []func(uint64, nnrt.Purpose, uint32, uint64) float64{nnrt.Uniform, nnrt.Normal, nnrt.TruncNormal}
		for k, leaf := range f.Vars[:len(draws)] {
			if !p.Init.Reads(leaf) {
				draws[k] = nil
			}
		}
		each(v, func(i int) {
			for k, draw := range draws {
				if draw != nil {
					env[k] = draw(seed, nnrt.PurposeInit, uint32(p.Layer), uint64(i))
				}
			}
			f.Run(env)
			w[i] = env[at]
		})
	}
}
