// Command nngen turns the spec of a neural network into a Go package, and
// trains, evaluates and runs the network with that generated code.
//
// What is data goes to standard output, what is talk to standard error. An error
// carries the code of its kind, which nngen explain explains; with --json it is
// also a line of JSON on standard output. Exit codes: 0 done, 1 failure, 2 usage, 3 out of date or different, 4 invalid
// spec, weights or data, 5 verification mismatch, 130 interrupted.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/nngen-go/nngen/spec/plural"
	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends nngen at once
	os.Exit(execute(ctx, os.Args[1:]))
}

// execute runs the command line and returns the exit code.
func execute(ctx context.Context, args []string) int {
	app := &app{}
	root := app.root()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	err = app.misuse(err)
	_, exit := classify(err)
	if err != nil && exit != exitOutOfDate {
		if wantsJSON(cmd, args) {
			writeJSON(os.Stdout, err)
		}
		fmt.Fprintln(os.Stderr, message(err))
	}
	if exit == exitUsage {
		fmt.Fprintf(os.Stderr, "%s --help shows how it is used\n", cmd.CommandPath())
	}
	return exit
}

// wantsJSON reports whether --json was given, also on a command line that was
// not understood.
func wantsJSON(cmd *cobra.Command, args []string) bool {
	flag := cmd.Flags().Lookup("json")
	return flag != nil && (flag.Value.String() == "true" || slices.Contains(args, "--json"))
}

// app is one run of the command.
type app struct {
	started bool // the command line was understood
}

// root returns the command with all verbs.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "nngen",
		Short: "Compile a neural network into a Go package",
		Long: `nngen compiles the spec of a neural network (YAML) into a Go package that infers
and trains, as plain code without allocation, reflection or cgo.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	for _, verb := range []func() *cobra.Command{
		initCommand, importCommand, generateCommand, checkCommand, fmtCommand, inspectCommand, trainCommand, tuneCommand,
		evalCommand, predictCommand, verifyCommand, benchCommand, weightsCommand, exportCommand, diffCommand, plotCommand, schemaCommand, explainCommand, manCommand, versionCommand,
	} {
		cmd := verb()
		a.watch(cmd)
		root.AddCommand(cmd)
	}
	root.InitDefaultCompletionCmd()
	if completion, _, err := root.Find([]string{"completion"}); err == nil {
		completion.RunE = func(*cobra.Command, []string) error { // else the help is what a shell would read
			return usageErrorf("which shell? bash, fish, powershell or zsh")
		}
	}
	return root
}

// watch notes that a verb, or one below it, was understood and is at work, says
// which arguments it takes, and completes the names of specs in shells.
func (a *app) watch(cmd *cobra.Command) {
	work := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		a.started = true
		return work(cmd, args)
	}
	if fits := cmd.Args; fits != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if fits(cmd, args) == nil {
				return nil
			}
			return usageErrorf("got %s, want %s %s", plural.Of(len(args), "argument"), cmd.Parent().CommandPath(), cmd.Use)
		}
	}
	if strings.Contains(cmd.Use, "SPEC") {
		cmd.ValidArgsFunction = cobra.FixedCompletions([]cobra.Completion{"yaml", "yml", "json"}, cobra.ShellCompDirectiveFilterFileExt)
	}
	for _, below := range cmd.Commands() {
		a.watch(below)
	}
}
