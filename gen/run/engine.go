package run

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
)

// Engine is a module of nngen with a go.mod of its own, runtime/Name, which a program
// is compiled with when it is asked for: from a folder of nngen's source, or at a
// version, which the user's Go toolchain downloads as any other module.
type Engine struct {
	Name    string
	Version string // empty in a command that was built from source
	Dir     string // of that source, where Version is empty
}

// The engines.
const (
	ranksEngine = "nnmpi"
	beamEngine  = "nnbeam"
)

// EngineVariable is the environment variable with the folder runtime of nngen's source,
// for a command that was built from it and does not know where it lies.
const EngineVariable = "NNGEN_RUNTIME"

// module is the path of the engine's module.
func (e *Engine) module() string { return "github.com/nngen-go/nngen/runtime/" + e.Name }

// add adds the engine to the module of a program. Its source, if it comes from a
// folder, becomes a part of the program, so that a change of it is one of the program.
func (e *Engine) add(tree map[string][]byte) error {
	version := e.Version
	if version == "" {
		version = "v0.0.0"
		files, err := e.source()
		if err != nil {
			return err
		}
		maps.Copy(tree, files)
		tree["go.sum"] = files[e.Name+"/go.sum"]
	}
	mod := string(tree["go.mod"]) + "\nrequire " + e.module() + " " + version + "\n"
	if e.Version == "" {
		mod += "\nreplace " + e.module() + " => ./" + e.Name + "\n"
	}
	tree["go.mod"] = []byte(mod)
	return nil
}

// source reads the module, without its tests.
func (e *Engine) source() (map[string][]byte, error) {
	dir := os.Getenv(EngineVariable)
	if dir == "" {
		dir = e.Dir
	}
	root := filepath.Join(dir, e.Name)
	if _, err := os.Stat(filepath.Join(root, "go.mod")); dir == "" || err != nil {
		return nil, fmt.Errorf("the module %s was not found: this nngen was built from source and has no version to download; name the folder runtime of that source in %s, or install a release with go install github.com/nngen-go/nngen/cmd/nngen@latest",
			e.module(), EngineVariable)
	}
	files := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		switch filepath.Ext(path) {
		case ".go", ".s", ".mod", ".sum":
			rel, err := filepath.Rel(dir, path)
			if err != nil {
				return err
			}
			files[filepath.ToSlash(rel)], err = os.ReadFile(path)
			return err
		}
		return nil
	})
	return files, err
}
