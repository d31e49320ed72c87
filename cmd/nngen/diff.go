package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/files"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/weights"
	"github.com/spf13/cobra"
)

// errDifferent is returned by diff, which has said how.
var errDifferent = errors.New("different")

func diffCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Compare two weight files or two specs",
		Long: `Compare two weight files (safetensors, .npz, .npy) tensor by tensor: shapes, types,
the largest absolute and relative difference and the distance in units in the
last place; or two specs by what they mean, every default filled in. Exit code 0
says that they are the same, 3 that they differ.`,
		Example: "  nngen diff before.safetensors after.safetensors",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := isWeights(args[0])
			if err != nil {
				return err
			}
			b, err := isWeights(args[1])
			switch {
			case err != nil:
				return err
			case a != b:
				return usageErrorf("%s and %s are a spec and a weight file; compare two of a kind", args[0], args[1])
			case a:
				return diffWeights(cmd.OutOrStdout(), args[0], args[1], asJSON)
			}
			return diffSpecs(cmd.OutOrStdout(), args[0], args[1], asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the differences as JSON")
	return cmd
}

// isWeights tells weight files from specs, by their first bytes.
func isWeights(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, 16)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, err
	}
	return weights.Sniff(head[:n]) != weights.Other, nil
}

func diffWeights(w io.Writer, pathA, pathB string, asJSON bool) error {
	a, err := weights.ReadFile(pathA)
	if err != nil {
		return err
	}
	b, err := weights.ReadFile(pathB)
	if err != nil {
		return err
	}
	d := weights.Compare(a, b)
	if asJSON {
		err = printJSON(w, d)
	} else {
		d.WriteText(w)
	}
	return different(err, d.Same)
}

// specDiff is how two specs differ.
type specDiff struct {
	Same bool   `json:"same"`
	Diff string `json:"diff,omitempty"` // of the canonical forms
}

func diffSpecs(w io.Writer, pathA, pathB string, asJSON bool) error {
	a, err := gen.Load(pathA)
	if err != nil {
		return err
	}
	b, err := gen.Load(pathB)
	if err != nil {
		return err
	}
	v := op.Vocabulary()
	d := specDiff{Diff: files.DiffText(pathA, pathB, a.Canonical(v), b.Canonical(v))}
	d.Same = d.Diff == ""
	switch {
	case asJSON:
		err = printJSON(w, d)
	case d.Same:
		fmt.Fprintln(w, "same: the specs mean the same network")
	default:
		io.WriteString(w, d.Diff)
	}
	return different(err, d.Same)
}

func different(err error, same bool) error {
	if err == nil && !same {
		return errDifferent
	}
	return err
}
