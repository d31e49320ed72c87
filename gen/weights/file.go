package weights

import (
	"fmt"
	"strconv"
	"strings"
)

// Tensor is an array of a weight file, row-major.
type Tensor struct {
	Name  string
	DType string // as in safetensors: F32, F64, F16, BF16, I64, …
	Shape []int

	raw    []byte    // safetensors: little-endian elements
	values []float64 // .npy and .npz
}

// Size returns the number of elements.
func (t *Tensor) Size() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// String returns the name and the shape, as in "fc1.weight" [16 256].
func (t *Tensor) String() string { return quote(t.Name) + " " + Shape(t.Shape) }

// File is what a weight file holds.
type File struct {
	Path    string
	Tensors []*Tensor         // in the order of the file
	Meta    map[string]string // safetensors only

	byName map[string]*Tensor
}

// Tensor returns the tensor of a name, or nil.
func (f *File) Tensor(name string) *Tensor { return f.byName[name] }

// add appends a tensor, or reports that there is one of its name.
func (f *File) add(t *Tensor) bool {
	if f.byName == nil {
		f.byName = map[string]*Tensor{}
	}
	if f.byName[t.Name] != nil {
		return false
	}
	f.byName[t.Name] = t
	f.Tensors = append(f.Tensors, t)
	return true
}

// Error is something wrong with a weight file, or with it as weights of a
// network.
type Error struct {
	Path  string // may be empty
	Place string // tensor "fc1.weight", header byte 12; may be empty
	Msg   string
	Hint  string // what to do; may be empty
}

// Error returns path: place: message; hint.
func (e *Error) Error() string {
	s := e.Msg
	if e.Place != "" {
		s = e.Place + ": " + s
	}
	if e.Path != "" {
		s = e.Path + ": " + s
	}
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// errorf makes an error at a place of a file yet unnamed.
func errorf(place, hint, format string, args ...any) *Error {
	return &Error{Place: place, Hint: hint, Msg: fmt.Sprintf(format, args...)}
}

// Shape writes dimensions as in [16 256].
func Shape(dims []int) string { return fmt.Sprint(dims) }

// quote shows a name from a file, cut short.
func quote(s string) string {
	const most = 80
	if len(s) > most {
		return strconv.Quote(s[:most]) + "…"
	}
	return strconv.Quote(s)
}

// list joins at most ten items.
func list(items []string) string {
	const most = 10
	if n := len(items); n > most {
		return strings.Join(items[:most], ", ") + fmt.Sprintf(" and %d more", n-most)
	}
	return strings.Join(items, ", ")
}
