package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/spec"
)

// TrainOptions say how to train.
type TrainOptions struct {
	Data     dataset.Source
	Fraction float64        // of the data, held back for validation
	Valid    dataset.Source // or a file of its own
	Epochs   int
	Batch    int // 0 is the network's
	Seed     uint64
	Shuffle  bool
	Workers  int    // goroutines that share a step; 0 is 1
	Weights  string // to start from
	Out      string // to write; empty is nowhere
	Resume   bool   // go on from Out's checkpoint
	Talk     io.Writer
	Progress func(Epoch)
	Begin    func(*TrainReport) // before the first epoch
}

// TrainReport is the result of a training.
type TrainReport struct {
	Network     string  `json:"network"`
	Params      int     `json:"params"`
	Samples     int     `json:"samples"`
	Valid       int     `json:"validation_samples"`
	Last        Epoch   `json:"last_epoch"`
	Nanos       float64 `json:"ns_per_inference,omitempty"`
	Allocs      *uint64 `json:"allocs_per_inference,omitempty"`
	Out         string  `json:"weights,omitempty"`
	Package     string  `json:"package"`
	ResumedAt   int     `json:"resumed_at_epoch,omitempty"`
	Interrupted bool    `json:"interrupted,omitempty"`
}

// CheckpointOf returns the checkpoint that lies beside a weight file.
func CheckpointOf(weights string) string { return weights + ".checkpoint" }

// Train trains a network with its generated code. When the context ends, what
// is reached is saved and the error is ErrInterrupted, with a report.
func (c *Compiler) Train(ctx context.Context, net *spec.Network, o TrainOptions) (*TrainReport, error) {
	if err := o.check(net); err != nil {
		return nil, err
	}
	shape, _, err := c.prepare(net, toTrain)
	if err != nil {
		return nil, err
	}
	dir, remove, err := workDir()
	if err != nil {
		return nil, err
	}
	defer remove()
	j, err := o.job(dir, shape)
	if err != nil {
		return nil, err
	}
	b, err := c.build(ctx, net, toTrain)
	if err != nil {
		return nil, interrupted(ctx, err)
	}
	report := &TrainReport{Network: net.Name, Samples: j.Samples, Valid: j.ValidCount, Out: o.Out, Package: b.Package}
	err = b.process(ctx, j, o.Talk, func(e event) { o.handle(e, report) })
	if err != nil && !errors.Is(err, ErrInterrupted) {
		return nil, err
	}
	report.Interrupted = err != nil
	return report, err
}

// OptionError is an option that does not fit the network or the others.
type OptionError struct{ Msg string }

// Error returns the message.
func (e *OptionError) Error() string { return e.Msg }

// OptionErrorf makes an OptionError.
func OptionErrorf(format string, args ...any) error {
	return &OptionError{fmt.Sprintf(format, args...)}
}

// check refuses options that cannot be meant.
func (o *TrainOptions) check(net *spec.Network) error {
	switch {
	case o.Epochs < 0:
		return OptionErrorf("--epochs must not be negative, got %d", o.Epochs)
	case o.Batch < 0 || o.Batch > net.Codegen.Batch:
		return OptionErrorf("--batch must be from 1 to %d, the codegen.batch of the spec, got %d", net.Codegen.Batch, o.Batch)
	case o.Workers < 0:
		return OptionErrorf("--workers must not be negative, got %d", o.Workers)
	case math.IsNaN(o.Fraction) || o.Fraction < 0 || o.Fraction >= 1:
		return OptionErrorf("--validation must be at least 0 and below 1, or a file, got %v", o.Fraction)
	case o.Resume && o.Out == "":
		return OptionErrorf("--resume goes on from the checkpoint beside --out, which is missing")
	case o.Resume && o.Weights != "":
		return OptionErrorf("--resume goes on from the checkpoint, so --weights has no meaning")
	}
	if o.Out != "" {
		if info, err := os.Stat(filepath.Dir(o.Out)); err != nil || !info.IsDir() {
			return fmt.Errorf("--out %s: there is no folder %s", o.Out, filepath.Dir(o.Out))
		}
	}
	return nil
}

// job reads the data, splits it and writes it for the runner.
func (o *TrainOptions) job(dir string, shape *Shape) (j job, err error) {
	data, err := o.Data.Read(shape.Inputs, shape.Targets())
	if err != nil {
		return j, err
	}
	train, held, err := split(data.N, o.Fraction, o.Seed)
	if err != nil {
		return j, o.named(err)
	}
	j = job{
		Command: "train", Data: filepath.Join(dir, "train"), Samples: len(train), ValidCount: len(held),
		Weights: o.Weights, Resume: o.Resume, Epochs: o.Epochs, Batch: o.Batch, Seed: o.Seed, Shuffle: o.Shuffle,
		Workers: o.Workers,
	}
	if j.Batch == 0 {
		j.Batch = shape.Batch
	}
	if err := enough(j.Samples, j.Batch, shape.MinBatch); err != nil {
		return j, err
	}
	if o.Out != "" {
		if j.Out, err = filepath.Abs(o.Out); err != nil {
			return j, err
		}
		j.Checkpoint = CheckpointOf(j.Out)
	}
	if j.DataHash, err = writeSamples(j.Data, shape, data, train); err != nil {
		return j, o.named(err)
	}
	if o.Valid.Data != "" {
		if data, err = o.Valid.Read(shape.Inputs, shape.Targets()); err != nil {
			return j, err
		}
		held, j.ValidCount = allRows(data.N), data.N
	}
	if len(held) > 0 {
		j.Valid = filepath.Join(dir, "valid")
		_, err = writeSamples(j.Valid, shape, data, held)
	}
	return j, o.named(err)
}

// enough refuses batches that would leave batch normalisation a single sample.
// A last batch of one takes one from the batch before it, if that has three.
func enough(samples, batch, least int) error {
	if least < 2 || batch > 2 && samples > 1 || batch == 2 && samples%2 == 0 {
		return nil
	}
	return OptionErrorf("batch normalisation needs at least %d samples in every batch, but %d samples in batches of %d leave one by itself: choose another --batch, or another number of samples",
		least, samples, batch)
}

// named puts the name of the data file into an error that has none.
func (o *TrainOptions) named(err error) error { return nameFile(err, o.Data.Data) }

func nameFile(err error, path string) error {
	var e *dataset.Error
	if errors.As(err, &e) && e.Path == "" {
		return &dataset.Error{Path: path, Place: e.Place, Msg: e.Msg}
	}
	return err
}

// handle notes an event of the runner in the report.
func (o *TrainOptions) handle(e event, report *TrainReport) {
	switch e.Event {
	case "start":
		report.Params, report.ResumedAt = e.Params, e.Epoch.Epoch
		if o.Begin != nil {
			o.Begin(report)
		}
	case "epoch":
		report.Last = e.Epoch
		if o.Progress != nil {
			o.Progress(e.Epoch)
		}
	case "done":
		report.Nanos, report.Allocs = e.Nanos, e.Allocs
	}
}
