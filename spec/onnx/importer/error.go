package importer

import (
	"fmt"

	"github.com/nngen-go/nngen/spec/onnx"
)

// Error says why a model cannot be imported.
type Error struct {
	Place string // node "fc1" (Gemm)
	Msg   string // what is wrong and what was expected
	Hint  string // what to do; may be empty
	// Operator and Node are what is not supported, if that is the reason.
	Operator, Node string
	// Input is the graph input that would have to be a constant, if binding it
	// is the remedy.
	Input string

	mixesBatch bool // another choice of the batch axis may help
}

// Error is the place and the message, and the hint on a line of its own.
func (e *Error) Error() string { return e.Unwrap().Error() }

// Unwrap gives the part that all errors of models have.
func (e *Error) Unwrap() error { return &onnx.Error{Place: e.Place, Msg: e.Msg, Hint: e.Hint} }

func errorf(place, hint, format string, args ...any) *Error {
	return &Error{Place: place, Msg: fmt.Sprintf(format, args...), Hint: hint}
}
