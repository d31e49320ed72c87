//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nngen-go/nngen/gen/weights"
	"github.com/stretchr/testify/require"
)

var kills = flag.Int("kills", 6, "how often TestKill and TestKillTraining kill nngen")

// TestKill kills runs of every verb that writes, at any moment, alone or with
// all processes that they started. What they write is there as a whole or not at
// all, and after the next run nothing else is left anywhere. The long form is
// -kills 60.
func TestKill(t *testing.T) {
	v := newVictim(t)
	golden, work := v.golden, v.work
	spec := "nngen: 1\nname: net\ninput: {shape: [4]}\nlayers:\n  - dense: {units: %d, activation: relu}\n  - dense: {units: 400, activation: relu}\n  - dense: {units: 3}\nloss: cross_entropy\n"
	write := func(units int) {
		require.NoError(t, os.WriteFile(filepath.Join(work, "net.yaml"), fmt.Appendf(nil, spec, units), 0o644))
	}
	data := filepath.Join(golden, "data", "iris.csv")
	train := []string{"train", "net.yaml", "--data", data, "--epochs", "3", "--out", "w.safetensors", "--log", "run.jsonl"}
	write(200)
	cold := v.run(t, train...)
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
		warm = append(warm, v.run(t, args...))
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
		if v.kill(t, r, longest, args...) {
			hit++
		}
		write(200)
		whole(t, work)
	}
	for _, args := range verbs {
		v.run(t, args...)
	}
	whole(t, work)
	v.clean(t)
	for path := range snapshot(t, work) {
		rel, _ := filepath.Rel(work, path)
		require.Regexp(t, `^(net\.yaml|w\.safetensors(\.checkpoint)?|run\.jsonl|p\.csv|net\.onnx|copy\.safetensors|models/two_layer_keras\.(yaml|safetensors)|net/[a-z0-9_]+\.(go|s))$`, rel)
	}
	t.Logf("%d of %d runs were killed before their end", hit, *kills)
}

// TestKillTraining kills a training that saves checkpoints, again and again, and
// resumes it. Whenever it comes to its end, weights and checkpoint are those of
// the training that nobody killed. The long form is -kills 60.
func TestKillTraining(t *testing.T) {
	v := newVictim(t)
	spec := "nngen: 1\nname: net\ninput: {shape: [4], normalize: standard}\noutput: {labels: [setosa, versicolor, virginica]}\nlayers:\n  - dense: {units: 100, activation: relu}\n  - dropout: {rate: 0.2}\n" +
		"  - dense: {units: 100, activation: relu}\n  - dense: {units: 3}\n  - softmax\nloss: cross_entropy\noptimizer: {adam: {learning_rate: 0.0001}}\n"
	require.NoError(t, os.WriteFile(filepath.Join(v.work, "net.yaml"), []byte(spec), 0o644))
	train := func(out string) []string {
		return []string{
			"train", "net.yaml", "--data", filepath.Join(v.golden, "data", "iris.csv"), "--validation", "0.2", "--epochs", "250", "--patience", "100",
			"--monitor", "val_accuracy", "--out", out, "--log", "run.jsonl",
		}
	}
	file := func(name string) string {
		data, err := os.ReadFile(filepath.Join(v.work, name))
		require.NoError(t, err)
		return string(data)
	}
	v.run(t, train("whole.safetensors")...)
	longest := v.run(t, train("whole.safetensors")...)
	const seed = 11
	r := rand.New(rand.NewPCG(seed, uint64(*kills)))
	hit, resumed := 0, 0
	args := func() []string {
		args := append(train("w.safetensors"), "--checkpoint-every", "3ms")
		if _, err := os.Stat(filepath.Join(v.work, "w.safetensors.checkpoint")); err == nil {
			args = append(args, "--resume")
			resumed++
		}
		return args
	}
	same := func() {
		require.Equal(t, file("whole.safetensors"), file("w.safetensors"))
		require.Equal(t, file("whole.safetensors.checkpoint"), file("w.safetensors.checkpoint"))
	}
	for range *kills {
		if v.kill(t, r, longest, args()...) {
			hit++
			whole(t, v.work)
			continue
		}
		same()
		require.NoError(t, os.Remove(filepath.Join(v.work, "w.safetensors.checkpoint")))
	}
	v.run(t, args()...)
	same()
	v.clean(t)
	t.Logf("%d of %d runs were killed before their end; %d began with a checkpoint", hit, *kills, resumed)
}

// victim is nngen in folders of its own.
type victim struct{ self, golden, work, tmp, cache string }

func newVictim(t *testing.T) *victim {
	if testing.Short() {
		t.Skip("compiles and trains")
	}
	self, err := os.Executable()
	require.NoError(t, err)
	golden, err := filepath.Abs("../../golden")
	require.NoError(t, err)
	dir := t.TempDir()
	v := &victim{self: self, golden: golden}
	for name, path := range map[string]*string{"work": &v.work, "tmp": &v.tmp, "cache": &v.cache} {
		*path = filepath.Join(dir, name)
		require.NoError(t, os.Mkdir(*path, 0o777))
	}
	return v
}

func (v *victim) command(args ...string) *exec.Cmd {
	cmd := exec.Command(v.self, args...)
	cmd.Args[0] = "nngen" // TestMain makes it that
	cmd.Dir = v.work
	cmd.Env = append(os.Environ(), "TMPDIR="+v.tmp, "NNGEN_CACHE="+v.cache)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// run runs nngen to its end.
func (v *victim) run(t *testing.T, args ...string) time.Duration {
	t.Helper()
	begin := time.Now()
	out, err := v.command(args...).CombinedOutput()
	require.NoError(t, err, "%v\n%s", args, out)
	return time.Since(begin)
}

// kill runs nngen and kills it, alone or with all that it started, after at most
// longest. It reports whether that came before its end.
func (v *victim) kill(t *testing.T, r *rand.Rand, longest time.Duration, args ...string) bool {
	t.Helper()
	cmd := v.command(args...)
	require.NoError(t, cmd.Start())
	time.Sleep(time.Duration(r.Int64N(int64(longest))))
	pid := cmd.Process.Pid
	if r.IntN(2) == 0 {
		pid = -pid
	}
	syscall.Kill(pid, syscall.SIGKILL)
	var exit *exec.ExitError
	killed := errors.As(cmd.Wait(), &exit) && !exit.Exited()
	for !errors.Is(syscall.Kill(-cmd.Process.Pid, 0), syscall.ESRCH) { // what it started ends by itself
		time.Sleep(time.Millisecond)
	}
	return killed
}

// clean checks that nothing is left outside the folder of the work.
func (v *victim) clean(t *testing.T) {
	t.Helper()
	entries, err := os.ReadDir(v.tmp)
	require.NoError(t, err)
	require.Empty(t, entries)
	entries, err = os.ReadDir(v.cache)
	require.NoError(t, err)
	for _, e := range entries {
		require.Regexp(t, `^[0-9a-f]{32}$`, e.Name())
	}
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
			header, body, _ := strings.Cut(data[len("nngen checkpoint 1\n"):], "\n")
			var size struct{ Weights, Trainer, BestWeights int }
			require.NoError(t, json.Unmarshal([]byte(header), &size))
			require.Positive(t, size.Weights)
			require.Len(t, body, size.Weights+size.Trainer+size.BestWeights)
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
	require.Len(t, want, 5)
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
