package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// outOfRange are the flags that take numbers, with values that none may have.
// Those without are right with any.
var outOfRange = map[string][]string{
	"train folds": {"1", "-1"}, "train epochs": {"0", "-1", "1.5", "ten", "99999999999999999999"}, "train batch": {"0", "-4", "5"}, "train workers": {"0", "-1"},
	"train patience": {"0", "-1"}, "train checkpoint-every": {"0s", "-1s", "60", "soon"}, "train seed": {"-1", "1.5", "one"},
	"tune trials": {"0", "1", "-1"}, "tune epochs": {"0"}, "tune workers": {"0"}, "tune seed": {"-1"},
	"verify samples": {"0", "-8"}, "verify rtol": {"-1", "NaN", "much"}, "verify atol": {"-1e-9", "NaN"}, "verify seed": {"-1"},
	"bench batch": {"0", "-1", "1,0", "one"}, "bench train-batch": {"0", "-1"}, "bench workers": {"0", "-2"}, "bench latency": {"9999", "-1"}, "bench time": {"0s", "-1s", "500"},
	"plot scale": {"0", "0.5", "9", "NaN", "-1"}, "train shards": {"0", "-1", "two"}, "import stream": {"0", "-1", "two"}, "verify stream": {"0", "-1", "two"},
}

// numeric reports whether a flag takes a number or a time.
func numeric(f *pflag.Flag) bool {
	return slices.Contains([]string{"int", "uint64", "float64", "intSlice", "duration"}, f.Value.Type())
}

// TestFlagsOutOfRange: a number that cannot be meant is an error of the command
// line that names the flag, before anything is built or written.
func TestFlagsOutOfRange(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "cache")
	t.Setenv("NNGEN_CACHE", cache)
	seen := 0
	for _, cmd := range (&app{}).root().Commands() {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if numeric(f) {
				seen++
				require.Contains(t, outOfRange, cmd.Name()+" "+f.Name, "which values of --%s cannot be meant?", f.Name)
			}
		})
	}
	require.Equal(t, len(outOfRange), seen)
	for name, values := range outOfRange {
		verb, flag, _ := strings.Cut(name, " ")
		for _, value := range values {
			args := append(lineFor(t, verb), "--"+flag+"="+value)
			if flag == "checkpoint-every" {
				args = append(args, "--out", filepath.Join(t.TempDir(), "w.safetensors"))
			}
			code, said := nngen(t, args...)
			require.Equal(t, exitUsage, code, "%s\n%s", args, said)
			require.Contains(t, said, "--"+flag, "%s", args)
			require.Contains(t, said, "(NN501)")
		}
	}
	require.NoDirExists(t, cache)
}

// lineFor is a command line of a verb that lacks nothing.
func lineFor(t *testing.T, verb string) []string {
	args := []string{verb, "../../golden/specs/xor.yaml"}
	switch verb {
	case "train", "tune":
		data := filepath.Join(t.TempDir(), "xor.csv")
		require.NoError(t, os.WriteFile(data, []byte("a,b,y\n0,0,0\n0,1,1\n"), 0o644))
		args = append(args, "--data", data)
	case "plot":
		args = append(args, "-o", "never.png")
	}
	return args
}

// TestPathUnknown: an implementation that no machine has is refused wherever one
// is named.
func TestPathUnknown(t *testing.T) {
	for _, verb := range []string{"train", "verify", "bench"} {
		code, said := nngen(t, append(lineFor(t, verb), "--path", "sse")...)
		require.Equal(t, exitUsage, code, said)
		require.Contains(t, said, "purego")
		t.Setenv("NNGEN_PATH", "sse")
		code, said = nngen(t, lineFor(t, verb)...)
		require.Equal(t, exitUsage, code, said)
		require.Contains(t, said, "NNGEN_PATH must be one of")
		t.Setenv("NNGEN_PATH", "")
	}
}

// silent are the verbs that have nothing to say to a program but their exit
// code, or say it in a language of its own.
var silent = []string{"nngen schema", "nngen completion", "nngen completion bash", "nngen completion fish", "nngen completion zsh",
	"nngen completion powershell", "nngen help"}

// TestJSON: every verb that has something to say says it in JSON.
func TestJSON(t *testing.T) {
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		if cmd.Runnable() && !slices.Contains(silent, cmd.CommandPath()) {
			require.NotNil(t, cmd.Flag("json"), "%s", cmd.CommandPath())
		}
		for _, below := range cmd.Commands() {
			visit(below)
		}
	}
	visit((&app{}).root())
}
