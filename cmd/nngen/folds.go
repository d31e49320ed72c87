package main

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/run"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/plural"
	"github.com/spf13/cobra"
)

// crossValidate trains and judges fold by fold.
func crossValidate(cmd *cobra.Command, net *spec.Network, f *trainFlags) error {
	for _, name := range []string{"validation", "validation-targets", "out", "resume", "checkpoint-every", "generate", "log", "log-dir", "plot"} {
		if cmd.Flags().Changed(name) {
			return usageErrorf("--folds holds back one fold after the other and saves nothing but its report: --%s does not go with it", name)
		}
	}
	if err := checkWeights(f.options.Weights); err != nil {
		return err
	}
	stderr := cmd.ErrOrStderr()
	o := f.options
	o.Data, o.Talk = f.data.Source, stderr
	c, err := compiler(stderr, f.path)
	if err != nil {
		return err
	}
	report, err := c.CrossValidate(cmd.Context(), net, o, f.folds, func(number int, r run.FoldReport) {
		fmt.Fprintf(stderr, "fold %d/%d: %s held back\n", number, f.folds, plural.Of(r.Samples, "sample"))
	})
	if err != nil {
		return err
	}
	if f.json {
		return printJSON(cmd.OutOrStdout(), report)
	}
	return report.WriteText(cmd.OutOrStdout())
}
