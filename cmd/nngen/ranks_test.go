//go:build linux

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTrainRanks trains with nngen under mpirun: with the same number of shards on any
// number of ranks to the same files, which --resume on another number goes on from;
// different specs are refused by the line that differs; a rank that is killed ends the
// job, which names it, and its checkpoint is one to go on from.
func TestTrainRanks(t *testing.T) {
	v := newVictim(t)
	if _, err := exec.LookPath("mpirun"); err != nil {
		t.Skip("not tested: Open MPI is not installed (apt-get install openmpi-bin)")
	}
	spec := "nngen: 1\nname: net\ninput: {shape: [4], normalize: standard}\noutput: {labels: [setosa, versicolor, virginica]}\nlayers:\n  - dense: {units: 60, activation: relu}\n  - dropout: {rate: 0.2}\n" +
		"  - dense: {units: 3}\n  - softmax\nloss: cross_entropy\noptimizer: {adam: {learning_rate: 0.0001}}\n"
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(v.work, name), []byte(text), 0o644))
	}
	write("net.yaml", spec)
	write("other.yaml", strings.Replace(spec, "rate: 0.2", "rate: 0.3", 1))
	mpirun := func(n int, args ...string) *exec.Cmd {
		nngen := filepath.Join(v.work, "nngen") // TestMain makes it that
		if _, err := os.Lstat(nngen); err != nil {
			require.NoError(t, os.Symlink(v.self, nngen))
		}
		cmd := v.command()
		path, err := exec.LookPath("mpirun")
		require.NoError(t, err)
		cmd.Path, cmd.Args = path, []string{"mpirun", "--oversubscribe", "-n", strconv.Itoa(n), nngen}
		for _, a := range args {
			if a == ":" {
				cmd.Args = append(cmd.Args, ":", "-n", "1", nngen)
				continue
			}
			cmd.Args = append(cmd.Args, a)
		}
		source, err := filepath.Abs("../../runtime") // which a test that was built with -trimpath does not know
		require.NoError(t, err)
		cmd.Env = append(cmd.Env, "NNGEN_RUNTIME="+source, "OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1")
		return cmd
	}
	train := func(spec, out, epochs string, more ...string) []string {
		return append([]string{"train", spec, "--data", filepath.Join(v.golden, "data", "iris.csv"), "--validation", "0.2", "--epochs", epochs,
			"--batch", "16", "--mpi", "--shards", "4", "--out", out}, more...)
	}
	run := func(n int, args ...string) {
		t.Helper()
		out, err := mpirun(n, args...).CombinedOutput()
		if err != nil && bytes.Contains(out, []byte("github.com/ebitengine/purego@")) {
			t.Skipf("not tested: the module purego cannot be had: %s", out)
		}
		require.NoError(t, err, "%s", out)
	}
	read := func(name string) string {
		data, err := os.ReadFile(filepath.Join(v.work, name))
		require.NoError(t, err)
		return string(data)
	}
	run(2, train("net.yaml", "two", "30")...)
	run(4, train("net.yaml", "four", "12")...)
	require.NotEqual(t, read("two"), read("four"))
	run(1, train("net.yaml", "four", "30", "--resume")...)
	require.Equal(t, read("two"), read("four"))
	require.Equal(t, read("two.checkpoint"), read("four.checkpoint"))

	out, err := mpirun(1, append(append(train("net.yaml", "no", "1"), ":"), train("other.yaml", "no", "1")...)...).CombinedOutput()
	require.Error(t, err)
	require.Regexp(t, `the ranks do not fit together: the spec differs, ".*0\.3.*" on rank 1 and ".*0\.2.*" on rank 0`, string(out))
	out, err = v.command(train("net.yaml", "no", "1")...).CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "apt-get install openmpi-bin")
	require.NoFileExists(t, filepath.Join(v.work, "no"))

	// The program of rank 1, which computes, or nngen, which waits for it; or all, by
	// Ctrl-C, where what is reached is saved.
	for _, whom := range []string{"runner", "nngen", "mpirun"} {
		args := train("net.yaml", "killed", "1000000", "--checkpoint-every", "100ms")
		if whom == "mpirun" { // only what is saved in the end
			args = train("net.yaml", "killed", "1000000", "--log", "killed.jsonl")
		}
		cmd := mpirun(2, args...)
		var talk bytes.Buffer
		cmd.Stderr = &talk
		require.NoError(t, cmd.Start())
		saved := filepath.Join(v.work, "killed.checkpoint")
		begun := saved
		if whom == "mpirun" {
			begun = filepath.Join(v.work, "killed.jsonl")
		}
		for begin := time.Now(); time.Since(begin) < 20*time.Second; time.Sleep(10 * time.Millisecond) {
			if info, err := os.Stat(begun); err == nil && info.Size() > 0 {
				break
			}
		}
		begin := time.Now()
		if whom == "mpirun" {
			require.NoError(t, cmd.Process.Signal(os.Interrupt))
		} else {
			require.NoError(t, syscall.Kill(rankProcess(t, cmd.Process.Pid, whom), syscall.SIGKILL))
		}
		require.Error(t, cmd.Wait())
		require.Less(t, time.Since(begin), 5*time.Second)
		if whom != "mpirun" {
			require.Regexp(t, `rank 1 of 2: the program of the network failed: signal: killed|process rank 1 with PID`, talk.String())
		}
		require.FileExists(t, saved)
		whole(t, v.work)
		for begin := time.Now(); len(processesOf(t, v.cache)) > 0; time.Sleep(10 * time.Millisecond) {
			require.Less(t, time.Since(begin), 5*time.Second, "the programs of the networks did not end")
		}
		require.NoError(t, os.Remove(saved))
		require.NoError(t, os.RemoveAll(filepath.Join(v.work, "killed")))
	}
}

