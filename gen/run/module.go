package run

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// ModulePath is the path of the module that networks are compiled in; the
// package in its folder p is imported as ModulePath/p.
const ModulePath = "nngen.run"

// Module is a module that was compiled in the cache.
type Module struct {
	Dir     string
	Program string // the command in its root
}

// Module compiles a command and its packages, without go.mod, in the cache, or
// finds them there.
func (c *Compiler) Module(ctx context.Context, files map[string][]byte) (*Module, error) {
	all := map[string][]byte{"go.mod": []byte(goMod)}
	for name, data := range files {
		all[name] = data
	}
	dir, err := c.compile(ctx, all)
	if err != nil {
		return nil, interrupted(ctx, err)
	}
	return &Module{Dir: dir, Program: filepath.Join(dir, programName())}, nil
}

// Test compiles and runs the tests of a package of the module, with further
// variables in their environment, and returns what they wrote. The error is
// not nil if they could not be run; whether they passed is the second result.
func (m *Module) Test(ctx context.Context, pkg string, env ...string) (output []byte, passed bool, err error) {
	tc, err := findToolchain(ctx, m.Dir)
	if err != nil {
		return nil, false, interrupted(ctx, err)
	}
	dir, remove, err := workDir()
	if err != nil {
		return nil, false, err
	}
	defer remove()
	tc.tmp = dir
	program := filepath.Join(dir, programName())
	if _, err := tc.run(ctx, m.Dir, "test", "-c", "-o", program, "./"+pkg); err != nil {
		return nil, false, interrupted(ctx, err)
	}
	cmd := exec.CommandContext(ctx, program, "-test.v")
	cmd.Dir = filepath.Join(m.Dir, filepath.FromSlash(pkg))
	cmd.Env = append(append(os.Environ(), "PWD="+cmd.Dir), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	if ctx.Err() != nil {
		return nil, false, ErrInterrupted
	}
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		return nil, false, fmt.Errorf("tests of the generated package: %w", err)
	}
	return out.Bytes(), err == nil, nil
}
