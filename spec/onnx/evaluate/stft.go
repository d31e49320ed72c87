package evaluate

import "math"

// stft is the discrete Fourier transform of every frame of a signal [batch, samples, 1]
// or, complex, [batch, samples, 2], times the window.
func stft(c *call) []*Tensor {
	x, step := c.x(0), toInt(c.x(1).Data[0])
	parts := 1
	if len(x.Shape) == 3 {
		parts = x.Shape[2]
	}
	length := 0
	if c.has(2) {
		length = len(c.in[2].Data)
	}
	if c.has(3) {
		length = toInt(c.in[3].Data[0])
	}
	bins := length
	if c.integer("onesided", 1) != 0 {
		bins = length/2 + 1
	}
	if length < 1 || step < 1 || x.Shape[1] < length {
		c.fail("frames of %d, %d apart, in %d samples", length, step, x.Shape[1])
	}
	frames := (x.Shape[1]-length)/step + 1
	y := c.tensor([]int{x.Shape[0], frames, bins, 2}, int64(x.Shape[0])*int64(frames)*int64(bins)*int64(length))
	at := 0
	for b := range x.Shape[0] {
		for f := range frames {
			for k := range bins {
				for n := range length {
					sample := (b*x.Shape[1] + f*step + n) * parts
					re, im := x.Data[sample], 0.0
					if parts == 2 {
						im = x.Data[sample+1]
					}
					if c.has(2) {
						re, im = re*c.in[2].Data[n], im*c.in[2].Data[n]
					}
					angle := -2 * math.Pi * float64(k) * float64(n) / float64(length)
					y.Data[at] += re*math.Cos(angle) - im*math.Sin(angle)
					y.Data[at+1] += re*math.Sin(angle) + im*math.Cos(angle)
				}
				at += 2
			}
		}
	}
	return one(y)
}
