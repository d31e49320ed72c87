//go:build unix

package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nngen-go/nngen/gen/weights"
	"github.com/stretchr/testify/require"
)

var kills = flag.Int("kills", 6, "how often TestKill kills nngen")

// TestKill kills runs of every verb that writes, at any moment, alone or with
// all processes that they started. What they write is there as a whole or not at
// all, and after the next run nothing else is left anywhere. The long form is
// -kills 60.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles and trains")
	}
	self, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	folder := func(name string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(path, 0o777))
		return path
	}
	work, tmp, cache := folder("work"), folder("tmp"), folder("cache")
	golden, err := filepath.Abs("../../golden")
	require.NoError(t, err)
	spec := "nngen: 1\nname: net\ninput: {shape: [4]}\nlayers:\n  - dense: {units: %d, activation: relu}\n  - dense: {units: 400, activation: relu}\n  - dense: {units: 3}\nloss: cross_entropy\n"
	write := func(units int) {
		require.NoError(t, os.WriteFile(filepath.Join(work, "net.yaml"), fmt.Appendf(nil, spec, units), 0o644))
	}
	command := func(args ...string) *exec.Cmd {
		cmd := exec.Command(self, args...)
		cmd.Args[0] = "nngen" // TestMain makes it that
		cmd.Dir = work
		cmd.Env = append(os.Environ(), "TMPDIR="+tmp, "NNGEN_CACHE="+cache)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		return cmd
	}
	data := filepath.Join(golden, "data", "iris.csv")
	train := []string{"train", "net.yaml", "--data", data, "--epochs", "3", "--out", "w.safetensors", "--log", "run.jsonl"}
	run := func(args ...string) time.Duration {
		begin := time.Now()
		out, err := command(args...).CombinedOutput()
		require.NoError(t, err, "%v\n%s", args, out)
		return time.Since(begin)
	}
	write(200)
	cold := run(train...)
	verbs := [][]string{
		train, append(train, "--seed", "2"),
		{"predict", "net.yaml", "--weights", "w.safetensors", "--in", data, "--out", "p.csv"},
		{"export", "net.yaml", "--weights", "w.safetensors", "-o", "net.onnx"},
		{"weights", "net.yaml", "--from", "w.safetensors", "--out", "copy.safetensors"},
		{"generate", "net.yaml"},
		{"import", filepath.Join(golden, "onnx-models/hls4ml/two_layer_keras.onnx"), "-o", "models"},
	}
	var warm []time.Duration
	for _, args := range verbs {
		warm = append(warm, run(args...))
	}
	const seed = 7
	r := rand.New(rand.NewPCG(seed, uint64(*kills)))
	hit := 0
	for i := range *kills {
		args := verbs[i%len(verbs)]
		longest := warm[i%len(verbs)]
		if i%(2*len(verbs)) == 0 { // a network that is not in the cache
			write(201 + i)
			longest = cold
		}
		cmd := command(args...)
		require.NoError(t, cmd.Start())
		time.Sleep(time.Duration(r.Int64N(int64(longest))))
		victim := cmd.Process.Pid
		if r.IntN(2) == 0 {
			victim = -victim
		}
		syscall.Kill(victim, syscall.SIGKILL)
		var exit *exec.ExitError
		if errors.As(cmd.Wait(), &exit) && !exit.Exited() {
			hit++
		}
		for !errors.Is(syscall.Kill(-cmd.Process.Pid, 0), syscall.ESRCH) { // what it started ends by itself
			time.Sleep(time.Millisecond)
		}
		write(200)
		whole(t, work)
	}
	for _, args := range verbs {
		run(args...)
	}
	whole(t, work)
	entries, err := os.ReadDir(tmp)
	require.NoError(t, err)
	require.Empty(t, entries)
	for path := range snapshot(t, work) {
		rel, _ := filepath.Rel(work, path)
		require.Regexp(t, `^(net\.yaml|w\.safetensors(\.checkpoint)?|run\.jsonl|p\.csv|net\.onnx|copy\.safetensors|models/two_layer_keras\.(yaml|safetensors)|net/[a-z0-9_]+\.(go|s))$`, rel)
	}
	entries, err = os.ReadDir(cache)
	require.NoError(t, err)
	for _, e := range entries {
		require.Regexp(t, `^[0-9a-f]{32}$`, e.Name())
	}
	t.Logf("%d of %d runs were killed before their end", hit, *kills)
}

// whole checks that every file is a whole one.
func whole(t *testing.T, dir string) {
	t.Helper()
	for path, data := range snapshot(t, dir) {
		base := filepath.Base(path)
		switch {
		case strings.HasPrefix(base, "."): // of a killed run
		case filepath.Ext(base) == ".safetensors":
			_, err := weights.Parse([]byte(data))
			require.NoError(t, err, base)
		case filepath.Ext(base) == ".checkpoint":
			n := regexp.MustCompile(`"Weights":(\d+),.*"Trainer":(\d+),`).FindStringSubmatch(data)
			require.NotNil(t, n)
			var w, s int
			fmt.Sscan(n[1], &w)
			fmt.Sscan(n[2], &s)
			_, body, _ := bytes.Cut([]byte(data)[len("nngen checkpoint 1\n"):], []byte("\n"))
			require.Len(t, body, w+s)
		case filepath.Ext(base) == ".csv":
			require.Equal(t, 151, strings.Count(data, "\n"))
		case filepath.Ext(base) == ".go":
			_, err := parser.ParseFile(token.NewFileSet(), base, data, 0)
			require.NoError(t, err)
		}
	}
}

// TestKillInit: what a killed init wrote is whole, and the next one clears up.
func TestKillInit(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	command := func() *exec.Cmd {
		cmd := exec.Command(self, "init", filepath.Join(dir, "first"))
		cmd.Args[0] = "nngen" // TestMain makes it that
		return cmd
	}
	begin := time.Now()
	out, err := command().CombinedOutput()
	require.NoError(t, err, "%s", out)
	longest := time.Since(begin)
	want := snapshot(t, dir)
	require.Len(t, want, 4)
	r := rand.New(rand.NewPCG(8, 8))
	takeAway := func() {
		for path, data := range snapshot(t, dir) {
			if !strings.HasPrefix(filepath.Base(path), ".") {
				require.Equal(t, want[path], data, path)
				require.NoError(t, os.Remove(path))
			}
		}
	}
	for range 20 {
		takeAway()
		cmd := command()
		require.NoError(t, cmd.Start())
		time.Sleep(time.Duration(r.Int64N(int64(longest))))
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait() // most were killed
	}
	takeAway()
	out, err = command().CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, want, snapshot(t, dir))
}
