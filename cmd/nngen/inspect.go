package main

import (
	"errors"

	"github.com/nngen-go/nngen/gen"
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
			if _, err := gen.Load(args[0]); err != nil {
				return err
			}
			return errors.New("inspect is not connected yet")
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "`text` or json")
	cmd.Flags().BoolVar(&plan, "plan", false, "print the plan instead")
	cmd.Flags().StringVar(&weights, "weights", "", "`FILE` of weights, to show how sparse they are")
	return cmd
}
