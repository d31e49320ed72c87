package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/bench"
	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/gen/run"
	"github.com/nngen-go/nngen/spec"
	"github.com/spf13/cobra"
)

// eachSpec loads the specs and calls do with each. What is wrong with all of
// them is reported together.
func eachSpec(paths []string, do func(path string, net *spec.Network) error) error {
	var bad spec.ErrorList
	for _, path := range paths {
		net, err := gen.Load(path)
		if err == nil {
			err = do(path, net)
		}
		var list spec.ErrorList
		switch {
		case errors.As(err, &list):
			bad = append(bad, list...)
		case err != nil:
			return err
		}
	}
	if bad != nil {
		return bad
	}
	return nil
}

// pathFlag is --path, which implementation to run on.
type pathFlag string

func (p *pathFlag) add(cmd *cobra.Command) {
	cmd.Flags().Var(p, "path", "`NAME` of the implementation to run on: purego, avx2, avx512, neon, auto (default auto)")
}

// String returns the value.
func (p *pathFlag) String() string { return string(*p) }

// Type is shown in the usage.
func (p *pathFlag) Type() string { return "NAME" }

// Set refuses what no code for this architecture can have.
func (p *pathFlag) Set(name string) error {
	*p = pathFlag(name)
	return bench.CheckPath("--path", name)
}

// compiler returns what trains and runs networks, on a path or that of the
// environment. It says when it builds.
func compiler(stderr io.Writer, path pathFlag) (*run.Compiler, error) {
	if asked := os.Getenv(run.PathVariable); asked != "" {
		if err := bench.CheckPath("the environment variable "+run.PathVariable, asked); err != nil {
			return nil, err
		}
	}
	return &run.Compiler{
		Path: string(path),
		Generate: func(net *spec.Network, standalone bool) (map[string][]byte, error) {
			return gen.Generate(gen.ForMachine(net, runtime.GOARCH), gen.Options{Standalone: standalone})
		},
		Lower:     lower.Lower,
		Canonical: func(net *spec.Network) []byte { return net.Canonical(op.Vocabulary()) },
		LearningRate: func(net *spec.Network, step int) (float64, error) {
			return op.LearningRate(net.Optimizer.Args, step)
		},
		Building: func() { fmt.Fprintln(stderr, "compiling the network …") },
	}, nil
}
