package main

import (
	"bytes"
	"path/filepath"
	"regexp"

	"github.com/nngen-go/nngen/gen/files"
	"github.com/nngen-go/nngen/gen/run"
	"github.com/nngen-go/nngen/gen/weights"
	"github.com/nngen-go/nngen/spec"
	"github.com/spf13/cobra"
)

// access is what a run of a verb reads and writes. Every verb that writes
// declares it and calls open before it writes anything.
type access struct {
	files.Access
	cmd   *cobra.Command
	force bool
}

// forceFlag adds --force.
func (a *access) forceFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&a.force, "force", false, "replace a file that does not hold what is to be written")
}

// spec declares the spec and the files that it names. The weights that it
// embeds are only read by generate; others may well write them.
func (a *access) spec(path string, net *spec.Network) {
	a.Read("the spec", path)
	for name := range net.Files {
		if name != net.Codegen.Embed {
			a.Read("a file of the spec", filepath.Join(filepath.Dir(path), filepath.FromSlash(name)))
		}
	}
	if embed := net.Codegen.Embed; embed != "" {
		a.Embeds(filepath.Join(filepath.Dir(path), filepath.FromSlash(embed)))
	}
}

// reads declares the files of flags.
func (a *access) reads(flags ...string) {
	for _, name := range flags {
		a.Read("the file of --"+name, a.cmd.Flag(name).Value.String())
	}
}

// writes declares the file of a flag.
func (a *access) writes(flag string, kind files.Kind) {
	a.Write("--"+flag, a.cmd.Flag(flag).Value.String(), kind)
}

// writesPackage declares the files of a package that will change. It fails if
// they must not.
func (a *access) writesPackage(fs files.Files, dir string) error {
	report, err := fs.Plan(dir)
	if err != nil {
		return err
	}
	for _, name := range append(report.Written, report.Removed...) {
		a.Write("the generated file", filepath.Join(dir, filepath.FromSlash(name)), files.Kind{MakesFolder: true})
	}
	return nil
}

// open checks what was declared, and removes what killed runs left where this
// one writes. leave is to be called at the end.
func (a *access) open() (leave func(), err error) {
	if err := a.Check(a.force); err != nil {
		return nil, err
	}
	return a.Enter(), nil
}

// The kinds of files that are written.
var (
	weightFile = files.Kind{Name: "a weight file (safetensors)", Is: func(head []byte) bool { return weights.Sniff(head) == weights.Safetensors }}
	checkpoint = files.Kind{Name: "a checkpoint of nngen", Is: prefix(run.CheckpointMagic)}
	logFile    = files.Kind{Name: "a log of nngen", Is: prefix(`{"event":`), Stream: true}
	specFile   = files.Kind{Name: "a spec", Is: isSpec}
	manPage    = files.Kind{Name: "a manual page", Is: prefix(".TH "), MakesFolder: true}
	onnxModel  = files.Kind{Name: "an ONNX model", Is: prefix("\x08")} // the first field is the version of the format
)

// predictions are the kinds of files with predictions, by ending.
var predictions = map[string]files.Kind{
	".npy": {Name: "an .npy file", Is: func(head []byte) bool { return weights.Sniff(head) == weights.NPY }},
	".npz": {Name: "an .npz file", Is: func(head []byte) bool { return weights.Sniff(head) == weights.NPZ }},
	".csv": {Name: "a table of this network's predictions"},
}

func prefix(s string) func([]byte) bool {
	return func(head []byte) bool { return bytes.HasPrefix(head, []byte(s)) }
}

// isSpec reports whether a file has the line that every spec has.
func isSpec(head []byte) bool { return versionLine.Match(head) }

var versionLine = regexp.MustCompile(`(?m)^\s*\{?\s*"?nngen"?\s*:`)
