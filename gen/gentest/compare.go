package gentest

import (
	"fmt"
	"math"

	"github.com/nngen-go/nngen/gen/ir"
)

// Same reports whether two numbers are equal bit for bit; any NaN equals any
// NaN.
func Same(a, b float64) bool {
	return math.Float64bits(a) == math.Float64bits(b) || math.IsNaN(a) && math.IsNaN(b)
}

// DiffBits describes the first element in which two rows differ, "" if none.
func DiffBits(what string, got, want []float64) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%s: %d elements, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !Same(got[i], want[i]) {
			return fmt.Sprintf("%s[%d]: got %x (%g), want %x (%g)", what, i, got[i], got[i], want[i], want[i])
		}
	}
	return ""
}

// DiffWithin describes the worst element whose error is above the tolerance,
// relative to the largest wanted one, "" if none. A NaN that is not wanted is
// an error, and so is a missing one.
func DiffWithin(what string, got, want []float64, tolerance float64) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%s: %d elements, want %d", what, len(got), len(want))
	}
	scale := math.SmallestNonzeroFloat64
	for _, w := range want {
		if a := math.Abs(w); a > scale && !math.IsInf(a, 0) {
			scale = a
		}
	}
	worst, at := 0.0, -1
	for i := range want {
		if got[i] == want[i] || math.IsNaN(got[i]) && math.IsNaN(want[i]) {
			continue
		}
		if e := math.Abs(got[i]-want[i]) / scale; !(e <= tolerance) && !(e <= worst) {
			worst, at = e, i
		}
	}
	if at < 0 {
		return ""
	}
	return fmt.Sprintf("%s[%d]: got %g, want %g, error %.3g of the largest (limit %g)", what, at, got[at], want[at], worst, tolerance)
}

// Rows splits flat rows into the values they hold and gives them to set.
func Rows(values []*ir.Value, rows [][]float64, set func(v *ir.Value, rows ...[]float64)) {
	at := 0
	for _, v := range values {
		part := make([][]float64, len(rows))
		for i, r := range rows {
			part[i] = r[at : at+v.Size()]
		}
		set(v, part...)
		at += v.Size()
	}
}

// Flat joins the rows of values, sample by sample.
func Flat(values []*ir.Value, get func(v *ir.Value) [][]float64) [][]float64 {
	rows := make([][]float64, len(get(values[0])))
	for _, v := range values {
		for i, r := range get(v) {
			rows[i] = append(rows[i], r...)
		}
	}
	return rows
}
