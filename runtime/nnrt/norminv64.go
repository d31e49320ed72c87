package nnrt

import "math"

// NormInv64 returns the inverse of the standard normal distribution function: the
// x with Φ(x) = p. It is algorithm AS 241 (PPND16) of M. J. Wichura, "The
// Percentage Points of the Normal Distribution", Applied Statistics 37 (1988).
//
//	q = p - 1/2;  |q| <= 0.425: q·A(0.180625 - q²)/B(0.180625 - q²);
//	else r = sqrt(-ln min(p, 1-p)), ±C(r - 1.6)/D(r - 1.6) or ±E(r - 5)/F(r - 5)
//
// Error at most 8 ULP (5.7 measured). NormInv64(0) = -Inf, NormInv64(1) = +Inf,
// NormInv64(1/2) = 0; NaN for p < 0, p > 1 and NaN.
func NormInv64(p float64) float64 {
	const (
		a0 = 3.3871328727963666080e0
		a1 = 1.3314166789178437745e+2
		a2 = 1.9715909503065514427e+3
		a3 = 1.3731693765509461125e+4
		a4 = 4.5921953931549871457e+4
		a5 = 6.7265770927008700853e+4
		a6 = 3.3430575583588128105e+4
		a7 = 2.5090809287301226727e+3
		b1 = 4.2313330701600911252e+1
		b2 = 6.8718700749205790830e+2
		b3 = 5.3941960214247511077e+3
		b4 = 2.1213794301586595867e+4
		b5 = 3.9307895800092710610e+4
		b6 = 2.8729085735721942674e+4
		b7 = 5.2264952788528545610e+3
		c0 = 1.42343711074968357734e0
		c1 = 4.63033784615654529590e0
		c2 = 5.76949722146069140550e0
		c3 = 3.64784832476320460504e0
		c4 = 1.27045825245236838258e0
		c5 = 2.41780725177450611770e-1
		c6 = 2.27238449892691845833e-2
		c7 = 7.74545014278341407640e-4
		d1 = 2.05319162663775882187e0
		d2 = 1.67638483018380384940e0
		d3 = 6.89767334985100004550e-1
		d4 = 1.48103976427480074590e-1
		d5 = 1.51986665636164571966e-2
		d6 = 5.47593808499534494600e-4
		d7 = 1.05075007164441684324e-9
		e0 = 6.65790464350110377720e0
		e1 = 5.46378491116411436990e0
		e2 = 1.78482653991729133580e0
		e3 = 2.96560571828504891230e-1
		e4 = 2.65321895265761230930e-2
		e5 = 1.24266094738807843860e-3
		e6 = 2.71155556874348757815e-5
		e7 = 2.01033439929228813265e-7
		f1 = 5.99832206555887937690e-1
		f2 = 1.36929880922735805310e-1
		f3 = 1.48753612908506148525e-2
		f4 = 7.86869131145613259100e-4
		f5 = 1.84631831751005468180e-5
		f6 = 1.42151175831644588870e-7
		f7 = 2.04426310338993978564e-15
	)
	if !(p > 0 && p < 1) {
		switch p {
		case 0:
			return math.Inf(-1)
		case 1:
			return math.Inf(1)
		}
		return math.NaN()
	}
	q := p - 0.5
	if Abs64(q) <= 0.425 {
		r := 0.180625 - float64(q*q)
		n := float64(a7*r) + a6
		n = float64(n*r) + a5
		n = float64(n*r) + a4
		n = float64(n*r) + a3
		n = float64(n*r) + a2
		n = float64(n*r) + a1
		n = float64(n*r) + a0
		d := float64(b7*r) + b6
		d = float64(d*r) + b5
		d = float64(d*r) + b4
		d = float64(d*r) + b3
		d = float64(d*r) + b2
		d = float64(d*r) + b1
		d = float64(d*r) + 1
		return float64(q*n) / d
	}
	r := p
	if q > 0 {
		r = 1 - p
	}
	r = math.Sqrt(-Log64(r))
	var n, d float64
	if r <= 5 {
		r -= 1.6
		n = float64(c7*r) + c6
		n = float64(n*r) + c5
		n = float64(n*r) + c4
		n = float64(n*r) + c3
		n = float64(n*r) + c2
		n = float64(n*r) + c1
		n = float64(n*r) + c0
		d = float64(d7*r) + d6
		d = float64(d*r) + d5
		d = float64(d*r) + d4
		d = float64(d*r) + d3
		d = float64(d*r) + d2
		d = float64(d*r) + d1
		d = float64(d*r) + 1
	} else {
		r -= 5
		n = float64(e7*r) + e6
		n = float64(n*r) + e5
		n = float64(n*r) + e4
		n = float64(n*r) + e3
		n = float64(n*r) + e2
		n = float64(n*r) + e1
		n = float64(n*r) + e0
		d = float64(f7*r) + f6
		d = float64(d*r) + f5
		d = float64(d*r) + f4
		d = float64(d*r) + f3
		d = float64(d*r) + f2
		d = float64(d*r) + f1
		d = float64(d*r) + 1
	}
	return math.Copysign(n/d, q)
}
