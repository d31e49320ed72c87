package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/nngen-go/nngen/gen/files"
	"github.com/nngen-go/nngen/spec/plural"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func manCommand() *cobra.Command {
	var a access
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "man DIR",
		Short: "Write the manual pages",
		Long: `Write a manual page for nngen and for each of its verbs, from what --help prints.
man looks for them in the folder man1 below those of MANPATH.`,
		Example: "  nngen man ~/.local/share/man/man1 && man nngen-train",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			pages := map[string][]byte{}
			manPages(cmd.Root(), pages)
			var written []string
			for _, name := range files.Files(pages).Names() {
				path := filepath.Join(args[0], name)
				a.Write("the manual page", path, manPage)
				written = append(written, path)
			}
			leave, err := a.open()
			if err != nil {
				return err
			}
			defer leave()
			if err := os.MkdirAll(args[0], 0o777); err != nil {
				return err
			}
			for _, path := range written {
				err := files.Save(path, func(w io.Writer) error { _, err := w.Write(pages[filepath.Base(path)]); return err })
				if err != nil {
					return err
				}
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), map[string]any{"written": written})
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", args[0], plural.Of(len(written), "page"))
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print what was written as JSON")
	a.forceFlag(cmd)
	return cmd
}

// manPages makes the pages of a command and of those below it.
func manPages(cmd *cobra.Command, pages map[string][]byte) {
	pages[manName(cmd)+".1"] = manText(cmd)
	for _, below := range cmd.Commands() {
		if below.Name() != "help" && cmd.Name() != "completion" {
			manPages(below, pages)
		}
	}
}

func manName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// manText is a page in the macros of man(7).
func manText(cmd *cobra.Command) []byte {
	var b bytes.Buffer
	section := func(name string) { fmt.Fprintf(&b, ".SH %s\n", name) }
	fmt.Fprintf(&b, ".TH %s 1 \"\" nngen \"nngen manual\"\n", troff(strings.ToUpper(manName(cmd))))
	section("NAME")
	fmt.Fprintf(&b, "%s \\- %s\n", troff(manName(cmd)), troff(cmd.Short))
	section("SYNOPSIS")
	fmt.Fprintf(&b, ".B %s\n", troff(cmd.UseLine()))
	if cmd.Long != "" {
		section("DESCRIPTION")
		preformatted := false
		for line := range strings.Lines(cmd.Long) {
			indented := strings.HasPrefix(line, "  ")
			switch line = strings.TrimSuffix(line, "\n"); {
			case indented && !preformatted:
				b.WriteString(".nf\n")
			case !indented && preformatted:
				b.WriteString(".fi\n")
			}
			preformatted = indented
			if line == "" {
				line = ".PP"
			} else {
				line = troff(line)
			}
			fmt.Fprintln(&b, line)
		}
		if preformatted {
			b.WriteString(".fi\n")
		}
	}
	manFlags(&b, "OPTIONS", cmd.LocalFlags())
	manFlags(&b, "OPTIONS OF ALL VERBS ABOVE", cmd.InheritedFlags())
	if cmd.Example != "" {
		section("EXAMPLES")
		fmt.Fprintf(&b, ".nf\n%s\n.fi\n", troff(cmd.Example))
	}
	section("EXIT STATUS")
	fmt.Fprintln(&b, troff("0 done, 1 failure, 2 usage, 3 out of date or different, 4 invalid spec, weights or data, 5 verification mismatch,\n130 interrupted."))
	section("SEE ALSO")
	var others []string
	if cmd.HasParent() {
		others = append(others, manName(cmd.Parent()))
	}
	for _, below := range cmd.Commands() {
		if below.Name() != "help" && cmd.Name() != "completion" {
			others = append(others, manName(below))
		}
	}
	for i, name := range others {
		comma := ","
		if i == len(others)-1 {
			comma = ""
		}
		fmt.Fprintf(&b, ".BR %s (1)%s\n", troff(name), comma)
	}
	return b.Bytes()
}

// manFlags lists flags, if there are any.
func manFlags(b *bytes.Buffer, title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	fmt.Fprintf(b, ".SH %s\n", title)
	flags.VisitAll(func(f *pflag.Flag) {
		value, usage := pflag.UnquoteUsage(f)
		b.WriteString(".TP\n")
		if f.Shorthand != "" {
			fmt.Fprintf(b, "\\fB\\-%s\\fR, ", f.Shorthand)
		}
		fmt.Fprintf(b, "\\fB%s\\fR", troff("--"+f.Name))
		if value != "" {
			fmt.Fprintf(b, " \\fI%s\\fR", troff(value))
		}
		if d := f.DefValue; d != "" && d != "false" && d != "0" && d != "[]" {
			usage += " (default " + d + ")"
		}
		fmt.Fprintf(b, "\n%s\n", troff(usage))
	})
}

// troff escapes text: what begins with a full stop would be a command, and a
// bare hyphen could become another character.
func troff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "…", `\&...`, "–", `\(en`, "−", `\-`, "×", `\(mu`).Replace(s)
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
