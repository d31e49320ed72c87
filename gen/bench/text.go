package bench

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// WriteText writes the report as tables.
func (r *Report) WriteText(w io.Writer) {
	fmt.Fprintf(w, "%s, %s, %s mode, %d multiply-adds, %d parameters (%d bytes), %s/%s %s\n", r.Network, r.DType, r.Mode,
		r.Cost.Forward, r.Cost.Parameters, r.Cost.Bytes, r.GOOS, r.GOARCH, r.GoVersion)
	if r.MaxBatch != r.SpecBatch {
		fmt.Fprintf(w, "generated for batches of %d, the spec says %d\n", r.MaxBatch, r.SpecBatch)
	}
	fmt.Fprintf(w, "%.1f %% of what layers read from layers is exactly zero\n", 100*r.Zeros)
	if r.NoTraining != "" {
		fmt.Fprintf(w, "training is not measured: %s\n", r.NoTraining)
	}
	for _, m := range []*Machine{r.Machine, r.AVX512} {
		if m != nil {
			m.writeText(w)
		}
	}
	if !probes(r.GOARCH) {
		fmt.Fprintf(w, "peak and bandwidth are not measured: there are no probes for %s\n", r.GOARCH)
	}
	fmt.Fprintln(w)
	r.writeResults(w)
}

func (m *Machine) writeText(w io.Writer) {
	fmt.Fprintf(w, "\n%s, one core: %.2f GHz, %.1f GFLOP/s (%.1f FLOP per cycle)\n", m.CPU, m.GHz, m.GFLOPs, m.FLOPsPerCycle)
	for i, name := range slices.Sorted(maps.Keys(m.Functions)) {
		between := ", "
		if i == 0 {
			between = "ns per element: "
		}
		fmt.Fprintf(w, "%s%s %.3f", between, name, m.Functions[name])
	}
	if len(m.Functions) > 0 {
		fmt.Fprintln(w)
	}
	rows := [3]string{"working set", "read GB/s", "update GB/s"}
	for _, b := range m.Bandwidth {
		rows[0] += "\t" + size(b.Bytes)
		rows[1] += fmt.Sprintf("\t%.0f", b.Read)
		rows[2] += fmt.Sprintf("\t%.0f", b.Update)
	}
	writeTable(w, rows[:])
}

// writeResults writes the measurements.
func (r *Report) writeResults(w io.Writer) {
	head := "mode\tbatch\tpath\tworkers\tns/call\tmin\tns/sample\tmin\tGFLOP/s"
	if r.Machine != nil || r.AVX512 != nil {
		head += "\tpeak\tbandwidth\tlimit\t×\t+activations\t×"
	}
	rows := []string{head + "\tallocs\tbytes"}
	for _, v := range r.Results {
		row := fmt.Sprintf("%s\t%d\t%s\t%d\t%s\t%s\t%s\t%s\t%.3g", v.Mode, v.Batch, v.Path, v.Workers,
			nanos(v.CallMedian), nanos(v.CallMin), nanos(v.SampleMedian), nanos(v.SampleMin), v.GFLOPs)
		if a := v.Against; a != nil {
			row += fmt.Sprintf("\t%.1f %%\t%.1f %%\t%s\t%.2f\t%s\t%.2f", 100*a.PeakShare, 100*a.BandwidthShare,
				nanos(a.Limit), a.TimesLimit, nanos(a.LimitAct), a.TimesLimitAct)
		}
		rows = append(rows, row+fmt.Sprintf("\t%d\t%d", v.Allocs, v.Bytes))
	}
	writeTable(w, rows)
	r.writeLatency(w)
	r.writeLayers(w)
	if r.Machine != nil || r.AVX512 != nil {
		fmt.Fprintln(w, "\nlimits are nanoseconds per sample, × how many times the minimum takes; + activations adds the functions as generated")
	}
}

// writeLatency writes the percentiles, where they were asked for.
func (r *Report) writeLatency(w io.Writer) {
	rows := []string{"\nns of a call\tbatch\tpath\tworkers\t50 %\t99 %\t99.9 %\t99.99 %\tmost"}
	for _, v := range r.Results {
		if l := v.Latency; l != nil {
			rows = append(rows, fmt.Sprintf("%s\t%d\t%s\t%d\t%d\t%d\t%d\t%d\t%d", v.Mode, v.Batch, v.Path, v.Workers, l.P50, l.P99, l.P999, l.P9999, l.Most))
		}
	}
	if len(rows) > 1 {
		writeTable(w, rows)
	}
}

// writeTable writes rows of cells, aligned to the right.
func writeTable(w io.Writer, rows []string) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, row := range rows {
		fmt.Fprintln(t, row+"\t")
	}
	t.Flush()
}

// nanos writes a time with three digits or all of them.
func nanos(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// size writes a number of bytes.
func size(n int) string {
	if n >= 1<<20 {
		return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/(1<<20)), ".0") + " MiB"
	}
	return fmt.Sprintf("%d KiB", n>>10)
}
