package inspect

import (
	"fmt"
	"io"
	"strings"

	"github.com/nngen-go/nngen/gen/plan"
)

// WriteText writes the report as tables.
func (r *Report) WriteText(w io.Writer) {
	fmt.Fprintf(w, "%s (package %s), %s, %s mode, batch %d\n", r.Name, r.Package, r.DType, r.Mode, r.Batch)
	if r.Doc != "" {
		fmt.Fprintln(w, strings.TrimSpace(r.Doc))
	}
	rows := [][]string{{"layer", "kind", "reads", "shape", "parameters", "multiply-adds"}}
	for _, p := range r.Inputs {
		kind := "input"
		if p.Normalize {
			kind = "input, normalised"
		}
		rows = append(rows, []string{p.Name, kind, "", shape(p.Shape), "", ""})
	}
	for _, l := range r.Layers {
		kind := strings.TrimSpace(l.Kind + " " + l.Activation)
		if l.Connections > 0 {
			kind += fmt.Sprintf(", %.3g %% connected", 100*l.Connections)
		}
		rows = append(rows, []string{l.Name, kind, strings.Join(l.From, " "), shape(l.Shape), count(l.Parameters), count(l.MultiplyAdds)})
	}
	for _, p := range r.Outputs {
		rows = append(rows, []string{p.Name, strings.TrimSpace("output " + p.Loss), p.From, shape(p.Shape), "", ""})
	}
	rows = append(rows, []string{"total", "", "", "", count(r.Parameters), count(r.MultiplyAdds)})
	fmt.Fprintln(w)
	table(w, rows)
	fmt.Fprintf(w, "\n%d bytes of parameters in memory, %d in a weight file, %d of workspace\n", r.Bytes.Net, r.Bytes.File, r.Bytes.Workspace)
	if r.Optimizer != "" {
		fmt.Fprintf(w, "trained by %s%s\n", r.Optimizer, states(r.States))
	}
	if r.Weights != nil {
		fmt.Fprintln(w)
		r.Weights.WriteText(w)
	}
}

func states(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return ", which keeps " + strings.Join(names, " and ") + " per parameter"
}

// count leaves zeros out of a table.
func count(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func shape(dims []int) string { return strings.ReplaceAll(fmt.Sprint(dims), " ", "×") }

// table writes columns, the last two aligned to the right.
func table(w io.Writer, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	for _, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-len([]rune(cell)))
			if i >= len(row)-2 {
				cell, pad = pad+cell, ""
			}
			b.WriteString(cell + pad + "  ")
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}

// WritePlan writes a plan: where the parameters lie, and the steps of each
// phase with what is fused into them.
func WritePlan(w io.Writer, p *plan.Plan) {
	fmt.Fprintf(w, "arena, %d bytes\n", p.Net.Size)
	rows := [][]string{{"field", "tensor", "layout", "offset", "bytes"}}
	for _, f := range p.Net.Fields {
		rows = append(rows, []string{f.Name, f.Tensor.Value.Name, f.Tensor.Layout.String(), fmt.Sprint(f.Offset), fmt.Sprint(f.Size)})
	}
	table(w, rows)
	writePhase(w, "infer", p.Infer)
	if p.Train == nil {
		return
	}
	writeBatched(w, "gradients", p.Train.Gradients)
	writeBatched(w, "evaluate", p.Train.Evaluate)
	writePhase(w, "update", p.Train.Update)
	if p.Train.Penalty != nil {
		writePhase(w, "penalty", p.Train.Penalty)
	}
}

func writeBatched(w io.Writer, name string, b *plan.Batched) {
	writePhase(w, name+": once", b.Prepare)
	writePhase(w, name+": per sample", b.Sample)
	writePhase(w, name+": over the batch", b.Sums)
}

// writePhase writes the steps of a phase; one without steps is left out.
func writePhase(w io.Writer, name string, p *plan.Phase) {
	if len(p.Steps) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s", name)
	if len(p.Slots) > 0 {
		fmt.Fprintf(w, ", workspace %v", p.Slots)
	}
	fmt.Fprintln(w)
	for _, s := range p.Steps {
		var notes []string
		if s.Unrolled {
			notes = append(notes, "straight-line")
		}
		if s.Chains > 1 {
			notes = append(notes, fmt.Sprintf("%d chains", s.Chains))
		}
		note := ""
		if notes != nil {
			note = "  [" + strings.Join(notes, ", ") + "]"
		}
		fmt.Fprintf(w, "  %s%s\n", s.Op, note)
		for _, m := range s.Epilogue {
			fmt.Fprintf(w, "    fused %s\n", m)
		}
	}
}
