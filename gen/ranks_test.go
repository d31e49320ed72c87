package gen_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/weights"
	"github.com/stretchr/testify/require"
)

var (
	mpiKills = flag.Int("mpi-kills", 3, "how often TestRanks kills a rank")
	mpiSteps = flag.Int("mpi-steps", 200, "steps of TestRanks")
	mpiBench = flag.Int("mpi-bench", 0, "steps that TestRanks/speed measures; 0 is none")
)

// rankSpecs are the networks that are trained on several ranks: SGD with momentum and
// dropout; Adam with clipping, dropout and batch normalisation, in float64;
// convolutions.
var rankSpecs = map[string]string{
	"digits": `nngen: 1
input: {shape: [64]}
layers:
  - dense: {units: 40, activation: relu}
  - dropout: {rate: 0.3}
  - dense: {units: 10}
loss: cross_entropy
optimizer: {sgd: {learning_rate: 0.05, momentum: 0.9}}
codegen: {batch: 24, standalone: true}
`,
	"mixed": `nngen: 1
input: {shape: [20]}
layers:
  - dense: {units: 33, activation: tanh}
  - batch_normalization: {statistics: batch}
  - dropout: {rate: 0.2}
  - dense: {units: 17, activation: relu, kernel_regularizer: {l2: 1.0e-4}}
  - dense: {units: 5}
loss: cross_entropy
optimizer: {adam: {learning_rate: 0.002, clip: {norm: 0.5}}}
numeric: {dtype: float64}
codegen: {batch: 24, standalone: true}
`,
	"conv": `nngen: 1
input: {shape: [1, 12, 12]}
layers:
  - conv2d: {filters: 6, kernel_size: 3, activation: relu}
  - max_pool2d: {kernel_size: 2}
  - conv2d: {filters: 8, kernel_size: 3, activation: relu}
  - flatten
  - dropout: {rate: 0.3}
  - dense: {units: 160, activation: relu}
  - dense: {units: 10}
loss: cross_entropy
optimizer: {sgd: {learning_rate: 0.02, momentum: 0.9, clip: {norm: 1}}}
codegen: {batch: 24, standalone: true}
`,
}

// rankJob is a Job of testdata/ranks.go.txt.
type rankJob struct {
	Net                               string
	Plain                             bool
	Seed                              uint64
	Samples, Epochs, Batch            int
	Shards, Mode, MinShard            int
	Overlap, Float16, InOrder, Resume bool
	Out, Checkpoint                   string
	Every, Sleep                      time.Duration
	Other                             int
	Pids                              string
	Bench                             int
	Bound                             bool
	Identity                          []struct{ Name, Value string }
}

// rankResult is a Result of it.
type rankResult struct {
	Report              struct{ Epochs, Steps, ResumedAt int }
	Error               string
	Plain, Step, Reduce float64
	Bytes               int
}

// ranks is the program of testdata/ranks.go.txt, and where it works.
type ranks struct{ program, dir string }

// newRanks builds the program, or skips a test on a machine without Open MPI.
func newRanks(t *testing.T) *ranks {
	t.Helper()
	if testing.Short() {
		t.Skip("compiles networks and trains them")
	}
	if _, err := exec.LookPath("mpirun"); err != nil {
		t.Skip("not tested: Open MPI is not installed (apt-get install openmpi-bin)")
	}
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
	}
	module, err := filepath.Abs("../runtime/nnmpi")
	require.NoError(t, err)
	read := func(name string) string {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		return string(data)
	}
	write("go.mod", "module ranks\n\ngo 1.26.0\n\nrequire github.com/nngen-go/nngen/runtime/nnmpi v0.0.0\nreplace github.com/nngen-go/nngen/runtime/nnmpi => "+module+"\n")
	write("go.sum", read(filepath.Join(module, "go.sum")))
	write("main.go", read("testdata/ranks.go.txt"))
	for name, spec := range rankSpecs {
		net, err := gen.Load(writeSpec(t, name, spec))
		require.NoError(t, err)
		files, err := gen.Generate(net, gen.Options{})
		require.NoError(t, err)
		for file, data := range files {
			if !strings.HasSuffix(file, "_test.go") {
				write(name+"/"+file, string(data))
			}
		}
		text := strings.ReplaceAll(read("testdata/ranks_net.go.txt"), "NET", name)
		if strings.Contains(spec, "float64") {
			text = strings.NewReplacer("float32", "float64", "0x1p-24", "0x1p-53").Replace(text)
		}
		write("net_"+name+".go", text)
	}
	cmd := exec.Command("go", "build", "-mod=mod", "-o", "ranks", ".")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if err != nil && bytes.Contains(out, []byte("github.com/ebitengine/purego@")) {
		t.Skipf("not tested: the module purego cannot be had: %s", out)
	}
	require.NoError(t, err, "%s", out)
	return &ranks{program: filepath.Join(dir, "ranks"), dir: t.TempDir()}
}

