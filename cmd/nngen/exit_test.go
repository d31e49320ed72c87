package main

import (
	"errors"
	"fmt"
	"testing"

	"github.com/nngen-go/nngen/gen/model"
)

// TestExitCode: a model that was imported wrong is no invalid one.
func TestExitCode(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{fmt.Errorf("model.onnx: %w", &model.ProofError{Layer: "layer 1", Msg: "differs"}), exitMismatch},
		{&model.Error{Path: "model.onnx", Err: errors.New("damaged")}, exitInvalid},
		{errors.New("disk full"), exitFailure},
	} {
		if _, got := classify(c.err); got != c.want {
			t.Errorf("%v exits %d, want %d", c.err, got, c.want)
		}
	}
}
