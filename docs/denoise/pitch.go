package main

import "math"

const (
	shortest = 60  // period of a voice, 800 Hz
	longest  = 768 // 62.5 Hz
	history  = longest + window
)

// pitch finds the period of a voice in the last history samples at half the rate.
type pitch struct {
	period, before int // of this window and of the one before
	gain           float64

	low         [history / 2]float64
	quarter     [window / 4]float64
	past        [history / 4]float64
	correlation [longest / 2]float64
	energies    [longest/2 + 1]float64
}

// find is the period, in samples.
func (p *pitch) find(samples *[history]float64) int {
	p.downsample(samples)
	p.period = longest - p.search()
	p.withoutMultiples()
	return p.period
}

// downsample halves the rate and flattens the spectrum by linear prediction of order 4.
func (p *pitch) downsample(x *[history]float64) {
	y := p.low[:]
	y[0] = (x[1]/2 + x[0]) / 2
	for i := 1; i < len(y); i++ {
		y[i] = ((x[2*i-1]+x[2*i+1])/2 + x[2*i]) / 2
	}
	var ac [5]float64
	for k := range ac {
		ac[k] = product(y[k:], y, len(y)-k)
		ac[k] -= ac[k] * (0.008 * float64(k)) * (0.008 * float64(k))
	}
	ac[0] *= 1.0001
	a := predictor(&ac)
	for i, d := 0, 0.9; i < 4; i, d = i+1, d*0.9 {
		a[i] *= d
	}
	taps := [5]float64{a[0] + 0.8, a[1] + 0.8*a[0], a[2] + 0.8*a[1], a[3] + 0.8*a[2], 0.8 * a[3]}
	for i := len(y) - 1; i >= 0; i-- { // from behind, in place
		for k, c := range taps {
			if i > k {
				y[i] += c * y[i-1-k]
			}
		}
	}
}

// predictor are the coefficients of a linear prediction by the recursion of Levinson and
// Durbin, which ends at a gain of 30 dB.
func predictor(ac *[5]float64) (a [4]float64) {
	left := ac[0]
	if left == 0 {
		return a
	}
	for i := range a {
		sum := ac[i+1]
		for j := range i {
			sum += a[j] * ac[i-j]
		}
		r := -sum / left
		a[i] = r
		for j := range (i + 1) / 2 {
			a[j], a[i-1-j] = a[j]+r*a[i-1-j], a[i-1-j]+r*a[j]
		}
		if left -= r * r * left; left < 0.001*ac[0] {
			break
		}
	}
	return a
}

// product is Σ x[i]·y[i] of n numbers, in four sums that do not wait for each other.
func product(x, y []float64, n int) float64 {
	x, y = x[:n], y[:n]
	var a, b, c, d float64
	for ; len(x) >= 4 && len(y) >= 4; x, y = x[4:], y[4:] {
		a += x[0] * y[0]
		b += x[1] * y[1]
		c += x[2] * y[2]
		d += x[3] * y[3]
	}
	for i, v := range x {
		a += v * y[i]
	}
	return a + b + c + d
}

// search is the lag, from the oldest sample, at which the last window is most like the
// past: at a quarter of the rate, then around the two best at half of it.
func (p *pitch) search() int {
	const lags = longest - 3*shortest
	recent := p.low[longest/2:]
	for i := range p.quarter {
		p.quarter[i] = recent[2*i]
	}
	past := p.past[:(window+lags)/4]
	for i := range past {
		past[i] = p.low[2*i]
	}
	c := p.correlation[:lags/4]
	for i := range c {
		c[i] = product(p.quarter[:], past[i:], window/4)
	}
	first, second := best(c, past, window/4)
	c = p.correlation[:lags/2]
	for i := range c {
		c[i] = 0
		if near(i, 2*first, 2) || near(i, 2*second, 2) {
			c[i] = max(-1, product(recent, p.low[i:], window/2))
		}
	}
	at, _ := best(c, p.low[:], window/2)
	if at == 0 || at == len(c)-1 {
		return 2 * at
	}
	return 2*at - between(c[at-1], c[at], c[at+1])
}

func near(a, b, most int) bool { return a-b <= most && b-a <= most }

// between says on which side of the middle the top of three correlations lies, if not in it.
func between(a, b, c float64) int {
	switch {
	case c-a > 0.7*(b-a):
		return 1
	case a-c > 0.7*(b-c):
		return -1
	}
	return 0
}

// best are the two lags with the largest correlation squared over the energy of the past.
func best(correlation, past []float64, n int) (first, second int) {
	second = 1
	energy := 1 + product(past, past, n)
	num, den := [2]float64{-1, -1}, [2]float64{}
	for i, c := range correlation {
		if c > 0 {
			switch v := c * c; {
			case v*den[1] <= num[1]*energy:
			case v*den[0] > num[0]*energy:
				num[1], den[1], second = num[0], den[0], first
				num[0], den[0], first = v, energy, i
			default:
				num[1], den[1], second = v, energy, i
			}
		}
		if i+n < len(past) {
			energy = max(1, energy+past[i+n]*past[i+n]-past[i]*past[i])
		}
	}
	return first, second
}

// other are the multiples of a shorter period at which the signal must be alike, too.
var other = [16]int{0, 0, 3, 2, 3, 2, 5, 2, 3, 2, 3, 2, 5, 2, 3, 2}

// withoutMultiples takes a shorter period where the signal is about as much like itself
// at that one, and keeps how much that is.
func (p *pitch) withoutMultiples() {
	const most, least, n = longest / 2, shortest / 2, window / 2
	x, at := p.low[:], most // the window begins there
	before := p.before
	alike := func(t int) float64 { return product(x[at:], x[at-t:], n) }
	t0 := min(p.period/2, most-1)
	own := product(x[at:], x[at:], n)
	p.energies[0] = own
	for i, e := 1, own; i <= most; i++ {
		e += x[at-i]*x[at-i] - x[at+n-i]*x[at+n-i]
		p.energies[i] = max(0, e)
	}
	gain := func(xy, energy float64) float64 { return xy / math.Sqrt(1+own*energy) }
	xy, energy, t := alike(t0), p.energies[t0], t0
	g0 := gain(xy, energy)
	g := g0
	for k := 2; k <= 15; k++ {
		t1 := (2*t0 + k) / (2 * k)
		if t1 < least {
			break
		}
		t2 := (2*other[k]*t0 + k) / (2 * k)
		if k == 2 {
			if t2 = t0 + t1; t2 > most {
				t2 = t0
			}
		}
		both, e := (alike(t1)+alike(t2))/2, (p.energies[t1]+p.energies[t2])/2
		g1, goesOn := gain(both, e), 0.0
		switch {
		case near(t1, before/2, 1):
			goesOn = p.gain
		case near(t1, before/2, 2) && 5*k*k < t0:
			goesOn = p.gain / 2
		}
		limit := max(0.3, 0.7*g0-goesOn)
		if t1 < 3*least {
			limit = max(0.4, 0.85*g0-goesOn)
		}
		if g1 > limit {
			xy, energy, t, g = both, e, t1, g1
		}
	}
	p.gain = 1
	if xy = max(0, xy); energy > xy {
		p.gain = xy / (energy + 1)
	}
	p.gain = min(p.gain, g)
	p.period = max(shortest, 2*t+between(alike(t-1), alike(t), alike(t+1)))
	p.before = p.period
}
