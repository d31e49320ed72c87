package main

import (
	"fmt"
	"io"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/inspect"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/run"
	"github.com/nngen-go/nngen/spec"
	"github.com/spf13/cobra"
)

func inspectCommand() *cobra.Command {
	var format, weights string
	var planned, program bool
	cmd := &cobra.Command{
		Use:   "inspect SPEC",
		Short: "Show layers, shapes, parameters, multiply-adds, bytes and the plan",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "text" && format != "json" || format == "json" && (planned || program) {
				return usageErrorf("--format must be text or, without --plan and --ir, json; got %q", format)
			}
			net, err := gen.Load(args[0])
			if err != nil {
				return err
			}
			if err := checkWeights(weights); err != nil {
				return err
			}
			p, err := gen.Plan(net, gen.Options{})
			switch {
			case err != nil:
			case program:
				_, err = fmt.Fprint(cmd.OutOrStdout(), p.Prog)
			case planned:
				_, err = fmt.Fprint(cmd.OutOrStdout(), p, calls.Describe(p))
			default:
				err = describe(cmd.OutOrStdout(), net, p, weights, format)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "`text` or json")
	cmd.Flags().BoolVar(&planned, "plan", false, "print the plan instead: memory, steps, what is fused, the calls of every instruction set")
	cmd.Flags().BoolVar(&program, "ir", false, "print the program instead: the operations of inference, training and update")
	cmd.Flags().StringVar(&weights, "weights", "", "`FILE` of weights, to show how sparse they are")
	cmd.MarkFlagsMutuallyExclusive("plan", "ir", "weights")
	return cmd
}

// describe prints the description of a network, with statistics of a weight
// file if one is named.
func describe(w io.Writer, net *spec.Network, p *plan.Plan, weights, format string) error {
	report := inspect.New(net, p)
	if weights != "" {
		var err error
		if report.Weights, err = run.ReadWeightStats(net, run.Describe(net, p.Prog), weights); err != nil {
			return err
		}
	}
	if format == "json" {
		return printJSON(w, report)
	}
	report.WriteText(w)
	return nil
}
