package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/spec"
)

// TrainOptions say how to train.
type TrainOptions struct {
	Data     dataset.Source
	Fraction float64        // of the data, held back for validation
	Stratify bool           // so that every class has its share
	Valid    dataset.Source // or a file of its own
	Epochs   int
	Batch    int // 0 is the network's
	Seed     uint64
	Shuffle  bool
	Workers  int    // goroutines that share a step; 0 is 1
	Weights  string // to start from
	Out      string // to write; empty is nowhere
	Resume   bool   // go on from Out's checkpoint
	// Monitor tells the best epoch; empty is val_loss where samples are held back
	// and loss otherwise, if Patience or Keep asks for it.
	Monitor    Monitor
	Patience   int           // epochs without a better one after which to stop; 0 is never
	Keep       string        // KeepBest or KeepLast; empty is the best with Patience
	Checkpoint time.Duration // between two of them; 0 makes one at the end
	Norm       bool          // report the norm of the gradient
	Rate       float64       // learning rate, instead of the spec's; 0 is that
	Talk       io.Writer
	Progress   func(Epoch)
	Within     func(Within)       // a few times a second
	Begin      func(*TrainReport) // before the first epoch

	Ranks *Ranks // of which this process is one; nil is alone
	fold  *fold  // in place of Fraction and Valid
}

// Within is the progress inside an epoch: the number of epochs done, the loss
// so far, and how many samples of the epoch under way are done.
type Within struct {
	Epoch
	Done int
}

// TrainReport is the result of a training.
type TrainReport struct {
	Network      string         `json:"network"`
	Params       int            `json:"params"`
	Samples      int            `json:"samples"`
	Valid        int            `json:"validation_samples"`
	ClassWeights []ClassWeights `json:"class_weights,omitempty"` // that were balanced
	Epochs       int            `json:"epochs"`                  // done, in all
	Last         Epoch          `json:"last_epoch"`
	Monitor      Monitor        `json:"monitor,omitempty"`
	Patience     int            `json:"patience,omitempty"`
	Best         *Epoch         `json:"best_epoch,omitempty"`
	Kept         string         `json:"kept"`                    // best or last
	Stopped      bool           `json:"stopped_early,omitempty"` // out of patience
	Nanos        float64        `json:"ns_per_inference,omitempty"`
	Allocs       *uint64        `json:"allocs_per_inference,omitempty"`
	Out          string         `json:"weights,omitempty"`
	Package      string         `json:"package"`
	ResumedAt    int            `json:"resumed_at_epoch,omitempty"`
	Interrupted  bool           `json:"interrupted,omitempty"`
	Changed      []string       `json:"changed,omitempty"` // settings that differ from those of the checkpoint
	Done         bool           `json:"nothing_left_to_train,omitempty"`
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
	if err := errors.Join(o.monitor(shape), o.stratifies(shape)); err != nil {
		return nil, err
	}
	var engine *Engine
	if o.Ranks != nil {
		if err := o.checkRanks(net, shape); err != nil {
			return nil, err
		}
		engine = &o.Ranks.Engine
	}
	dir, remove, err := workDir()
	if err != nil {
		return nil, err
	}
	defer remove()
	t := &training{TrainOptions: o, net: net, shape: shape, now: &checkpoint{}, learningRate: c.LearningRate}
	if c.Canonical != nil {
		t.now.Spec = string(c.Canonical(net))
	}
	if err := t.prepare(dir); err != nil {
		return nil, err
	}
	b, err := c.build(ctx, net, toTrain, engine)
	if err != nil {
		return nil, interrupted(ctx, err)
	}
	t.report = &TrainReport{Network: net.Name, Samples: t.job.Samples / t.job.Windows, Valid: t.job.ValidCount / t.job.Windows, Out: o.Out, Package: b.Package, Changed: t.changed}
	if o.Ranks != nil {
		t.job.Ranks = t.ranksJob()
	}
	err = t.explain(b.process(ctx, t.job, o.Talk, t.handle))
	if err != nil && o.Ranks != nil {
		err = fmt.Errorf("%s: %w", o.Ranks.name(), err)
	}
	if !t.reached || err != nil && !errors.Is(err, ErrInterrupted) {
		return nil, err
	}
	if saveErr := t.save(t.job.Out); saveErr != nil {
		return nil, saveErr
	}
	t.report.Interrupted = err != nil
	t.setBest()
	if err == nil && o.fold != nil {
		err = t.judge(ctx, b)
	}
	return t.report, err
}

