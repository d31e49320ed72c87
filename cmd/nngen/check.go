package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/spec"
	"github.com/spf13/cobra"
)

func checkCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check SPEC…",
		Short: "Check specs without generating anything",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			err := eachSpec(args, func(path string, net *spec.Network) error {
				return gen.Check(net)
			})
			if asJSON {
				return errors.Join(writeErrors(cmd.OutOrStdout(), err), err)
			}
			if err != nil {
				return err
			}
			for _, path := range args {
				fmt.Fprintf(cmd.ErrOrStderr(), "%s: ok\n", path)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the errors as JSON, one per line")
	return cmd
}

// specError is an error of a spec as JSON.
type specError struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// writeErrors writes the errors of specs as lines of JSON.
func writeErrors(w io.Writer, err error) error {
	var list spec.ErrorList
	if !errors.As(err, &list) {
		return nil
	}
	out := json.NewEncoder(w)
	for _, e := range list {
		if err := out.Encode(specError{e.File, e.Pos.Line, e.Pos.Col, e.Msg, e.Hint}); err != nil {
			return err
		}
	}
	return nil
}
