package gen_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nngen-go/nngen/gen"
	"github.com/stretchr/testify/require"
)

var beamRows = flag.Int("beam-rows", 0, "rows that TestBeam scores on Beam's prism; 0 leaves it out, as a first build takes minutes")

// TestBeam scores rows on Beam's prism, in this process: the scores have the bits of a
// plain loop, and every line that is none is in the side output, with its place. The long
// form is -beam-rows 1000000.
func TestBeam(t *testing.T) {
	if *beamRows == 0 {
		t.Skip("not tested: Beam is built and run with -beam-rows 20000")
	}
	dir, work := t.TempDir(), t.TempDir()
	write := func(name string, text []byte) {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o666))
	}
	read := func(name string) []byte {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		return data
	}
	module, err := filepath.Abs("../runtime/nnbeam")
	require.NoError(t, err)
	write("go.mod", []byte("module beam\n\ngo 1.26.0\n\nrequire github.com/nngen-go/nngen/runtime/nnbeam v0.0.0\nreplace github.com/nngen-go/nngen/runtime/nnbeam => "+module+"\n"))
	write("go.sum", read(filepath.Join(module, "go.sum")))
	write("main.go", read("testdata/beam.go.txt"))
	spec := string(read("../golden/specs/digits.yaml"))
	net, err := gen.Load(writeSpec(t, "digits", strings.Replace(spec, "codegen: {", "codegen: {standalone: true, ", 1)))
	require.NoError(t, err)
	files, err := gen.Generate(net, gen.Options{})
	require.NoError(t, err)
	for file, data := range files {
		if !strings.HasSuffix(file, "_test.go") {
			write("digits/"+file, data)
		}
	}
	build := exec.Command("go", "build", "-mod=mod", "-trimpath", "-o", "beam", ".")
	build.Dir, build.Env = dir, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)

	// Rows of small numbers; every thousandth line is none, in one of four ways.
	const perFile = 2
	var names []string
	var bad []string
	for f := range perFile {
		name := filepath.Join(work, fmt.Sprintf("rows%d.csv", f))
		names = append(names, name)
		file, err := os.Create(name)
		require.NoError(t, err)
		w := bufio.NewWriter(file)
		fmt.Fprintln(w, "p0"+strings.Repeat(",p", 63))
		state := uint32(f + 1)
		var line []byte
		for r := range *beamRows / perFile {
			line = line[:0]
			for range 64 {
				state = state*1664525 + 1013904223
				line = fmt.Appendf(line, "%d.%d,", state>>28, state>>20&7)
			}
			line[len(line)-1] = '\n'
			if r%1000 == 500 {
				reason := ""
				switch r / 1000 % 4 {
				case 0:
					line, reason = line[bytes.IndexByte(line, ',')+1:], "the line has 63 fields; the network takes 64"
				case 1:
					line, reason = append([]byte("x"), line...), "is not a finite decimal number"
				case 2:
					line, reason = append([]byte("NaN"), line[bytes.IndexByte(line, ','):]...), `field 1: ""NaN"" is not a finite decimal number`
				case 3:
					line, reason = append([]byte("1,"), line...), "the line has 65 fields; the network takes 64"
				}
				bad = append(bad, fmt.Sprintf("%s,%d,\t%s", name, r+2, reason))
			}
			w.Write(line)
		}
		require.NoError(t, w.Flush())
		require.NoError(t, file.Close())
	}
	weights := filepath.Join(work, "digits.safetensors")
	require.NoError(t, os.WriteFile(weights, read("../docs/wasm/digits.safetensors"), 0o666))

	type job struct {
		Runner       string
		Files        []string
		Parquet      bool
		Format       string
		Weights, Out string
		Chunk        int
	}
	type result struct {
		Rows, Bad, Batches, BatchNanos, MaxNanos int64
		Seconds                                  float64
		Peak                                     uint64
	}
	run := func(j job) (r result) {
		t.Helper()
		j.Weights = weights
		text, err := json.Marshal(j)
		require.NoError(t, err)
		cmd := exec.Command(filepath.Join(dir, "beam"), "-job", string(text))
		var talk bytes.Buffer
		cmd.Stderr = &talk
		out, err := cmd.Output()
		require.NoError(t, err, "%s", talk.Bytes()[max(0, talk.Len()-2000):])
		require.NoError(t, json.Unmarshal(out[bytes.LastIndexByte(bytes.TrimSpace(out), '\n')+1:], &r), "%s", out)
		return r
	}
	joined := func(folder string) []byte {
		entries, err := os.ReadDir(folder) // sorted
		require.NoError(t, err)
		var all []byte
		for _, e := range entries {
			all = append(all, read(filepath.Join(folder, e.Name()))...)
		}
		return all
	}
	plain := run(job{Files: names, Out: filepath.Join(work, "plain")})
	prism := run(job{Runner: "prism", Files: names, Format: "raw", Out: filepath.Join(work, "prism")})
	want := read(filepath.Join(work, "plain"))
	require.True(t, bytes.Equal(want, joined(filepath.Join(work, "prism"))), "scores differ from those of a plain loop")
	rows := int64(*beamRows - len(bad))
	require.Equal(t, rows, int64(len(want))/88)
	require.Equal(t, []int64{rows, int64(len(bad))}, []int64{prism.Rows, prism.Bad})
	require.Positive(t, prism.BatchNanos)
	got := strings.Split(strings.TrimSpace(string(joined(filepath.Join(work, "prism.bad")))), "\n")
	require.Len(t, got, len(bad))
	for i, line := range bad {
		place, reason, _ := strings.Cut(line, "\t")
		require.True(t, strings.HasPrefix(got[i], place) && strings.Contains(got[i], reason), "%s, want %s%s", got[i], place, reason)
	}
	t.Logf("%d rows, %d bad: plain loop %.2f s, prism %.2f s; heap at most %d MiB, %d MiB; a batch takes %.1f µs, the slowest %.1f", *beamRows, len(bad),
		plain.Seconds, prism.Seconds, plain.Peak>>20, prism.Peak>>20, float64(prism.BatchNanos)/float64(prism.Batches)/1e3, float64(prism.MaxNanos)/1e3)
}
