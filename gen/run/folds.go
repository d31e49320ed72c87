package run

import (
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/plural"
)

// FoldsReport is the result of a cross-validation: of every fold, and over all.
type FoldsReport struct {
	Network string       `json:"network"`
	Samples int          `json:"samples"`
	Folds   []FoldReport `json:"folds"`
	Metrics []FoldMetric `json:"metrics"`
}

// FoldReport is how good the network is on the samples of a fold, trained on all
// others.
type FoldReport struct {
	Samples int `json:"samples"`
	EvalReport
}

// FoldMetric is a number of every fold: its mean, and its standard deviation
// from it, Σ(v − mean)²/(K − 1) under a root. They are null where a fold has none.
type FoldMetric struct {
	Name      string     `json:"name"`
	Mean      *float64   `json:"mean"`
	Deviation *float64   `json:"deviation"`
	Values    []*float64 `json:"values"`
}

// fold is one of several parts of the data, which is held back.
type fold struct {
	number, of int // from 0
	held       *dataset.Samples
	report     EvalReport
}

// CrossValidate trains a network several times, each time without one fold of the
// data, and evaluates it on that. Nothing is saved. done is told of every fold.
func (c *Compiler) CrossValidate(ctx context.Context, net *spec.Network, o TrainOptions, folds int, done func(number int, r FoldReport)) (*FoldsReport, error) {
	switch {
	case folds < 2:
		return nil, OptionErrorf("--folds must be at least 2, got %d", folds)
	case o.Patience > 0 || o.Monitor != "" || o.Keep != "":
		return nil, OptionErrorf("--folds judges by the samples held back, so they must not choose an epoch: --patience, --monitor and --keep do not go with it")
	case o.Fraction != 0 || o.Valid.Data != "" || o.Out != "" || o.Resume:
		return nil, OptionErrorf("--folds holds back one fold after the other and saves nothing: --validation, --out and --resume do not go with it")
	}
	r := &FoldsReport{Network: net.Name}
	for i := range folds {
		o.fold = &fold{number: i, of: folds}
		t, err := c.Train(ctx, net, o)
		if err != nil {
			return nil, err
		}
		f := FoldReport{Samples: t.Valid, EvalReport: o.fold.report}
		f.EvalReport.Samples = t.Valid
		r.Samples += t.Valid
		r.Folds = append(r.Folds, f)
		if done != nil {
			done(i+1, f)
		}
	}
	r.summarise()
	return r, nil
}

// split chooses the samples of the fold: every so many-th of a random order by
// the seed, class by class if classes are given.
func (f *fold) split(n int, classes []int, seed uint64) (train, held []int32, err error) {
	if f.of > n {
		return nil, nil, &dataset.Error{Msg: fmt.Sprintf("%s are too few for %d folds", plural.Of(n, "sample"), f.of)}
	}
	order := make([]int32, n)
	nnrt.Permutation(order, seed, nnrt.PurposeSplit, 0)
	if classes != nil {
		slices.SortStableFunc(order, func(a, b int32) int { return classes[a] - classes[b] })
	}
	for i, r := range order {
		if i%f.of == f.number {
			held = append(held, r)
		} else {
			train = append(train, r)
		}
	}
	slices.Sort(train)
	slices.Sort(held)
	return train, held, nil
}

// rowsOf returns rows of ports.
func rowsOf(data [][]float64, ports []dataset.Port, rows []int32) [][]float64 {
	out := make([][]float64, len(ports))
	for i, p := range ports {
		for _, r := range rows {
			n := p.Width()
			out[i] = append(out[i], data[i][int(r)*n:(int(r)+1)*n]...)
		}
	}
	return out
}

// judge evaluates what was trained on the samples of the fold.
func (t *training) judge(ctx context.Context, b *Binary) error {
	r := &t.fold.report
	j := job{Command: "eval", Data: t.job.Valid, Samples: t.job.ValidCount, Weights: t.job.Out, Predictions: filepath.Join(filepath.Dir(t.job.Out), "outputs")}
	err := b.process(ctx, j, t.Talk, func(e event) {
		if e.Event == "done" {
			r.Loss, r.Note = e.Loss, e.Message
		}
	})
	if err != nil {
		return err
	}
	outputs, err := readOutputs(j.Predictions, t.shape, t.job.ValidCount)
	if err != nil {
		return err
	}
	r.judge(t.shape, outputs, t.fold.held)
	return nil
}

// summarise takes means and deviations.
func (r *FoldsReport) summarise() {
	add := func(name string, of func(f *FoldReport) *float64) {
		m := FoldMetric{Name: name}
		for i := range r.Folds {
			m.Values = append(m.Values, of(&r.Folds[i]))
		}
		if slices.ContainsFunc(m.Values, func(v *float64) bool { return v != nil }) {
			m.Mean, m.Deviation = spread(m.Values)
			r.Metrics = append(r.Metrics, m)
		}
	}
	add("loss", func(f *FoldReport) *float64 { return f.Loss })
	for i, o := range r.Folds[0].Outputs {
		prefix := ""
		if len(r.Folds[0].Outputs) > 1 {
			prefix = o.Name + " "
		}
		for _, m := range foldMetrics {
			add(prefix+m.name, func(f *FoldReport) *float64 { return m.of(&f.Outputs[i]) })
		}
	}
}

// foldMetrics are the metrics of an output that are summarised.
var foldMetrics = []struct {
	name string
	of   func(m *OutputMetrics) *float64
}{
	{"accuracy", func(m *OutputMetrics) *float64 { return m.Accuracy }},
	{"mean accuracy", func(m *OutputMetrics) *float64 { return m.MeanAccuracy }},
	{"F1", func(m *OutputMetrics) *float64 { return m.F1 }},
	{"ROC-AUC", func(m *OutputMetrics) *float64 { return m.AUC }},
	{"MAE", func(m *OutputMetrics) *float64 { return m.MAE }},
	{"MSE", func(m *OutputMetrics) *float64 { return m.MSE }},
	{"RMSE", func(m *OutputMetrics) *float64 { return m.RMSE }},
	{"R²", func(m *OutputMetrics) *float64 { return m.R2 }},
}

// spread returns the mean of numbers and their deviation from it, nil where one
// is missing.
func spread(v []*float64) (mean, deviation *float64) {
	if slices.Contains(v, nil) {
		return nil, nil
	}
	m, d := 0.0, 0.0
	for _, x := range v {
		m += *x / float64(len(v))
	}
	for _, x := range v {
		d += (*x - m) * (*x - m) / float64(len(v)-1)
	}
	d = math.Sqrt(d)
	return &m, &d
}

// WriteText writes a line for each fold, and the means.
func (r *FoldsReport) WriteText(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(first, second string, cell func(m FoldMetric) string) {
		fmt.Fprintf(out, "%s\t%s", first, second)
		for _, m := range r.Metrics {
			fmt.Fprintf(out, "\t%s", cell(m))
		}
		fmt.Fprintln(out)
	}
	row("fold", "samples", func(m FoldMetric) string { return m.Name })
	for i, f := range r.Folds {
		row(fmt.Sprint(i+1), fmt.Sprint(f.Samples), func(m FoldMetric) string { return orDash(m.Values[i], "%.5g") })
	}
	row("mean", "", func(m FoldMetric) string { return orDash(m.Mean, "%.5g") })
	row("deviation", "", func(m FoldMetric) string { return orDash(m.Deviation, "%.5g") })
	return out.Flush()
}
