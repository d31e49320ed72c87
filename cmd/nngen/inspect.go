package main

import (
	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/inspect"
	"github.com/nngen-go/nngen/gen/run"
	"github.com/spf13/cobra"
)

func inspectCommand() *cobra.Command {
	var format, weights string
	var plan bool
	cmd := &cobra.Command{
		Use:   "inspect SPEC",
		Short: "Show layers, shapes, parameters, multiply-adds, bytes and the plan",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "text" && format != "json" || plan && format == "json" {
				return usageErrorf("--format must be text or, without --plan, json; got %q", format)
			}
			net, err := gen.Load(args[0])
			if err != nil {
				return err
			}
			p, err := gen.Plan(net, gen.Options{})
			if err != nil {
				return err
			}
			if plan {
				inspect.WritePlan(cmd.OutOrStdout(), p)
				return nil
			}
			report := inspect.New(net, p)
			if weights != "" {
				if report.Weights, err = run.ReadWeightStats(net, run.Describe(net, p.Prog), weights); err != nil {
					return err
				}
			}
			if format == "json" {
				return printJSON(cmd.OutOrStdout(), report)
			}
			report.WriteText(cmd.OutOrStdout())
			return nil
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "`text` or json")
	cmd.Flags().BoolVar(&plan, "plan", false, "print the plan instead: memory, steps, what is fused")
	cmd.Flags().StringVar(&weights, "weights", "", "`FILE` of weights, to show how sparse they are")
	return cmd
}
