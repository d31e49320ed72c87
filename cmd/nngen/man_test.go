package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// TestMan: every verb has a page that names every flag, and man can print it.
func TestMan(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man1")
	code, said := nngen(t, "man", dir)
	require.Zero(t, code, said)
	code, said = nngen(t, "man", dir) // over pages of our own
	require.Zero(t, code, said)
	pages := 0
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		pages++
		path := filepath.Join(dir, manName(cmd)+".1")
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		plain := strings.ReplaceAll(string(text), `\-`, "-")
		require.Contains(t, string(text), troff(cmd.Short))
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			require.Contains(t, plain, `--`+f.Name+`\fR`, path)
		})
		for line := range strings.Lines(plain) {
			if strings.HasPrefix(line, ".") {
				require.Regexp(t, `^\.(TH|SH|TP|PP|B|BR|nf|fi)\b`, line, path)
			}
		}
		if groff, err := exec.LookPath("groff"); err == nil {
			out, err := exec.Command(groff, "-man", "-z", "-K", "utf8", path).CombinedOutput()
			require.NoError(t, err)
			require.Empty(t, string(out), path)
		}
		for _, below := range cmd.Commands() {
			if below.Name() != "help" && cmd.Name() != "completion" {
				visit(below)
			}
		}
	}
	visit((&app{}).root())
	found, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, found, pages)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "nngen.1"), []byte("notes"), 0o644))
	code, said = nngen(t, "man", dir)
	require.Equal(t, exitUsage, code)
	require.Contains(t, said, "is not a manual page")
}
