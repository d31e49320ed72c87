package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/files"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/templates"
	"github.com/spf13/cobra"
)

func initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a first spec, its data and a program that uses it",
		Long: `Write a first spec, samples to train it with, and a program that uses the
network, with the go:generate line. Nothing that exists is overwritten.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return initProject(cmd.OutOrStdout(), cmd.ErrOrStderr(), dir)
		},
	}
}

// project is what the templates of init read.
type project struct {
	Name   string // of the network, after the folder
	Import string // path of its package
}

// initProject writes the files and says how to go on.
func initProject(stdout, stderr io.Writer, dir string) error {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	p := project{Name: spec.FixName(filepath.Base(abs))}
	if p.Name == "" {
		p.Name = "network"
	}
	outer, found, err := modulePath(abs)
	if err != nil {
		return err
	}
	p.Import = path.Join(outer, p.Name)
	names := [][2]string{{p.Name + ".yaml", "init_spec.yaml.tmpl"}, {p.Name + ".csv", "init_data.csv.tmpl"}, {"main.go", "init_main.go.tmpl"}}
	if !found {
		p.Import = p.Name + "/" + p.Name
		names = append(names, [2]string{"go.mod", "init_go.mod.tmpl"})
	}
	if err := p.write(stdout, dir, names); err != nil {
		return err
	}
	fmt.Fprintf(stderr, `
Next, in %s:
  go get -tool %s/cmd/nngen@latest
  go generate ./...
  go tool nngen train %[3]s.yaml --data %[3]s.csv --epochs 500 --out %[3]s.safetensors
  go mod tidy && go run .
`, dir, gen.Module, p.Name)
	return nil
}

// write writes the files, or none if one exists or cannot be written, and
// lists them.
func (p project) write(stdout io.Writer, dir string, names [][2]string) (err error) {
	for _, n := range names {
		if _, err := os.Lstat(filepath.Join(dir, n[0])); err == nil {
			return fmt.Errorf("%s exists already; nothing was written", filepath.Join(dir, n[0]))
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	defer files.Enter(dir)()
	var written []string
	defer func() {
		for _, name := range written {
			if err != nil {
				os.Remove(name)
				continue
			}
			fmt.Fprintln(stdout, name)
		}
	}()
	for _, n := range names {
		t, err := template.ParseFS(templates.FS, n[1])
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := t.Execute(&b, p); err != nil {
			return err
		}
		name := filepath.Join(dir, n[0])
		err = files.Save(name, func(w io.Writer) error {
			_, err := w.Write(b.Bytes())
			return err
		})
		if err != nil {
			return err
		}
		written = append(written, name)
	}
	return nil
}

var moduleLine = regexp.MustCompile(`(?m)^module\s+"?([^\s"]+)"?`)

// modulePath returns the import path of a folder, from the go.mod in it or
// above it, if there is one.
func modulePath(dir string) (importPath string, found bool, err error) {
	for at := dir; ; at = filepath.Dir(at) {
		data, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil {
			m := moduleLine.FindSubmatch(data)
			if m == nil {
				return "", false, fmt.Errorf("%s names no module", filepath.Join(at, "go.mod"))
			}
			rel, err := filepath.Rel(at, dir)
			return path.Join(string(m[1]), filepath.ToSlash(rel)), true, err
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", false, err
		}
		if at == filepath.Dir(at) || strings.TrimSpace(at) == "" {
			return "", false, nil
		}
	}
}
