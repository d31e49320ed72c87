package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/nngen-go/nngen/gen/files"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
	"github.com/spf13/cobra"
)

func fmtCommand() *cobra.Command {
	var write, check, asJSON bool
	cmd := &cobra.Command{
		Use:   "fmt SPEC…",
		Short: "Print specs in canonical form, with the defaults written out",
		Long: `Print specs in canonical form: every default written out that does not follow from
another field, the parts in the order of the language. Comments are kept, each above the layer, input, output
or key that it was written in or above.`,
		Example: "  nngen fmt digits.yaml\n  nngen fmt --write *.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if asJSON && !write && !check {
				return usageErrorf("--json says what --write or --check found; without them the specs are printed")
			}
			type formatted struct {
				Spec    string `json:"spec"`
				Differs bool   `json:"differs"` // from the canonical form
			}
			var all []formatted
			outdated := false
			for _, path := range args {
				differs, err := formatSpec(cmd, path, write, check, asJSON)
				if err != nil {
					return err
				}
				outdated = outdated || differs
				all = append(all, formatted{path, differs})
			}
			if asJSON {
				if err := printJSON(cmd.OutOrStdout(), all); err != nil {
					return err
				}
			}
			if outdated && check {
				return errOutOfDate
			}
			return nil
		},
	}
	cmd.Flags().BoolVarP(&write, "write", "w", false, "write the result to the spec instead of printing it")
	cmd.Flags().BoolVar(&check, "check", false, "write nothing; print a diff and exit with 3 if a spec is not in canonical form")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON which specs were not in canonical form, with --write or --check")
	cmd.MarkFlagsMutuallyExclusive("write", "check")
	return cmd
}

// formatSpec formats one spec and reports whether it was not in canonical form.
func formatSpec(cmd *cobra.Command, path string, write, check, asJSON bool) (differs bool, err error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	text, err := spec.Format(path, src, op.Vocabulary())
	if err != nil {
		return false, err
	}
	differs = !bytes.Equal(src, text)
	switch {
	case check && differs && !asJSON:
		_, err = io.WriteString(cmd.OutOrStdout(), files.DiffText(path, path+" (canonical)", src, text))
	case check:
	case write && differs:
		err = files.Save(path, func(w io.Writer) error { _, err := w.Write(text); return err })
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: written\n", path)
	case write:
	default:
		_, err = cmd.OutOrStdout().Write(text)
	}
	return differs, err
}
