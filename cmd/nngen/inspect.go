package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/inspect"
	"github.com/nngen-go/nngen/gen/picture"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/run"
	"github.com/nngen-go/nngen/spec"
	"github.com/spf13/cobra"
)

func inspectCommand() *cobra.Command {
	var format, weights string
	var planned, program, asJSON bool
	cmd := &cobra.Command{
		Use:   "inspect SPEC",
		Short: "Show layers, shapes, parameters, multiply-adds, bytes and the plan",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if asJSON {
				format = "json"
			}
			if !slices.Contains(inspectFormats, format) || format != "text" && (planned || program) {
				return usageErrorf("--format must be one of %s, with --plan and --ir text; got %q", strings.Join(inspectFormats, ", "), format)
			}
			net, err := gen.Load(args[0])
			if err != nil {
				return err
			}
			if err := checkWeights(weights); err != nil {
				return err
			}
			p, err := gen.Plan(net, gen.Options{})
			switch {
			case err != nil:
			case program:
				_, err = fmt.Fprint(cmd.OutOrStdout(), p.Prog)
			case planned:
				_, err = fmt.Fprint(cmd.OutOrStdout(), p, calls.Describe(p))
			default:
				err = describe(cmd.OutOrStdout(), net, p, weights, format)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "`text`, json, dot, mermaid or svg")
	cmd.Flags().BoolVar(&planned, "plan", false, "print the plan instead: memory, steps, what is fused, the calls of every instruction set")
	cmd.Flags().BoolVar(&program, "ir", false, "print the program instead: the operations of inference, training and update")
	cmd.Flags().StringVar(&weights, "weights", "", "`FILE` of weights, to show how sparse they are")
	cmd.Flags().BoolVar(&asJSON, "json", false, "short for --format json")
	cmd.MarkFlagsMutuallyExclusive("plan", "ir", "weights")
	cmd.MarkFlagsMutuallyExclusive("plan", "ir", "json")
	cmd.MarkFlagsMutuallyExclusive("format", "json")
	return cmd
}

// inspectFormats are the forms of a description; the last three draw it.
var inspectFormats = []string{"text", "json", "dot", "mermaid", "svg"}

// describe prints the description of a network, with statistics of a weight
// file if one is named.
func describe(w io.Writer, net *spec.Network, p *plan.Plan, weights, format string) error {
	nodes := picture.Nodes(net, p.Prog)
	switch format {
	case "dot":
		_, err := io.WriteString(w, picture.DOT(net.Name, nodes))
		return err
	case "mermaid":
		_, err := io.WriteString(w, picture.Mermaid(nodes))
		return err
	case "svg":
		return picture.Network(picture.Light, net.Name, nodes).WriteSVG(w)
	}
	report := inspect.New(net, p)
	if weights != "" {
		var err error
		if report.Weights, err = run.ReadWeightStats(net, run.Describe(net, p.Prog), weights); err != nil {
			return err
		}
	}
	if format == "json" {
		return printJSON(w, report)
	}
	report.WriteText(w)
	return nil
}
