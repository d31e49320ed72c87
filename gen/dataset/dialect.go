package dataset

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

// Table says how CSV files are written, as far as it is not to be found out.
type Table struct {
	Delimiter    rune // between the columns; 0: found out
	NoHeader     bool // the first line is a row
	DecimalComma bool // numbers are written as 1,5, whatever they look like
}

// commas reports whether numbers may have a decimal comma.
func (t Table) commas() bool { return t.Delimiter != ',' || t.DecimalComma }

// delimiters are those that are found out.
var delimiters = []rune{',', ';', '\t', '|'}

// delimiterNames are what delimiters are called.
var delimiterNames = map[rune]string{',': "comma", ';': "semicolon", '\t': "tab", '|': "pipe", ' ': "space"}

// ParseDelimiter reads a delimiter: one character, or comma, semicolon, tab,
// pipe or space.
func ParseDelimiter(s string) (rune, error) {
	for r, name := range delimiterNames {
		if s == name {
			return r, nil
		}
	}
	if s == `\t` {
		return '\t', nil
	}
	r := []rune(s)
	if len(r) != 1 || unicode.IsLetter(r[0]) || unicode.IsDigit(r[0]) || unicode.IsControl(r[0]) && r[0] != '\t' || strings.ContainsRune("\"+-.\ufffd", r[0]) {
		return 0, fmt.Errorf("must be one character that is not part of names or numbers, or comma, semicolon, tab, pipe or space, got %s", quote(s))
	}
	return r[0], nil
}

// delimiterName names a delimiter for messages.
func delimiterName(r rune) string {
	if name := delimiterNames[r]; name != "" {
		return name
	}
	return quote(string(r))
}

// written says how a file is written: csv, separator semicolon.
func (f *File) written() string {
	if f.Format != CSV {
		return string(f.Format)
	}
	text := string(CSV) + ", separator " + delimiterName(f.form.Delimiter)
	if slices.ContainsFunc(f.commas, func(c commaPlaces) bool { return c[decimalComma] != "" || c[thousandComma] != "" }) {
		text += ", decimal commas"
	}
	if f.form.NoHeader {
		text += ", no header line"
	}
	return text
}

// reader reads the records of a table.
func reader(data []byte, delimiter rune) *csv.Reader {
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma = delimiter
	r.ReuseRecord = true
	return r
}

// guess is what a table is like if a delimiter separates its columns.
type guess struct {
	delimiter rune
	columns   int  // of the first line
	even      bool // all lines have as many
	clean     bool // no field holds another delimiter, but as a decimal comma
}

// findDelimiter finds out what separates the columns of a table: what divides
// the first line, and all lines alike, and leaves no other delimiter over.
func findDelimiter(data []byte) (rune, error) {
	var all []guess
	for _, d := range delimiters {
		if g := try(data, d); g.columns > 1 {
			all = append(all, g)
		}
	}
	for _, good := range []func(guess) bool{
		func(g guess) bool { return g.even },
		func(g guess) bool { return g.clean },
	} {
		if kept := slices.DeleteFunc(slices.Clone(all), func(g guess) bool { return !good(g) }); len(kept) > 0 {
			all = kept
		}
	}
	switch len(all) {
	case 0:
		return ',', nil // one column
	case 1:
		return all[0].delimiter, nil
	}
	return 0, errorf("line 1", "the columns may be separated by %s or %s; say which with --delimiter", delimiterName(all[0].delimiter), delimiterName(all[1].delimiter))
}

// try reads the beginning of a table by a delimiter.
func try(data []byte, delimiter rune) guess {
	const lines = 100
	r := reader(data, delimiter)
	r.FieldsPerRecord = -1
	g := guess{delimiter: delimiter, even: true, clean: true}
	for line := range lines {
		record, err := r.Read()
		if err == io.EOF {
			break
		}
		if line == 0 {
			g.columns = len(record)
		}
		g.even = g.even && err == nil && len(record) == g.columns
		for _, field := range record {
			if _, msg, commas := number(field, delimiter != ','); msg == "" && commas != noComma {
				continue
			}
			for _, d := range delimiters {
				g.clean = g.clean && (d == delimiter || !strings.ContainsRune(field, d))
			}
		}
	}
	return g
}
