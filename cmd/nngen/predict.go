package main

import (
	"bytes"
	"fmt"
	"path/filepath"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/files"
	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/gen/run"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/plural"
	"github.com/spf13/cobra"
)

func predictCommand() *cobra.Command {
	var o run.PredictOptions
	var beam run.Beam
	var path pathFlag
	var a access
	cmd := &cobra.Command{
		Use:   "predict SPEC --weights FILE --in FILE",
		Short: "Run a trained network over inputs",
		Long: `Run the generated code of a network over inputs and write its outputs: as .npy
with a row per sample, as .npz with an array per output, or as CSV, by the ending of
its name; without --out, or as -, as CSV to standard output, or with --json as an
object per sample. CSV also says the class
that a classifier finds, and its label. Columns of a CSV file are found
by the names that the weights were trained on, in any order; what else it has, as
the targets, is left out. Where the names are not known, the file must hold the
inputs alone, in their order, beside the columns of --target-column.

A network of windows takes each sample, or the rows with one text in the column
--sequence-column, for a sequence, however long: its state goes on from window to
window. Results of steps are one array per sequence; a table has a row for each step
that there is, with its sequence.`,
		Example: "  nngen predict digits.yaml --weights digits.safetensors --in new.npy --out scores.npy",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			net, err := gen.Load(args[0])
			if err != nil {
				return err
			}
			a.cmd = cmd
			a.spec(args[0], net)
			a.reads("weights", "in")
			if o.Out == "-" {
				o.Out = ""
			}
			kind, err := predictionKind(net, o.Out, o.Sequence)
			if err != nil {
				return err
			}
			a.Write("--out", o.Out, kind)
			if err := onRunner(cmd, &a, &o, &beam); err != nil {
				return err
			}
			leave, err := a.open()
			if err != nil {
				return err
			}
			defer leave()
			if err := checkWeights(o.Weights); err != nil {
				return err
			}
			o.Stdout, o.Talk = cmd.OutOrStdout(), cmd.ErrOrStderr()
			c, err := compiler(cmd.ErrOrStderr(), path)
			if err != nil {
				return err
			}
			if beam.Runner != "" {
				return predictOn(cmd, c, net, o, beam)
			}
			n, err := c.Predict(cmd.Context(), net, o)
			if err != nil || o.Out == "" {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", o.Out, plural.Of(n, "row"))
			if o.JSON {
				return printJSON(cmd.OutOrStdout(), map[string]any{"out": o.Out, "rows": n})
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&o.Weights, "weights", "", "`FILE` of weights")
	cmd.Flags().StringVar(&o.In, "in", "", "`FILE` of inputs")
	cmd.Flags().StringVar(&o.Out, "out", "", "`FILE` to write, .npy, .npz or .csv; - is CSV to standard output")
	cmd.Flags().StringArrayVar(&o.Targets, "target-column", nil, "`NAME` of a CSV column with targets, or its number from 1, which is left out")
	cmd.Flags().StringVar(&o.Sequence, "sequence-column", "", "`NAME` of the CSV column that tells sequences apart, each row of which is a step")
	cmd.Flags().StringVar(&beam.Runner, "runner", "", "`RUNNER` of Apache Beam for any number of rows, CSV or Parquet: prism, in this process, or HOST:PORT of a job server")
	cmd.Flags().StringVar(&beam.Bad, "bad", "", "with --runner, the `FILE` for rows that cannot be read, with their place and the reason (default beside --out, ending in .bad.csv)")
	cmd.Flags().BoolVar(&o.JSON, "json", false, "print a line of JSON per sample, or with --out what was written")
	addTableFlags(cmd, &o.Table)
	path.add(cmd)
	a.forceFlag(cmd)
	cmd.MarkFlagRequired("weights")
	cmd.MarkFlagRequired("in")
	return cmd
}

// predictionKind is what a file of a network's predictions holds, by its ending;
// a table is one by its header.
func predictionKind(net *spec.Network, path, sequence string) (files.Kind, error) {
	kind := predictions[filepath.Ext(path)]
	if filepath.Ext(path) != ".csv" {
		return kind, nil
	}
	prog, err := lower.Lower(net)
	if err != nil {
		return kind, err
	}
	header, err := run.Describe(net, prog).PredictionHeader(sequence)
	kind.Is = func(head []byte) bool { return len(head) == 0 || bytes.HasPrefix(head, []byte(header)) }
	return kind, err
}
