package main

import (
	"math"

	"github.com/nngen-go/nngen/generated/rnnoise"
)

// ceps are the frames whose cepstra are compared, deltas how many of their numbers have
// differences.
const ceps, deltas = 8, 6

// suppressor takes noise off a stream of frames.
type suppressor struct {
	*transforms
	net   *rnnoise.Net
	state rnnoise.State
	ws    rnnoise.Workspace

	high    [2]float64 // of the high-pass filter
	samples [history]float64
	pitch   pitch
	cepstra [ceps][bands]float64
	at      int // the oldest of these
	gains   [bands]float64
	behind  [frame]float64 // the second half of the last frame's synthesis

	x, p        spectrum // of the signal, and of the signal a period before
	ex, ep, exp [bands]float64
	input       rnnoise.Input
	out         [window]float64
}

func newSuppressor(net *rnnoise.Net) *suppressor {
	return &suppressor{transforms: newTransforms(), net: net}
}

// process takes a frame, samples of 16 bits, and gives the one before without its noise,
// in place, and the probability that somebody speaks.
func (s *suppressor) process(samples *[frame]float64) (speech float64) {
	s.highPass(samples)
	copy(s.samples[:], s.samples[frame:])
	copy(s.samples[history-frame:], samples[:])
	if s.features() {
		var y rnnoise.Output
		s.net.Forward(&y, &s.input, &s.state, &s.ws)
		speech = float64(y.Vad[0])
		s.suppress(&y.Gains)
	}
	s.inverse(&s.out, &s.x)
	for i := range samples {
		samples[i] = s.out[i] + s.behind[i]
	}
	copy(s.behind[:], s.out[frame:])
	return speech
}

// highPass takes away what is below the voice.
func (s *suppressor) highPass(x *[frame]float64) {
	for i, v := range x {
		y := v + s.high[0]
		s.high[0] = s.high[1] - 2*v + 1.99599*y
		s.high[1] = v - 0.99600*y
		x[i] = y
	}
}

// features makes the input of the network; false if there is nothing to be heard. They are,
// in this order: 22 cepstral coefficients, of the first 6 their first and second
// differences, 6 of the correlation with the signal a period before, the period, and how
// much the spectrum changes.
func (s *suppressor) features() bool {
	s.forward(&s.x, s.samples[history-window:])
	s.ex = correlation(&s.x, &s.x)
	period := s.pitch.find(&s.samples)
	s.forward(&s.p, s.samples[history-window-period:])
	s.ep = correlation(&s.p, &s.p)
	s.exp = correlation(&s.x, &s.p)
	var logs [bands]float64
	energy, most, follow := 0.0, -2.0, -2.0
	for b := range bands {
		s.exp[b] /= math.Sqrt(0.001 + s.ex[b]*s.ep[b])
		logs[b] = max(most-7, follow-1.5, math.Log10(1e-2+s.ex[b]))
		most, follow = max(most, logs[b]), max(follow-1.5, logs[b])
		energy += s.ex[b]
	}
	if energy < 0.04 {
		return false
	}
	alike, now := s.cosine(&s.exp), s.cosine(&logs)
	alike[0] -= 1.3
	alike[1] -= 0.9
	now[0] -= 12
	now[1] -= 4
	s.cepstra[s.at] = now
	one, two := s.cepstra[(s.at+ceps-1)%ceps], s.cepstra[(s.at+ceps-2)%ceps]
	s.at = (s.at + 1) % ceps
	f := &s.input
	for i, c := range now {
		f[i] = float32(c)
	}
	for i := range deltas {
		f[i] = float32(now[i] + one[i] + two[i])
		f[bands+i] = float32(now[i] - two[i])
		f[bands+deltas+i] = float32(now[i] - 2*one[i] + two[i])
		f[bands+2*deltas+i] = float32(alike[i])
	}
	f[bands+3*deltas] = float32(0.01 * float64(period-300))
	f[bands+3*deltas+1] = float32(s.change() - 2.1)
	return true
}

// change is the mean distance of each of the last cepstra to the nearest other one.
func (s *suppressor) change() (sum float64) {
	for i := range s.cepstra {
		least := 1e15
		for j := range s.cepstra {
			d := 0.0
			for k := range bands {
				v := s.cepstra[i][k] - s.cepstra[j][k]
				d += v * v
			}
			if i != j {
				least = min(least, d)
			}
		}
		sum += least / ceps
	}
	return sum
}

// suppress multiplies the spectrum by the gains of the network, after what lies between
// the harmonics of the voice was filtered with the signal a period before.
func (s *suppressor) suppress(gains *[bands]float32) {
	var share, level [bands]float64
	for b := range bands {
		g, e := float64(gains[b]), s.exp[b]
		share[b] = 1
		if e <= g {
			r := e * e * (1 - g*g) / (0.001 + g*g*(1-e*e))
			share[b] = math.Sqrt(min(1, max(0, r)))
		}
		share[b] *= math.Sqrt(s.ex[b] / (1e-8 + s.ep[b]))
	}
	s.x.add(&s.p, &share, false)
	changed := correlation(&s.x, &s.x)
	for b := range bands {
		level[b] = math.Sqrt(s.ex[b] / (1e-8 + changed[b]))
		s.gains[b] = max(float64(gains[b]), 0.6*s.gains[b]) // a voice dies away
	}
	s.x.scale(&level)
	s.x.scale(&s.gains)
}
