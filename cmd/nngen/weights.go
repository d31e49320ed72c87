package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/gen/weights"
	"github.com/nngen-go/nngen/spec/plural"
	"github.com/spf13/cobra"
)

func weightsCommand() *cobra.Command {
	var from, out string
	var maps []string
	var asJSON bool
	var a access
	cmd := &cobra.Command{
		Use:   "weights SPEC [--from FILE --map THEIRS=OURS --out W.safetensors]",
		Short: "Fit weights of PyTorch, Keras or NumPy to a network",
		Long: `Read weights from safetensors, .npz or .npy and write them as a weight file of
the network. Names are the network's unless a --map says otherwise: of a tensor,
fc1.weight=dense1.weight, or of a whole layer, fc1=dense1. Keras stores matrices
as [in, out]; then :transpose follows, dense=dense1:transpose. A square matrix fits
either way, so there it is yours to know. The layers of a recurrent module of PyTorch
are rnn (or rnn_l0), rnn_l1, …, rnn_l0_reverse. A recurrent layer of Keras is one kernel, one
recurrent_kernel and one bias with its own order of gates: gru=gru1:keras.

Without --from the tensors of the network are listed; without --out what would
be written.`,
		Example: "  nngen weights digits.yaml --from model.safetensors --map fc1=dense1 --map fc2=dense2 --out digits.safetensors",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			rules := make([]weights.Rule, len(maps))
			for i, s := range maps {
				var err error
				if rules[i], err = weights.ParseRule(s); err != nil {
					return usageErrorf("--map %v", err)
				}
			}
			if from == "" && (out != "" || len(maps) > 0) {
				return usageErrorf("--from FILE is missing, the weights to read")
			}
			net, err := gen.Load(args[0])
			if err != nil {
				return err
			}
			prog, err := lower.Lower(net)
			if err != nil {
				return err
			}
			a.cmd = cmd
			a.spec(args[0], net)
			a.reads("from")
			a.writes("out", weightFile)
			leave, err := a.open()
			if err != nil {
				return err
			}
			defer leave()
			m := weights.Expected(prog)
			if from != "" {
				if m, err = weights.Fit(from, prog, rules); err != nil {
					return err
				}
			}
			if out != "" {
				if err := m.SaveFile(out, prog.DType); err != nil {
					return err
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", out, plural.Of(len(m.Tensors), "tensor"))
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), m)
			}
			m.WriteText(cmd.OutOrStdout())
			return nil
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "`FILE` of weights: safetensors, .npz or .npy")
	cmd.Flags().StringArrayVar(&maps, "map", nil, "`THEIRS=OURS`, of tensors or layers; :transpose or :keras may follow")
	cmd.Flags().StringVar(&out, "out", "", "`FILE` to write, safetensors")
	a.forceFlag(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the tensors as JSON")
	return cmd
}

// checkWeights refuses a weight file that only weightsCommand reads, or that
// nobody does, with what to do.
func checkWeights(path string) error {
	if path == "" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, 1<<12)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return weights.CheckNative(path, head[:n])
}
