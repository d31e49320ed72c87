package main

import "math"

const (
	frame   = 480       // samples of a call, 10 ms
	window  = 2 * frame // samples of a spectrum; two neighbours share a frame
	bands   = 22
	bins    = frame + 1
	highest = 400 // the first bin that is in no band, of 20 kHz
)

// edges are the bins at which the bands have their peaks: triangles that overlap, about
// as wide as the ear's (in 50 Hz, of Opus).
var edges = [bands]int{0, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 136, 160, 192, 240, 312, 400}

// spectrum is a windowed transform, divided by its length.
type spectrum [bins]complex128

// transforms are the tables of the spectra.
type transforms struct {
	fft  *fft
	half [frame]float64        // the rising half of the window
	dct  [bands][bands]float64 // [out][in]
	x, y [window]complex128
}

func newTransforms() *transforms {
	t := &transforms{fft: newFFT()}
	for i := range t.half {
		s := math.Sin(math.Pi / 2 * (float64(i) + 0.5) / frame)
		t.half[i] = math.Sin(math.Pi / 2 * s * s)
	}
	for k := range bands {
		scale := math.Sqrt(2.0 / bands)
		if k == 0 {
			scale = math.Sqrt(1.0 / bands)
		}
		for i := range bands {
			t.dct[k][i] = scale * math.Cos((float64(i)+0.5)*float64(k)*math.Pi/bands)
		}
	}
	return t
}

// weight is the window at a sample.
func (t *transforms) weight(i int) float64 { return t.half[min(i, window-1-i)] }

// forward is the spectrum of window samples.
func (t *transforms) forward(out *spectrum, samples []float64) {
	for i, x := range samples[:window] {
		t.x[i] = complex(x*t.weight(i), 0)
	}
	t.fft.transform(t.y[:], t.x[:], 1, window)
	for i := range out {
		out[i] = t.y[i] * (1.0 / window)
	}
}

// inverse are the window samples of a spectrum, windowed again.
func (t *transforms) inverse(out *[window]float64, in *spectrum) {
	for i := range bins { // conjugates, so that the forward transform is the inverse
		t.x[i] = complex(real(in[i]), -imag(in[i]))
	}
	for i := bins; i < window; i++ {
		t.x[i] = in[window-i]
	}
	t.fft.transform(t.y[:], t.x[:], 1, window)
	for i := range out {
		out[i] = real(t.y[i]) * t.weight(i)
	}
}

// cosine is the discrete cosine transform of a number per band.
func (t *transforms) cosine(in *[bands]float64) (out [bands]float64) {
	for k := range out {
		for i, x := range in {
			out[k] += t.dct[k][i] * x
		}
	}
	return out
}

// correlation is Σ re(x·conj(p)) in each band, energy with x itself.
func correlation(x, p *spectrum) (sum [bands]float64) {
	for b := range bands - 1 {
		from, size := edges[b], edges[b+1]-edges[b]
		for j := range size {
			share := float64(j) / float64(size)
			v := real(x[from+j])*real(p[from+j]) + imag(x[from+j])*imag(p[from+j])
			sum[b] += (1 - share) * v
			sum[b+1] += share * v
		}
	}
	sum[0] *= 2 // half a triangle
	sum[bands-1] *= 2
	return sum
}

// scale multiplies the bins by a factor per band, what lies between two peaks by what lies
// between theirs, and what is in no band by 0.
func (x *spectrum) scale(g *[bands]float64) { x.add(x, g, true) }

// add adds another spectrum times a factor per band, or takes its place.
func (x *spectrum) add(p *spectrum, g *[bands]float64, replace bool) {
	for b := range bands - 1 {
		from, size := edges[b], edges[b+1]-edges[b]
		for j := range size {
			share := float64(j) / float64(size)
			y := p[from+j] * complex((1-share)*g[b]+share*g[b+1], 0)
			if replace {
				x[from+j] = y
			} else {
				x[from+j] += y
			}
		}
	}
	if replace {
		clear(x[highest:])
	}
}
