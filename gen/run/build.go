package run

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/gen/files"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// Compiler makes programs of networks.
type Compiler struct {
	// Generate returns the files of the network's package; standalone packages
	// import the standard library only.
	Generate func(net *spec.Network, standalone bool) (map[string][]byte, error)
	// Lower returns the network's program.
	Lower func(net *spec.Network) (*ir.Program, error)
	// Canonical returns the spec with every default in place, to say what has
	// changed since a checkpoint; without it nothing is said.
	Canonical func(net *spec.Network) []byte
	// LearningRate returns the rate of a training step (0, 1, …), for the log;
	// without it the log has none.
	LearningRate func(net *spec.Network, step int) (float64, error)
	// Cache is the folder to build in; empty is CacheDir().
	Cache string
	// Path is the implementation that networks run on: purego, avx2, …; empty
	// or Auto is the one that their code prefers.
	Path string
	// Building, if not nil, is called before the Go toolchain is.
	Building func()
}

// Binary is the program of a network.
type Binary struct {
	Shape   *Shape
	Path    string // the program
	Package string // the folder of the generated package it was built from
	on      string // the implementation to run on, as in Compiler
}

// CacheDir returns the folder of compiled networks: the variable NNGEN_CACHE,
// or nngen in the user's cache folder.
func CacheDir() (string, error) {
	if dir := os.Getenv("NNGEN_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder to compile in: %w; set NNGEN_CACHE", err)
	}
	return filepath.Join(dir, "nngen"), nil
}

// purpose is what a program is built for.
type purpose int

const (
	toPredict purpose = iota // inference is enough
	toEval                   // a trainer is welcome, for the loss
	toTrain                  // a trainer is needed
)

// build generates and compiles a network, with an engine if one is given, or finds it
// in the cache.
func (c *Compiler) build(ctx context.Context, net *spec.Network, p purpose, engine *Engine) (*Binary, error) {
	shape, net, err := c.prepare(net, p)
	if err != nil {
		return nil, err
	}
	pkg, err := c.Generate(net, true)
	if err != nil {
		return nil, err
	}
	name := ""
	if engine != nil {
		name = engine.Name
	}
	all, err := runner(shape, name)
	if err != nil {
		return nil, err
	}
	all["go.mod"] = []byte(goMod)
	for name, data := range pkg {
		all["net/"+name] = data
	}
	if engine != nil {
		if err := engine.add(all); err != nil {
			return nil, err
		}
	}
	dir, err := c.compile(ctx, all)
	if err != nil {
		return nil, err
	}
	return &Binary{Shape: shape, Path: filepath.Join(dir, programName()), Package: filepath.Join(dir, "net"), on: c.Path}, nil
}

// prepare returns the network as it is compiled here, with training code if
// the purpose wants it, and its shape. Weights are given, not embedded.
func (c *Compiler) prepare(net *spec.Network, p purpose) (*Shape, *spec.Network, error) {
	local := *net
	local.Codegen.Embed = ""
	local.Codegen.Standalone = true
	if p != toPredict { // what is trained is stored in fewer bits afterwards
		local.Codegen.Storage, local.Codegen.Train = "float32", true
	}
	prog, err := c.Lower(&local)
	if err != nil && p == toEval && !net.Codegen.Train {
		local.Codegen.Storage, local.Codegen.Train = net.Codegen.Storage, false
		prog, err = c.Lower(&local)
	}
	if err != nil {
		return nil, nil, err
	}
	shape := Describe(&local, prog)
	if p == toTrain && !shape.Train {
		return nil, nil, net.Errorf(net.Pos, "write a loss, for instance loss: mse", code.Missing+"the network cannot be trained: no output has a loss")
	}
	return shape, &local, nil
}

func programName() string {
	if runtime.GOOS == "windows" {
		return "runner.exe"
	}
	return "runner"
}

