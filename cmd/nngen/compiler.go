package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/gen/run"
	"github.com/nngen-go/nngen/spec"
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

// compiler returns what trains and runs networks. It says when it builds.
func compiler(stderr io.Writer) *run.Compiler {
	return &run.Compiler{
		Generate: func(net *spec.Network, standalone bool) (map[string][]byte, error) {
			return gen.Generate(net, gen.Options{Standalone: standalone})
		},
		Lower:    lower.Lower,
		Building: func() { fmt.Fprintln(stderr, "compiling the network …") },
	}
}
