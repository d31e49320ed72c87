package main

import (
	"fmt"
	"io"

	"github.com/nngen-go/nngen/gen/files"
	"github.com/nngen-go/nngen/gen/model"
	"github.com/spf13/cobra"
)

func importCommand() *cobra.Command {
	var o model.Options
	var dir string
	var asJSON bool
	var a access
	cmd := &cobra.Command{
		Use:   "import MODEL -o DIR",
		Short: "Turn a trained model (ONNX, RTNeural) into a spec and a weight file",
		Long: `Read a trained model (ONNX, operator sets 6 to 28, or RTNeural's JSON) and write DIR/NAME.yaml, a spec
as one would write it by hand, and DIR/NAME.safetensors, its weights. What the
exporter spread over many nodes becomes layers again; what is not supported is
refused by operator and node, with what can be done.

The first dimension of inputs is taken as the batch if the model works on samples
independently, else as part of the sample; --batch-axis decides otherwise.

The graph of an ONNX model is evaluated in float64 and compared with what the spec
means, on inputs from 1e-3 to 1e6, whole numbers and infinite ones; where they
differ by more than roundings nothing is written, and the exit code is 5. Models
above 1e10 multiply-adds are compared on fewer inputs. --no-proof leaves it out.`,
		Example: "  nngen import policy.onnx -o policy",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkImport(&o); err != nil {
				return err
			}
			m, err := model.Import(args[0], o)
			if err != nil {
				return err
			}
			writeNotes(cmd.ErrOrStderr(), m)
			a.Read("the model", args[0])
			for name, file := range o.Bind {
				a.Read("the file of --bind "+name, file)
			}
			for _, file := range m.External {
				a.Read("a file of the model", file)
			}
			yaml, weights := m.Paths(dir)
			a.Write("the spec", yaml, files.Kind{MakesFolder: true}) // Save compares it
			kind := weightFile
			kind.MakesFolder = true
			a.Write("the weight file", weights, kind)
			leave, err := a.open()
			if err != nil {
				return err
			}
			defer leave()
			written, err := m.Save(dir, a.force)
			if asJSON && err == nil {
				return printJSON(cmd.OutOrStdout(), map[string]any{"spec": yaml, "weights": weights, "written": written, "notes": m.Notes})
			}
			for _, path := range written {
				fmt.Fprintln(cmd.OutOrStdout(), path)
			}
			return err
		},
	}
	cmd.Flags().StringVarP(&dir, "out", "o", "", "`DIR` to write to")
	cmd.Flags().StringVar(&o.Name, "name", "", "`NAME` of the network (default: that of the file)")
	cmd.Flags().BoolVar(&a.force, "force", false, "replace a spec or weights that differ, whatever the files hold")
	cmd.Flags().BoolVar(&o.Inference, "inference", false, "write a spec without training")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print what was written as JSON")
	importFlags(cmd, &o)
	cmd.MarkFlagRequired("out")
	return cmd
}

// importFlags are the flags of every command that reads models.
func importFlags(cmd *cobra.Command, o *model.Options) {
	cmd.Flags().StringToStringVar(&o.Bind, "bind", nil, "`NAME=FILE`: take an input of the model as a constant, from .npy or .pb")
	cmd.Flags().StringVar(&o.BatchAxis, "batch-axis", "", "`AXIS` of the batch in the inputs of the model: 0 or none (default: find out)")
	cmd.Flags().BoolVar(&o.NoProof, "no-proof", false, "do not compare the network with an evaluation of the model's graph")
	cmd.Flags().BoolVar(&o.ExternalData, "external-data", false, "read weights from other files in the folder of the model")
}

func checkImport(o *model.Options) error {
	if o.BatchAxis != "" && o.BatchAxis != "0" && o.BatchAxis != "none" {
		return usageErrorf("--batch-axis must be 0 or none, got %q", o.BatchAxis)
	}
	return nil
}

func writeNotes(w io.Writer, m *model.Model) {
	for _, note := range m.Notes {
		fmt.Fprintf(w, "note: %s\n", note)
	}
}
