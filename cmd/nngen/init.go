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
	var asJSON bool
	cmd := &cobra.Command{
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
			return initProject(cmd.OutOrStdout(), cmd.ErrOrStderr(), dir, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print what was written, and the commands to go on with, as JSON")
	return cmd
}

// project is what the templates of init read.
type project struct {
	Name   string // of the network, after the folder
	Import string // path of its package
}

// initProject writes the files and says how to go on.
func initProject(stdout, stderr io.Writer, dir string, asJSON bool) error {
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
	written, err := p.write(dir, names)
	if err != nil {
		return err
	}
	next := []string{
		"go get -tool " + gen.Module + "/cmd/nngen@latest",
		"go generate ./...",
		fmt.Sprintf("go tool nngen train %[1]s.yaml --data %[1]s.csv --epochs 500 --out %[1]s.safetensors", p.Name),
		"go mod tidy && go run .",
	}
	if asJSON {
		return printJSON(stdout, map[string]any{"dir": dir, "written": written, "next": next})
	}
	for _, name := range written {
		fmt.Fprintln(stdout, name)
	}
	fmt.Fprintf(stderr, "\nNext, in %s:\n  %s\n", dir, strings.Join(next, "\n  "))
	return nil
}

// write writes the files, or none if one exists or cannot be written, and
// returns them.
func (p project) write(dir string, names [][2]string) (written []string, err error) {
	for _, n := range names {
		if _, err := os.Lstat(filepath.Join(dir, n[0])); err == nil {
			return nil, fmt.Errorf("%s exists already; nothing was written", filepath.Join(dir, n[0]))
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	defer files.Enter(dir)()
	defer func() {
		if err != nil {
			for _, name := range written {
				os.Remove(name)
			}
		}
	}()
	for _, n := range names {
		t, err := template.ParseFS(templates.FS, n[1])
		if err != nil {
			return written, err
		}
		var b bytes.Buffer
		if err := t.Execute(&b, p); err != nil {
			return written, err
		}
		name := filepath.Join(dir, n[0])
		err = files.Save(name, func(w io.Writer) error {
			_, err := w.Write(b.Bytes())
			return err
		})
		if err != nil {
			return written, err
		}
		written = append(written, name)
	}
	return written, nil
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
