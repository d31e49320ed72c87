package dataset

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// missingNumbers are what stands for a number that is missing, in any case of
// letters, where one may be. Texts are missing where the field is empty alone:
// NA may be Namibia.
var missingNumbers = []string{"", "NA", "N/A", "NaN", "null", "None"}

// cells returns the values of a port with Cells, in the order of its columns,
// and what the numbers of its texts stand for, as in Samples.
func (f *File) cells(columns []int, p Port) (values []float64, texts [][]string, err error) {
	rows, stride := f.Arrays[0].Rows(), len(columns)
	values = make([]float64, rows*stride)
	texts = make([][]string, stride)
	for k, column := range columns {
		put := func(row int, v float64) { values[row*stride+k] = v }
		if p.Cells[k].Categories != nil {
			texts[k], err = f.categories(column, &p.Cells[k], put)
		} else {
			err = f.numbers(column, &p.Cells[k], put)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return values, texts, nil
}

// numbers reads a column of numbers, some of which may be missing.
func (f *File) numbers(column int, c *Cell, put func(row int, v float64)) error {
	f.taken = append(f.taken, column)
	table := f.Arrays[0]
	at := func(row int) float64 { return table.Data[row*table.RowSize()+column] }
	for row := range table.Rows() {
		put(row, at(row))
	}
	if f.noNumber(column) == nil {
		return nil
	}
	return f.each(column, func(row int, text string) string {
		if !math.IsNaN(at(row)) {
			return ""
		}
		missing := slices.ContainsFunc(missingNumbers, func(s string) bool { return strings.EqualFold(s, text) })
		_, msg, _ := number(text, f.form.commas())
		switch {
		case missing && c.Missing:
			return ""
		case missing:
			return missingValue + sayMissing
		}
		return msg
	})
}

// categories reads a column of texts: the numbers of its categories, or above
// them of other texts. It returns what the numbers stand for.
func (f *File) categories(column int, c *Cell, put func(row int, v float64)) ([]string, error) {
	texts := slices.Clone(c.Categories)
	known := map[string]int{}
	for i, text := range texts {
		known[text] = i
	}
	err := f.each(column, func(row int, text string) string {
		i, ok := known[text]
		switch {
		case text == "" && c.Missing:
			put(row, math.NaN())
			return ""
		case text == "":
			return missingValue + sayMissing
		case !ok && !c.Unknown:
			msg := fmt.Sprintf("%s is not a category; the categories are %s; add it in the spec, or say unknown: zero there", quote(text), shorten(c.Categories))
			if slices.ContainsFunc(missingNumbers, func(s string) bool { return strings.EqualFold(s, text) }) {
				msg += "; if it stands for a missing value, leave the field empty"
			}
			return msg
		case !ok:
			i = len(texts)
			known[text], texts = i, append(texts, text)
		}
		put(row, float64(i))
		return ""
	})
	return texts, err
}

// sayMissing is what else to do about a missing value in a column that the spec
// names.
const sayMissing = ", or say in the spec what stands for it (missing: zero, or for numbers mean or median)"

// mayMiss adds to an error about a missing value of a port whose columns the
// spec names what else to do.
func (p Port) mayMiss(err error) error {
	if e, ok := err.(*Error); ok && p.Columns != nil && e.Msg == missingValue {
		return &Error{Path: e.Path, Place: e.Place, Msg: e.Msg + sayMissing}
	}
	return err
}
