package main

import (
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
	"github.com/spf13/cobra"
)

func schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of specs, with which editors complete and check them",
		Long: `Print the JSON Schema of specs, for an editor with a YAML language server: write it
to a file and put this line at the top of the spec.

  # yaml-language-server: $schema=nngen.schema.json`,
		Example: "  nngen schema > nngen.schema.json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			_, err := cmd.OutOrStdout().Write(spec.Schema(op.Vocabulary()))
			return err
		},
	}
}
