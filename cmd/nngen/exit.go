package main

import (
	"context"
	"errors"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/gen/files"
	"github.com/nngen-go/nngen/gen/model"
	"github.com/nngen-go/nngen/gen/run"
	"github.com/nngen-go/nngen/gen/weights"
	"github.com/nngen-go/nngen/spec"
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

// exitCode classifies an error.
func (a *app) exitCode(err error) int {
	var (
		list    spec.ErrorList
		one     *spec.Error
		data    *dataset.Error
		invalid *run.InvalidError
		option  *run.OptionError
		access  *files.AccessError
		weight  *weights.Error
		misfits weights.Errors
		foreign *model.Error
		differs *model.ProofError
	)
	switch {
	case err == nil:
		return exitDone
	case !a.started, errors.As(err, &option), errors.As(err, &access):
		return exitUsage
	case errors.Is(err, errOutOfDate), errors.Is(err, errDifferent):
		return exitOutOfDate
	case errors.Is(err, errMismatch), errors.As(err, &differs):
		return exitMismatch
	case errors.Is(err, run.ErrInterrupted), errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &list), errors.As(err, &one), errors.As(err, &data), errors.As(err, &invalid),
		errors.As(err, &weight), errors.As(err, &misfits), errors.As(err, &foreign):
		return exitInvalid
	}
	return exitFailure
}

// message words an error. The errors of a spec are a report of their own.
func message(err error) string {
	var list spec.ErrorList
	var one *spec.Error
	switch {
	case errors.As(err, &list):
		return list.Error()
	case errors.As(err, &one):
		return spec.ErrorList{one}.Error()
	}
	return "nngen: " + err.Error()
}

// usageErrorf makes an error about the command line.
func usageErrorf(format string, args ...any) error {
	return run.OptionErrorf(format, args...)
}
