package run

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/nngen-go/nngen/spec/plural"
)

// Line returns the progress after an epoch as a line.
func (e Epoch) Line() string {
	width := len(strconv.Itoa(e.Epochs))
	var b strings.Builder
	fmt.Fprintf(&b, "epoch %*d/%d", width, e.Epoch, e.Epochs)
	if e.Loss != nil {
		fmt.Fprintf(&b, "  loss %-9.5g", *e.Loss)
	}
	if e.ValidLoss != nil {
		fmt.Fprintf(&b, "  validation loss %-9.5g", *e.ValidLoss)
	}
	if e.ValidAccuracy != nil {
		fmt.Fprintf(&b, "  accuracy %s", percent(*e.ValidAccuracy))
	}
	fmt.Fprintf(&b, "  %s samples/s", Short(e.SamplesPerSecond))
	if e.Note != "" {
		fmt.Fprintf(&b, "  warning: %s", e.Note)
	}
	return b.String()
}

// WriteText writes the result of a training.
func (r *TrainReport) WriteText(w io.Writer) {
	row := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-12s %s\n", name, fmt.Sprintf(format, args...))
	}
	e := &r.Last
	if r.Kept == KeepBest && r.Best != nil {
		e = r.Best
		row("kept", "the weights of epoch %d, whose %s is the best", e.Epoch, r.Monitor)
	}
	if r.Stopped {
		row("stopped", "after epoch %d: no better %s for %s", r.Epochs, r.Monitor, plural.Of(r.Patience, "epoch"))
	}
	if e.Loss != nil {
		row("loss", "%.6g", *e.Loss)
	}
	if e.ValidLoss != nil {
		row("validation", "loss %.6g over %s held back", *e.ValidLoss, plural.Of(r.Valid, "sample"))
	}
	if e.Note != "" {
		row("warning", "%s", e.Note)
	}
	if a := e.ValidAccuracy; a != nil {
		n, what := r.Valid, "samples"
		if e.ValidPlaces > 0 {
			n, what = e.ValidPlaces, "classes"
		}
		row("accuracy", "%s (%d of %d %s held back)", percent(*a), int(*a*float64(n)+0.5), n, what)
	}
	if r.Nanos > 0 {
		row("inference", "%s per sample", duration(r.Nanos))
	}
	if r.Allocs != nil {
		row("memory", "%d allocs/op", *r.Allocs)
	}
	if r.Out != "" {
		row("weights", "%s (%s)", r.Out, plural.Of(r.Params, "parameter"))
	} else {
		row("weights", "not saved; --out FILE saves them")
	}
}

// WriteText writes the result of an evaluation.
func (r *EvalReport) WriteText(w io.Writer) {
	fmt.Fprintf(w, "%-9s %d\n", "samples", r.Samples)
	if r.Loss != nil {
		fmt.Fprintf(w, "%-9s %.6g\n", "loss", *r.Loss)
	}
	if r.Note != "" {
		fmt.Fprintf(w, "%-9s %s\n", "warning", r.Note)
	}
	for i := range r.Outputs {
		r.Outputs[i].writeText(w, len(r.Outputs) > 1)
	}
	if r.Weights != nil {
		fmt.Fprintln(w)
		r.Weights.WriteText(w)
	}
}

func (m *OutputMetrics) writeText(w io.Writer, several bool) {
	if several {
		fmt.Fprintf(w, "\noutput %s\n", m.Name)
	}
	row := func(name string, v *float64) {
		if v != nil {
			fmt.Fprintf(w, "%-9s %.6g\n", name, *v)
		}
	}
	row("MAE", m.MAE)
	row("MSE", m.MSE)
	row("RMSE", m.RMSE)
	row("R²", m.R2)
	if m.NonFinite > 0 {
		fmt.Fprintf(w, "warning: %s with an output that is NaN or infinite\n", plural.Of(m.NonFinite, "sample"))
	}
	m.writeElements(w)
	if m.MeanAccuracy != nil {
		fmt.Fprintf(w, "%-9s %s\n", "accuracy", percent(*m.MeanAccuracy))
	}
	if m.Accuracy != nil {
		n := 0
		for _, l := range m.PerLabel {
			n += l.Samples
		}
		fmt.Fprintf(w, "%-9s %s (%d of %d)\n", "accuracy", percent(*m.Accuracy), m.Right, n)
	}
	row("F1", m.F1)
	row("ROC-AUC", m.AUC)
	m.writeLabels(w)
	m.writeConfusion(w)
}

// orDash writes a number that may not be defined.
func orDash(v *float64, format string) string {
	if v == nil {
		return "–"
	}
	return fmt.Sprintf(format, *v)
}

