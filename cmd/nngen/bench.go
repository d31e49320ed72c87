package main

import (
	"time"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/bench"
	"github.com/spf13/cobra"
)

func benchCommand() *cobra.Command {
	var o bench.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "bench SPEC",
		Short: "Measure how fast the generated code is",
		Long: `Run the generated code of a network on every implementation this machine has, and
print the time per call and per sample, as median and minimum of many slices,
GFLOP/s, allocations, and how that compares with the machine, which is measured
in the same run: its peak of multiply-adds, its bandwidth for the parameters, and
the limit that follows from both. Pin it to a quiet core where the system can.
With --layers every call that an inference or a training step makes is timed by itself,
in a workspace of its own in which what it reads is in the near caches: a table of what
each takes, for every mode and batch, and how many times its limit.`,
		Example: `  nngen bench digits.yaml
  taskset -c 1 nngen bench digits.yaml --mode train --batch 1,32 --path avx2 --json
  nngen bench model.yaml --mode infer --batch 1 --layers --time 100ms
  nngen bench digits.yaml --mode train --batch 128 --layers`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			net, err := gen.Load(args[0])
			if err != nil {
				return err
			}
			if o.Compiler, err = compiler(cmd.ErrOrStderr(), ""); err != nil {
				return err
			}
			o.Talk = cmd.ErrOrStderr()
			report, err := bench.Run(cmd.Context(), net, o)
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
	flags := cmd.Flags()
	flags.StringSliceVar(&o.Modes, "mode", nil, "`MODES` to measure: infer, train (default both, as far as the network can be trained)")
	flags.IntSliceVar(&o.Batches, "batch", nil, "`NUMBERS` of samples per call (default 1, 32 and the spec's batch)")
	flags.IntSliceVar(&o.TrainBatches, "train-batch", nil, "`NUMBERS` of samples per training step (default those of --batch)")
	flags.StringSliceVar(&o.Paths, "path", nil, "`NAMES` of implementations: purego, avx2, avx512, neon, auto (default all that this machine has)")
	flags.IntSliceVar(&o.Workers, "workers", nil, "`NUMBERS` of cores to use at once (default 1)")
	flags.DurationVar(&o.Time, "time", 500*time.Millisecond, "how long to measure for each figure")
	flags.IntVar(&o.Latency, "latency", 0, "`NUMBER` of calls to time one by one, too, for percentiles; at least 10000")
	flags.BoolVar(&o.Layers, "layers", false, "time every call of an inference and of a training step by itself, too, against its limit")
	flags.BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}
