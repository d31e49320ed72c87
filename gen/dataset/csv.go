package dataset

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/nngen-go/nngen/spec/plural"
)

// parseCSV reads a table whose first line names the columns. Fields that are
// no numbers are noted in the file and read as NaN.
func parseCSV(data []byte) (*File, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	r := csv.NewReader(bytes.NewReader(data))
	r.ReuseRecord = true
	header, err := r.Read()
	if err == io.EOF {
		return nil, errorf("", "the file is empty")
	}
	if err != nil {
		return nil, csvError(err, 0, 0, 0)
	}
	columns, err := csvHeader(header)
	if err != nil {
		return nil, err
	}
	most := min(len(columns)*bytes.Count(data, []byte("\n")), len(data)/2)
	f := &File{Format: CSV, Columns: columns, text: data}
	if err := f.readRows(r, make([]float64, 0, most)); err != nil {
		return nil, err
	}
	return f, nil
}

// noNumber is the first field of a column that is no number.
type noNumber struct {
	column int
	err    *Error
}

// readRows reads the rows after the header line, appending to values.
func (f *File) readRows(r *csv.Reader, values []float64) error {
	columns, row := f.Columns, 0
	bad := make([]bool, len(columns))
	for {
		record, err := r.Read()
		if err == io.EOF {
			break
		}
		row++
		if err != nil {
			return csvError(err, row, len(record), len(columns))
		}
		for i, field := range record {
			v, msg := number(field)
			if msg != "" && !bad[i] {
				bad[i] = true
				f.noNumbers = append(f.noNumbers, noNumber{i, errorf(f.fieldPlace(r, row, i), "%s", msg)})
			}
			values = append(values, v)
		}
	}
	if row == 0 {
		return errorf("", "the file has a header line and no rows")
	}
	f.Arrays = []*Array{{Shape: []int{row, len(columns)}, Data: values}}
	return nil
}

// fieldPlace names the field of a column that the reader read last.
func (f *File) fieldPlace(r *csv.Reader, row, column int) string {
	line, _ := r.FieldPos(column)
	return fmt.Sprintf("line %d: row %d, column %s", line, row, quote(f.Columns[column]))
}

// csvHeader checks the names of the columns. One without a name, as that of the
// index that pandas writes, can only be left out.
func csvHeader(header []string) ([]string, error) {
	columns := make([]string, len(header))
	seen := map[string]bool{}
	var numbers []string
	for i, name := range header {
		name = strings.TrimSpace(name)
		columns[i] = strings.Clone(name)
		if _, err := Decimal(name); err == nil {
			numbers = append(numbers, columns[i])
		}
	}
	// Tables without names get the numbers 0, 1, 2, … for them, beside one for the targets.
	if len(numbers) == len(columns) || len(numbers) > 0 && !isCount(numbers) {
		return nil, errorf("line 1", "the first line holds numbers (%s); it must name the columns; names begin with a letter", quote(strings.Join(numbers, ",")))
	}
	if len(columns) == 1 && strings.ContainsAny(columns[0], ";\t|") {
		return nil, errorf("line 1", "no comma in %s; columns are separated by commas", quote(columns[0]))
	}
	for _, name := range columns {
		if seen[name] && name != "" {
			return nil, errorf("line 1", "two columns are named %s", quote(name))
		}
		seen[name] = true
	}
	return columns, nil
}

// isCount reports whether names are 0, 1, 2, … or 1, 2, 3, …, at least two.
func isCount(names []string) bool {
	first, err := strconv.Atoi(names[0])
	if err != nil || first < 0 || first > 1 || len(names) < 2 {
		return false
	}
	for i, name := range names {
		if name != strconv.Itoa(first+i) {
			return false
		}
	}
	return true
}

// Decimal reads a decimal number, NaN and infinities too, but not what else Go
// takes for one, such as 1_000 and 0x1p4.
func Decimal(s string) (float64, error) {
	if strings.ContainsAny(s, "_xXpP") {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseFloat(s, 64)
}

// noNumberAtAll ends the message about a field that holds no number of any kind.
const noNumberAtAll = " is not a number"

// number reads a finite decimal number; otherwise it says what is wrong, and
// the value is NaN.
func number(field string) (v float64, msg string) {
	field = strings.TrimSpace(field)
	if field == "" {
		return math.NaN(), "the value is missing"
	}
	v, err := Decimal(field)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return math.NaN(), fmt.Sprintf("%s is too large", quote(field))
	case err != nil:
		return math.NaN(), quote(field) + noNumberAtAll
	case math.IsNaN(v), math.IsInf(v, 0):
		return math.NaN(), fmt.Sprintf("the value is %s", quote(field))
	}
	return v, ""
}

// csvError words an error of the CSV reader.
func csvError(err error, row, fields, columns int) error {
	var pe *csv.ParseError
	if !errors.As(err, &pe) {
		return errorf("", "%v", err)
	}
	where := fmt.Sprintf("line %d", pe.Line)
	if row > 0 {
		where = fmt.Sprintf("%s: row %d", where, row)
	}
	if errors.Is(pe.Err, csv.ErrFieldCount) {
		return errorf(where, "the row has %s and the header line %d", plural.Of(fields, "column"), columns)
	}
	return errorf(where, "%v", pe.Err)
}
