package main

import (
	"fmt"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/model"
	"github.com/nngen-go/nngen/gen/verify"
	"github.com/nngen-go/nngen/spec"
	"github.com/spf13/cobra"
)

// verifyFlags are the flags of verify.
type verifyFlags struct {
	verify.Options
	model      model.Options
	in, out    string
	sequence   string
	rtol, atol float64
	folder     string
	json       bool
}

func verifyCommand() *cobra.Command {
	var f verifyFlags
	var path pathFlag
	o := &f.Options
	cmd := &cobra.Command{
		Use:   "verify SPEC | verify MODEL.onnx [TEST_DATA_SET_DIR…]",
		Short: "Compare the generated code with the definition of the network",
		Long: `Generate and compile the package of a network and prove it: inference, loss,
gradients and training steps equal the oracle bit for bit, on random samples and
parameters; errors against float64, per layer; gradients against differences of
the loss; and the tests of the package itself.

A model (ONNX, RTNeural) is imported and compared with its graph first, as nngen
import does, and its weights are used. Reference inputs and
outputs, in folders like ONNX's test_data_set_0 or as --in and --out, must be met
within |got − want| ≤ atol + rtol·|want| on every path of the machine. Inputs that
an operator needs as constants are taken from the first folder.

--reference DIR holds pairs, too: inputs in_I.npy, or in_I_NAME.npy by the names of
the model, and outputs out_I.npy, or out_I_0.npy, out_I_1.npy, … for I = 0, 1, ….

The inputs and outputs of a network that keeps a state are the steps of one stream.
--sequence DIR is one, too: seq_in_NAME.npy and seq_out_NAME.npy with a row per step, and, if
they are there, seq_init_NAME.npy and seq_final_NAME.npy, the states before and after, by
the names of their inputs and outputs in the model.`,
		Example: "  nngen verify digits.yaml --weights digits.safetensors\n" +
			"  nngen verify model.onnx test_data_set_0\n" +
			"  nngen verify model.onnx --in x.npy --out y.npy",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !(f.rtol >= 0) || !(f.atol >= 0) {
				return usageErrorf("--rtol and --atol must be at least 0, got %v and %v", f.rtol, f.atol)
			}
			net, err := f.load(cmd, args[0], args[1:])
			if err != nil {
				return err
			}
			if f.WeightData == nil {
				if err := checkWeights(f.Options.Weights); err != nil {
					return err
				}
			}
			if f.Compiler, err = compiler(cmd.ErrOrStderr(), ""); err != nil {
				return err
			}
			f.Path = string(path)
			report, err := verify.Run(cmd.Context(), net, f.Options)
			if err != nil {
				return err
			}
			if f.json {
				err = printJSON(cmd.OutOrStdout(), report)
			} else {
				report.WriteText(cmd.OutOrStdout())
			}
			if err == nil && !report.OK {
				err = fmt.Errorf("%w: %s", errMismatch, report.Failures[0])
			}
			return err
		},
	}
	cmd.Flags().StringVar(&o.Weights, "weights", "", "`FILE` of weights to verify with as well")
	countVar(cmd, &o.Samples, "samples", 8, "`NUMBER` of samples per set of parameters")
	cmd.Flags().Uint64Var(&o.Seed, "seed", 1, "`SEED` of samples and parameters")
	cmd.Flags().Var(&path, "path", "`NAME` of the implementation to verify: purego, avx2, avx512, neon, auto (default all that this machine has)")
	cmd.Flags().BoolVar(&f.json, "json", false, "print the result as JSON")
	cmd.Flags().StringVar(&f.in, "in", "", "`FILE` of reference inputs, .npy, .pb or CSV")
	cmd.Flags().StringVar(&f.out, "out", "", "`FILE` of reference outputs")
	cmd.Flags().StringVar(&f.folder, "reference", "", "`DIR` of reference inputs in_I.npy and outputs out_I.npy")
	cmd.Flags().StringVar(&f.sequence, "sequence", "", "`DIR` of a stream that a model must follow, step by step")
	cmd.Flags().Float64Var(&f.rtol, "rtol", 1e-5, "allowed error relative to a reference output")
	cmd.Flags().Float64Var(&f.atol, "atol", 0, "allowed error beside it (default: 1e-6, or 1e-5 of the largest reference output if that is more)")
	importFlags(cmd, &f.model)
	return cmd
}

// load reads the spec or model and the references.
func (f *verifyFlags) load(cmd *cobra.Command, path string, dirs []string) (*spec.Network, error) {
	if (f.in == "") != (f.out == "") {
		return nil, usageErrorf("--in and --out belong together")
	}
	if len(dirs) > 0 && !model.Is(path) {
		return nil, usageErrorf("folders of test data are for models; give --in and --out, or a MODEL.onnx before %s", dirs[0])
	}
	var data []*model.Data
	for _, dir := range dirs {
		d, err := model.ReadTestSet(dir)
		if err != nil {
			return nil, err
		}
		data = append(data, d)
	}
	if f.in != "" {
		d, err := model.ReadPair(f.in, f.out)
		if err != nil {
			return nil, err
		}
		data = append(data, d)
	}
	m, err := f.network(cmd, path, data)
	if err != nil {
		return nil, err
	}
	if f.folder != "" {
		more, err := m.ReadFolder(f.folder)
		if err != nil {
			return nil, err
		}
		data = append(data, more...)
	}
	for _, d := range data {
		r, err := m.Reference(d)
		if err != nil {
			return nil, err
		}
		ref := verify.Reference{Name: r.Name, Inputs: r.Inputs, Outputs: r.Outputs, RTol: f.rtol, ATol: f.atol}
		if !cmd.Flags().Changed("atol") {
			ref.ATol = max(1e-6, 1e-5*r.Largest())
		}
		f.References = append(f.References, ref)
	}
	return m.Net, f.follow(cmd, m)
}

// follow adds the stream that the model must follow.
func (f *verifyFlags) follow(cmd *cobra.Command, m *model.Model) error {
	if f.sequence == "" {
		return nil
	}
	s, err := m.ReadSequence(f.sequence)
	if err != nil {
		return err
	}
	ref := verify.Reference{Name: s.Name, Inputs: s.Inputs, Outputs: s.Outputs, RTol: f.rtol, ATol: f.atol, Start: s.Start, End: s.End}
	if !cmd.Flags().Changed("atol") {
		ref.ATol = max(1e-6, 1e-5*s.Largest())
	}
	f.References = append(f.References, ref)
	return nil
}

// network loads a spec, or imports a model with its weights.
func (f *verifyFlags) network(cmd *cobra.Command, path string, data []*model.Data) (*model.Model, error) {
	if !model.Is(path) {
		net, err := gen.Load(path)
		if err != nil {
			return nil, err
		}
		return model.ForSpec(net), nil
	}
	if err := checkImport(&f.model); err != nil {
		return nil, err
	}
	if f.Weights != "" {
		return nil, usageErrorf("--weights is for specs; the model has its own")
	}
	f.model.Inference = true
	m, err := model.ImportFor(path, f.model, data)
	if err != nil {
		return nil, err
	}
	writeNotes(cmd.ErrOrStderr(), m)
	f.Options.Weights, f.WeightData = path, m.Weights
	return m, nil
}
