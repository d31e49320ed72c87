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

// start is a first project that init writes; its files are templates/init/NAME.*.
type start struct {
	name, what string
	epochs     int
	targets    bool // are the inputs
}

var starts = []start{
	{name: "classifier", what: "points inside and outside of a circle", epochs: 200},
	{name: "regressor", what: "the load of a house by hour and temperature", epochs: 400},
	{name: "autoencoder", what: "readings of a machine that do not look like those of a healthy one", epochs: 300, targets: true},
	{name: "policy", what: "a pole balanced on a cart, learned from recordings", epochs: 300},
}

func initCommand() *cobra.Command {
	var p project
	var asJSON bool
	var names []string
	long := "Write a first spec, samples to train it with, a program that uses the network,\nwith the go:generate line, and its test. Nothing that exists is overwritten.\n"
	for _, s := range starts {
		names = append(names, s.name)
		long += fmt.Sprintf("\n  %-12s %s", s.name, s.what)
	}
	cmd := &cobra.Command{
		Use:     "init [DIR]",
		Short:   "Write a first spec, its data, a program that uses it and its test",
		Long:    long,
		Example: "  nngen init\n  nngen init balance --template policy",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return p.init(cmd.OutOrStdout(), cmd.ErrOrStderr(), dir, asJSON)
		},
	}
	cmd.Flags().StringVar(&p.template, "template", names[0], "`NAME` of the first project: "+strings.Join(names, ", "))
	cmd.RegisterFlagCompletionFunc("template", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
	cmd.Flags().BoolVar(&asJSON, "json", false, "print what was written, and the commands to go on with, as JSON")
	return cmd
}

// project is what the templates of init read.
type project struct {
	template string
	Name     string // of the network, after the folder
	Import   string // path of its package
	Schema   string // address of the JSON Schema, for editors
}

// init writes the files and says how to go on.
func (p *project) init(stdout, stderr io.Writer, dir string, asJSON bool) error {
	var names []string
	var chosen *start
	for i, s := range starts {
		names = append(names, s.name)
		if s.name == p.template {
			chosen = &starts[i]
		}
	}
	if chosen == nil {
		return usageErrorf("--template must be one of %s, got %q", strings.Join(names, ", "), p.template)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	p.Schema = "https://raw.githubusercontent.com/" + strings.TrimPrefix(gen.Module, "github.com/") + "/main/docs/nngen.schema.json"
	p.Name = spec.FixName(filepath.Base(abs))
	if p.Name == "" {
		p.Name = "network"
	}
	outer, found, tool, err := modulePath(abs)
	if err != nil {
		return err
	}
	p.Import = path.Join(outer, p.Name)
	files := [][2]string{
		{p.Name + ".yaml", chosen.name + ".yaml"}, {p.Name + ".csv", chosen.name + ".csv"},
		{"main.go", chosen.name + ".go"}, {"main_test.go", chosen.name + "_test.go"},
	}
	if !found {
		p.Import = "example.com/" + p.Name + "/" + p.Name // which no standard package is called
		files = append(files, [2]string{"go.mod", "go.mod"})
	}
	written, err := p.write(dir, files)
	if err != nil {
		return err
	}
	train := fmt.Sprintf("go tool nngen train %[1]s.yaml --data %[1]s.csv --epochs %[2]d --out %[1]s.safetensors --generate", p.Name, chosen.epochs)
	if chosen.targets {
		train = strings.Replace(train, " --epochs", " --targets "+p.Name+".csv --epochs", 1)
	}
	next := []string{train, "go run . && go test ./..."}
	if !tool {
		next = append([]string{"go get -tool " + toolPath + "@latest"}, next...)
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
		t, err := template.ParseFS(templates.FS, "init/"+n[1]+".tmpl")
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

// toolPath is the package of this command.
const toolPath = gen.Module + "/cmd/nngen"

// modulePath returns the import path of a folder, from the go.mod in it or
// above it, if there is one, and whether that has this command as a tool.
func modulePath(dir string) (importPath string, found, tool bool, err error) {
	for at := dir; ; at = filepath.Dir(at) {
		data, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil {
			m := moduleLine.FindSubmatch(data)
			if m == nil {
				return "", false, false, fmt.Errorf("%s names no module", filepath.Join(at, "go.mod"))
			}
			rel, err := filepath.Rel(at, dir)
			tool := regexp.MustCompile(`(?m)^(tool)?\s+` + regexp.QuoteMeta(toolPath) + `\s*$`).Match(data)
			return path.Join(string(m[1]), filepath.ToSlash(rel)), true, tool, err
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", false, false, err
		}
		if at == filepath.Dir(at) || strings.TrimSpace(at) == "" {
			return "", false, false, nil
		}
	}
}
