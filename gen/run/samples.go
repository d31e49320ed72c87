package run

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/nngen-go/nngen/gen/dataset"
)

// writeSamples writes the samples of the given rows for the runner: all inputs
// and then all targets, little-endian, in the network's number type, classes
// as int32. Where the runner encodes inputs, their columns are written instead:
// numbers as float64, texts behind their length in bytes. It returns the hash of
// the file.
func writeSamples(path string, s *Shape, d *dataset.Samples, rows []int32) (hash string, err error) {
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	w := bufio.NewWriterSize(io.MultiWriter(f, h), 1<<16)
	if s.Record != nil {
		err = writeColumns(w, d, s, rows)
	} else {
		err = writeRecords(w, d.Inputs, s.Inputs, rows, s.NumberSize())
	}
	if err == nil && d.Targets != nil {
		err = writeRecords(w, d.Targets, s.Targets(), rows, s.NumberSize())
	}
	if err == nil {
		err = w.Flush()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return hex.EncodeToString(h.Sum(nil)), err
}

// writeRecords writes rows of several ports side by side.
func writeRecords(w io.Writer, data [][]float64, ports []dataset.Port, rows []int32, size int) error {
	var record []byte
	for _, r := range rows {
		record = record[:0]
		for i, p := range ports {
			n := p.Width()
			for k, v := range data[i][int(r)*n : (int(r)+1)*n] {
				switch {
				case p.Bytes && !(v >= 0 && v <= 255 && v == math.Trunc(v)):
					return &dataset.Error{Place: fmt.Sprintf("row %d", r+1),
						Msg: fmt.Sprintf("element %d of %s must be a whole number from 0 to 255, got %v", k+1, p.Name, v)}
				case p.Classes > 0:
					record = binary.LittleEndian.AppendUint32(record, uint32(int32(v)))
				case size == 8:
					record = binary.LittleEndian.AppendUint64(record, math.Float64bits(v))
				case math.IsInf(float64(float32(v)), 0):
					return &dataset.Error{Place: fmt.Sprintf("row %d", r+1),
						Msg: fmt.Sprintf("element %d of %s, %v, is too large for float32", k+1, p.Name, v)}
				default:
					record = binary.LittleEndian.AppendUint32(record, math.Float32bits(float32(v)))
				}
			}
		}
		if _, err := w.Write(record); err != nil {
			return err
		}
	}
	return nil
}

// writeColumns writes the columns of the inputs; inputs without columns are
// written as they are.
func writeColumns(w io.Writer, d *dataset.Samples, s *Shape, rows []int32) error {
	le, size := binary.LittleEndian, s.NumberSize()
	var record []byte
	for _, r := range rows {
		record = record[:0]
		for i, p := range s.Inputs {
			n := p.Width()
			for k, v := range d.Inputs[i][int(r)*n : (int(r)+1)*n] {
				what := fmt.Sprintf("element %d of %s", k+1, p.Name)
				if p.Columns != nil {
					what = fmt.Sprintf("column %q", p.Columns[k])
				}
				switch {
				case p.Cells != nil && p.Cells[k].Categories != nil:
					text := ""
					if !math.IsNaN(v) {
						text = d.Texts[i][k][int(v)]
					}
					record = append(le.AppendUint32(record, uint32(len(text))), text...)
				case size == 4 && math.IsInf(float64(float32(v)), 0):
					return &dataset.Error{Place: fmt.Sprintf("row %d", r+1), Msg: fmt.Sprintf("%s, %v, is too large for float32", what, v)}
				case p.Columns != nil || size == 8:
					record = le.AppendUint64(record, math.Float64bits(v))
				default:
					record = le.AppendUint32(record, math.Float32bits(float32(v)))
				}
			}
		}
		if _, err := w.Write(record); err != nil {
			return err
		}
	}
	return nil
}

// readOutputs reads the outputs that the runner wrote for n samples: an array
// per output.
func readOutputs(path string, s *Shape, n int) ([]*dataset.Array, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	arrays := make([]*dataset.Array, len(s.Outputs))
	for i, o := range s.Outputs {
		arrays[i] = &dataset.Array{Name: o.Name, Shape: append([]int{n}, o.Dims...), Data: make([]float64, 0, n*o.Size)}
	}
	r := bufio.NewReaderSize(f, 1<<16)
	size := s.NumberSize()
	record := make([]byte, s.OutputSize()*size)
	for range n {
		if _, err := io.ReadFull(r, record); err != nil {
			return nil, fmt.Errorf("outputs of the network: %w", err)
		}
		rest := record
		for i, o := range s.Outputs {
			for range o.Size {
				arrays[i].Data = append(arrays[i].Data, number(rest, size))
				rest = rest[size:]
			}
		}
	}
	return arrays, nil
}

// number decodes the number at the start of b.
func number(b []byte, size int) float64 {
	if size == 8 {
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	}
	return float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
}

// allRows returns 0 … n-1.
func allRows(n int) []int32 {
	rows := make([]int32, n)
	for i := range rows {
		rows[i] = int32(i)
	}
	return rows
}
