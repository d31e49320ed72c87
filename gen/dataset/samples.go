package dataset

import (
	"fmt"
	"math"
	"slices"

	"github.com/nngen-go/nngen/spec/plural"
)

// Port is an input or a target of a network: what a file must hold for it.
type Port struct {
	Name string
	Size int // numbers per sample
	// Classes, if not 0, says that a sample has a class number below it
	// instead of Size numbers.
	Classes int
}

// Width returns the number of numbers that a sample has in a file.
func (p Port) Width() int {
	if p.Classes > 0 {
		return 1
	}
	return p.Size
}

// Samples are rows of inputs and, unless they are only predicted, targets.
type Samples struct {
	N       int
	Inputs  [][]float64 // per input, N rows
	Targets [][]float64 // per target, N rows; nil without targets
}

// Source names the files of samples.
type Source struct {
	Data    string   // inputs, and targets if Targets is empty
	Targets string   // file of the targets
	Columns []string // with a CSV file: the columns of the targets
}

// Read reads samples for a network's inputs and targets. Without Targets, the
// data is a CSV file whose last columns (or Columns) are the targets, or an
// .npz with all arrays.
func (s Source) Read(inputs, targets []Port) (*Samples, error) {
	data, err := ReadFile(s.Data)
	if err != nil {
		return nil, err
	}
	if len(s.Columns) > 0 && (s.Targets != "" || data.Format != CSV) {
		return nil, &Error{Path: s.Data, Msg: "target columns are named, which only goes with targets in a CSV file"}
	}
	out := &Samples{}
	if s.Targets == "" {
		return out, out.readTogether(data, s.Columns, inputs, targets)
	}
	file, err := ReadFile(s.Targets)
	if err != nil {
		return nil, err
	}
	if out.Inputs, out.N, err = data.ports("input", inputs); err != nil {
		return nil, err
	}
	var n int
	if out.Targets, n, err = file.ports("target", targets); err != nil {
		return nil, err
	}
	if n != out.N {
		return nil, &Error{Path: s.Targets, Msg: fmt.Sprintf("has %s and %s has %d", plural.Of(n, "row"), s.Data, out.N)}
	}
	return out, nil
}

// ReadInputs reads the inputs of samples. left is the number of columns of a
// CSV file that were left out because they hold targets.
func ReadInputs(path string, inputs, targets []Port) (samples *Samples, left int, err error) {
	data, err := ReadFile(path)
	if err != nil {
		return nil, 0, err
	}
	out := &Samples{}
	if data.Format == CSV && len(data.Columns) == width(inputs)+width(targets) {
		left = width(targets)
		rows := data.Arrays[0]
		rows.dropColumns(left)
	}
	out.Inputs, out.N, err = data.ports("input", inputs)
	return out, left, err
}

// readTogether takes inputs and targets from one file.
func (s *Samples) readTogether(f *File, columns []string, inputs, targets []Port) (err error) {
	switch f.Format {
	case CSV:
		return s.readTable(f, columns, inputs, targets)
	case NPZ:
		var n int
		if s.Inputs, s.N, err = f.named("input", inputs); err != nil {
			return err
		}
		if s.Targets, n, err = f.named("target", targets); err != nil {
			return err
		}
		if n != s.N {
			return f.errorf("the targets have %s and the inputs %d", plural.Of(n, "row"), s.N)
		}
		return nil
	}
	return f.errorf("the file holds no targets; give them with --targets")
}

// readTable takes inputs and targets from the columns of a table.
func (s *Samples) readTable(f *File, names []string, inputs, targets []Port) (err error) {
	ni, nt := width(inputs), width(targets)
	if len(names) > 0 && len(names) != nt {
		return f.errorf("%s named; the network has %d (%s)", plural.Of(len(names), "target column"), nt, describe(targets))
	}
	if len(f.Columns) != ni+nt {
		return f.errorf("the file has %s; the network takes %d: inputs (%s) and targets (%s)",
			plural.Of(len(f.Columns), "column"), ni+nt, describe(inputs), describe(targets))
	}
	order, err := f.columnOrder(names)
	if err != nil {
		return err
	}
	table := f.Arrays[0]
	s.N = table.Rows()
	s.Inputs = table.columns(order[:ni], inputs)
	s.Targets = table.columns(order[ni:], targets)
	for i, p := range targets {
		what := func() string { return "column " + quote(f.Columns[order[ni+i]]) }
		if err := checkClasses(s.Targets[i], p, what); err != nil {
			return inFile(err, f.Path)
		}
	}
	return nil
}

// columnOrder returns the columns of the inputs, then those of the targets,
// which are the last ones or the named ones.
func (f *File) columnOrder(names []string) ([]int, error) {
	var order, last []int
	for _, name := range names {
		i := slices.Index(f.Columns, name)
		if i < 0 {
			return nil, f.errorf("no column is named %s", quote(name))
		}
		if slices.Contains(last, i) {
			return nil, f.errorf("the target column %s is named twice", quote(name))
		}
		last = append(last, i)
	}
	for i := range f.Columns {
		if !slices.Contains(last, i) {
			order = append(order, i)
		}
	}
	return append(order, last...), nil
}

// columns picks columns of a table, in order, for the ports.
func (a *Array) columns(order []int, ports []Port) [][]float64 {
	out := make([][]float64, len(ports))
	rows, stride := a.Rows(), a.RowSize()
	for i, p := range ports {
		w := p.Width()
		pick := order[:w]
		order = order[w:]
		out[i] = make([]float64, 0, rows*w)
		for r := range rows {
			for _, c := range pick {
				out[i] = append(out[i], a.Data[r*stride+c])
			}
		}
	}
	return out
}

// dropColumns removes the last n columns.
func (a *Array) dropColumns(n int) {
	rows, stride := a.Rows(), a.RowSize()
	w := stride - n
	for r := range rows {
		copy(a.Data[r*w:(r+1)*w], a.Data[r*stride:])
	}
	a.Data = a.Data[:rows*w]
	a.Shape = []int{rows, w}
}

// checkClasses checks that the class numbers of a port are integers in range.
func checkClasses(values []float64, p Port, what func() string) error {
	if p.Classes == 0 {
		return nil
	}
	for i, v := range values {
		if v == math.Trunc(v) && v >= 0 && v < float64(p.Classes) {
			continue
		}
		return errorf(fmt.Sprintf("row %d, %s", i+1, what()),
			"%v is not a class number; the %d classes are 0 to %d", v, p.Classes, p.Classes-1)
	}
	return nil
}