// compile builds a module in the cache, in a folder named after its contents
// and the toolchain, and returns the folder.
func (c *Compiler) compile(ctx context.Context, tree map[string][]byte) (string, error) {
	cache := c.Cache
	if cache == "" {
		var err error
		if cache, err = CacheDir(); err != nil {
			return "", err
		}
	}
	if err := os.MkdirAll(cache, 0o777); err != nil {
		return "", err
	}
	tc, err := findToolchain(ctx, cache)
	if err != nil {
		return "", err
	}
	files.Sweep(cache)
	dir := filepath.Join(cache, contentHash(tree, tc.env))
	if _, err := os.Stat(filepath.Join(dir, programName())); err == nil {
		touch(dir)
		return dir, nil
	}
	if c.Building != nil {
		c.Building()
	}
	tmp, err := files.NewTempDir(cache)
	if err != nil {
		return "", err
	}
	defer tmp.Remove()
	if err := writeTree(tmp.Path, tree); err != nil {
		return "", err
	}
	tc.downloads = bytes.Contains(tree["go.mod"], []byte("require "))
	if err := tc.build(ctx, tmp.Path); err != nil {
		return "", err
	}
	if err := install(tmp.Path, dir); err != nil {
		return "", err
	}
	prune(cache, maxCache)
	return dir, nil
}

// install moves a finished build into place; another nngen may have been
// faster.
func install(tmp, dir string) error {
	err := os.Rename(tmp, dir)
	if err == nil {
		return nil
	}
	if _, statErr := os.Stat(filepath.Join(dir, programName())); statErr == nil {
		return nil
	}
	if rmErr := os.RemoveAll(dir); rmErr != nil { // a damaged folder
		return errors.Join(err, rmErr)
	}
	return os.Rename(tmp, dir)
}

// contentHash names a build by everything that it depends on.
func contentHash(files map[string][]byte, env string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q\n", env)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%q %d\n", name, len(files[name]))
		h.Write(files[name])
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}

func writeTree(dir string, files map[string][]byte) error {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return fmt.Errorf("%q is not a name for a generated file", name)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(path, files[name], 0o666); err != nil {
			return err
		}
	}
	return nil
}

// toolchain is the user's Go toolchain.
type toolchain struct {
	path string // the go command
	dir  string // where it is asked about its settings
	env  string // what of its settings decides about the code
	tmp  string // its folder for temporary files; empty is the system's
	// downloads: it may download modules, as the user's settings say.
	downloads bool
}

// goVariables are the settings that decide about the code.
var goVariables = []string{"GOVERSION", "GOOS", "GOARCH", "GOAMD64", "GOARM", "GOARM64", "GO386", "GOMIPS", "GOMIPS64", "GOPPC64", "GORISCV64", "GOEXPERIMENT", "GODEBUG"}

// findToolchain finds the go command and asks for its version.
func findToolchain(ctx context.Context, dir string) (*toolchain, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return nil, fmt.Errorf("the command go was not found (%w): nngen compiles the network with it; install Go 1.26 or later from https://go.dev/dl and put it in PATH", err)
	}
	t := &toolchain{path: path, dir: dir}
	out, err := t.run(ctx, dir, append([]string{"env", "-json"}, goVariables...)...)
	if err != nil {
		return nil, err
	}
	var vars map[string]string
	if err := json.Unmarshal(out, &vars); err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	var b strings.Builder
	for _, name := range goVariables {
		fmt.Fprintf(&b, "%s=%s\n", name, vars[name])
	}
	t.env = b.String()
	return t, nil
}

// build compiles the module in dir, where the go command's own temporary files
// go too.
func (t *toolchain) build(ctx context.Context, dir string) error {
	tmp := filepath.Join(dir, "go-tmp")
	if err := os.Mkdir(tmp, 0o777); err != nil {
		return err
	}
	t.tmp = tmp
	_, err := t.run(ctx, dir, "build", "-trimpath", "-buildvcs=false", "-o", programName(), ".")
	return errors.Join(err, os.RemoveAll(tmp))
}

// run runs the go command, for this machine, without workspace or cgo, without what
// the user's other projects set, and without network unless it downloads.
func (t *toolchain) run(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, t.path, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "GO111MODULE=on",
		"CGO_ENABLED=0", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH, "PWD="+dir)
	if !t.downloads {
		cmd.Env = append(cmd.Env, "GOPROXY=off")
	}
	if t.tmp != "" {
		cmd.Env = append(cmd.Env, "GOTMPDIR="+t.tmp)
	}
	var out, talk bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &talk
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", args[0], err, strings.TrimSpace(talk.String()))
	}
	return out.Bytes(), nil
}
