package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/gen/files"
	"github.com/nngen-go/nngen/gen/model"
	"github.com/nngen-go/nngen/gen/run"
	"github.com/nngen-go/nngen/gen/weights"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// The exit codes, which scripts rely on.
const (
	exitDone        = 0
	exitFailure     = 1
	exitUsage       = 2
	exitOutOfDate   = 3 // or different
	exitInvalid     = 4 // spec, weights or data
	exitMismatch    = 5
	exitInterrupted = 130
)

// errOutOfDate is returned by generate --check, which has said why.
var errOutOfDate = errors.New("out of date")

// errMismatch is returned by verify; a model that is imported wrong is a
// *model.ProofError.
var errMismatch = errors.New("verification failed")

// fault is a kind of error.
type fault struct {
	code string
	exit int
	is   func(error) bool
}

// faults are the kinds of errors; the first that fits counts, and the last fits
// all. Those of specs carry a code each.
var faults = []fault{
	{code.Usage, exitUsage, isA[*run.OptionError]},
	{code.InTheWay, exitUsage, isA[*files.AccessError]},
	{code.Different, exitOutOfDate, func(err error) bool { return errors.Is(err, errOutOfDate) || errors.Is(err, errDifferent) }},
	{code.Mismatch, exitMismatch, func(err error) bool { return errors.Is(err, errMismatch) || isA[*model.ProofError](err) }},
	{code.Interrupted, exitInterrupted, func(err error) bool {
		return errors.Is(err, run.ErrInterrupted) || errors.Is(err, context.Canceled)
	}},
	{"", exitInvalid, func(err error) bool { return isA[spec.ErrorList](err) || isA[*spec.Error](err) }},
	{code.Data, exitInvalid, isA[*dataset.Error]},
	{code.Weights, exitInvalid, func(err error) bool { return isA[*weights.Error](err) || isA[weights.Errors](err) }},
	{code.Model, exitInvalid, isA[*model.Error]},
	{code.Misfit, exitInvalid, isA[*run.InvalidError]},
	{code.Diverged, exitFailure, isA[*run.DivergedError]},
	{code.Failure, exitFailure, func(error) bool { return true }},
}

func isA[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

// misuse makes an error of the command line of what failed before a verb was at
// work.
func (a *app) misuse(err error) error {
	if err == nil || a.started {
		return err
	}
	return usageErrorf("%v", err)
}

// classify returns the code of an error, empty for those of a spec, and the
// exit code.
func classify(err error) (kind string, exit int) {
	if err == nil {
		return "", exitDone
	}
	f := faults[slices.IndexFunc(faults, func(f fault) bool { return f.is(err) })]
	return code.Of(f.code), f.exit
}

// message words an error, with its code at the end of the first line. The
// errors of a spec are a report of their own.
func message(err error) string {
	var list spec.ErrorList
	var one *spec.Error
	switch {
	case errors.As(err, &list):
		return list.Error()
	case errors.As(err, &one):
		return spec.ErrorList{one}.Error()
	}
	kind, _ := classify(err)
	first, more, multi := strings.Cut(err.Error(), "\n")
	text := "nngen: " + first + " (" + kind + ")"
	if multi {
		text += "\n" + more
	}
	return text
}

// report is an error as JSON.
type report struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Place   string `json:"place,omitempty"` // in a file that is no text
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// reports lists what is wrong.
func reports(err error) []report {
	var (
		list    spec.ErrorList
		one     *spec.Error
		data    *dataset.Error
		misfits weights.Errors
		weight  *weights.Error
	)
	kind, _ := classify(err)
	switch {
	case errors.As(err, &list):
	case errors.As(err, &one):
		list = spec.ErrorList{one}
	case errors.As(err, &data):
		return []report{{File: data.Path, Place: data.Place, Code: kind, Message: data.Msg}}
	case errors.As(err, &misfits):
	case errors.As(err, &weight):
		misfits = weights.Errors{weight}
	default:
		return []report{{Code: kind, Message: err.Error()}}
	}
	var all []report
	for _, e := range list {
		all = append(all, report{File: e.File, Line: e.Pos.Line, Column: max(0, e.Pos.Col), Code: e.Code, Message: e.Msg, Hint: e.Hint})
	}
	for _, e := range misfits {
		all = append(all, report{File: e.Path, Place: e.Place, Code: kind, Message: e.Msg, Hint: e.Hint})
	}
	return all
}

// writeJSON writes the errors as lines of JSON.
func writeJSON(w io.Writer, err error) {
	out := json.NewEncoder(w)
	for _, r := range reports(err) {
		out.Encode(r)
	}
}

// usageErrorf makes an error about the command line.
func usageErrorf(format string, args ...any) error {
	return run.OptionErrorf(format, args...)
}