// writeSpec writes a spec into a folder of its own.
func writeSpec(t *testing.T, name, text string) string {
	path := filepath.Join(t.TempDir(), name+".yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
	return path
}

// command runs jobs on some ranks; 0 is without mpirun.
func (r *ranks) command(n int, jobs ...rankJob) *exec.Cmd {
	text, err := json.Marshal(jobs)
	if err != nil {
		panic(err)
	}
	cmd := exec.Command(r.program, string(text))
	if n > 0 {
		cmd = exec.Command("mpirun", "--oversubscribe", "-n", strconv.Itoa(n), r.program, string(text))
	}
	cmd.Env = append(os.Environ(), "OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1", "OMPI_MCA_btl_vader_single_copy_mechanism=none")
	return cmd
}

// run runs jobs on some ranks and returns what they say.
func (r *ranks) run(t *testing.T, n int, jobs ...rankJob) []rankResult {
	t.Helper()
	cmd := r.command(n, jobs...)
	var talk bytes.Buffer
	cmd.Stderr = &talk
	out, err := cmd.Output()
	require.NoError(t, err, "%s", &talk)
	var all []rankResult
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		var one rankResult
		require.NoError(t, json.Unmarshal(s.Bytes(), &one), "%s", s.Text())
		all = append(all, one)
	}
	require.Len(t, all, len(jobs))
	return all
}

// file is a file of the work.
func (r *ranks) file(format string, args ...any) string {
	return filepath.Join(r.dir, fmt.Sprintf(format, args...))
}

// job is a training of -mpi-steps steps, whose last batch of every epoch is small.
func (r *ranks) job(net, out string) rankJob {
	const batch, samples = 22, 200 // ten batches, the last of two samples
	j := rankJob{Net: net, Seed: 3, Samples: samples, Batch: batch, Epochs: max(1, *mpiSteps/10), Out: r.file("%s", out), InOrder: true}
	if net == "mixed" {
		j.MinShard = 2
	}
	return j
}

// TestRanks trains on several ranks; see the parts.
func TestRanks(t *testing.T) {
	r := newRanks(t)
	t.Run("same", r.testSame)
	t.Run("bounds", r.testBounds)
	t.Run("differ", r.testDiffer)
	t.Run("killed", r.testKilled)
	t.Run("speed", r.testSpeed)
}

// fewEpochs are those of modes that have no bits of their own.
const fewEpochs = 4

// testSame: trained on 1, 2 and 4 ranks in the mode Ordered, a network has the
// weights of one process that adds up the gradients of the same shards, bit for bit;
// and with a number of shards of its own the same ones on any number of ranks.
func (r *ranks) testSame(t *testing.T) {
	read := func(format string, args ...any) string {
		data, err := os.ReadFile(r.file(format, args...))
		require.NoError(t, err)
		return string(data)
	}
	var plain []rankJob
	for net := range rankSpecs {
		for _, n := range []int{1, 2, 4} {
			j := r.job(net, fmt.Sprintf("%s.plain%d", net, n))
			j.Plain, j.Shards = true, n
			few := j
			few.Epochs, few.Out = fewEpochs, r.file("%s.few%d", net, n)
			plain = append(plain, j, few)
		}
	}
	r.run(t, 0, plain...)
	for _, n := range []int{1, 2, 4} {
		var jobs []rankJob
		for net := range rankSpecs {
			ordered := r.job(net, fmt.Sprintf("%s.ordered%d", net, n))
			four := r.job(net, fmt.Sprintf("%s.four%d", net, n))
			four.Shards = 4
			jobs = append(jobs, ordered, four)
			for _, mode := range []string{"fast", "overlap", "half"} {
				j := r.job(net, fmt.Sprintf("%s.%s%d", net, mode, n))
				j.Epochs, j.Overlap, j.Float16 = fewEpochs, mode == "overlap", mode == "half"
				if !j.Float16 {
					j.Mode = 1
				}
				jobs = append(jobs, j)
			}
		}
		for i, one := range r.run(t, n, jobs...) {
			require.Equal(t, 10*jobs[i].Epochs, one.Report.Steps)
		}
		for net := range rankSpecs {
			want := read("%s.plain%d", net, n)
			require.Equal(t, want, read("%s.ordered%d", net, n), "%s on %d ranks", net, n)
			require.Equal(t, read("%s.plain4", net), read("%s.four%d", net, n), "%s in 4 shards on %d ranks", net, n)
			if n > 1 {
				require.NotEqual(t, read("%s.plain1", net), want, "%s: the number of shards changes nothing, so nothing was tested", net)
			}
			for _, mode := range []string{"fast", "overlap", "half"} {
				a, err := weights.Parse([]byte(read("%s.few%d", net, n)))
				require.NoError(t, err)
				b, err := weights.Parse([]byte(read("%s.%s%d", net, mode, n)))
				require.NoError(t, err)
				d, apart := weights.Compare(a, b), 0.0
				for _, c := range d.Changed {
					apart = max(apart, c.MaxAbs)
				}
				t.Logf("%s on %d ranks, %s: after %d steps weights differ by at most %.2g", net, n, mode, 10*fewEpochs, apart)
				require.Zero(t, len(d.OnlyA)+len(d.OnlyB))
				require.Less(t, apart, map[string]float64{"fast": 0.01, "overlap": 0.01, "half": 0.1}[mode])
			}
		}
	}
}

