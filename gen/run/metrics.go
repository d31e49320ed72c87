package run

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

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
	// PerLabel is of classifiers, each class against the rest, and of outputs with
	// a yes or no per label; F1 is the mean of theirs that are defined (macro F1).
	PerLabel []LabelMetrics `json:"per_label,omitempty"`
	F1       *float64       `json:"f1,omitempty"`
	// MeanAccuracy is of outputs with a yes or no per label: the share of right
	// answers among all.
	MeanAccuracy *float64 `json:"mean_accuracy,omitempty"`
	// AUC is of classifiers of two classes: the area under the ROC curve, the
	// probability that a sample of the second class has a higher score for it
	// than one of the first, where equal ones count half; nil if there are only
	// samples of one class, or scores that are NaN.
	AUC *float64 `json:"roc_auc,omitempty"`
	// NumberMetrics are of outputs that are numbers, over all elements; PerElement
	// is that of each, where there are several.
	NumberMetrics
	PerElement []NumberMetrics `json:"per_element,omitempty"`
	// NonFinite counts the samples with an output that is NaN or infinite.
	NonFinite int `json:"non_finite,omitempty"`
}

// LabelMetrics say how good a class, or one of several answers, is. Precision is
// the share of yes among the answers yes that is right, recall the share of the
// samples with yes that are answered so, F1 their harmonic mean; null where that
// is 0/0.
type LabelMetrics struct {
	Label     string   `json:"label"`
	Samples   int      `json:"samples"`            // with yes
	Accuracy  *float64 `json:"accuracy,omitempty"` // of an answer; a class has none of its own
	Precision *float64 `json:"precision"`
	Recall    *float64 `json:"recall"`
	F1        *float64 `json:"f1"`
	AUC       *float64 `json:"roc_auc,omitempty"` // of an answer
}

// NumberMetrics are the mean absolute error, the mean squared error, its root,
// and R², the share of the variance that is explained, averaged over the elements
// (nil if a target never varies).
type NumberMetrics struct {
	MAE  *float64 `json:"mae,omitempty"`
	MSE  *float64 `json:"mse,omitempty"`
	RMSE *float64 `json:"rmse,omitempty"`
	R2   *float64 `json:"r2,omitempty"`
}

// judge compares the outputs of samples with their targets; lengths, if not nil, are how
// many steps each has.
func judge(o Output, got *dataset.Array, want, lengths []float64) OutputMetrics {
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
	o, got, want = o.inSteps(got, want, lengths)
	n = got.Rows()
	switch o.Kind {
	case KindClasses:
		m.classify(n, o.Size, func(i int) (int, int) {
			return wanted(o, want, i), o.answer(got.Data[i*o.Size : (i+1)*o.Size])
		})
		if o.Size == 2 {
			m.AUC = auc(n, func(i int) (float64, bool) { return got.Data[2*i+1] - got.Data[2*i], wanted(o, want, i) == 1 })
		}
	case KindBinary:
		m.classify(n, 2, func(i int) (int, int) { return yes(want[i] > 0.5), o.answer(got.Data[i : i+1]) })
		m.AUC = auc(n, func(i int) (float64, bool) { return got.Data[i], want[i] > 0.5 })
	case KindSeveral:
		m.classifyLabels(o, got.Data, want)
	default:
		m.regress(got.Data, want, o.Size)
	}
	return m
}

// inSteps are the places of samples, where each has a class, or the steps, where these
// have lengths, as samples of their own: those that there are.
func (o Output) inSteps(got *dataset.Array, want, lengths []float64) (Output, *dataset.Array, []float64) {
	places := o.Places
	if lengths != nil && places == 1 && o.Target.Steps > 0 {
		places = o.Target.Steps
	}
	if places <= 1 {
		return o, got, want
	}
	width, of := o.Size/places, len(want)/(got.Rows()*places)
	all := &dataset.Array{}
	var targets []float64
	for i := range got.Rows() * places {
		if step := i % places * o.Target.Steps / places; lengths != nil && float64(step) >= lengths[i/places] {
			continue
		}
		all.Data = append(all.Data, got.Data[i*width:(i+1)*width]...)
		targets = append(targets, want[i*of:(i+1)*of]...)
	}
	all.Shape = []int{len(all.Data) / width, width}
	o.Size, o.Places = width, 1
	return o, all, targets
}

