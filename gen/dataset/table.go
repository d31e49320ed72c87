package dataset

import (
	"fmt"
	"slices"
	"strings"
)

// take returns the rows of each port, from the columns of a table that hold
// the ports one after another.
func (f *File) take(pick []int, ports []Port) ([][]float64, error) {
	table := f.Arrays[0]
	rows, stride := table.Rows(), table.RowSize()
	out := make([][]float64, len(ports))
	for i, p := range ports {
		columns := pick[:p.Width()]
		pick = pick[p.Width():]
		if p.Cells != nil {
			if f.texts == nil {
				f.texts = make([][][]string, len(ports))
			}
			var err error
			if out[i], f.texts[i], err = f.cells(columns, p); err != nil {
				return nil, inFile(err, f.Path)
			}
			continue
		}
		if p.Classes > 0 || p.Labels != nil {
			out[i] = make([]float64, rows*len(columns))
			for k, c := range columns {
				classes, err := f.classes(c, p)
				if err != nil {
					return nil, inFile(err, f.Path)
				}
				for r, class := range classes {
					out[i][r*len(columns)+k] = class
				}
			}
			continue
		}
		f.taken = append(f.taken, columns...)
		for _, c := range columns {
			if err := f.noNumber(c); err != nil {
				return nil, inFile(p.mayMiss(err), f.Path)
			}
		}
		out[i] = make([]float64, 0, rows*len(columns))
		for r := range rows {
			for _, c := range columns {
				out[i] = append(out[i], table.Data[r*stride+c])
			}
		}
	}
	if err := f.checkCommas(f.taken); err != nil {
		return nil, inFile(err, f.Path)
	}
	return out, nil
}

// noNumber returns the error for the first field of a column that is no number.
func (f *File) noNumber(column int) error {
	i := slices.IndexFunc(f.noNumbers, func(n noNumber) bool { return n.column == column })
	if i < 0 {
		return nil
	}
	return f.noNumbers[i].err
}

// classes returns the class numbers in a column, which holds those, or the
// labels of the classes.
func (f *File) classes(column int, p Port) ([]float64, error) {
	table := f.Arrays[0]
	numbers := make([]float64, table.Rows())
	for r := range numbers {
		numbers[r] = table.Data[r*table.RowSize()+column]
	}
	what := func() string { return "column " + quote(f.Columns[column]) }
	notNumbers := f.noNumber(column)
	if notNumbers == nil {
		notNumbers = checkClasses(numbers, 1, p, what)
	}
	if len(p.Labels) == 0 {
		return numbers, notNumbers
	}
	labels, notLabels := f.labels(column, p)
	switch name := f.Columns[column]; {
	case f.noNumber(column) != nil && slices.Contains(p.Labels, name):
		return nil, errorf("line 1", "column %s is called like a label; is this a row of data? The first line must name the columns", quote(name))
	case notLabels == nil && (notNumbers != nil || slices.Equal(labels, numbers)):
		return labels, nil
	case notLabels == nil:
		return nil, errorf(what(), "the values are class numbers (0 to %d) as well as labels (%s); write the labels so that they are not numbers",
			len(p.Labels)-1, shorten(p.Labels))
	case notNumbers == nil, f.noNumber(column) == nil:
		return numbers, notNumbers
	}
	return nil, notLabels
}

// labels returns the classes whose labels stand in a column.
func (f *File) labels(column int, p Port) ([]float64, error) {
	number := map[string]float64{}
	for i, label := range p.Labels {
		number[strings.TrimSpace(label)] = float64(i)
	}
	out := make([]float64, f.Arrays[0].Rows())
	err := f.each(column, func(row int, text string) string {
		class, ok := number[text]
		out[row] = class
		switch {
		case !ok && text == "":
			return missingValue
		case !ok:
			return fmt.Sprintf("%s is not a label; the labels are %s", quote(text), shorten(p.Labels))
		}
		return ""
	})
	return out, err
}

// each reads the fields of a column once more, without the spaces around them.
// What a field is refused for is an error that names its place.
func (f *File) each(column int, field func(row int, text string) (refused string)) error {
	r := reader(f.text, f.form.Delimiter)
	if !f.form.NoHeader {
		if _, err := r.Read(); err != nil {
			return err
		}
	}
	for row := range f.Arrays[0].Rows() {
		record, err := r.Read()
		if err != nil {
			return err
		}
		if msg := field(row, strings.TrimSpace(record[column])); msg != "" {
			return errorf(f.fieldPlace(r, row+1, column), "%s", msg)
		}
	}
	return nil
}

// shorten lists at most ten names.
func shorten(names []string) string {
	const most = 10
	var parts []string
	for i, name := range names {
		if i == most {
			parts = append(parts, fmt.Sprintf("… (%d in all)", len(names)))
			break
		}
		parts = append(parts, quote(name))
	}
	return strings.Join(parts, ", ")
}
