package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var onBeam = flag.Bool("beam", false, "test predict --runner, whose first build takes minutes")

// TestPredictOnRunner: what predict --runner prism writes is what predict writes, byte
// for byte, of plain and of compressed files; lines that are no rows are left out, and in
// a file of their own.
func TestPredictOnRunner(t *testing.T) {
	if !*onBeam {
		t.Skip("not tested: Beam is built and run with -beam")
	}
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	self, err := os.Executable()
	require.NoError(t, err)
	cache := t.TempDir()
	source, err := filepath.Abs("../../runtime") // which a test that was built with -trimpath does not know
	require.NoError(t, err)
	nngen := func(exit int, args ...string) (stdout, stderr string) {
		t.Helper()
		cmd := exec.Command(self, args...)
		cmd.Args[0] = "nngen" // TestMain makes it that
		cmd.Env = append(os.Environ(), "NNGEN_CACHE="+cache, "NNGEN_RUNTIME="+source)
		var out, talk bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &talk
		if err := cmd.Run(); exit == exitDone {
			require.NoError(t, err, "%s", &talk)
		}
		require.Equal(t, exit, cmd.ProcessState.ExitCode(), "%s", &talk)
		return out.String(), talk.String()
	}
	spec := "../../golden/specs/digits.yaml"
	packed, err := os.Open("../../golden/data/digits.csv.gz")
	require.NoError(t, err)
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	require.NoError(t, err)
	text, err := io.ReadAll(r)
	require.NoError(t, err)
	lines := strings.SplitAfter(string(text), "\n")
	good, bad := lines[0], lines[0]
	for i := range 20 {
		for j, line := range lines[1 : len(lines)-1] {
			good += line
			bad += line
			if i == 7 && j == 5 {
				bad += "1,2,3\n" + "x" + line
			}
		}
	}
	require.NoError(t, os.WriteFile(file("good.csv"), []byte(good), 0o666))
	require.NoError(t, os.WriteFile(file("bad.csv"), []byte(bad), 0o666))
	nngen(exitDone, "train", spec, "--data", "../../golden/data/digits.csv.gz", "--epochs", "2", "--out", file("w.safetensors"))
	predict := []string{"predict", spec, "--weights", file("w.safetensors")}
	nngen(exitDone, append(predict, "--in", file("good.csv"), "--out", file("plain.csv"))...)
	want, err := os.ReadFile(file("plain.csv"))
	require.NoError(t, err)
	_, talk := nngen(exitDone, append(predict, "--in", file("bad.csv"), "--runner", "prism", "--out", file("scores.csv"))...)
	require.Contains(t, talk, "warning: 2 rows could not be read")
	got, err := os.ReadFile(file("scores.csv"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, got), "the predictions differ")
	faults, err := os.ReadFile(file("scores.bad.csv"))
	require.NoError(t, err)
	row := 7*1797 + 6 + 2
	require.Equal(t, strings.ReplaceAll(`file,row,reason
FILE,`+strconv.Itoa(row)+`,"the line has 3 fields, not 65"
FILE,`+strconv.Itoa(row+1)+`,"field 1: ""x0"" is not a finite decimal number"
`, "FILE", file("bad.csv")), string(faults))
	out, _ := nngen(exitDone, append(predict, "--in", "../../golden/data/digits.csv.gz", "--runner", "prism")...)
	require.True(t, strings.HasPrefix(string(want), out))
	require.Equal(t, 1798, strings.Count(out, "\n"))

	_, talk = nngen(exitUsage, append(predict, "--in", file("good.csv"), "--runner", "somewhere")...)
	require.Contains(t, talk, "--runner must be prism or the address of a job server")
}
