package main

import (
	"fmt"
	"strings"

	"github.com/nngen-go/nngen/spec/code"
	"github.com/spf13/cobra"
)

func explainCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain [CODE]",
		Short: "Say what the code of an error means and what to do; without a code, list all",
		Long: `Say what the code at the end of an error means, with an example that gives it and
what to do about it. Without a code, list all of them.`,
		Example: "  nngen explain NN202",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			if len(args) == 0 {
				if asJSON {
					return printJSON(out, code.Kinds())
				}
				for _, k := range code.Kinds() {
					fmt.Fprintln(out, k.Code+"  "+k.Title)
				}
				return nil
			}
			k := code.Find(args[0])
			if k == nil {
				return usageErrorf("there is no code %q; nngen explain lists all", args[0])
			}
			if asJSON {
				return printJSON(out, k)
			}
			fmt.Fprintf(out, "%s: %s\n\n%s\n\n", k.Code, k.Title, k.Means)
			for line := range strings.Lines(k.Example) {
				fmt.Fprint(out, "    ", line)
			}
			fmt.Fprintf(out, "\n%s\n", k.Remedy)
			return nil
		},
	}
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) (all []cobra.Completion, _ cobra.ShellCompDirective) {
		for _, k := range code.Kinds() {
			all = append(all, cobra.CompletionWithDesc(k.Code, k.Title))
		}
		return all, cobra.ShellCompDirectiveNoFileComp
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON")
	return cmd
}
