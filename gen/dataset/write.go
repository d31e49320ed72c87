package dataset

import (
	"archive/zip"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// WriteNPY writes an array as .npy, version 1, little-endian, with floats of
// size bytes (4 or 8).
func WriteNPY(w io.Writer, a *Array, size int) error {
	header := fmt.Sprintf("{'descr': '<f%d', 'fortran_order': False, 'shape': %s, }", size, shapeText(a.Shape))
	const prefix = len(npyMagic) + 4
	pad := -(prefix + len(header) + 1) & 63
	header += strings.Repeat(" ", pad) + "\n"
	out := append([]byte(npyMagic), 1, 0)
	out = binary.LittleEndian.AppendUint16(out, uint16(len(header)))
	out = append(out, header...)
	const chunk = 1 << 16
	for i, v := range a.Data {
		if size == 4 {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(float32(v)))
		} else {
			out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
		}
		if len(out) >= chunk || i == len(a.Data)-1 {
			if _, err := w.Write(out); err != nil {
				return err
			}
			out = out[:0]
		}
	}
	_, err := w.Write(out)
	return err
}

// WriteNPZ writes named arrays as an .npz, without times, so that equal arrays
// give equal bytes.
func WriteNPZ(w io.Writer, arrays []*Array, size int) error {
	z := zip.NewWriter(w)
	for _, a := range arrays {
		f, err := z.CreateHeader(&zip.FileHeader{Name: a.Name + ".npy", Method: zip.Store})
		if err != nil {
			return err
		}
		if err := WriteNPY(f, a, size); err != nil {
			return err
		}
	}
	return z.Close()
}

// TextColumn is a column of a table, with a text for each row.
type TextColumn struct {
	Name  string
	Texts []string
}

// WriteCSV writes arrays with equal numbers of rows side by side, and texts
// beside them. columns names the columns of all arrays; size is as for WriteNPY
// and sets the number of digits, which are as many as it takes to read the same
// number.
func WriteCSV(w io.Writer, arrays []*Array, columns []string, size int, texts ...TextColumn) error {
	columns = slices.Clone(columns)
	for _, t := range texts {
		columns = append(columns, t.Name)
	}
	out := csv.NewWriter(w)
	if err := out.Write(columns); err != nil {
		return err
	}
	record := make([]string, 0, len(columns))
	for row := range arrays[0].Rows() {
		record = record[:0]
		for _, a := range arrays {
			n := a.RowSize()
			for _, v := range a.Data[row*n : (row+1)*n] {
				record = append(record, strconv.FormatFloat(v, 'g', -1, 8*size))
			}
		}
		for _, t := range texts {
			record = append(record, t.Texts[row])
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