// testBounds: the sums of gradients in the modes Fast and Float16 are within
// their bounds of the ordered one, element by element.
func (r *ranks) testBounds(t *testing.T) {
	for _, n := range []int{2, 4} {
		var jobs []rankJob
		for net := range rankSpecs {
			j := r.job(net, "")
			j.Bound, j.Out = true, ""
			jobs = append(jobs, j)
		}
		r.run(t, n, jobs...)
	}
}

// testDiffer: ranks that do not fit together do not start, and say why; so does
// one without Open MPI's library.
func (r *ranks) testDiffer(t *testing.T) {
	j := r.job("digits", "never")
	j.Other = 1
	cmd := r.command(2, j)
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), `the ranks do not fit together: the weights differs, "`)
	require.Contains(t, string(out), `on rank 1 and "`)
	require.NoFileExists(t, r.file("never"))

	cmd = r.command(0, j)
	cmd.Env = append(cmd.Env, "OMPI_COMM_WORLD_SIZE=2", "NNMPI_LIBRARY=/nowhere/libmpi.so.40")
	out, err = cmd.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "the library of Open MPI was not found")
	require.Contains(t, string(out), "apt-get install openmpi-bin")
}

// testKilled kills a rank at random moments: the job ends within five seconds and
// says which rank it was, the checkpoint is whole, and the training that goes on from
// it, on any number of ranks, ends with the weights of the one that nobody killed. The
// long form is -mpi-kills 20.
func (r *ranks) testKilled(t *testing.T) {
	j := r.job("mixed", "whole")
	j.Samples, j.Epochs, j.Shards, j.InOrder = 600, 40, 2, false
	j.Checkpoint = r.file("whole.checkpoint")
	begin := time.Now()
	r.run(t, 2, j)
	want, err := os.ReadFile(j.Out)
	require.NoError(t, err)
	whole := time.Since(begin)

	j.Out, j.Checkpoint, j.Every, j.Pids = r.file("killed"), r.file("killed.checkpoint"), 20*time.Millisecond, r.file("pids")
	j.Sleep = time.Millisecond // the checkpoints of most moments differ
	source := rand.New(rand.NewPCG(5, uint64(*mpiKills)))
	slowest, resumed := time.Duration(0), 0
	for kill := 0; kill < *mpiKills; {
		require.NoError(t, os.RemoveAll(j.Pids))
		require.NoError(t, os.Mkdir(j.Pids, 0o777))
		n := 2 + kill%2
		victim := source.IntN(n)
		cmd := r.command(n, j)
		var talk bytes.Buffer
		cmd.Stderr = &talk
		require.NoError(t, cmd.Start())
		pid := 0
		for pid == 0 {
			if text, err := os.ReadFile(filepath.Join(j.Pids, strconv.Itoa(victim))); err == nil {
				pid, err = strconv.Atoi(string(text))
				require.NoError(t, err)
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(source.Int64N(int64(400 * time.Millisecond))))
		killed := time.Now()
		gone := syscall.Kill(pid, syscall.SIGKILL)
		err := cmd.Wait()
		if gone != nil || err == nil { // the training was over
			require.NoError(t, err, "%s", &talk)
			require.NoError(t, os.Remove(j.Checkpoint))
			j.Resume = false
			continue
		}
		kill++
		slowest = max(slowest, time.Since(killed))
		require.Regexp(t, fmt.Sprintf(`(?s)process rank %d with PID .* exited on signal 9`, victim), talk.String())
		if _, err := os.Stat(j.Checkpoint); err == nil {
			j.Resume = true
			resumed++
		}
	}
	require.Less(t, slowest, 5*time.Second)
	j.Sleep = 0
	r.run(t, 3, j)
	got, err := os.ReadFile(j.Out)
	require.NoError(t, err)
	require.Equal(t, want, got)
	t.Logf("%d kills, %d resumed; the slowest job ended after %v, an undisturbed one takes %v", *mpiKills, resumed, slowest.Round(time.Millisecond), whole.Round(time.Millisecond))
}

// testSpeed measures, with -mpi-bench, a step alone and on ranks, and the sum of the
// gradients of all ranks: docs/many.md.
func (r *ranks) testSpeed(t *testing.T) {
	if *mpiBench == 0 {
		t.Skip("measures with -mpi-bench 1000")
	}
	for _, n := range []int{1, 2} {
		for _, mode := range []string{"ordered", "fast", "overlap", "float16"} {
			for net := range rankSpecs {
				j := r.job(net, "")
				j.Out, j.Bench, j.Batch = "", *mpiBench, 24*n
				j.Overlap, j.Float16 = mode == "overlap", mode == "float16"
				if mode == "fast" || j.Overlap {
					j.Mode = 1
				}
				one := r.run(t, n, j)[0]
				t.Logf("%-7s %d ranks, %-8s plain step of 24 %8.1f µs, step %8.1f µs, sum of %7d bytes %7.1f µs", net, n, mode, one.Plain/1e3, one.Step/1e3, one.Bytes, one.Reduce/1e3)
			}
		}
	}
}
