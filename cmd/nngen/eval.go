package main

import (
	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/run"
	"github.com/spf13/cobra"
)

func evalCommand() *cobra.Command {
	var data dataFlags
	var o run.EvalOptions
	var path pathFlag
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "eval SPEC --weights FILE --data FILE",
		Short: "Measure a trained network on samples",
		Long: `Run the generated code of a network over samples and print the loss, for
classifiers the accuracy, precision, recall and F1 of each class, the area under the
ROC curve where there are two, and the confusion matrix; for several answers of yes
or no the same of each; for numbers MAE, MSE, RMSE and R², of each element where
there are several; and how sparse the weights are.
Columns of a CSV file are found by the names that the weights were trained on.`,
		Example: "  nngen eval digits.yaml --weights digits.safetensors --data digits.csv.gz",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			net, err := gen.Load(args[0])
			if err != nil {
				return err
			}
			if err := checkWeights(o.Weights); err != nil {
				return err
			}
			o.Data, o.Talk = data.Source, cmd.ErrOrStderr()
			c, err := compiler(cmd.ErrOrStderr(), path)
			if err != nil {
				return err
			}
			report, err := c.Eval(cmd.Context(), net, o)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), report)
			}
			report.WriteText(cmd.OutOrStdout())
			return nil
		},
	}
	data.add(cmd)
	path.add(cmd)
	cmd.Flags().StringVar(&o.Weights, "weights", "", "`FILE` of weights")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	cmd.MarkFlagRequired("data")
	cmd.MarkFlagRequired("weights")
	return cmd
}
