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