// classifyLabels judges the answers for each label on their own.
func (m *OutputMetrics) classifyLabels(o Output, got, want []float64) {
	n, threshold := len(got)/o.Size, binaryThreshold[o.Loss]
	right := 0
	for e := range o.Size {
		truth := func(i int) bool { return want[i*o.Size+e] > 0.5 }
		var count [2][2]int // by truth, by answer
		for i := range n {
			count[yes(truth(i))][yes(got[i*o.Size+e] > threshold)]++
		}
		l := m.label(e, fmt.Sprintf("%s%d", o.Name, e), count[1][1], count[1][0], count[0][1])
		l.Accuracy = finite(float64(count[1][1]+count[0][0]) / float64(n))
		l.AUC = auc(n, func(i int) (float64, bool) { return got[i*o.Size+e], truth(i) })
		right += count[1][1] + count[0][0]
	}
	m.MeanAccuracy = finite(float64(right) / float64(len(got)))
	m.F1 = m.meanF1()
}

// label adds the metrics of label e, which is called name unless the output has
// labels: of the samples with yes, hit were answered so and miss not, and wrong
// were answered so without being it.
func (m *OutputMetrics) label(e int, name string, hit, miss, wrong int) *LabelMetrics {
	if e < len(m.Labels) {
		name = m.Labels[e]
	}
	m.PerLabel = append(m.PerLabel, LabelMetrics{
		Label: name, Samples: hit + miss,
		Precision: finite(float64(hit) / float64(hit+wrong)), Recall: finite(float64(hit) / float64(hit+miss)),
		F1: finite(2 * float64(hit) / float64(2*hit+miss+wrong)),
	})
	return &m.PerLabel[len(m.PerLabel)-1]
}

// meanF1 returns the mean F1 of the labels that have one.
func (m *OutputMetrics) meanF1() *float64 {
	sum, defined := 0.0, 0
	for _, l := range m.PerLabel {
		if l.F1 != nil {
			sum += *l.F1
			defined++
		}
	}
	return finite(sum / float64(defined))
}

// auc returns the area under the ROC curve of the scores of n samples, by the
// ranks of those that are true (Mann and Whitney 1947).
func auc(n int, sample func(i int) (score float64, truth bool)) *float64 {
	type scored struct {
		score float64
		truth bool
	}
	list := make([]scored, n)
	positive := 0
	for i := range list {
		list[i].score, list[i].truth = sample(i)
		if math.IsNaN(list[i].score) {
			return nil
		}
		positive += yes(list[i].truth)
	}
	slices.SortFunc(list, func(a, b scored) int { return cmp.Compare(a.score, b.score) })
	ranks := 0.0
	for from := 0; from < n; {
		to, truths := from, 0
		for ; to < n && list[to].score == list[from].score; to++ {
			truths += yes(list[to].truth)
		}
		ranks += float64(truths) * float64(from+to+1) / 2 // the mean of from+1 … to
		from = to
	}
	p := float64(positive)
	return finite((ranks - p*(p+1)/2) / (p * float64(n-positive)))
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
	m.Accuracy = finite(float64(m.Right) / float64(n))
	for c := range classes {
		said, is := 0, 0
		for other := range classes {
			said += m.Confusion[other][c]
			is += m.Confusion[c][other]
		}
		hit := m.Confusion[c][c]
		m.label(c, strconv.Itoa(c), hit, is-hit, said-hit)
	}
	m.F1 = m.meanF1()
}

// regress measures the distance of numbers from their targets.
func (m *OutputMetrics) regress(got, want []float64, size int) {
	var abs, squares, r2 float64
	n := float64(len(got) / size)
	for e := range size {
		mean := 0.0
		for i := e; i < len(want); i += size {
			mean += want[i] / n
		}
		var off, rest, total float64
		for i := e; i < len(want); i += size {
			d := got[i] - want[i]
			off += math.Abs(d)
			rest += d * d
			total += (want[i] - mean) * (want[i] - mean)
		}
		one := 1 - rest/total
		if total == 0 {
			one = math.NaN()
		}
		m.PerElement = append(m.PerElement, numberMetrics(off/n, rest/n, one))
		abs, squares, r2 = abs+off, squares+rest, r2+one
	}
	m.NumberMetrics = numberMetrics(abs/float64(len(got)), squares/float64(len(got)), r2/float64(size))
	if size == 1 {
		m.PerElement = nil
	}
}

func numberMetrics(mae, mse, r2 float64) NumberMetrics {
	return NumberMetrics{MAE: finite(mae), MSE: finite(mse), RMSE: finite(math.Sqrt(mse)), R2: finite(r2)}
}

// finite returns a pointer to v, nil if JSON cannot say it.
func finite(v float64) *float64 {
	if v-v != 0 {
		return nil
	}
	return &v
}
