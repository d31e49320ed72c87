package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/nngen-go/nngen/gen/files"
	"github.com/nngen-go/nngen/gen/model"
	"github.com/nngen-go/nngen/spec/onnx/importer"
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
	cmd.Flags().Var(&pairs{name: "NAME=VALUE|FILE", set: func(name, text string) error {
		if o.Bind == nil {
			o.Bind = map[string]string{}
		}
		o.Bind[name] = text
		return nil
	}}, "bind", "take an input of the model as a constant: a number, true, false, a list in brackets, or a file (.npy, .pb); repeatable")
	cmd.Flags().Var(&pairs{name: "NAME=SHAPE", set: func(name, text string) error {
		if o.Shapes == nil {
			o.Shapes = map[string][]int{}
		}
		for d := range strings.SplitSeq(text, ",") {
			n, err := strconv.Atoi(strings.TrimSpace(d))
			if err != nil || n < 1 {
				return fmt.Errorf("a shape is dimensions with commas between them, such as 1,576, got %q", text)
			}
			o.Shapes[name] = append(o.Shapes[name], n)
		}
		return nil
	}}, "shape", "fix the shape of an input of the model, such as x=1,576; repeatable")
	cmd.Flags().Var(&pairs{name: "IN=OUT", alone: "none", set: func(in, out string) error {
		o.States = append(o.States, importer.State{In: in, Out: out})
		return nil
	}}, "state", "the input IN is a state, the output OUT of the call before; repeatable; none: there is none (default: find out)")
	cmd.Flags().Var(&pairs{name: "NAME=NUMBER", set: func(name, text string) error {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fmt.Errorf("a context is a number of elements, got %q", text)
		}
		if o.Context == nil {
			o.Context = map[string]int{}
		}
		o.Context[name] = n
		return nil
	}}, "context", "the first NUMBER elements of an input are the last of the call before; repeatable")
	countVar(cmd, &o.Stream, "stream", 0, "read a window of a signal, the last axis of the input, as a stream: `NUMBER` of new elements a call, the past in the state")
	cmd.Flags().StringVar(&o.BatchAxis, "batch-axis", "", "`AXIS` of the batch in the inputs of the model: 0, 1 or none (default: find out)")
	cmd.Flags().BoolVar(&o.NoProof, "no-proof", false, "do not compare the network with an evaluation of the model's graph")
	cmd.Flags().BoolVar(&o.ExternalData, "external-data", false, "read weights from other files in the folder of the model")
}

// pairs is a flag that may be given several times, each a NAME=VALUE.
type pairs struct {
	name  string
	alone string // a word that may stand without a value
	set   func(name, value string) error
}

func (p *pairs) String() string { return "" }
func (p *pairs) Type() string   { return p.name }

func (p *pairs) Set(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok && (p.alone == "" || text != p.alone) || name == "" {
		return fmt.Errorf("it must be %s, got %q", p.name, text)
	}
	return p.set(name, value)
}

func checkImport(o *model.Options) error {
	if o.BatchAxis != "" && o.BatchAxis != "0" && o.BatchAxis != "1" && o.BatchAxis != "none" {
		return usageErrorf("--batch-axis must be 0, 1 or none, got %q", o.BatchAxis)
	}
	return nil
}

func writeNotes(w io.Writer, m *model.Model) {
	for _, note := range m.Notes {
		fmt.Fprintf(w, "note: %s\n", note)
	}
}
