package dataset

import (
	"fmt"
	"math"
	"math/bits"
)

// Format is the format of a data file.
type Format string

// The formats.
const (
	CSV Format = "csv"
	NPY Format = "npy"
	NPZ Format = "npz"
	IDX Format = "idx"
)

// Array is a tensor of numbers in C order: the last index runs fastest.
type Array struct {
	Name    string // its name in an .npz, else ""
	Shape   []int
	Data    []float64
	Integer bool // the file stores integers (or booleans)
	Kind    byte // in the file: 'f' float, 'i' signed, 'u' unsigned, 'b' boolean
	Bytes   int  // of an element in the file
}

// Rows returns the number of rows, the first dimension.
func (a *Array) Rows() int {
	if len(a.Shape) == 0 {
		return 1
	}
	return a.Shape[0]
}

// RowSize returns the number of elements of a row.
func (a *Array) RowSize() int {
	n := 1
	for i := 1; i < len(a.Shape); i++ {
		n *= a.Shape[i]
	}
	return n
}

// File is what a data file holds.
type File struct {
	Path   string
	Format Format
	Arrays []*Array // one, or for an .npz those of the archive, in its order
	// Columns are the names in the header line of a CSV file, whose array has
	// a row per line and a column per name.
	Columns []string

	// Of a CSV file:
	text      []byte
	form      Table         // with its delimiter
	sequence  int           // number from 1 of the column that tells sequences apart; 0 is none
	noNumbers []noNumber    // at most one per column, in the order of the file
	commas    []commaPlaces // by column
	taken     []int         // the columns of numbers that were taken
	texts     [][][]string  // of the ports that were taken, as in Samples
}

// Array returns the array of a name, or nil.
func (f *File) Array(name string) *Array {
	for _, a := range f.Arrays {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// Error is something wrong with a data file.
type Error struct {
	Path  string // may be empty
	Place string // "row 3, column \"age\"", "byte 128"; may be empty
	Msg   string
}

// Error returns path: place: message.
func (e *Error) Error() string {
	s := e.Msg
	if e.Place != "" {
		s = e.Place + ": " + s
	}
	if e.Path != "" {
		s = e.Path + ": " + s
	}
	return s
}

// errorf makes an error at a place of a file yet unnamed.
func errorf(place, format string, args ...any) *Error {
	return &Error{Place: place, Msg: fmt.Sprintf(format, args...)}
}

// inFile names the file of an error.
func inFile(err error, path string) error {
	if e, ok := err.(*Error); ok {
		return &Error{Path: path, Place: e.Place, Msg: e.Msg}
	}
	return fmt.Errorf("%s: %w", path, err)
}

// elements returns the product of the dimensions, or false if it or the number
// of bytes does not fit.
func elements(shape []int, size int) (n int, ok bool) {
	n = 1
	for _, d := range shape {
		if d == 0 {
			return 0, true
		}
	}
	for _, d := range append([]int{size}, shape...) {
		hi, lo := bits.Mul64(uint64(n), uint64(d))
		if hi != 0 || lo > math.MaxInt {
			return 0, false
		}
		n = int(lo)
	}
	return n / size, true
}

// checkFinite returns an error for the first value that is NaN or infinite.
func (a *Array) checkFinite() error {
	for i, v := range a.Data {
		if v-v == 0 {
			continue
		}
		row := a.RowSize()
		if len(a.Shape) < 2 {
			return errorf(fmt.Sprintf("row %d", i+1), "the value is %v", v)
		}
		return errorf(fmt.Sprintf("row %d", i/row+1), "element %d is %v", i%row+1, v)
	}
	return nil
}
