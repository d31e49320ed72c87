package peers

import "math"

// activate applies an activation to rows of n numbers.
func activate(kind string, y []float32, n int) {
	switch kind {
	case "relu":
		for i, v := range y {
			if v < 0 {
				y[i] = 0
			}
		}
	case "tanh":
		for i, v := range y {
			y[i] = float32(math.Tanh(float64(v)))
		}
	case "sigmoid":
		for i, v := range y {
			y[i] = float32(1 / (1 + math.Exp(-float64(v))))
		}
	case "softmax":
		for ; len(y) > 0; y = y[n:] {
			most, sum := y[0], float32(0)
			for _, v := range y[:n] {
				most = max(most, v)
			}
			for i, v := range y[:n] {
				y[i] = float32(math.Exp(float64(v - most)))
				sum += y[i]
			}
			for i := range y[:n] {
				y[i] /= sum
			}
		}
	}
}

// activationGradient multiplies d by the derivative, from the outputs y.
func activationGradient(kind string, d, y []float32) {
	for i, v := range y {
		switch kind {
		case "relu":
			if v <= 0 {
				d[i] = 0
			}
		case "tanh":
			d[i] *= 1 - v*v
		case "sigmoid":
			d[i] *= v * (1 - v)
		}
	}
}

// outputGradient is the gradient of cross-entropy after softmax, of the mean
// squared error otherwise, by what the last layer computes.
func outputGradient(kind string, d, y, target []float32, labels []int) {
	n := len(y) / len(labels)
	if kind == "softmax" {
		for i, v := range y {
			d[i] = v / float32(len(labels))
		}
		for s, k := range labels {
			d[s*n+k] -= 1 / float32(len(labels))
		}
		return
	}
	for i, v := range y {
		d[i] = 2 * (v - target[i]) / float32(len(y))
	}
	activationGradient(kind, d, y)
}
