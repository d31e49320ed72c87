package run

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/nngen-go/nngen/gen/files"
)

// job is what the runner is told; see templates/runner.go.tmpl.
type job struct {
	Command    string
	Path       string
	Data       string
	Samples    int
	Windows    int // samples of a sequence, one after the other
	Valid      string
	ValidCount int
	Weights    string
	Out        string
	Resume     bool
	Trainer    string
	progress
	Monitor     string
	Patience    int
	BestValue   uint64
	Best        string
	Norm        bool
	Rate        float64
	Checkpoint  time.Duration
	Epochs      int
	Batch       int
	Seed        uint64
	Shuffle     bool
	Workers     int
	Predictions string
	Ranks       *ranksJob `json:",omitempty"`
	Beam        *beamJob  `json:",omitempty"`
}

// event is a line of the runner.
type event struct {
	Event   string `json:"event"`
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Epoch
	Params  int                  `json:"params"`
	Weights map[string][]float64 `json:"class_weights"`
	Next    int                  `json:"next"`
	LossSum uint64               `json:"loss_sum"`
	BestAt  int                  `json:"best_epoch"`
	Out     string               `json:"out"`
	Nanos   float64              `json:"ns_per_inference"`
	Allocs  *uint64              `json:"allocs_per_inference"`
	Counts  *Scored              `json:"counts"`
}

// Epoch is the progress of a training after an epoch.
type Epoch struct {
	Epoch         int      `json:"epoch"`
	Epochs        int      `json:"epochs"`
	Loss          *float64 `json:"loss"`
	ValidLoss     *float64 `json:"val_loss"`
	ValidAccuracy *float64 `json:"val_accuracy"`
	// ValidPlaces are the places that have a class each; 0 where samples have one.
	ValidPlaces int `json:"val_places,omitempty"`
	// LearningRate is that of the last step.
	LearningRate *float64 `json:"learning_rate,omitempty"`
	// GradientNorm is that of the loss by all parameters in the last step, if it was asked for.
	GradientNorm     *float64 `json:"gradient_norm,omitempty"`
	SamplesPerSecond float64  `json:"samples_per_second"`
	// Best: the monitored number was never better.
	Best bool `json:"best,omitempty"`
	// Note says which number is not finite, and so null.
	Note string `json:"note,omitempty"`
}

// InvalidError is weights or a checkpoint that do not fit the network.
type InvalidError struct {
	Kind string // weights, checkpoint
	Msg  string
}

// Error returns the message, which names the file.
func (e *InvalidError) Error() string { return e.Msg }

// DivergedError is a training whose loss is not finite any more.
type DivergedError struct{ Msg string }

// Error returns the message.
func (e *DivergedError) Error() string { return e.Msg }

// ErrInterrupted is returned when the context ended before the work.
var ErrInterrupted = errors.New("interrupted")

// interrupted turns an error that the end of the context caused into
// ErrInterrupted.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ErrInterrupted
	}
	return err
}

// process runs a program on a job and calls handle with its events, up to the
// last. When the context ends, the program is asked to stop and goes on until
// it has saved.
func (b *Binary) process(ctx context.Context, j job, talk io.Writer, handle func(event)) error {
	cmd := exec.Command(b.Path)
	cmd.Stderr = talk
	if j.Path = b.on; j.Path != "" {
		cmd.Env = append(os.Environ(), PathVariable+"="+j.Path)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	line, err := json.Marshal(j)
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { in.Close() })
	defer stop()
	if _, err := in.Write(append(line, '\n')); err != nil && ctx.Err() == nil {
		fmt.Fprintln(talk, "nngen: the program of the network does not listen:", err)
	}
	last, err := readEvents(out, handle)
	if err != nil {
		cmd.Process.Kill()
	}
	err = errors.Join(err, cmd.Wait())
	if last.Event == "error" && last.Kind == "path" {
		return PathError(j.Path, last.Message)
	}
	return outcome(ctx, last, err)
}

// outcome turns the last event of a program, and what went wrong with it, into
// an error.
func outcome(ctx context.Context, last event, err error) error {
	switch {
	case last.Event == "interrupted", ctx.Err() != nil && last.Event != "done" && last.Event != "error":
		return ErrInterrupted
	case last.Event == "error" && last.Kind == "diverged":
		return &DivergedError{last.Message}
	case last.Event == "error" && last.Kind != "failure":
		return &InvalidError{Kind: last.Kind, Msg: last.Message}
	case last.Event == "error":
		return errors.New(last.Message)
	case err != nil:
		return fmt.Errorf("the program of the network failed: %w", err)
	case last.Event != "done":
		return errors.New("the program of the network ended early")
	}
	return nil
}

// readEvents reads lines until the end and returns the last event.
func readEvents(r io.Reader, handle func(event)) (last event, err error) {
	s := bufio.NewScanner(r)
	for s.Scan() {
		last = event{}
		if err := json.Unmarshal(s.Bytes(), &last); err != nil {
			return last, fmt.Errorf("it wrote %q: %w", s.Text(), err)
		}
		handle(last)
	}
	return last, s.Err()
}

// workDir makes a folder for samples and predictions, and a function that
// removes it.
func workDir() (dir string, remove func(), err error) {
	d, err := files.NewTempDir(os.TempDir())
	if err != nil {
		return "", nil, err
	}
	return d.Path, d.Remove, nil
}
