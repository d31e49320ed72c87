package importer

import "math"

// affine is y = (x − sub)·mul/div + add with constants, each of one number or
// one per element; nil is none. It keeps what the model says apart, so that
// (x − mean)/std comes back as it was.
type affine struct{ sub, mul, div, add []float64 }

// combine makes the larger of two lists of one number or one per element.
func combine(a, b []float64, f func(x, y float64) float64) []float64 {
	out := make([]float64, max(len(a), len(b)))
	for i := range out {
		out[i] = f(at(a, i), at(b, i))
	}
	return out
}

func at(list []float64, i int) float64 {
	if len(list) == 1 {
		return list[0]
	}
	return list[i]
}

func or(list []float64, x float64) []float64 {
	if list == nil {
		return []float64{x}
	}
	return list
}

func sum(x, y float64) float64        { return x + y }
func difference(x, y float64) float64 { return x - y }
func product(x, y float64) float64    { return x * y }
func quotient(x, y float64) float64   { return x / y }

// plus is a followed by + c.
func (a affine) plus(c []float64) affine {
	if a.mul == nil && a.div == nil && a.add == nil {
		a.sub = combine(or(a.sub, 0), c, difference)
	} else {
		a.add = combine(or(a.add, 0), c, sum)
	}
	return a
}

// times is a followed by · c.
func (a affine) times(c []float64) affine {
	a.mul = combine(or(a.mul, 1), c, product)
	if a.add != nil {
		a.add = combine(a.add, c, product)
	}
	return a
}

// over is a followed by / c.
func (a affine) over(c []float64) affine {
	a.div = combine(or(a.div, 1), c, product)
	if a.add != nil {
		a.add = combine(a.add, c, quotient)
	}
	return a
}

// then is a followed by b.
func (a affine) then(b affine) affine {
	if b.sub != nil {
		a = a.plus(combine(b.sub, []float64{-1}, product))
	}
	if b.mul != nil {
		a = a.times(b.mul)
	}
	if b.div != nil {
		a = a.over(b.div)
	}
	if b.add != nil {
		a = a.plus(b.add)
	}
	return a
}

// scale is the factor of element i.
func (a *affine) scale(i int) float64 {
	s := 1.0
	if a.mul != nil {
		s = at(a.mul, i)
	}
	if a.div != nil {
		s /= at(a.div, i)
	}
	return s
}

// shift is what is added to element i after the factor.
func (a *affine) shift(i int) float64 {
	t := 0.0
	if a.sub != nil {
		t = -at(a.sub, i)
		if a.mul != nil || a.div != nil {
			t *= a.scale(i)
		}
	}
	if a.add != nil {
		t += at(a.add, i)
	}
	return t
}

// scalar reports whether all elements have the same constants.
func (a *affine) scalar() bool {
	return len(a.sub) <= 1 && len(a.mul) <= 1 && len(a.div) <= 1 && len(a.add) <= 1
}

// neutral reports whether y = x.
func (a *affine) neutral() bool {
	n := max(len(a.sub), len(a.mul), len(a.div), len(a.add))
	for i := range n {
		if a.scale(i) != 1 || a.shift(i) != 0 {
			return false
		}
	}
	return true
}

// normal reports whether a number is 0 or has all the digits of a float32.
func normal(x float64) bool {
	a := math.Abs(x)
	return a == 0 || a >= 0x1p-126 && a <= math.MaxFloat32
}

// normal reports whether the factors and terms are.
func (a *affine) normal() bool {
	for i := range max(len(a.sub), len(a.mul), len(a.div), len(a.add)) {
		if !normal(a.scale(i)) || !normal(a.shift(i)) {
			return false
		}
	}
	return true
}

// meanStd gives the constants of y = (x − mean)/std, if they are valid ones
// for the normalisation of an input of some size.
func (a *affine) meanStd(size int) (mean, std []float64, ok bool) {
	mean, std = make([]float64, size), make([]float64, size)
	for i := range size {
		std[i] = 1 / a.scale(i)
		if a.mul == nil && a.div != nil {
			std[i] = at(a.div, i)
		}
		if a.sub != nil {
			mean[i] = at(a.sub, i)
		}
		if a.add != nil {
			mean[i] -= at(a.add, i) * std[i]
		}
		if !(std[i] > 0) || !normal(std[i]) || !normal(mean[i]) {
			return nil, nil, false
		}
	}
	return mean, std, true
}
