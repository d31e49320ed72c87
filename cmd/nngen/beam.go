package main

import (
	"bytes"
	"fmt"
	"net"
	"strings"

	"github.com/nngen-go/nngen/gen/files"
	"github.com/nngen-go/nngen/gen/run"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/plural"
	"github.com/spf13/cobra"
)

// onRunner checks the flags of predictions on a runner of Beam, and declares the file of
// the rows that cannot be read.
func onRunner(cmd *cobra.Command, a *access, o *run.PredictOptions, beam *run.Beam) error {
	if beam.Runner == "" {
		if cmd.Flags().Changed("bad") {
			return usageErrorf("--bad goes with --runner")
		}
		return nil
	}
	if _, _, err := net.SplitHostPort(beam.Runner); err != nil && beam.Runner != "prism" {
		return usageErrorf("--runner must be prism or the address of a job server, HOST:PORT; got %q", beam.Runner)
	}
	if o.Sequence != "" {
		return usageErrorf("--runner and --sequence-column exclude each other: on a runner rows are samples")
	}
	if o.JSON {
		return usageErrorf("--runner and --json exclude each other: predictions on a runner are CSV")
	}
	if beam.Bad == "" && o.Out != "" {
		beam.Bad = strings.TrimSuffix(o.Out, ".csv") + ".bad.csv"
	}
	header := []byte(strings.Join(run.BadHeader, ",") + "\n")
	a.Write("the rows that cannot be read", beam.Bad, files.Kind{Name: "a table of such rows", Is: func(head []byte) bool { return bytes.HasPrefix(head, header) }})
	beam.Engine = engine("nnbeam")
	return nil
}

// predictOn predicts on a runner and says what was done.
func predictOn(cmd *cobra.Command, c *run.Compiler, net *spec.Network, o run.PredictOptions, beam run.Beam) error {
	scored, err := c.PredictOn(cmd.Context(), net, o, beam)
	if err != nil {
		return err
	}
	talk := cmd.ErrOrStderr()
	if o.Out != "" {
		fmt.Fprintf(talk, "%s: %s", o.Out, plural.Of(int(scored.Rows), "row"))
		if scored.Batches > 0 {
			fmt.Fprintf(talk, ", %.3g µs a batch on average, the slowest %.3g", float64(scored.BatchNanos)/float64(scored.Batches)/1e3, float64(scored.MaxNanos)/1e3)
		}
		fmt.Fprintln(talk)
	}
	if scored.Bad > 0 {
		where := "; name a file for them with --bad"
		if beam.Bad != "" {
			where = ": see " + beam.Bad
		}
		fmt.Fprintf(talk, "warning: %s could not be read%s\n", plural.Of(int(scored.Bad), "row"), where)
	}
	return nil
}
