package golang

import (
	"fmt"
	"strconv"

	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
)

// Where elements lie, as text: what plan.Layout.Index says in numbers. A test
// compares the two.

// split is the panel of an output and its lane there.
func split(o string) (panel, lane string) {
	if n, err := strconv.Atoi(o); err == nil {
		return fmt.Sprint(n / schedule.Panel), fmt.Sprint(n % schedule.Panel)
	}
	o = parens(o)
	return fmt.Sprintf("%s/%d", o, schedule.Panel), fmt.Sprintf("%s%%%d", o, schedule.Panel)
}

// vectorAt is an element of a vector: a bias, a constant, scales.
func vectorAt(field, o string) string {
	q, lane := split(o)
	return fmt.Sprintf("%s[%s][%s]", field, q, lane)
}

// fullAt is the weight from input i to output o of a full panel.
func fullAt(field, o, i string) string {
	q, lane := split(o)
	return fmt.Sprintf("%s[%s][%s][%s]", field, q, i, lane)
}

// tailAt is the weight from input i to output o of the tail.
func tailAt(l *plan.Layout, field, o, i string) string {
	first := l.Full * schedule.Panel
	if n, err := strconv.Atoi(o); err == nil {
		return fmt.Sprintf("%s[%s][%d]", field, i, n-first)
	}
	if first == 0 {
		return fmt.Sprintf("%s[%s][%s]", field, i, o)
	}
	return fmt.Sprintf("%s[%s][%s-%d]", field, i, o, first)
}

// weightAt is the weight from input i to output n, in w or in the tail wt.
func weightAt(l *plan.Layout, n, i int) string {
	if n < l.Full*schedule.Panel {
		return fullAt("w", fmt.Sprint(n), fmt.Sprint(i))
	}
	return tailAt(l, "wt", fmt.Sprint(n), fmt.Sprint(i))
}
