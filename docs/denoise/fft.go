package main

import (
	"math"
	"math/cmplx"
)

// fft is the discrete Fourier transform of window complex numbers, X[k] = Σ x[n]·e^(−2πi·kn/window),
// by factors of 2, 3 and 5.
type fft struct {
	roots [window]complex128
}

func newFFT() *fft {
	f := &fft{}
	for k := range f.roots {
		f.roots[k] = cmplx.Exp(complex(0, -2*math.Pi*float64(k)/window))
	}
	return f
}

// transform writes the transform of every step-th number of x, n of them, to y.
func (f *fft) transform(y, x []complex128, step, n int) {
	if n == 1 {
		y[0] = x[0]
		return
	}
	p := 2
	for n%p != 0 {
		p++
	}
	m := n / p
	for k := range p {
		f.transform(y[k*m:(k+1)*m], x[k*step:], step*p, m)
	}
	if p == 2 {
		for j := range m {
			a, b := y[j], y[m+j]*f.roots[j*step]
			y[j], y[m+j] = a+b, a-b
		}
		return
	}
	var t [5]complex128
	for j := range m {
		for k := range p {
			t[k] = y[k*m+j] * f.roots[j*k*step]
		}
		for q := range p {
			sum := t[0]
			for k := 1; k < p; k++ {
				sum += t[k] * f.roots[q*k%p*(window/p)]
			}
			y[q*m+j] = sum
		}
	}
}
