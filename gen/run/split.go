package run

import (
	"fmt"
	"math"
	"slices"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/nngen-go/nngen/spec/plural"
)

// split holds back a share of n samples: the first of a random order by the
// seed. Both parts are in the order of the file.
func split(n int, fraction float64, seed uint64) (train, valid []int32, err error) {
	if fraction == 0 {
		return allRows(n), nil, nil
	}
	k := max(1, int(math.Round(fraction*float64(n))))
	if k >= n {
		return nil, nil, &dataset.Error{Msg: fmt.Sprintf("holding back %v of %s leaves none to train with", fraction, plural.Of(n, "sample"))}
	}
	order := make([]int32, n)
	nnrt.Permutation(order, seed, nnrt.PurposeSplit, 0)
	valid, train = order[:k], order[k:]
	slices.Sort(valid)
	slices.Sort(train)
	return train, valid, nil
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
