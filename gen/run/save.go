package run

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/nngen-go/nngen/runtime/nnrt"
)

// save checks the weights that the runner wrote and puts them, or those of the
// best epoch, and the checkpoint beside them in place.
func (t *training) save(out string) error {
	stats, err := ReadWeightStats(t.net, t.shape, out)
	if err != nil {
		return err
	}
	if bad := stats.Warnings(); bad != nil {
		saved := "Nothing was saved"
		if t.saved {
			saved = "The last checkpoint was saved before"
		}
		return &DivergedError{fmt.Sprintf("training diverged: %s after the last step; a smaller learning rate may help. %s", strings.Join(bad, ", "), saved)}
	}
	if t.Out == "" || t.Ranks != nil && t.Ranks.Rank > 0 { // rank 0 saves
		return nil
	}
	for _, f := range []struct {
		path string
		to   *[]byte
	}{{out, &t.now.weights}, {out + ".trainer", &t.now.trainer}, {out + ".best", &t.now.best}} {
		if *f.to, err = os.ReadFile(f.path); err != nil {
			return err
		}
	}
	if t.now.weights, err = withColumns(t.now.weights, t.now.Columns); err != nil {
		return err
	}
	if t.now.Best != nil {
		if t.now.best, err = withColumns(t.now.best, t.now.Columns); err != nil {
			return err
		}
	}
	if err := t.now.save(CheckpointOf(t.Out)); err != nil {
		return err
	}
	t.saved = true
	return nnrt.SaveFile(t.Out, func(w io.Writer) error {
		_, err := w.Write(t.kept())
		return err
	})
}

// checkpoint saves what the runner wrote while it goes on. Trouble with it is
// said, and may have passed at the next one.
func (t *training) checkpoint(out string) {
	if err := t.save(out); err != nil {
		fmt.Fprintf(t.Talk, "warning: no checkpoint was saved: %v\n", err)
	}
	for _, more := range []string{"", ".trainer", ".best"} {
		os.Remove(out + more) // the folder goes at the end
	}
}

// rate returns the learning rate of the last step of an epoch.
func (t *training) rate(epoch int) *float64 {
	if t.learningRate == nil {
		return nil
	}
	steps := t.job.Windows * ((t.job.Samples/t.job.Windows + t.job.Batch - 1) / t.job.Batch)
	rate, err := t.learningRate(t.net, epoch*steps-1)
	if err != nil {
		return nil // what the network trains with is its own code
	}
	return finite(rate)
}

// progress returns how far the training has come at an event.
func (e event) progress() progress {
	return progress{Epoch: e.Epoch.Epoch, Next: e.Next, LossSum: e.LossSum, BestEpoch: e.BestAt}
}

// handle notes an event of the runner in the report.
func (t *training) handle(e event) {
	switch e.Event {
	case "start":
		t.report.Params, t.report.ResumedAt, t.report.ClassWeights = e.Params, e.Epoch.Epoch, t.shape.classWeights(e.Weights)
		if path := e.Message; t.now.Path != "" && t.now.Path != path {
			t.flags = append(t.flags, fmt.Sprintf("--path: %s → %s", t.now.Path, path))
		}
		t.report.Changed = append(t.report.Changed, t.flags...)
		t.now.Path = e.Message
		t.report.Done = t.Resume && (e.Epoch.Epoch >= t.Epochs || t.waited(t.job.progress))
		if t.Begin != nil {
			t.Begin(t.report)
		}
	case "progress":
		if t.Within != nil {
			e.Epoch.Epochs = t.Epochs
			t.Within(Within{Epoch: e.Epoch, Done: e.Next})
		}
	case "checkpoint":
		t.now.progress = e.progress()
		t.checkpoint(e.Out)
	case "epoch":
		e.Epoch.Note, e.LearningRate = e.Message, t.rate(e.Epoch.Epoch)
		t.report.Last = e.Epoch
		if e.Epoch.Best {
			best := e.Epoch
			best.SamplesPerSecond, best.GradientNorm = 0, nil // a checkpoint depends on no clock, nor on what is logged
			t.now.Best = &best
		}
		if t.Progress != nil {
			t.Progress(e.Epoch)
		}
	case "done":
		t.report.Nanos, t.report.Allocs = e.Nanos, e.Allocs
	}
	if e.Event == "done" || e.Event == "interrupted" {
		t.reached = true
		t.now.progress = e.progress()
	}
}
