package source

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
)

// Where elements lie, as text: what plan.Layout.Index says in numbers. A test
// compares the two.

// Split is the panel of an output and its lane there.
func Split(o string) (panel, lane string) {
	if n, err := strconv.Atoi(o); err == nil {
		return fmt.Sprint(n / schedule.Panel), fmt.Sprint(n % schedule.Panel)
	}
	o = Parens(o)
	return fmt.Sprintf("%s/%d", o, schedule.Panel), fmt.Sprintf("%s%%%d", o, schedule.Panel)
}

// VectorAt is an element of a vector: a bias, a constant, scales.
func VectorAt(field, o string) string {
	q, lane := Split(o)
	return fmt.Sprintf("%s[%s][%s]", field, q, lane)
}

// FullAt is the weight from input i to output o of a full panel.
func FullAt(field, o, i string) string {
	q, lane := Split(o)
	return fmt.Sprintf("%s[%s][%s][%s]", field, q, i, lane)
}

// TailAt is the weight from input i to output o of the tail.
func TailAt(l *plan.Layout, field, o, i string) string {
	first := l.Full * schedule.Panel
	if n, err := strconv.Atoi(o); err == nil {
		return fmt.Sprintf("%s[%s][%d]", field, i, n-first)
	}
	if first == 0 {
		return fmt.Sprintf("%s[%s][%s]", field, i, o)
	}
	return fmt.Sprintf("%s[%s][%s-%d]", field, i, o, first)
}

// WeightAt is the weight from input i to output n, in w or in the tail wt.
func WeightAt(l *plan.Layout, n, i int) string {
	if n < l.Full*schedule.Panel {
		return FullAt("w", fmt.Sprint(n), fmt.Sprint(i))
	}
	return TailAt(l, "wt", fmt.Sprint(n), fmt.Sprint(i))
}

// Parens puts a sum in parentheses.
func Parens(sum string) string {
	if strings.ContainsAny(sum, "+-*") {
		return "(" + sum + ")"
	}
	return sum
}

// Tables are the names of a sparse weight's tables: the inputs of all
// connections, and where each output's begin.
func Tables(t *plan.Tensor) (cols, rows string) { return t.Field + "Inputs", t.Field + "Begin" }

// CellAt is the method of params that says where an element lies: of a tensor, or in a
// loop over equal layers of the turn's.
func CellAt(t *plan.Tensor, turns map[*plan.Tensor]plan.Move, at ...string) string {
	if t.Run == nil {
		return fmt.Sprintf("%s(%s)", ParamName(t.Value), strings.Join(at, ", "))
	}
	block := fmt.Sprint(t.Block)
	if m, ok := turns[t]; ok {
		block = m.Text(Turn)
	}
	return fmt.Sprintf("%s(%s)", RunAccessor(t), strings.Join(append([]string{block}, at...), ", "))
}

// RunAccessor is the method of params for a field of a run.
func RunAccessor(t *plan.Tensor) string { return LowerCamel(t.Run.Name + " " + t.Field) }

// Narrow reports whether a tensor's elements are stored in fewer bits than
// they are computed with.
func Narrow(t *plan.Tensor) bool { return t.Layout.Elem != t.Value.DType }