// training is a run of training.
type training struct {
	TrainOptions
	net     *spec.Network
	shape   *Shape
	job     job
	now     *checkpoint // of what is reached
	changed []string    // in the spec since the checkpoint that is resumed
	flags   []string    // changed since then

	learningRate func(net *spec.Network, step int) (float64, error)
	report       *TrainReport
	reached      bool // the runner has written weights
	saved        bool // there is a checkpoint of this run
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
	case o.Epochs < 1:
		return OptionErrorf("--epochs must be at least 1, got %d", o.Epochs)
	case o.Batch < 0 || o.Batch > net.Codegen.Batch && o.Ranks == nil:
		return OptionErrorf("--batch must be from 1 to %d, the codegen.batch of the spec, got %d", net.Codegen.Batch, o.Batch)
	case o.Workers < 0:
		return OptionErrorf("--workers must be at least 1, got %d", o.Workers)
	case o.Checkpoint < 0:
		return OptionErrorf("--checkpoint-every must be above 0, got %v", o.Checkpoint)
	case o.Checkpoint > 0 && o.Out == "":
		return OptionErrorf("--checkpoint-every saves beside --out, which is missing")
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

// prepare reads the data, splits it and writes it for the runner.
func (t *training) prepare(dir string) error {
	var resumed *checkpoint
	if t.Resume {
		var err error
		if resumed, err = readCheckpoint(CheckpointOf(t.Out)); err != nil {
			return err
		}
		t.now.Columns = resumed.Columns
	} else if t.Weights != "" {
		if _, err := readWeights(t.net, t.shape, t.Weights); err != nil {
			return err
		}
		t.now.Columns = trainedColumns(t.Weights)
	}
	data, err := t.read(t.Data)
	if err != nil {
		return err
	}
	if t.now.Columns.Inputs == nil {
		t.now.Columns.Inputs = data.Columns.Inputs
	}
	if t.now.Columns.Targets == nil {
		t.now.Columns.Targets = data.Columns.Targets
	}
	train, held, err := t.split(data)
	if err == nil {
		err = t.shape.fittable(data, train)
	}
	if err == nil && t.Weights == "" && !t.Resume {
		err = t.shape.balanceable(data, train)
	}
	if err != nil {
		return nameFile(err, t.Data.Data)
	}
	t.job = job{
		Command: "train", Data: filepath.Join(dir, "train"), Samples: len(train), ValidCount: len(held),
		Windows: max(1, data.Windows), Weights: t.Weights, Out: filepath.Join(dir, "weights"), Epochs: t.Epochs, Batch: t.Batch, Seed: t.Seed,
		Shuffle: t.Shuffle, Workers: t.Workers, Monitor: string(t.Monitor), Patience: t.Patience, Checkpoint: t.Checkpoint, Norm: t.Norm, Rate: t.Rate,
	}
	if t.job.Batch == 0 {
		t.job.Batch = t.shape.Batch
	}
	if err := enough(len(train)/t.job.Windows, t.job.Batch, t.shape.MinBatch); err != nil {
		return err
	}
	h := &t.now.checkpointHeader
	h.Seed, h.Batch, h.Shuffle, h.Validation, h.Samples = t.Seed, t.job.Batch, t.Shuffle, &t.Fraction, len(train)
	h.Monitor = t.Monitor
	h.Stratify = t.Stratify
	if h.Data, err = writeSamples(t.job.Data, t.shape, data, train); err != nil {
		return nameFile(err, t.Data.Data)
	}
	valid := t.Data.Data
	if t.Valid.Data != "" {
		valid = t.Valid.Data
		if data, err = t.read(t.Valid); err != nil {
			return err
		}
		if held, t.job.ValidCount = allRows(data.N), data.N; max(1, data.Windows) != t.job.Windows {
			return &dataset.Error{Path: valid, Msg: fmt.Sprintf("its sequences are %d windows of the network and those of %s are %d", max(1, data.Windows), t.Data.Data, t.job.Windows)}
		}
	}
	if t.fold != nil {
		t.fold.held = &dataset.Samples{Inputs: rowsOf(data.Inputs, t.shape.Inputs, held), Targets: rowsOf(data.Targets, t.shape.Targets(), held)}
	}
	if len(held) > 0 {
		t.job.Valid = filepath.Join(dir, "valid")
		hash, err := writeSamples(t.job.Valid, t.shape, data, held)
		if err != nil {
			return nameFile(err, valid)
		}
		if t.Monitor.validates() {
			h.Valid = hash
		}
	}
	if resumed != nil {
		return t.resume(resumed, dir)
	}
	return nil
}

// read reads samples by the columns that the training knows.
func (t *training) read(s dataset.Source) (*dataset.Samples, error) {
	s.Trained = t.now.Columns
	data, err := s.Read(t.shape.Inputs, t.shape.Targets())
	if err == nil && (t.fold == nil || t.fold.number == 0) {
		sayLeft(t.Talk, s, data)
	}
	return data, err
}

// resume goes on from a checkpoint, if it is one of this training.
func (t *training) resume(c *checkpoint, dir string) (err error) {
	if err := c.matches(CheckpointOf(t.Out), &t.now.checkpointHeader); err != nil {
		return err
	}
	if t.changed, err = c.changes(t.now.Spec); err != nil {
		return err
	}
	if out, err := os.ReadFile(t.Out); err == nil && !bytes.Equal(out, c.weights) && !bytes.Equal(out, c.best) {
		fmt.Fprintf(t.Talk, "note: %s is not the file of the checkpoint; the training goes on from the weights in the checkpoint\n", t.Out)
	}
	t.follow(c)
	t.now.Path, t.now.Best = c.Path, c.Best
	return c.unpack(dir, &t.job)
}

// explain words an error of the runner about the files that resume unpacked.
func (t *training) explain(err error) error {
	var invalid *InvalidError
	if !t.Resume || !errors.As(err, &invalid) {
		return err
	}
	msg := strings.NewReplacer(t.job.Trainer, CheckpointOf(t.Out), t.job.Weights, CheckpointOf(t.Out)).Replace(invalid.Msg)
	if t.changed != nil {
		msg += "; the spec has changed since: " + strings.Join(t.changed, ", ")
	}
	return &InvalidError{Kind: "checkpoint", Msg: msg}
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

func nameFile(err error, path string) error {
	var e *dataset.Error
	if errors.As(err, &e) && e.Path == "" {
		return &dataset.Error{Path: path, Place: e.Place, Msg: e.Msg}
	}
	return err
}