// TestRanksReadme: what runtime/nnmpi/README.md tells a new user to do trains a network;
// but for what installs Open MPI and nngen.
func TestRanksReadme(t *testing.T) {
	v := newVictim(t)
	if _, err := exec.LookPath("mpirun"); err != nil {
		t.Skip("not tested: Open MPI is not installed (apt-get install openmpi-bin)")
	}
	source, err := filepath.Abs("../../runtime")
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(source, "nnmpi", "README.md"))
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(text), "```sh\n")
	block, _, _ := strings.Cut(rest, "```")
	commands := strings.Split(strings.TrimSpace(block), "\n")
	require.Len(t, commands, 5)
	require.Contains(t, commands[0], "apt-get install -y openmpi-bin")
	require.Contains(t, commands[1], "go install")
	require.NoError(t, os.Symlink(v.self, filepath.Join(v.tmp, "nngen"))) // TestMain makes it that
	cmd := exec.Command("sh", "-ec", strings.Join(commands[2:], "\n"))
	cmd.Dir = v.work
	cmd.Env = append(os.Environ(), "PATH="+v.tmp+":"+os.Getenv("PATH"), "NNGEN_CACHE="+v.cache, "NNGEN_RUNTIME="+source,
		"OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1", "OMPI_MCA_rmaps_base_oversubscribe=1")
	out, err := cmd.CombinedOutput()
	if err != nil && bytes.Contains(out, []byte("github.com/ebitengine/purego@")) {
		t.Skipf("not tested: the module purego cannot be had: %s", out)
	}
	require.NoError(t, err, "%s", out)
	require.FileExists(t, filepath.Join(v.work, "first", "first.safetensors"))
}

// rankProcess is the process of rank 1 below one of mpirun: nngen or its program.
func rankProcess(t *testing.T, mpirun int, whom string) int {
	t.Helper()
	children := func(pid int) (list []int) {
		tasks, err := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/children")
		require.NoError(t, err)
		for _, file := range tasks {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, word := range strings.Fields(string(data)) {
				child, err := strconv.Atoi(word)
				require.NoError(t, err)
				list = append(list, child)
			}
		}
		return list
	}
	for _, pid := range children(mpirun) {
		env, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
		require.NoError(t, err)
		if !bytes.Contains(env, []byte("OMPI_COMM_WORLD_RANK=1\x00")) {
			continue
		}
		if whom == "nngen" {
			return pid
		}
		below := children(pid)
		require.Len(t, below, 1)
		return below[0]
	}
	t.Fatal("mpirun has no rank 1")
	return 0
}

// processesOf are the processes that run a program of a folder.
func processesOf(t *testing.T, dir string) (list []string) {
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	require.NoError(t, err)
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil && strings.HasPrefix(to, dir) {
			list = append(list, to)
		}
	}
	return list
}
