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

// parseCSV reads a table of numbers whose first line names the columns.
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
	a, err := csvRows(r, columns, make([]float64, 0, most))
	if err != nil {
		return nil, err
	}
	return &File{Format: CSV, Arrays: []*Array{a}, Columns: columns}, nil
}

// csvRows appends the rows after the header line to values.
func csvRows(r *csv.Reader, columns []string, values []float64) (*Array, error) {
	row := 0
	for {
		record, err := r.Read()
		if err == io.EOF {
			break
		}
		row++
		if err != nil {
			return nil, csvError(err, row, len(record), len(columns))
		}
		for i, field := range record {
			v, msg := number(field)
			if msg != "" {
				line, _ := r.FieldPos(i)
				return nil, errorf(fmt.Sprintf("line %d: row %d, column %s", line, row, quote(columns[i])), "%s", msg)
			}
			values = append(values, v)
		}
	}
	if row == 0 {
		return nil, errorf("", "the file has a header line and no rows")
	}
	return &Array{Shape: []int{row, len(columns)}, Data: values}, nil
}

// csvHeader checks the names of the columns.
func csvHeader(header []string) ([]string, error) {
	columns := make([]string, len(header))
	seen := map[string]bool{}
	numbers := 0
	for i, name := range header {
		name = strings.TrimSpace(name)
		if _, err := strconv.ParseFloat(name, 64); err == nil {
			numbers++
		}
		columns[i] = strings.Clone(name)
	}
	if numbers == len(columns) {
		return nil, errorf("line 1", "the first line holds numbers (%s); it must name the columns", quote(strings.Join(columns, ",")))
	}
	if len(columns) == 1 && strings.ContainsAny(columns[0], ";\t|") {
		return nil, errorf("line 1", "no comma in %s; columns are separated by commas", quote(columns[0]))
	}
	for i, name := range columns {
		if name == "" {
			return nil, errorf("line 1", "column %d has no name", i+1)
		}
		if seen[name] {
			return nil, errorf("line 1", "two columns are named %s", quote(name))
		}
		seen[name] = true
	}
	return columns, nil
}

// number reads a finite number, or says what is wrong.
func number(field string) (v float64, msg string) {
	field = strings.TrimSpace(field)
	if field == "" {
		return 0, "the value is missing"
	}
	v, err := strconv.ParseFloat(field, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, fmt.Sprintf("%s is too large", quote(field))
	case err != nil:
		return 0, fmt.Sprintf("%s is not a number", quote(field))
	case math.IsNaN(v), math.IsInf(v, 0):
		return 0, fmt.Sprintf("the value is %s", quote(field))
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
