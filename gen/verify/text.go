package verify

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/nngen-go/nngen/spec/plural"
)

// WriteText writes the report as tables.
func (r *Report) WriteText(w io.Writer) {
	fmt.Fprintf(w, "%s: %s, %s mode, seed %d\n", r.Name, r.DType, r.Mode, r.Seed)
	fmt.Fprintf(w, "%s each of parameters %s", plural.Of(r.Samples, "sample"), strings.Join(r.Parameters, ", "))
	if r.Steps > 0 {
		fmt.Fprintf(w, "; %d training steps", r.Steps)
	}
	fmt.Fprintln(w)
	for _, p := range r.Paths {
		r.writePath(w, p)
	}
	r.writeErrors(w)
	if r.Storage != nil {
		r.Storage.writeText(w)
	}
	r.writeGradients(w)
	fmt.Fprintf(w, "\ntests of the generated package: %d passed, %d skipped, %d failed\n", r.Tests.Passed, r.Tests.Skipped, r.Tests.Failed)
	if r.Tests.Output != "" {
		fmt.Fprintln(w, strings.TrimSpace(r.Tests.Output))
	}
	if r.OK {
		fmt.Fprintln(w, "\nverified")
		return
	}
	fmt.Fprintln(w, "\nNOT verified:")
	for _, f := range r.Failures {
		fmt.Fprintf(w, "  %s\n", f)
	}
}

func (r *Report) writePath(w io.Writer, p PathReport) {
	fmt.Fprintf(w, "\npath %s against the oracle\n", p.Path)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range p.Checks {
		result := "equal, bit for bit"
		if c.Name == CheckGrad64 || c.Name == CheckStep64 || strings.HasPrefix(c.Name, "reference") {
			result = "within tolerance"
		}
		if c.Mismatches > 0 {
			result = "MISMATCH " + c.First
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\n", c.Name, plural.Of(c.Compared, "number"), result)
	}
	t.Flush()
	writeReferences(w, p.References)
	if r.IllConditioned > 0 {
		fmt.Fprintf(w, "  some gradients of %d ill-conditioned steps differ from float64\n", r.IllConditioned)
	}
}

// writeReferences writes the errors against references.
func writeReferences(w io.Writer, references []ReferenceErrors) {
	if len(references) == 0 {
		return
	}
	fmt.Fprintln(w, "  largest errors against the references")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "  \tabsolute\trelative\tULP\t")
	var names []string
	for _, r := range references {
		for _, o := range r.Outputs {
			names = append(names, "  "+r.Reference+" "+o.Output)
		}
	}
	pad(names)
	for _, r := range references {
		for _, o := range r.Outputs {
			fmt.Fprintf(t, "  %s\t%.2g\t%.2g\t%.3g\t\n", names[0], o.Absolute, o.Relative, o.ULP)
			names = names[1:]
		}
	}
	t.Flush()
}

// writeErrors writes the errors against float64.
func (r *Report) writeErrors(w io.Writer) {
	fmt.Fprintln(w, "\nlargest errors against float64")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tabsolute\trelative\tULP\tof bound\t")
	names := make([]string, 0, len(r.Layers)+len(r.Outputs))
	for _, l := range r.Layers {
		names = append(names, strings.TrimSuffix(l.Layer+" "+l.Value, " "+l.Layer))
	}
	for _, o := range r.Outputs {
		names = append(names, "output "+o.Output)
	}
	pad(names)
	for i, l := range r.Layers {
		bound := ""
		if l.Bound != nil {
			bound = fmt.Sprintf("%.1f %%", 100**l.Bound)
		}
		writeStats(t, names[i], l.ErrorStats, bound)
	}
	for i, o := range r.Outputs {
		writeStats(t, names[len(r.Layers)+i], o.ErrorStats, "")
	}
	t.Flush()
	for _, o := range r.Outputs {
		if o.NonFinite > 0 {
			fmt.Fprintf(w, "  output %s: %d numbers are finite in float64 or %s only\n", o.Output, o.NonFinite, r.DType)
		}
	}
}

func writeStats(w io.Writer, name string, e ErrorStats, bound string) {
	fmt.Fprintf(w, "  %s\t%.2g\t%.2g\t%.3g\t%s\t\n", name, e.Absolute, e.Relative, e.ULP, bound)
}

// pad makes names equally long, so that they stand at the left of columns of
// numbers.
func pad(names []string) {
	longest := 0
	for _, n := range names {
		longest = max(longest, utf8.RuneCountInString(n))
	}
	for i, n := range names {
		names[i] = n + strings.Repeat(" ", longest-utf8.RuneCountInString(n))
	}
}

func (r *Report) writeGradients(w io.Writer) {
	if len(r.Gradients) == 0 {
		fmt.Fprintf(w, "\nno gradient check: %s\n", r.GradientNote)
		return
	}
	fmt.Fprintln(w, "\ngradients against differences of the float64 loss, relative to the largest")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tchecked\tnear a kink\tfloat64\tgenerated\t")
	names := make([]string, len(r.Gradients))
	for i, g := range r.Gradients {
		names[i] = g.Parameter
	}
	pad(names)
	for i, g := range r.Gradients {
		fmt.Fprintf(t, "  %s\t%d\t%d\t%.2g\t%.2g\t\n", names[i], g.Checked, g.Kinks, g.Differences, g.Generated)
	}
	t.Flush()
}
