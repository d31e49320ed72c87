package nnbeam

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
)

// Place is where a row comes from.
type Place struct {
	File  string
	Index int   // of the file among those that are read
	Chunk int   // of the file
	Row   int64 // the line of the file, or the row of a table, from 1
}

// String returns file:row.
func (p Place) String() string { return fmt.Sprintf("%s:%d", p.File, p.Row) }

// Row is what is to be scored.
type Row struct {
	Place
	Text    string    // a line of a file
	Numbers []float64 // of a table
	Fault   string    // why the reader has neither
}

// Scored is the result for a row.
type Scored struct {
	Place
	Values []float64
}

// Bad is a row that could not be decoded.
type Bad struct {
	Place
	Reason string
}

func init() {
	// Beam finds the functions of coders by their names, which those of generic ones
	// share.
	beam.RegisterCoder(reflect.TypeFor[Row](), encodeRow, decodeRow)
	beam.RegisterCoder(reflect.TypeFor[Scored](), encodeScored, decodeScored)
	beam.RegisterCoder(reflect.TypeFor[Bad](), encodeBad, decodeBad)
	beam.RegisterCoder(reflect.TypeFor[chunk](), encodeChunk, decodeChunk)
}

func encodeRow(v Row) ([]byte, error)        { return json.Marshal(v) }
func decodeRow(data []byte) (Row, error)     { return decode[Row](data) }
func encodeBad(v Bad) ([]byte, error)        { return json.Marshal(v) }
func decodeBad(data []byte) (Bad, error)     { return decode[Bad](data) }
func encodeChunk(v chunk) ([]byte, error)    { return json.Marshal(v) }
func decodeChunk(data []byte) (chunk, error) { return decode[chunk](data) }

func decode[T any](data []byte) (v T, err error) {
	err = json.Unmarshal(data, &v)
	return v, err
}

// scoredBits are scores for a coder, as bits: JSON has no NaN.
type scoredBits struct {
	Place
	Bits []uint64
}

func encodeScored(s Scored) ([]byte, error) {
	b := scoredBits{Place: s.Place}
	for _, v := range s.Values {
		b.Bits = append(b.Bits, math.Float64bits(v))
	}
	return json.Marshal(b)
}

func decodeScored(data []byte) (Scored, error) {
	b, err := decode[scoredBits](data)
	s := Scored{Place: b.Place}
	for _, v := range b.Bits {
		s.Values = append(s.Values, math.Float64frombits(v))
	}
	return s, err
}

// Cells are the fields of a line of CSV. A field holds no line break, as files are cut
// at them.
func Cells(line string, comma rune) ([]string, error) {
	if !strings.Contains(line, `"`) {
		return strings.Split(line, string(comma)), nil
	}
	r := csv.NewReader(strings.NewReader(line))
	r.Comma = comma
	return r.Read()
}

// Number is the finite number of a cell.
func Number(cell string) (float64, error) {
	cell = strings.TrimSpace(cell)
	v, err := strconv.ParseFloat(cell, 64)
	if err != nil || v-v != 0 || strings.ContainsAny(cell, "xX_pP") {
		return 0, fmt.Errorf("%q is not a finite decimal number", short(cell))
	}
	return v, nil
}

// short is a text that fits into a message.
func short(s string) string {
	const most = 60
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// Numbers decodes a row of as many numbers as x has elements: a line with commas
// between them, or a row of a table.
func Numbers[E float32 | float64](row *Row, x []E) error {
	if row.Numbers != nil {
		if len(row.Numbers) != len(x) {
			return fmt.Errorf("the row has %d numbers; the network takes %d", len(row.Numbers), len(x))
		}
		for i, v := range row.Numbers {
			if v-v != 0 {
				return fmt.Errorf("number %d is %v", i+1, v)
			}
			x[i] = E(v)
		}
		return nil
	}
	cells, err := Cells(row.Text, ',')
	switch {
	case err != nil:
		return err
	case len(cells) != len(x):
		return fmt.Errorf("the line has %d fields; the network takes %d", len(cells), len(x))
	}
	for i, cell := range cells {
		v, err := Number(cell)
		if err != nil {
			return fmt.Errorf("field %d: %w", i+1, err)
		}
		x[i] = E(v)
	}
	return nil
}

// Append appends numbers of a network.
func Append[E float32 | float64](to []float64, v []E) []float64 {
	for _, x := range v {
		to = append(to, float64(x))
	}
	return to
}
