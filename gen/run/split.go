package run

import (
	"fmt"
	"math"
	"slices"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/nngen-go/nngen/spec/plural"
)

// split chooses the samples that train and those that are held back, whole
// sequences.
func (t *training) split(d *dataset.Samples) (train, held []int32, err error) {
	var classes []int
	if t.Stratify {
		classes = t.shape.classes(d)
	}
	windows := max(1, d.Windows)
	if t.fold != nil {
		train, held, err = t.fold.split(d.N/windows, classes, t.Seed)
	} else {
		train, held, err = split(d.N/windows, classes, t.Fraction, t.Seed)
	}
	return allWindows(train, windows), allWindows(held, windows), err
}

// allWindows are the samples of some sequences.
func allWindows(sequences []int32, windows int) []int32 {
	if windows == 1 {
		return sequences
	}
	var out []int32
	for _, s := range sequences {
		for w := range windows {
			out = append(out, s*int32(windows)+int32(w))
		}
	}
	return out
}

// split holds back a share of n samples: the first of a random order by the
// seed, of every class if classes are given. Both parts are in the order of the
// file.
func split(n int, classes []int, fraction float64, seed uint64) (train, valid []int32, err error) {
	if fraction == 0 {
		return allRows(n), nil, nil
	}
	k := max(1, int(math.Round(fraction*float64(n))))
	if k >= n {
		return nil, nil, &dataset.Error{Msg: fmt.Sprintf("holding back %v of %s leaves none to train with", fraction, plural.Of(n, "sample"))}
	}
	order := make([]int32, n)
	nnrt.Permutation(order, seed, nnrt.PurposeSplit, 0)
	quotas := []int{k}
	if classes != nil {
		quotas = shares(classes, k)
	}
	for _, r := range order {
		class := 0
		if classes != nil {
			class = classes[r]
		}
		if quotas[class] > 0 {
			quotas[class]--
			valid = append(valid, r)
		} else {
			train = append(train, r)
		}
	}
	slices.Sort(valid)
	slices.Sort(train)
	return train, valid, nil
}

// shares divides k samples among the classes as all samples are: rounded down,
// and what is left over to those that lost most, the first of equals.
func shares(classes []int, k int) []int {
	counts := make([]int, 1+slices.Max(classes))
	for _, c := range classes {
		counts[c]++
	}
	quotas, lost, left := make([]int, len(counts)), make([]int, len(counts)), k
	for c, n := range counts {
		quotas[c], lost[c] = k*n/len(classes), k*n%len(classes)
		left -= quotas[c]
	}
	for range left {
		most := 0
		for c := range lost {
			if lost[c] > lost[most] {
				most = c
			}
		}
		quotas[most]++
		lost[most] = -1
	}
	return quotas
}

// classes returns the class of every sample, of the output that classifies.
func (s *Shape) classes(d *dataset.Samples) []int {
	next := 0
	for _, o := range s.Outputs {
		if o.Target == nil {
			continue
		}
		if o.classifies() {
			classes := make([]int, d.N)
			for i := range classes {
				if o.Kind == KindBinary {
					classes[i] = yes(d.Targets[next][i] > 0.5)
				} else {
					classes[i] = wanted(o, d.Targets[next], i)
				}
			}
			return classes
		}
		next++
	}
	return nil
}

// stratifies refuses to keep the shares of classes where there are none, or of
// several outputs.
func (o *TrainOptions) stratifies(shape *Shape) error {
	n := 0
	for _, out := range shape.Outputs {
		if out.classifies() {
			n++
		}
	}
	switch {
	case !o.Stratify:
	case n != 1:
		return OptionErrorf("--stratify keeps the shares of the classes; the network has %d outputs that classify, not one", n)
	case o.Fraction == 0 && o.fold == nil:
		return OptionErrorf("--stratify says how a share of the data is held back; give --validation 0.2 or --folds 5")
	}
	return nil
}

// fittable refuses training data in which a column whose mean or median stands for
// missing values has none.
func (s *Shape) fittable(d *dataset.Samples, rows []int32) error {
	for i, p := range s.Inputs {
		for k, c := range p.Cells {
			there := func(r int32) bool { return !math.IsNaN(d.Inputs[i][int(r)*p.Width()+k]) }
			if c.Fitted && !slices.ContainsFunc(rows, there) {
				return &dataset.Error{Msg: fmt.Sprintf("column %q has no value in the samples to train with, so nothing to take a mean or median of; leave the column out of the spec, or say missing: zero", p.Columns[k])}
			}
		}
	}
	return nil
}
