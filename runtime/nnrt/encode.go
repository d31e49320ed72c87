package nnrt

import (
	"slices"
	"strconv"
	"strings"
)

// ColumnError is a value of a record that a network does not take.
type ColumnError struct {
	Name      string // of the column
	Want, Got string
}

// Error returns a message such as
//
//	column "age": want a finite number, got NaN
func (e *ColumnError) Error() string {
	return "column " + quoteShort(e.Name) + ": want " + e.Want + ", got " + e.Got
}

// Missing reports whether a number of a record is missing: whether it is NaN.
func Missing(v float64) bool { return v != v }

// EncodeNumber returns the number of a column as an element of an input. A
// *ColumnError refuses one that is missing, infinite or too large for T.
func EncodeNumber[T float32 | float64](column string, v float64) (T, error) {
	x := T(v)
	if x-x != 0 {
		return 0, notEncoded(column, v)
	}
	return x, nil
}

// notEncoded says why a number is no element of an input.
func notEncoded(column string, v float64) error {
	switch got := strconv.FormatFloat(v, 'g', -1, 64); {
	case Missing(v):
		return &ColumnError{column, "a number", "none (NaN)"}
	case v-v != 0:
		return &ColumnError{column, "a finite number", got}
	default:
		return &ColumnError{column, "a number that float32 can hold", got}
	}
}

// TrimText returns a text of a column without the white space around it, which
// has no meaning in a table.
func TrimText(text string) string { return strings.TrimSpace(text) }

// CategoryError returns a *ColumnError for a text that is none of the categories
// of a column.
func CategoryError(column, got string, categories ...string) error {
	const most = 10
	var list []string
	for _, c := range categories[:min(most, len(categories))] {
		list = append(list, quoteShort(c))
	}
	if len(categories) > most {
		list = append(list, "… ("+strconv.Itoa(len(categories))+" in all)")
	}
	want := "one of " + strings.Join(list, ", ")
	if got == "" {
		return &ColumnError{column, want, "none"}
	}
	return &ColumnError{column, want, quoteShort(got)}
}

// Mean returns the mean of numbers, 0 of none: their sum in order, divided by
// their number.
func Mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(max(1, len(v)))
}

// Median returns the number in the middle of some, the mean of two where there
// are two, 0 of none. It sorts them.
func Median(v []float64) float64 {
	slices.Sort(v)
	switch n := len(v); {
	case n == 0:
		return 0
	case n%2 == 1:
		return v[n/2]
	default:
		return float64(v[n/2-1]/2) + float64(v[n/2]/2)
	}
}
