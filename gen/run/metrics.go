package run

import (
	"fmt"
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
	// PerLabel, MeanAccuracy and F1 are of outputs with a yes or no per label:
	// the share of right answers among all, and the mean of the labels' F1 that
	// are defined.
	PerLabel     []LabelMetrics `json:"per_label,omitempty"`
	MeanAccuracy *float64       `json:"mean_accuracy,omitempty"`
	F1           *float64       `json:"f1,omitempty"`
	// MAE, RMSE and R2 are of outputs that are numbers: mean absolute error,
	// root of the mean squared error, and the share of the variance that is
	// explained, averaged over the elements (nil if a target never varies).
	MAE  *float64 `json:"mae,omitempty"`
	RMSE *float64 `json:"rmse,omitempty"`
	R2   *float64 `json:"r2,omitempty"`
	// NonFinite counts the samples with an output that is NaN or infinite.
	NonFinite int `json:"non_finite,omitempty"`
}

// LabelMetrics say how good one of several answers is. Precision is the share
// of yes among the answers yes that is right, recall the share of the samples
// with yes that are answered so, F1 their harmonic mean; null where that is 0/0.
type LabelMetrics struct {
	Label     string   `json:"label"`
	Accuracy  float64  `json:"accuracy"`
	Precision *float64 `json:"precision"`
	Recall    *float64 `json:"recall"`
	F1        *float64 `json:"f1"`
}

// judge compares the outputs of samples with their targets.
func judge(o Output, got *dataset.Array, want []float64) OutputMetrics {
	m := OutputMetrics{Name: o.Name, Kind: o.Kind, Labels: o.Labels}
	if o.Kind == KindBinary && len(o.Labels) == 1 {
		m.Labels = nil // it names the output, not its answers
	}
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
			return wanted(o, want, i), o.answer(got.Data[i*o.Size : (i+1)*o.Size])
		})
	case KindBinary:
		m.classify(n, 2, func(i int) (int, int) { return yes(want[i] > 0.5), o.answer(got.Data[i : i+1]) })
	case KindSeveral:
		m.classifyLabels(o, got.Data, want)
	default:
		m.regress(got.Data, want, o.Size)
	}
	return m
}

// classifyLabels judges the answers for each label on their own.
func (m *OutputMetrics) classifyLabels(o Output, got, want []float64) {
	n, threshold := len(got)/o.Size, binaryThreshold[o.Loss]
	right, sum, defined := 0, 0.0, 0
	for e := range o.Size {
		var count [2][2]int // by truth, by answer
		for i := range n {
			count[yes(want[i*o.Size+e] > 0.5)][yes(got[i*o.Size+e] > threshold)]++
		}
		hit, miss, wrong := count[1][1], count[1][0], count[0][1]
		l := LabelMetrics{
			Label: fmt.Sprintf("%s%d", o.Name, e), Accuracy: float64(hit+count[0][0]) / float64(n),
			Precision: finite(float64(hit) / float64(hit+wrong)), Recall: finite(float64(hit) / float64(hit+miss)),
			F1: finite(2 * float64(hit) / float64(2*hit+miss+wrong)),
		}
		if e < len(o.Labels) {
			l.Label = o.Labels[e]
		}
		m.PerLabel = append(m.PerLabel, l)
		right += hit + count[0][0]
		if l.F1 != nil {
			sum += *l.F1
			defined++
		}
	}
	m.MeanAccuracy = finite(float64(right) / float64(len(got)))
	m.F1 = finite(sum / float64(defined))
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
