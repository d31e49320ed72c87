package main

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/spec"
	"github.com/spf13/cobra"
)

func checkCommand() *cobra.Command {
	var asJSON bool
	var data dataFlags
	var weights string
	cmd := &cobra.Command{
		Use:   "check SPEC…",
		Short: "Check specs, and what would be read of data, without doing anything",
		Long: `Check specs without generating anything. With --data, read the samples as train does,
or with --weights as eval does, and print what was read: how the file is written, the
columns with their types and ranges, the first rows, the number of samples by class.`,
		Example: "  nngen check digits.yaml --data digits.csv.gz",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := needData(cmd, "weights"); err != nil {
				return err
			}
			if data.Data != "" && len(args) > 1 {
				return usageErrorf("--data goes with one spec, not with %d", len(args))
			}
			var net *spec.Network // the last one
			var notes strings.Builder
			err := eachSpec(args, func(path string, n *spec.Network) error {
				net = n
				noteMachine(&notes, path, n, runtime.GOARCH)
				if data.Data != "" { // which the weights to embed are to be trained on
					local := *n
					local.Codegen.Embed = ""
					n = &local
				}
				return gen.Check(n)
			})
			if err != nil {
				return err
			}
			if data.Data != "" {
				return checkData(cmd, net, data.Source, weights, asJSON)
			}
			if asJSON {
				return nil
			}
			for _, path := range args {
				fmt.Fprintf(cmd.ErrOrStderr(), "%s: ok\n", path)
			}
			fmt.Fprint(cmd.ErrOrStderr(), &notes)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the errors as JSON, one per line, and what was read as JSON")
	cmd.Flags().StringVar(&weights, "weights", "", "`FILE` of weights whose columns to look for in the data")
	data.add(cmd)
	return cmd
}

// checkData reads samples and prints what was read.
func checkData(cmd *cobra.Command, net *spec.Network, source dataset.Source, weights string, asJSON bool) error {
	if err := checkWeights(weights); err != nil {
		return err
	}
	c, err := compiler(cmd.ErrOrStderr(), "")
	if err != nil {
		return err
	}
	report, err := c.CheckData(net, source, weights)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(cmd.OutOrStdout(), report)
	}
	return report.WriteText(cmd.OutOrStdout())
}
