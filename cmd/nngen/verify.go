package main

import (
	"errors"

	"github.com/nngen-go/nngen/gen"
	"github.com/spf13/cobra"
)

func verifyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify SPEC",
		Short: "Compare the generated code with the definition of the network",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := gen.Load(args[0]); err != nil {
				return err
			}
			return errors.New("verify is not connected yet")
		},
	}
	return cmd
}
