package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/nngen-go/nngen/gen/picture"
	"github.com/nngen-go/nngen/gen/run"
	"github.com/nngen-go/nngen/gen/weights"
	"github.com/spf13/cobra"
)

// plotLosses draws the log of a training.
func plotLosses(f *plotFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "losses RUN.jsonl",
		Aliases: []string{"loss"},
		Short:   "Draw the losses that nngen train --log wrote; - is standard input",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := f.read(cmd, args[0])
			if err != nil {
				return err
			}
			var l losses
			if err := l.readLog(args[0], data); err != nil {
				return err
			}
			if len(l.train) == 0 {
				return invalidFile("%s: there is no epoch in it; nngen train --log FILE writes one line for each", args[0])
			}
			name := nameOf(args[0], "losses")
			return f.write(cmd, name, picture.Losses(f.theme(), strings.TrimSuffix(name, "_losses"), l.lines()))
		},
	}
}

// plotWeights draws how weights are distributed.
func plotWeights(f *plotFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "weights FILE",
		Short: "Draw how the numbers of each tensor of a weight file are distributed",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.access.Read("the weight file", args[0])
			file, err := weights.ReadFile(args[0])
			if err != nil {
				return err
			}
			var tensors []picture.Tensor
			for _, t := range file.Tensors {
				if t.IsFloat() {
					tensors = append(tensors, picture.Tensor{Name: t.Name, Shape: t.Shape, Values: t.Values()})
				}
			}
			if len(tensors) == 0 {
				return invalidFile("%s: there is no tensor of floating-point numbers in it", args[0])
			}
			return f.write(cmd, nameOf(args[0], "weights"), picture.Histograms(f.theme(), filepath.Base(args[0]), tensors))
		},
	}
}

// plotConfusion draws the confusion matrix of an evaluation.
func plotConfusion(f *plotFlags) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:     "confusion EVAL.json",
		Short:   "Draw the confusion matrix that nngen eval --json printed; - is standard input",
		Example: "  nngen eval digits.yaml --weights digits.safetensors --data digits.csv.gz --json | nngen plot confusion - -o confusion.svg",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := f.read(cmd, args[0])
			if err != nil {
				return err
			}
			m, err := classifierOf(args[0], data, output)
			if err != nil {
				return err
			}
			labels := m.Labels
			for i := len(labels); i < len(m.Confusion); i++ {
				labels = append(labels, fmt.Sprint(i))
			}
			title := m.Name
			if m.Accuracy != nil {
				title += fmt.Sprintf(": %.2f %% right", 100**m.Accuracy)
			}
			return f.write(cmd, nameOf(args[0], "confusion"), picture.Matrix(f.theme(), title, labels, m.Confusion))
		},
	}
	cmd.Flags().StringVar(&output, "name", "", "`OUTPUT` of the network, where several are classifiers")
	return cmd
}

// classifierOf is the output of an evaluation that has a confusion matrix.
func classifierOf(name string, data []byte, output string) (*run.OutputMetrics, error) {
	var report run.EvalReport
	if err := json.Unmarshal(data, &report); err != nil {
		return nil, invalidFile("%s: not what nngen eval --json prints: %v", name, err)
	}
	var found []*run.OutputMetrics
	var names []string
	for i := range report.Outputs {
		if m := &report.Outputs[i]; m.Confusion != nil {
			names = append(names, m.Name)
			if output == "" || m.Name == output {
				found = append(found, m)
			}
		}
	}
	switch {
	case len(names) == 0:
		return nil, invalidFile("%s: no output of the network is a classifier", name)
	case len(found) != 1:
		return nil, usageErrorf("--name must be one of %s", strings.Join(names, ", "))
	}
	return found[0], nil
}

// nameOf is the name of a picture of a file.
func nameOf(path, otherwise string) string {
	if path == "-" {
		return otherwise
	}
	base := filepath.Base(path)
	return strings.TrimSuffix(base, filepath.Ext(base)) + "_" + otherwise
}

// read reads the file of an argument, or standard input for -.
func (f *plotFlags) read(cmd *cobra.Command, name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(cmd.InOrStdin())
	}
	f.access.Read("the file", name)
	return os.ReadFile(name)
}

// invalidFile is an error in what a file holds.
func invalidFile(format string, args ...any) error {
	return &run.InvalidError{Kind: "data", Msg: fmt.Sprintf(format, args...)}
}
