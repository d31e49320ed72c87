package run

import (
	"math"

	"github.com/nngen-go/nngen/gen/dataset"
)

// OutputMetrics say how good an output of the network is.
type OutputMetrics struct {
	Name   string     `json:"name"`
	Kind   OutputKind `json:"kind"`
	Labels []string   `json:"labels,omitempty"`
	// Accuracy, Right and Confusion are of classifiers. Confusion counts the
	// samples by true class (row) and predicted class (column).
	Accuracy  *float64 `json:"accuracy,omitempty"`
	Right     int      `json:"right,omitempty"`
	Confusion [][]int  `json:"confusion,omitempty"`
	// MAE, RMSE and R2 are of outputs that are numbers: mean absolute error,
	// root of the mean squared error, and the share of the variance that is
	// explained, averaged over the elements (nil if a target never varies).
	MAE  *float64 `json:"mae,omitempty"`
	RMSE *float64 `json:"rmse,omitempty"`
	R2   *float64 `json:"r2,omitempty"`
	// NonFinite counts the samples with an output that is NaN or infinite.
	NonFinite int `json:"non_finite,omitempty"`
}

// judge compares the outputs of samples with their targets.
func judge(o Output, got *dataset.Array, want []float64) OutputMetrics {
	m := OutputMetrics{Name: o.Name, Kind: o.Kind, Labels: o.Labels}
	n := got.Rows()
	for i := range n {
		for _, v := range got.Data[i*o.Size : (i+1)*o.Size] {
			if v-v != 0 {
				m.NonFinite++
				break
			}
		}
	}
	switch o.Kind {
	case KindClasses:
		m.classify(n, o.Size, func(i int) (int, int) {
			return wanted(o, want, i), argMax(got.Data[i*o.Size : (i+1)*o.Size])
		})
	case KindBinary:
		threshold := binaryThreshold[o.Loss]
		m.classify(n, 2, func(i int) (int, int) { return yes(want[i] > 0.5), yes(got.Data[i] > threshold) })
	default:
		m.regress(got.Data, want, o.Size)
	}
	return m
}

// wanted returns the true class of sample i.
func wanted(o Output, want []float64, i int) int {
	if o.Target.Classes > 0 {
		return int(want[i])
	}
	return argMax(want[i*o.Size : (i+1)*o.Size])
}

func yes(b bool) int {
	if b {
		return 1
	}
	return 0
}

// argMax returns the index of the largest number, the first of equals. It is
// what the generated ArgMax does.
func argMax(v []float64) int {
	best := 0
	for i := range v {
		if v[i] > v[best] {
			best = i
		}
	}
	return best
}

// classify counts right and wrong classes.
func (m *OutputMetrics) classify(n, classes int, sample func(i int) (want, got int)) {
	m.Confusion = make([][]int, classes)
	for i := range m.Confusion {
		m.Confusion[i] = make([]int, classes)
	}
	for i := range n {
		want, got := sample(i)
		m.Confusion[want][got]++
		if want == got {
			m.Right++
		}
	}
	accuracy := float64(m.Right) / float64(n)
	m.Accuracy = &accuracy
}

// regress measures the distance of numbers from their targets.
func (m *OutputMetrics) regress(got, want []float64, size int) {
	var abs, squares, r2 float64
	defined := true
	n := len(got) / size
	for e := range size {
		mean := 0.0
		for i := range n {
			mean += want[i*size+e] / float64(n)
		}
		var rest, total float64
		for i := range n {
			d := got[i*size+e] - want[i*size+e]
			abs += math.Abs(d)
			rest += d * d
			total += (want[i*size+e] - mean) * (want[i*size+e] - mean)
		}
		squares += rest
		defined = defined && total > 0
		r2 += 1 - rest/total
	}
	m.MAE = finite(abs / float64(len(got)))
	m.RMSE = finite(math.Sqrt(squares / float64(len(got))))
	if defined {
		m.R2 = finite(r2 / float64(size))
	}
}

// finite returns a pointer to v, nil if JSON cannot say it.
func finite(v float64) *float64 {
	if v-v != 0 {
		return nil
	}
	return &v
}
