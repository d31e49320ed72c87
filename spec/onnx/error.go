package onnx

import "fmt"

// Error is what is wrong with a model.
type Error struct {
	Place string // graph.node[3].attribute[0]; "" for the file as a whole
	Msg   string // what is wrong and what was expected
	Hint  string // what to do; may be empty
}

// Error is the place and the message, and the hint on a line of its own.
func (e *Error) Error() string {
	text := e.Msg
	if e.Place != "" {
		text = e.Place + ": " + text
	}
	if e.Hint != "" {
		text += "\n    " + e.Hint
	}
	return text
}

func fail(hint, format string, args ...any) *Error {
	return &Error{Msg: fmt.Sprintf(format, args...), Hint: hint}
}

// under puts the place of an error below another.
func (e *Error) under(place string) *Error {
	if e.Place != "" && e.Place[0] != '[' {
		place += "."
	}
	e.Place = place + e.Place
	return e
}
