package main

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/files"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/plural"
	"github.com/spf13/cobra"
)

// generateFlags are the flags of generate.
type generateFlags struct {
	out, pkg      string
	check, dryRun bool
	json          bool
}

func generateCommand() *cobra.Command {
	var f generateFlags
	var watch bool
	cmd := &cobra.Command{
		Use:   "generate SPEC…",
		Short: "Write the Go package of each spec",
		Long: `Write the Go package of each spec, beside the spec, into a folder with the name
of the package. Files that nngen did not generate are not touched; generated
sources that are not needed any more are removed. With --watch this is done again
whenever a spec or a file that it names changes, until Ctrl-C.`,
		Example: "  nngen generate digits.yaml\n  nngen generate --check *.yaml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if watch {
				return watchSpecs(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), args, f)
			}
			return generate(cmd.OutOrStdout(), cmd.ErrOrStderr(), args, f)
		},
	}
	cmd.Flags().StringVarP(&f.out, "output", "o", "", "`DIR` to write to, for one spec")
	cmd.Flags().StringVar(&f.pkg, "package", "", "`NAME` of the package, instead of the one in the spec")
	cmd.Flags().BoolVar(&f.check, "check", false, "write nothing; print a diff and exit with 3 if the package is out of date")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "write nothing; list what would be written")
	cmd.Flags().BoolVar(&watch, "watch", false, "generate again whenever a spec, or a file that it names, changes")
	cmd.Flags().BoolVar(&f.json, "json", false, "print what was written, or would be, as JSON")
	cmd.MarkFlagsMutuallyExclusive("check", "dry-run", "watch")
	return cmd
}

// target is a package to write.
type target struct {
	spec, dir string
	net       *spec.Network
	files     files.Files
}

// checkTargets refuses to write over what the packages are made of, and over
// files that nngen did not generate.
func checkTargets(targets []target) error {
	var a access
	for _, t := range targets {
		a.spec(t.spec, t.net)
		if embed := t.net.Codegen.Embed; embed != "" {
			a.Read("the embedded file", filepath.Join(filepath.Dir(t.spec), filepath.FromSlash(embed)))
		}
		if err := a.writesPackage(t.files, t.dir); err != nil {
			return err
		}
	}
	return a.Check(false)
}

// generate makes all packages before it writes the first one.
func generate(stdout, stderr io.Writer, specs []string, f generateFlags) error {
	if len(specs) > 1 && (f.out != "" || f.pkg != "") {
		return usageErrorf("-o and --package go with one spec, here are %d", len(specs))
	}
	targets, err := makeTargets(specs, f)
	if err != nil {
		return err
	}
	if !f.check && !f.dryRun {
		if err := checkTargets(targets); err != nil {
			return err
		}
	}
	var reports []packageReport
	outdated := false
	for _, t := range targets {
		r, err := t.bring(stdout, stderr, f)
		if err != nil {
			return err
		}
		outdated = outdated || r.Diff != ""
		reports = append(reports, r)
	}
	if f.json {
		if err := printJSON(stdout, reports); err != nil {
			return err
		}
	}
	if outdated {
		return errOutOfDate
	}
	return nil
}

// packageReport is what was done for a package, or would be.
type packageReport struct {
	Spec      string   `json:"spec"`
	Dir       string   `json:"dir"`
	Package   string   `json:"package"`
	Written   []string `json:"written"`
	Removed   []string `json:"removed"`
	Left      []string `json:"left,omitempty"` // not embedded any more, but not removed
	Unchanged int      `json:"unchanged"`
	Diff      string   `json:"diff,omitempty"` // with --check
}

// bring writes a package, or says what would be written, or what differs.
func (t *target) bring(stdout, stderr io.Writer, f generateFlags) (report packageReport, err error) {
	do := t.files.Write
	if f.check || f.dryRun {
		do = t.files.Plan
	}
	if f.check {
		if report.Diff, err = t.files.Diff(t.dir); err != nil {
			return report, err
		}
	}
	r, err := do(t.dir)
	if err != nil {
		return report, err
	}
	report = packageReport{t.spec, t.dir, t.net.Package, append([]string{}, r.Written...), append([]string{}, r.Removed...), r.Left, r.Unchanged, report.Diff}
	switch {
	case f.check && report.Diff != "":
		fmt.Fprintf(stderr, "%s is out of date; run: nngen generate %s\n", t.dir, t.spec)
		if !f.json {
			io.WriteString(stdout, report.Diff)
		}
	case f.check:
	case f.dryRun && !f.json:
		t.list(stdout, r)
	case f.dryRun:
	default:
		fmt.Fprintf(stderr, "%s: %s\n", t.dir, summary(r))
		for _, name := range r.Left {
			fmt.Fprintf(stderr, "note: %s is not embedded any more; remove it if you do not need it\n", filepath.Join(t.dir, filepath.FromSlash(name)))
		}
	}
	return report, nil
}

// makeTargets generates the packages of all specs. The errors of all specs are
// reported together.
func makeTargets(specs []string, f generateFlags) ([]target, error) {
	if f.pkg != "" {
		if msg := spec.CheckName(f.pkg); msg != "" {
			return nil, usageErrorf("--package: the name %q %s", f.pkg, msg)
		}
	}
	var targets []target
	taken := map[string]string{}
	err := eachSpec(specs, func(path string, net *spec.Network) (err error) {
		if f.pkg != "" {
			net.Package = f.pkg
		}
		t := target{spec: path, dir: packageDir(path, net), net: net}
		if f.out != "" {
			t.dir = filepath.Clean(f.out)
		}
		if other, ok := taken[t.dir]; ok {
			return usageErrorf("%s and %s would both be written to %s", other, path, t.dir)
		}
		taken[t.dir] = path
		t.files, err = gen.Generate(net, gen.Options{})
		targets = append(targets, t)
		return err
	})
	return targets, err
}

// packageDir is where the package of a spec lies by default: beside it.
func packageDir(path string, net *spec.Network) string {
	return filepath.Join(filepath.Dir(path), net.Package)
}

// list prints what would be written and removed.
func (t *target) list(w io.Writer, r *files.Report) {
	for _, name := range r.Written {
		fmt.Fprintf(w, "write %s (%d bytes)\n", filepath.Join(t.dir, filepath.FromSlash(name)), len(t.files[name]))
	}
	for _, name := range r.Removed {
		fmt.Fprintf(w, "remove %s\n", filepath.Join(t.dir, filepath.FromSlash(name)))
	}
}

// summary words the report of a write.
func summary(r *files.Report) string {
	if len(r.Written)+len(r.Removed) == 0 {
		return "up to date"
	}
	s := fmt.Sprintf("%s written, %d unchanged", plural.Of(len(r.Written), "file"), r.Unchanged)
	if len(r.Removed) > 0 {
		s += fmt.Sprintf(", %d removed", len(r.Removed))
	}
	return s
}
