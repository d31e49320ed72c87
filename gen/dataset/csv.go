package dataset

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/nngen-go/nngen/spec/plural"
)

// parseCSV reads a table whose first line names the columns, unless it has no
// such line; then they are #1, #2, …. Fields that are no numbers are noted in
// the file and read as NaN.
func (t Table) parseCSV(data []byte) (*File, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !bytes.Contains(data, []byte("\n")) && bytes.Contains(bytes.TrimSpace(data), []byte("\r")) {
		return nil, errorf("line 1", "the lines end in CR alone; save the file with LF or CRLF")
	}
	if bytes.HasPrefix(data, []byte("sep=")) {
		return nil, errorf("line 1", "the line sep= is for Excel alone; remove it and say the separator with --delimiter")
	}
	if t.Delimiter == 0 {
		var err error
		if t.Delimiter, err = findDelimiter(data); err != nil {
			return nil, err
		}
	}
	f := &File{Format: CSV, text: data, form: t}
	r := reader(data, t.Delimiter)
	header, err := r.Read()
	if err == io.EOF {
		return nil, errorf("", "the file is empty")
	}
	if err != nil {
		return nil, csvError(err, 0, 0, 0)
	}
	if t.NoHeader {
		for i := range header {
			f.Columns = append(f.Columns, fmt.Sprintf("#%d", i+1))
		}
		r = reader(data, t.Delimiter)
	} else if f.Columns, err = f.header(header); err != nil {
		return nil, err
	}
	most := min(len(f.Columns)*bytes.Count(data, []byte("\n")), len(data)/2)
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
	f.commas = make([]commaPlaces, len(columns))
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
			v, msg, c := number(field, f.form.commas())
			if c != noComma && f.commas[i][c] == "" {
				f.commas[i][c] = f.fieldPlace(r, row, i)
			}
			if msg != "" && !bad[i] {
				bad[i] = true
				if f.form.NoHeader && row == 1 {
					msg += "; if the first line names the columns, leave out --no-header"
				} else if strings.HasSuffix(msg, notANumber) {
					msg += "; a column of texts is {name: …, one_hot: […]} in the spec, a class one of its labels, a gap an empty field or NA"
				}
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

// unnamed begins what pandas calls a column without a name, such as an index
// that it has written.
const unnamed = "Unnamed: "

// header checks the names of the columns.
func (f *File) header(header []string) ([]string, error) {
	columns := make([]string, len(header))
	seen := map[string]bool{}
	var numbers []string
	for i, name := range header {
		name = strings.TrimSpace(name)
		columns[i] = strings.Clone(name)
		if f.form.commas() {
			name = strings.Replace(name, ",", ".", 1)
		}
		if _, err := Decimal(name); err == nil {
			numbers = append(numbers, columns[i])
		}
	}
	// Tables without names get the numbers 0, 1, 2, … for them, beside one for the targets.
	if len(numbers) == len(columns) || len(numbers) > 0 && !isCount(numbers) {
		return nil, errorf("line 1", "the first line holds numbers (%s); it must name the columns, by names that begin with a letter; --no-header reads a file without such a line", quote(strings.Join(numbers, string(f.form.Delimiter))))
	}
	for i, name := range columns {
		if name == "" {
			columns[i] = fmt.Sprintf("%s%d", unnamed, i) // as pandas does
			continue
		}
		if seen[name] {
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
		return errorf(where, "the row has %s and the first line %d", plural.Of(fields, "column"), columns)
	}
	return errorf(where, "%v", pe.Err)
}
