package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/files"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/picture"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/spec"
	"github.com/spf13/cobra"
)

// defaultScale is how many pixels of a PNG stand for one of the picture's.
const defaultScale = 2

// plotFlags say how a picture is written.
type plotFlags struct {
	out    string
	dark   bool
	json   bool
	scale  float64
	access access
}

func plotCommand() *cobra.Command {
	var f plotFlags
	cmd := &cobra.Command{
		Use:   "plot SPEC",
		Short: "Draw a network, activations, losses, weights, a confusion matrix, memory",
		Long: `Draw the network of a spec, neuron by neuron where it is small, or what the
verbs below name. The ending of -o chooses the format, .svg or .png; - is SVG
on standard output.`,
		Example: "  nngen plot digits.yaml -o digits.svg\n  nngen plot activations -o activations.png --dark",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			net, p, err := f.plan(args[0])
			if err != nil {
				return err
			}
			return f.write(cmd, net.Name, picture.Network(f.theme(), net.Name, picture.Nodes(net, p.Prog)))
		},
	}
	flags := cmd.PersistentFlags()
	flags.StringVarP(&f.out, "output", "o", "", "`FILE` to write, .svg or .png (default named after what is drawn, .svg)")
	flags.BoolVar(&f.dark, "dark", false, "draw for a dark page")
	flags.Float64Var(&f.scale, "scale", defaultScale, "`NUMBER` of pixels of a PNG for each of the picture's, 1 to 8")
	flags.BoolVar(&f.json, "json", false, "print what was written as JSON")
	flags.BoolVar(&f.access.force, "force", false, "replace a file that does not hold a picture")
	cmd.AddCommand(plotActivations(&f), plotLosses(&f), plotWeights(&f), plotConfusion(&f), plotMemory(&f))
	return cmd
}

// plotActivations draws figure 2 of the lecture.
func plotActivations(f *plotFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "activations [NAME…]",
		Short: "Draw activations and their derivatives from −10 to 10; without names, all of them",
		RunE: func(cmd *cobra.Command, args []string) error {
			rows, err := activationsNamed(args)
			if err != nil {
				return err
			}
			s, err := picture.Activations(f.theme(), rows)
			if err != nil {
				return err
			}
			return f.write(cmd, "activations", s)
		},
	}
}

// activationsNamed are the rows of some activations, or all that have a graph.
func activationsNamed(names []string) ([]op.Activation, error) {
	var rows []op.Activation
	for _, r := range op.Activations() {
		if len(names) == 0 && picture.Drawn(&r) {
			rows = append(rows, r)
		}
	}
	for _, name := range names {
		switch r := op.ActivationByName(name); {
		case r == nil:
			return nil, usageErrorf("there is no activation %q; nngen plot activations draws all of them", name)
		case !picture.Drawn(r):
			return nil, usageErrorf("%s has no graph: it is no function of one number alone, or has a field without default", name)
		default:
			rows = append(rows, *r)
		}
	}
	return rows, nil
}

// plotMemory draws the parameters of a plan.
func plotMemory(f *plotFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "memory SPEC",
		Short: "Draw how the parameters of a network lie in memory",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			net, p, err := f.plan(args[0])
			if err != nil {
				return err
			}
			var fields []picture.Field
			for i := range p.Net.Fields {
				m := &p.Net.Fields[i]
				fields = append(fields, picture.Field{
					Name: m.Name, Detail: fmt.Sprintf("%s, %d bytes", m.Doc, m.Bytes()), Offset: m.Offset, Bytes: m.Size, Padding: m.Bytes() - m.Size,
				})
			}
			title := fmt.Sprintf("%s: parameters, %d bytes", net.Name, p.Net.Size)
			return f.write(cmd, net.Name+"_memory", picture.Memory(f.theme(), title, fields))
		},
	}
}

// plan reads a spec and plans its package.
func (f *plotFlags) plan(path string) (*spec.Network, *plan.Plan, error) {
	net, err := gen.Load(path)
	if err != nil {
		return nil, nil, err
	}
	f.access.spec(path, net)
	p, err := gen.Plan(net, gen.Options{})
	return net, p, err
}

func (f *plotFlags) theme() *picture.Theme {
	if f.dark {
		return picture.Dark
	}
	return picture.Light
}

// write writes a picture in the format that its name asks for.
func (f *plotFlags) write(cmd *cobra.Command, name string, s *picture.Scene) error {
	out := f.out
	if out == "" {
		out = name + ".svg"
	}
	if out == "-" {
		if f.json {
			return usageErrorf("--json and -o - would both go to standard output")
		}
		return s.WriteSVG(cmd.OutOrStdout())
	}
	kind, err := pictureKind("-o", out)
	if err != nil {
		return err
	}
	if !(f.scale >= 1 && f.scale <= 8) { // NaN neither
		return usageErrorf("--scale must be from 1 to 8, got %v", f.scale)
	}
	f.access.Write("--output", out, kind)
	leave, err := f.access.open()
	if err != nil {
		return err
	}
	defer leave()
	if err := savePicture(cmd.ErrOrStderr(), out, s, f.scale); err != nil || !f.json {
		return err
	}
	return printJSON(cmd.OutOrStdout(), map[string]any{"out": out, "width": s.Width, "height": s.Height})
}

// savePicture writes a picture in the format that its name asks for and says
// so. scale is that of a PNG.
func savePicture(stderr io.Writer, out string, s *picture.Scene, scale float64) error {
	write := s.WriteSVG
	if strings.EqualFold(filepath.Ext(out), ".png") {
		write = func(w io.Writer) error { return s.WritePNG(w, scale) }
	}
	if err := files.Save(out, write); err != nil {
		return err
	}
	fmt.Fprintf(stderr, "%s: %.0f × %.0f\n", out, s.Width, s.Height)
	return nil
}

// pictureKind is the kind of the picture that a flag names.
func pictureKind(flag, out string) (files.Kind, error) {
	kind := pictures[strings.ToLower(filepath.Ext(out))]
	if kind.Name == "" {
		return kind, usageErrorf("%s %s: a picture ends in .svg or .png", flag, out)
	}
	return kind, nil
}

// pictures are the kinds of pictures, by ending.
var pictures = map[string]files.Kind{
	".svg": {Name: "an SVG picture", Is: prefix("<svg")},
	".png": {Name: "a PNG picture", Is: prefix("\x89PNG")},
}
