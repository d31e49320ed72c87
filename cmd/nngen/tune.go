package main

import (
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/gen/files"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/run"
	"github.com/nngen-go/nngen/spec"
	"github.com/spf13/cobra"
)

func tuneCommand() *cobra.Command {
	var o run.TuneOptions
	var data dataFlags
	var path pathFlag
	var validation, out string
	var asJSON bool
	var a access
	cmd := &cobra.Command{
		Use:   "tune SPEC --data FILE",
		Short: "Find a learning rate and a batch by a short search",
		Long: `Train a network with different learning rates and batches and print which did best
on samples that are held back. All trials are trained for a few epochs, the better
half for twice as many, and so on (successive halving); the last two have all of
--epochs. One trial is what the spec says. Nothing is written, unless --out names a
spec to write with the values that were found.`,
		Example: "  nngen tune digits.yaml --data digits.csv.gz --out tuned.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			net, err := gen.Load(args[0])
			if err != nil {
				return err
			}
			a.cmd = cmd
			a.spec(args[0], net)
			a.reads("data", "targets", "validation")
			a.writes("out", specFile)
			leave, err := a.open()
			if err != nil {
				return err
			}
			defer leave()
			o.Data, o.Shuffle = data.Source, true
			if o.Fraction, err = strconv.ParseFloat(validation, 64); err != nil {
				o.Fraction, o.Valid = 0, dataset.Source{Data: validation, Columns: data.Columns, Table: data.Table}
			}
			c, err := compiler(cmd.ErrOrStderr(), path)
			if err != nil {
				return err
			}
			o.Tried = func(t run.Trial) { fmt.Fprintln(cmd.ErrOrStderr(), t.Line()) }
			report, err := c.Tune(cmd.Context(), net, o)
			if err != nil {
				return err
			}
			if out != "" {
				if err := saveTuned(args[0], out, report.Best()); err != nil {
					return err
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "%s: written\n", out)
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), report)
			}
			return report.WriteText(cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	data.add(cmd)
	path.add(cmd)
	countVar(cmd, &o.Trials, "trials", 16, "`NUMBER` of learning rates and batches to try")
	countVar(cmd, &o.Epochs, "epochs", 16, "of the last round")
	countVar(cmd, &o.Workers, "workers", 1, "goroutines that share each step; any number gives the same bits")
	flags.Uint64Var(&o.Seed, "seed", 1, "of the trials, and as that of train")
	flags.StringVar(&validation, "validation", "0.2", "`SHARE` of the data to compare by, or a file")
	flags.StringVar(&out, "out", "", "`FILE` to write the spec to, with what was found")
	flags.BoolVar(&asJSON, "json", false, "print the result as JSON")
	a.forceFlag(cmd)
	cmd.MarkFlagRequired("data")
	return cmd
}

// saveTuned writes a spec with the values of a trial, in canonical form.
func saveTuned(path, out string, best run.Trial) error {
	src, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text, err := spec.Rewrite(path, src, op.Vocabulary(), best.Apply)
	if err != nil {
		return err
	}
	return files.Save(out, func(w io.Writer) error { _, err := w.Write(text); return err })
}
