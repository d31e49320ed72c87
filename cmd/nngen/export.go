package main

import (
	"fmt"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/export"
	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/gen/weights"
	"github.com/nngen-go/nngen/spec/plural"
	"github.com/spf13/cobra"
)

func exportCommand() *cobra.Command {
	var from, out string
	var asJSON bool
	var a access
	cmd := &cobra.Command{
		Use:   "export SPEC --weights FILE -o MODEL.onnx",
		Short: "Write a trained network as an ONNX model",
		Long: `Write a network with its weights as an ONNX model (operator set 17), for ONNX
Runtime and every other reader of ONNX. The batch is the symbolic first dimension;
what only training knows is left out.`,
		Example: "  nngen export digits.yaml --weights digits.safetensors -o digits.onnx",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
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
			a.reads("weights")
			a.writes("out", onnxModel)
			leave, err := a.open()
			if err != nil {
				return err
			}
			defer leave()
			m, err := weights.Load(from, net.Arch(), prog)
			if err != nil {
				return err
			}
			model, err := export.Model(net, prog, m.Values())
			if err != nil {
				return err
			}
			if err := export.SaveFile(out, model); err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), map[string]any{"out": out, "nodes": len(model.Graph.Nodes)})
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", out, plural.Of(len(model.Graph.Nodes), "node"))
			return nil
		},
	}
	cmd.Flags().StringVar(&from, "weights", "", "`FILE` of weights")
	cmd.Flags().StringVarP(&out, "out", "o", "", "`FILE` to write")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print what was written as JSON")
	a.forceFlag(cmd)
	cmd.MarkFlagRequired("weights")
	cmd.MarkFlagRequired("out")
	return cmd
}
