package main

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
)

// TestPorts checks the types of the command, and of what it imports, for every
// first-class port of Go: what the compiler would refuse there, such as a
// constant that overflows an int of 32 bits, in a second per port.
func TestPorts(t *testing.T) {
	if testing.Short() {
		t.Skip("a second per port")
	}
	out, err := exec.Command("go", "tool", "dist", "list", "-json").Output()
	require.NoError(t, err)
	var ports []struct {
		GOOS, GOARCH string
		FirstClass   bool
	}
	require.NoError(t, json.Unmarshal(out, &ports))
	checked := 0
	c := &portChecker{fset: token.NewFileSet(), files: map[string]*ast.File{}}
	for _, p := range ports {
		if p.FirstClass {
			checked++
			require.NoError(t, c.check(p.GOOS, p.GOARCH), "%s/%s", p.GOOS, p.GOARCH)
		}
	}
	require.GreaterOrEqual(t, checked, 8)
}

// portChecker checks packages for one port after another.
type portChecker struct {
	fset  *token.FileSet
	files map[string]*ast.File // parsed, by path
}

// check checks all packages that the command is built from, the functions of
// this module's among them.
func (c *portChecker) check(goos, goarch string) error {
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Dir,GoFiles,ImportMap,Module", ".")
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		return err
	}
	packages := map[string]*types.Package{"unsafe": types.Unsafe}
	list := json.NewDecoder(strings.NewReader(string(out)))
	for { // dependencies first
		var p struct {
			ImportPath, Dir string
			GoFiles         []string
			ImportMap       map[string]string
			Module          *struct{ Path string }
		}
		if err := list.Decode(&p); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if p.ImportPath == "unsafe" {
			continue
		}
		files, err := c.parse(p.Dir, p.GoFiles)
		if err != nil {
			return err
		}
		conf := types.Config{
			Sizes:            types.SizesFor("gc", goarch),
			IgnoreFuncBodies: p.Module == nil || p.Module.Path != gen.Module,
			Importer: importerFunc(func(path string) (*types.Package, error) {
				if mapped, ok := p.ImportMap[path]; ok {
					path = mapped
				}
				if packages[path] == nil {
					return nil, errors.New("not listed before: " + path)
				}
				return packages[path], nil
			}),
		}
		if packages[p.ImportPath], err = conf.Check(p.ImportPath, c.fset, files, nil); err != nil {
			return err
		}
	}
}

type importerFunc func(path string) (*types.Package, error)

func (f importerFunc) Import(path string) (*types.Package, error) { return f(path) }

// parse parses the files that were not parsed for another port.
func (c *portChecker) parse(dir string, names []string) ([]*ast.File, error) {
	files, errs := make([]*ast.File, len(names)), make([]error, len(names))
	var group sync.WaitGroup
	for i, name := range names {
		path := filepath.Join(dir, name)
		if files[i] = c.files[path]; files[i] == nil {
			group.Go(func() { files[i], errs[i] = parser.ParseFile(c.fset, path, nil, parser.SkipObjectResolution) })
		}
	}
	group.Wait()
	for i, name := range names {
		c.files[filepath.Join(dir, name)] = files[i]
	}
	return files, errors.Join(errs...)
}
