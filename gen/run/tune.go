package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"math/bits"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/nngen-go/nngen/spec"
)

// TuneOptions say where to look for a learning rate and a batch.
type TuneOptions struct {
	TrainOptions     // Epochs are those of the last round
	Trials       int // in the first round
	// Tried is called after each training.
	Tried func(Trial)
}

// Trial is a learning rate and a batch, and what they led to.
type Trial struct {
	LearningRate float64 `json:"learning_rate"`
	Batch        int     `json:"batch"`
	Epochs       int     `json:"epochs"`
	// ValidLoss is null where the training diverged.
	ValidLoss     *float64 `json:"val_loss"`
	ValidAccuracy *float64 `json:"val_accuracy,omitempty"`
	Spec          bool     `json:"spec,omitempty"` // as the spec has it
	out           string
}

// TuneReport lists the trials, the best first.
type TuneReport struct {
	Network string  `json:"network"`
	Trials  []Trial `json:"trials"`
}

// Best is the best trial.
func (r *TuneReport) Best() Trial { return r.Trials[0] }

// largestTuned is the largest batch that is tried, unless the spec has more.
const largestTuned = 256

// rateSpan is how far from the spec's learning rate others are tried, as a
// factor and a divisor.
const rateSpan = 32

// Tune searches for a learning rate and a batch by successive halving: all
// trials are trained for a few epochs, the better half for twice as many, and so
// on. The first trial is what the spec says. The same seed gives the same
// trials.
func (c *Compiler) Tune(ctx context.Context, net *spec.Network, o TuneOptions) (*TuneReport, error) {
	if err := o.check(net); err != nil {
		return nil, err
	}
	dir, remove, err := workDir()
	if err != nil {
		return nil, err
	}
	defer remove()
	local := *net
	local.Codegen.Batch = max(largestTuned, net.Codegen.Batch)
	trials := o.draw(net)
	for i := range trials {
		trials[i].out = filepath.Join(dir, strconv.Itoa(i))
	}
	rounds := o.rounds()
	for round := range rounds {
		epochs := max(round+1, o.Epochs>>(rounds-1-round))
		n := max(2, (o.Trials+1<<round-1)>>round)
		for i := range trials[:n] {
			if err := c.try(ctx, &local, &o, &trials[i], epochs); err != nil {
				return nil, err
			}
			o.Tried(trials[i])
		}
		slices.SortStableFunc(trials[:n], func(a, b Trial) int { return cmp.Compare(a.score(), b.score()) })
	}
	if trials[0].ValidLoss == nil {
		return nil, &DivergedError{fmt.Sprintf("every trial diverged, with learning rates down to %g; write a smaller one in the spec, from which others are tried", lowest(trials))}
	}
	return &TuneReport{net.Name, trials}, nil
}

func lowest(trials []Trial) float64 {
	return slices.MinFunc(trials, func(a, b Trial) int { return cmp.Compare(a.LearningRate, b.LearningRate) }).LearningRate
}

// check refuses options that cannot be meant.
func (o *TuneOptions) check(net *spec.Network) error {
	switch {
	case o.Trials < 2:
		return OptionErrorf("--trials must be at least 2, got %d", o.Trials)
	case o.Epochs < o.rounds():
		return OptionErrorf("--epochs must be at least %d, one for each round of %d trials, got %d", o.rounds(), o.Trials, o.Epochs)
	case o.Fraction == 0 && o.Valid.Data == "":
		return OptionErrorf("--validation must be above 0, or a file: the trials are compared on samples that they were not trained on")
	case net.Optimizer.Args["learning_rate"].Value == nil:
		return OptionErrorf("the optimizer %s has no learning rate to tune", net.Optimizer.Name)
	}
	return o.TrainOptions.check(net)
}

// rounds is how often trials are halved until two are left, and one.
func (o *TuneOptions) rounds() int { return bits.Len(uint(o.Trials - 1)) }

// draw makes the trials: rates of two digits, evenly spread over the logarithm
// around the spec's, and powers of two as batches.
func (o *TuneOptions) draw(net *spec.Network) []Trial {
	rate := net.Optimizer.Args.Float("learning_rate")
	trials := []Trial{{LearningRate: rate, Batch: net.Codegen.Batch, Spec: true}}
	var batches []int
	for b := 8; b <= largestTuned; b *= 2 {
		batches = append(batches, b)
	}
	rng := rand.New(rand.NewPCG(o.Seed, 0))
	for i := 1; i < o.Trials; i++ {
		at := (float64(i-1) + rng.Float64()) / float64(o.Trials-1) // one in each part of the span
		r := rate / rateSpan * math.Pow(rateSpan*rateSpan, at)
		r, _ = strconv.ParseFloat(strconv.FormatFloat(r, 'e', 1, 64), 64)
		trials = append(trials, Trial{LearningRate: r, Batch: batches[rng.IntN(len(batches))]})
	}
	return trials
}

// try trains on, up to a number of epochs.
func (c *Compiler) try(ctx context.Context, net *spec.Network, o *TuneOptions, t *Trial, epochs int) error {
	if t.Epochs > 0 && t.ValidLoss == nil {
		return nil // it diverged
	}
	options := o.TrainOptions
	options.Rate, options.Batch, options.Epochs = t.LearningRate, t.Batch, epochs
	options.Out, options.Resume, options.Talk = t.out, t.Epochs > 0, io.Discard
	r, err := c.Train(ctx, net, options)
	var diverged *DivergedError
	switch {
	case errors.As(err, &diverged):
		t.Epochs, t.ValidLoss, t.ValidAccuracy = epochs, nil, nil
		return nil
	case err != nil:
		return err
	}
	t.Epochs, t.ValidLoss, t.ValidAccuracy = epochs, r.Last.ValidLoss, r.Last.ValidAccuracy
	return nil
}

// score is what a trial is judged by; less is better.
func (t *Trial) score() float64 {
	if t.ValidLoss == nil {
		return math.Inf(1)
	}
	return *t.ValidLoss
}

// Apply changes a network to what a trial had.
func (t *Trial) Apply(net *spec.Network) {
	args := maps.Clone(net.Optimizer.Args)
	arg := args["learning_rate"]
	arg.Value = t.LearningRate
	args["learning_rate"] = arg
	optimizer := *net.Optimizer
	optimizer.Args = args
	net.Optimizer, net.Codegen.Batch = &optimizer, t.Batch
}

// WriteText writes the trials as a table.
func (r *TuneReport) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "learning rate\tbatch\tepochs\tvalidation loss\taccuracy\t\n")
	for _, trial := range r.Trials {
		fmt.Fprintf(t, "%g\t%d\t%d\t%s\t%s\t", trial.LearningRate, trial.Batch, trial.Epochs, trial.lossText(), trial.accuracyText())
		if trial.Spec {
			fmt.Fprint(t, "  as in the spec")
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

func (t *Trial) lossText() string {
	if t.ValidLoss == nil {
		return "diverged"
	}
	return fmt.Sprintf("%.5g", *t.ValidLoss)
}

func (t *Trial) accuracyText() string {
	if t.ValidAccuracy == nil {
		return "–"
	}
	return fmt.Sprintf("%.2f %%", 100**t.ValidAccuracy)
}

// Line is a trial as a line of progress.
func (t Trial) Line() string {
	return fmt.Sprintf("learning rate %-8g batch %-4d %3d epochs: %s", t.LearningRate, t.Batch, t.Epochs, t.lossText())
}
