package inspect

import (
	"fmt"
	"io"
	"strings"
)

// WriteText writes the report as tables.
func (r *Report) WriteText(w io.Writer) {
	fmt.Fprintf(w, "%s (package %s), %s, %s mode, batch %d\n", r.Name, r.Package, r.DType, r.Mode, r.Batch)
	if r.Doc != "" {
		fmt.Fprintln(w, strings.TrimSpace(r.Doc))
	}
	rows := [][]string{{"layer", "kind", "reads", "shape", "parameters", "bytes", "multiply-adds"}}
	for _, p := range r.Inputs {
		kind := "input"
		if p.Normalize {
			kind = "input, normalised"
		}
		rows = append(rows, []string{p.Name, kind, "", shape(p.Shape), "", "", ""})
	}
	for _, l := range r.Layers {
		kind := strings.TrimSpace(l.Kind + " " + l.Activation)
		if l.Connections > 0 {
			kind += fmt.Sprintf(", %.3g %% connected", 100*l.Connections)
		}
		rows = append(rows, []string{l.Name, kind, strings.Join(l.From, " "), shape(l.Shape), count(l.Parameters), count(l.Bytes), count(l.MultiplyAdds)})
	}
	for _, p := range r.Outputs {
		kind := strings.TrimSpace("output " + p.Loss)
		if p.Normalize {
			kind += ", normalised"
		}
		rows = append(rows, []string{p.Name, kind, p.From, shape(p.Shape), "", "", ""})
	}
	rows = append(rows, []string{"total", "", "", "", count(r.Parameters), count(r.Bytes.Net), count(r.MultiplyAdds)})
	fmt.Fprintln(w)
	table(w, rows)
	stored := ""
	if r.Storage != "" {
		stored = ", weights as " + r.Storage
	}
	fmt.Fprintf(w, "\n%d bytes of parameters in memory%s, %d in a weight file, %d of workspace, of which %d live at a time\n",
		r.Bytes.Net, stored, r.Bytes.File, r.Bytes.Workspace, r.Bytes.WorkspaceLeast)
	if r.Optimizer != "" {
		fmt.Fprintf(w, "trained by %s%s\n", r.Optimizer, states(r.States))
		fmt.Fprintf(w, "%d bytes of trainer for batches of %d, %d of them optimizer state\n", r.Bytes.Trainer, r.Batch, r.Bytes.States)
		if r.Bytes.Worker > 0 {
			fmt.Fprintf(w, "%d of them for the samples that go through it together, which every further worker has too\n", r.Bytes.Worker)
		}
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

// table writes columns, the last three aligned to the right.
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
			if i >= len(row)-3 {
				cell, pad = pad+cell, ""
			}
			b.WriteString(cell + pad + "  ")
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}
