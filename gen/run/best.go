package run

import (
	"slices"
	"strings"
)

// Monitor is the number of an epoch that tells the best one. Empty looks for
// none.
type Monitor string

// monitors are the numbers that there are, as in the log.
var monitors = map[Monitor]func(e *Epoch) *float64{
	"loss":         func(e *Epoch) *float64 { return e.Loss },
	"val_loss":     func(e *Epoch) *float64 { return e.ValidLoss },
	"val_accuracy": func(e *Epoch) *float64 { return e.ValidAccuracy },
}

// of returns the number of an epoch, nil if it has none.
func (m Monitor) of(e *Epoch) *float64 {
	if read := monitors[m]; read != nil {
		return read(e)
	}
	return nil
}

// validates reports whether the number is one of the samples held back.
func (m Monitor) validates() bool { return strings.HasPrefix(string(m), "val_") }

// The weights that --out gets.
const (
	KeepBest = "best" // of the best epoch
	KeepLast = "last"
)

// monitor fills in what is monitored and kept, and refuses what cannot be.
func (o *TrainOptions) monitor(shape *Shape) error {
	held := o.Fraction > 0 || o.Valid.Data != ""
	switch {
	case o.Patience < 0:
		return OptionErrorf("--patience must be at least 1, got %d", o.Patience)
	case o.Keep != "" && o.Keep != KeepBest && o.Keep != KeepLast:
		return OptionErrorf("--keep must be best or last, got %q", o.Keep)
	case o.Monitor != "" && monitors[o.Monitor] == nil:
		return OptionErrorf("--monitor must be val_loss, val_accuracy or loss, got %q", string(o.Monitor))
	case o.Monitor != "" && o.Patience == 0 && o.Keep != KeepBest:
		return OptionErrorf("--monitor says what --patience and --keep best go by; neither is given")
	case o.Monitor.validates() && !held:
		return OptionErrorf("--monitor %s needs samples held back; --validation 0.2 holds back a fifth", o.Monitor)
	case o.Monitor == "val_accuracy" && !slices.ContainsFunc(shape.Outputs, Output.classifies):
		return OptionErrorf("--monitor val_accuracy needs a classifier; this network has only a loss")
	}
	if o.Keep == "" {
		o.Keep = KeepLast
		if o.Patience > 0 {
			o.Keep = KeepBest
		}
	}
	if o.Monitor == "" && (o.Patience > 0 || o.Keep == KeepBest) {
		o.Monitor = "loss"
		if held {
			o.Monitor = "val_loss"
		}
	}
	return nil
}

// follow fits the search for the best epoch in a checkpoint to what is
// monitored now: it begins here, goes on or ends.
func (t *training) follow(c *checkpoint) {
	if c.Monitor == t.Monitor {
		return
	}
	name := func(m Monitor) Monitor {
		if m == "" {
			return "none"
		}
		return m
	}
	t.flags = append(t.flags, "--monitor: "+string(name(c.Monitor))+" → "+string(name(t.Monitor)))
	c.Monitor, c.Best, c.best = t.Monitor, nil, nil
	if c.BestEpoch = 0; t.Monitor != "" {
		c.BestEpoch = c.Epoch
	}
}

// kept are the weights that --out gets.
func (t *training) kept() []byte {
	if t.Keep == KeepBest && t.now.Best != nil {
		return t.now.best
	}
	return t.now.weights
}

// waited reports whether patience has ended at some point.
func (t *training) waited(p progress) bool {
	return t.Patience > 0 && p.Epoch-p.BestEpoch >= t.Patience
}

// setBest notes in the report which epoch is the best, and whether the training
// ended before its time.
func (t *training) setBest() {
	r := t.report
	r.Epochs, r.Monitor, r.Patience, r.Kept, r.Best = t.now.Epoch, t.Monitor, t.Patience, t.Keep, t.now.Best
	r.Stopped = t.now.Epoch < t.Epochs && t.waited(t.now.progress)
}

// classifies reports whether the accuracy of the output is reported.
func (o Output) classifies() bool {
	return o.Target != nil && (o.Kind == KindClasses || o.Kind == KindBinary)
}