// writeElements writes a line per element.
func (m *OutputMetrics) writeElements(w io.Writer) {
	if m.PerElement == nil || len(m.PerElement) > maxRows {
		return
	}
	fmt.Fprintf(w, "\n%-9s  %10s  %10s  %s\n", "element", "MAE", "MSE", "R²")
	for i, e := range m.PerElement {
		label := strconv.Itoa(i)
		if i < len(m.Labels) {
			label = clip(m.Labels[i], 9)
		}
		fmt.Fprintf(w, "%-9s  %10s  %10s  %s\n", label, orDash(e.MAE, "%.4g"), orDash(e.MSE, "%.4g"), orDash(e.R2, "%.4f"))
	}
}

// writeLabels writes a line per class or label.
func (m *OutputMetrics) writeLabels(w io.Writer) {
	if len(m.PerLabel) == 0 {
		return
	}
	answers, head := m.Confusion == nil, "class"
	if !answers && len(m.PerLabel) > maxRows {
		return
	}
	if answers {
		head = "output"
	}
	width := len(head)
	for _, l := range m.PerLabel {
		width = max(width, len([]rune(clip(l.Label, 32))))
	}
	line := func(label, precision, recall, f1, samples, accuracy, auc string) {
		fmt.Fprintf(w, "%-*s  %9s  %6s  %6s  %7s", width, label, precision, recall, f1, samples)
		if answers {
			fmt.Fprintf(w, "  %9s  %7s", accuracy, auc)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
	line(head, "precision", "recall", "F1", "samples", "accuracy", "ROC-AUC")
	for _, l := range m.PerLabel {
		line(clip(l.Label, 32), orDash(l.Precision, "%.4f"), orDash(l.Recall, "%.4f"), orDash(l.F1, "%.4f"),
			strconv.Itoa(l.Samples), orDash(l.Accuracy, "%.4f"), orDash(l.AUC, "%.4f"))
	}
}

// maxRows is the most classes, or elements, that are printed as text one by one.
const maxRows = 32

// writeConfusion writes the confusion matrix.
func (m *OutputMetrics) writeConfusion(w io.Writer) {
	if len(m.Confusion) == 0 || len(m.Confusion) > maxRows {
		return
	}
	label := func(i int) string {
		if i < len(m.Labels) {
			return clip(m.Labels[i], 16)
		}
		return strconv.Itoa(i)
	}
	width := 1
	for i, counts := range m.Confusion {
		width = max(width, len([]rune(label(i))))
		for _, c := range counts {
			width = max(width, len(strconv.Itoa(c)))
		}
	}
	fmt.Fprintf(w, "\nconfusion: true class by row, predicted class by column\n%*s ", width, "")
	for i := range m.Confusion {
		fmt.Fprintf(w, " %*s", width, label(i))
	}
	fmt.Fprintln(w)
	for i, counts := range m.Confusion {
		fmt.Fprintf(w, "%*s ", width, label(i))
		for _, c := range counts {
			cell := "·"
			if c > 0 {
				cell = strconv.Itoa(c)
			}
			fmt.Fprintf(w, " %*s", width, cell)
		}
		fmt.Fprintln(w)
	}
}

// WriteText writes how sparse the weights are.
func (s *WeightStats) WriteText(w io.Writer) {
	width := len("tensor")
	for _, t := range s.Tensors {
		width = max(width, len(t.Name))
	}
	fmt.Fprintf(w, "%-*s  %12s  %s\n", width, "tensor", "elements", "exactly zero")
	for _, t := range s.Tensors {
		fmt.Fprintf(w, "%-*s  %12d  %d (%s)\n", width, t.Name, t.Elements, t.Zeros, percent(share(t.Zeros, t.Elements)))
	}
	for _, warning := range s.Warnings() {
		fmt.Fprintf(w, "warning: %s\n", warning)
	}
	for _, u := range s.Unused {
		fmt.Fprintf(w, "%d of %d elements of input %s have no effect: %s\n", len(u.Elements), u.Size, u.Input, list(u.Elements, 20))
	}
}

func share(part, whole int) float64 { return float64(part) / float64(max(1, whole)) }

// list writes at most most numbers.
func list(v []int, most int) string {
	var parts []string
	for i, e := range v {
		if i == most {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, strconv.Itoa(e))
	}
	return strings.Join(parts, ", ")
}

// percent writes a share.
func percent(share float64) string { return fmt.Sprintf("%.2f %%", 100*share) }

// Short writes a large number with few digits.
func Short(v float64) string {
	for _, u := range []struct {
		unit  string
		value float64
	}{{"G", 1e9}, {"M", 1e6}, {"k", 1e3}} {
		if v >= u.value {
			return fmt.Sprintf("%.3g %s", v/u.value, u.unit)
		}
	}
	return fmt.Sprintf("%.3g", v)
}

// duration writes nanoseconds.
func duration(ns float64) string {
	switch {
	case ns >= 1e6:
		return fmt.Sprintf("%.3g ms", ns/1e6)
	case ns >= 1e4:
		return fmt.Sprintf("%.3g µs", ns/1e3)
	}
	return fmt.Sprintf("%.0f ns", ns)
}

// clip shortens text to n runes.
func clip(s string, n int) string {
	r := []rune(s)
	if len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
