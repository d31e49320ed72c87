package main

import (
	"fmt"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/verify"
	"github.com/spf13/cobra"
)

func verifyCommand() *cobra.Command {
	var o verify.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify SPEC",
		Short: "Compare the generated code with the definition of the network",
		Long: `Generate and compile the package of a network and prove it: inference, loss,
gradients and training steps equal the oracle bit for bit, on random samples and
parameters; errors against float64, per layer; gradients against differences of
the loss; and the tests of the package itself.`,
		Example: "  nngen verify digits.yaml --weights digits.safetensors",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.Samples < 1 {
				return usageErrorf("--samples must be positive, got %d", o.Samples)
			}
			net, err := gen.Load(args[0])
			if err != nil {
				return err
			}
			if err := checkWeights(o.Weights); err != nil {
				return err
			}
			o.Compiler = compiler(cmd.ErrOrStderr())
			report, err := verify.Run(cmd.Context(), net, o)
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(cmd.OutOrStdout(), report)
			} else {
				report.WriteText(cmd.OutOrStdout())
			}
			if err == nil && !report.OK {
				err = fmt.Errorf("%w: %s", errMismatch, report.Failures[0])
			}
			return err
		},
	}
	cmd.Flags().StringVar(&o.Weights, "weights", "", "`FILE` of weights to verify with as well")
	cmd.Flags().IntVar(&o.Samples, "samples", 8, "`NUMBER` of samples per set of parameters")
	cmd.Flags().Uint64Var(&o.Seed, "seed", 1, "`SEED` of samples and parameters")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}
