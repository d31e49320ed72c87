// Package gentest compiles many generated packages into one program and runs
// them for the compiler's own tests: what comes back is what the generated
// code computed, to be compared with the interpreter and with PyTorch. The
// parts are those of package verify, which serves the command.
package gentest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/verify"
	"github.com/nngen-go/nngen/spec"
)

// What package verify works with.
type (
	Network = verify.Network
	Job     = verify.Job
	Batch   = verify.Batch
	Result  = verify.Result
	Step    = verify.Step
)

// Prepare plans a network.
func Prepare(net *spec.Network) (*Network, error) { return verify.Prepare(net) }

// DiffWithin is verify.DiffWithin.
func DiffWithin(what string, got, want []float64, tolerance float64) string {
	return verify.DiffWithin(what, got, want, tolerance)
}

// Program is a compiled program of several networks.
type Program struct {
	verify.Program
}

// Build compiles the networks into dir with the tool chain's environment and
// further variables (GOAMD64=v3). The packages n0, n1, … are in a module of
// nngen's name that holds the runtime, so that they compile as they would
// anywhere.
func Build(dir string, nets []*Network, env ...string) (*Program, error) {
	files, err := verify.Source(gen.Module, nets, false)
	if err != nil {
		return nil, err
	}
	files["go.mod"] = []byte("module " + gen.Module + "\n\ngo 1.26\n")
	for name, data := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return nil, err
		}
	}
	p := &Program{verify.Program{Path: filepath.Join(dir, "run"), Env: append(os.Environ(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0")}}
	p.Env = append(p.Env, env...)
	cmd := exec.Command("go", "build", "-o", p.Path, ".")
	cmd.Dir, cmd.Env = dir, p.Env
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return p, nil
}

// Paths are the ways to run a program: portable Go, and those of this
// architecture. A machine that does not have one takes the next.
var Paths = verify.Paths()

// On returns the program set to run on a path.
func (p *Program) On(path string) *Program {
	q := *p
	q.Env = append([]string(nil), p.Env...)
	q.Env = append(q.Env, "NNGEN_PATH="+path)
	return &q
}

// Run runs the jobs, one per network.
func (p *Program) Run(jobs []*Job) ([]*Result, error) {
	for i, j := range jobs {
		j.Network = i
	}
	results, err := p.Program.Run(context.Background(), jobs)
	for i, r := range results {
		if r.Refused != "" {
			return nil, fmt.Errorf("network %d: %s", i, r.Refused)
		}
	}
	return results, err
}
