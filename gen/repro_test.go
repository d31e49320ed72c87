package gen_test

import (
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/nngen-go/nngen/spec"
)

var (
	updateHashes = flag.Bool("update-hashes", false, "rewrite golden/hashes")
	platforms    = flag.String("platforms", "host", "where the reproducible networks run: host, or some of "+strings.Join(platformNames(), ",")+", or all")
)

const (
	hashesFile   = "../golden/hashes/reproducible.txt"
	networksFile = "../golden/hashes/networks.txtar"
	reproSteps   = 20
)

// platform is where a program runs and what runs it there.
type platform struct {
	name  string
	env   []string
	under string // the command, "" if the machine itself
}

// emulated are the platforms beside the host's; docs/platforms.sh runs all.
func emulated() []platform {
	return []platform{
		{"amd64v1", []string{"GOOS=linux", "GOARCH=amd64", "GOAMD64=v1"}, ""},
		{"amd64v3", []string{"GOOS=linux", "GOARCH=amd64", "GOAMD64=v3"}, ""},
		{"purego", []string{"GOOS=linux", "GOARCH=amd64", "GOAMD64=v1", "GOFLAGS=-tags=purego"}, ""},
		{"westmere", []string{"GOOS=linux", "GOARCH=amd64", "GOAMD64=v1"}, qemu("x86_64") + " -cpu Westmere"},
		{"arm64", []string{"GOOS=linux", "GOARCH=arm64"}, qemu("aarch64")},
		{"s390x", []string{"GOOS=linux", "GOARCH=s390x"}, qemu("s390x")},
		{"wasm", []string{"GOOS=js", "GOARCH=wasm"}, filepath.Join(goroot(), "lib", "wasm", "go_js_wasm_exec")},
	}
}

// qemu is the user-mode emulator of an architecture, under either of the names
// distributions give it.
func qemu(arch string) string {
	if _, err := exec.LookPath("qemu-" + arch); err == nil {
		return "qemu-" + arch
	}
	return "qemu-" + arch + "-static"
}

func goroot() string {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

func platformNames() []string {
	return []string{"amd64v1", "amd64v3", "purego", "westmere", "arm64", "s390x", "wasm"}
}

// TestReproducible runs networks in reproducible mode, inference and 20
// training steps, and compares a hash of every bit with the committed ones:
// they hold on every platform. With -update-hashes it rewrites them, from this
// platform; with -platforms it runs on others.
func TestReproducible(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles")
	}
	if *updateHashes {
		drawNetworks(t)
	}
	nets := reproNetworks(t)
	jobs := make([]*gentest.Job, len(nets))
	for i, n := range nets {
		jobs[i] = reproJob(n, uint64(i))
	}
	run := func(t *testing.T, p platform) string {
		prog := machine{env: p.env, under: p.under}.build(t, nets)
		var texts []string
		for _, path := range gentest.Paths {
			results, err := prog.On(path).Run(jobs)
			require.NoError(t, err)
			var b strings.Builder
			for i, n := range nets {
				fmt.Fprintln(&b, reproHashes(t, n, results[i]))
			}
			texts = append(texts, b.String())
		}
		for i, text := range texts {
			require.Equal(t, texts[0], text, "%s differs from portable Go", gentest.Paths[i])
		}
		return texts[0]
	}
	if *updateHashes {
		require.NoError(t, os.WriteFile(hashesFile, []byte(run(t, platform{})), 0o644))
	}
	want, err := os.ReadFile(hashesFile)
	require.NoError(t, err)
	for _, p := range chosenPlatforms(t) {
		t.Run(p.name, func(t *testing.T) { require.Equal(t, string(want), run(t, p)) })
	}
}

// chosenPlatforms are those of the flag.
func chosenPlatforms(t *testing.T) []platform {
	switch *platforms {
	case "host":
		return []platform{{name: runtime.GOOS + "_" + runtime.GOARCH}}
	case "all":
		return emulated()
	}
	var chosen []platform
	for name := range strings.SplitSeq(*platforms, ",") {
		i := slices.Index(platformNames(), name)
		require.GreaterOrEqual(t, i, 0, "-platforms: %q is not one of %v", name, platformNames())
		chosen = append(chosen, emulated()[i])
	}
	return chosen
}

// reproNetworks are golden/specs/reproducible.yaml and the random ones, each as
// float32 and as float64.
func reproNetworks(t *testing.T) []*gentest.Network {
	arch, err := txtar.ParseFile(networksFile)
	require.NoError(t, err)
	own, err := os.ReadFile("../golden/specs/reproducible.yaml")
	require.NoError(t, err)
	all := append([]txtar.File{{Name: "reproducible.yaml", Data: own}}, arch.Files...)
	var nets []*gentest.Network
	for _, f := range all {
		for _, dtype := range []string{"float32", "float64"} {
			net, err := spec.Decode(f.Name, f.Data, op.Vocabulary())
			require.NoError(t, err)
			require.Equal(t, "reproducible", net.Numeric.Mode, f.Name)
			net.Numeric.DType = dtype
			n := prepared(t, net)
			require.NotNil(t, n.Plan.Train, f.Name)
			nets = append(nets, n)
		}
	}
	require.GreaterOrEqual(t, len(nets), 2*9)
	return nets
}

// drawNetworks draws random networks until each row of each table occurs, if
// there are none.
func drawNetworks(t *testing.T) {
	if _, err := os.Stat(networksFile); err == nil {
		return
	}
	arch := &txtar.Archive{Comment: []byte("Networks in reproducible mode, drawn by gentest.Generator until each row of\neach table occurred. Written by go test ./gen -run TestReproducible -update-hashes if the file is missing.\n")}
	g := gentest.NewGenerator(1)
	for i := 0; !everyRow(g.Cover); i++ {
		require.Less(t, i, 100)
		name := fmt.Sprintf("random%d", i)
		net, err := g.Network(name)
		require.NoError(t, err)
		if !net.Codegen.Train {
			continue
		}
		net.Numeric.Mode = "reproducible"
		for i := range net.Layers {
			if args := net.Layers[i].Args; !args.Bool("use_bias") {
				delete(args, "bias_initializer")
			}
		}
		arch.Files = append(arch.Files, txtar.File{Name: name + ".yaml", Data: net.Canonical(op.Vocabulary())})
	}
	require.NoError(t, os.MkdirAll(filepath.Dir(networksFile), 0o755))
	require.NoError(t, os.WriteFile(networksFile, txtar.Format(arch), 0o644))
}

// everyRow reports whether each row of each table occurred.
func everyRow(cover gentest.Coverage) bool {
	v := op.Vocabulary()
	for table, kinds := range map[string][]spec.Kind{
		"activation": v.Activations, "loss": v.Losses, "optimizer": v.Optimizers, "schedule": v.Schedules,
		"clip": v.Clips, "regularizer": v.Regularizers, "initializer": v.Initializers, "layer": v.Layers,
	} {
		for _, k := range kinds {
			if cover[table+" "+k.Name] == 0 {
				return false
			}
		}
	}
	return true
}

// reproJob are fixed samples: integers make them, so they are the same on every
// platform.
func reproJob(n *gentest.Network, seed uint64) *gentest.Job {
	at := uint64(0)
	number := func() float64 {
		at++
		return float64(float32(4*nnrt.Uniform(seed, nnrt.PurposeData, 0, at) - 2))
	}
	batch := func(size int) (b gentest.Batch) {
		for range size {
			var x, y []float64
			for _, v := range n.Plan.Prog.Inputs {
				for range v.Size() {
					x = append(x, number())
				}
			}
			for _, o := range n.Plan.Prog.Outputs {
				y = append(y, reproTarget(o, number)...)
			}
			b.Inputs, b.Targets = append(b.Inputs, x), append(b.Targets, y)
		}
		return b
	}
	eval := batch(n.Net.Codegen.Batch)
	j := &gentest.Job{Seed: seed + 1, Inputs: eval.Inputs, Targets: eval.Targets}
	for i := range reproSteps {
		j.Batches = append(j.Batches, batch(1+i%n.Net.Codegen.Batch))
	}
	return j
}

// reproTarget is a target in [0, 1): a class, a value per output, or, where
// they must add up to one, a class written as a distribution.
func reproTarget(o ir.Output, number func() float64) []float64 {
	if o.Target == nil {
		return nil
	}
	size := o.Value.Size()
	class := int((number() + 2) / 4 * float64(size))
	if o.Class {
		return []float64{float64(class)}
	}
	y := make([]float64, size)
	for i := range y {
		y[i] = (number() + 2) / 4
		if o.LossName == "cross_entropy" {
			y[i] = 0
		}
	}
	if o.LossName == "cross_entropy" {
		y[class] = 1
	}
	return y
}

// bitHash is FNV-1a over the bits of numbers; all NaNs count as one.
type bitHash uint64

func (h *bitHash) add(numbers ...float64) {
	for _, v := range numbers {
		bits := math.Float64bits(v)
		if v != v {
			bits = 0x7ff8000000000000
		}
		for range 8 {
			*h = (*h ^ bitHash(bits&0xff)) * 0x100000001b3
			bits >>= 8
		}
	}
}

// reproHashes is a line of the file: the network, the hash of its inference
// and the hash of its training.
func reproHashes(t *testing.T, n *gentest.Network, r *gentest.Result) string {
	infer, train := bitHash(0xcbf29ce484222325), bitHash(0xcbf29ce484222325)
	for i := range r.Outputs {
		infer.add(r.Outputs[i]...)
		infer.add(r.Batched[i]...)
	}
	require.Len(t, r.Steps, reproSteps)
	train.add(r.EvalLoss)
	for _, s := range r.Steps {
		train.add(s.Loss, s.StepLoss, s.Penalty)
	}
	last := &r.Steps[reproSteps-1]
	weights, err := n.Decode(last.Weights)
	require.NoError(t, err)
	stepped, err := n.Decode(last.StepWeights)
	require.NoError(t, err)
	states, err := n.DecodeState(last.State)
	require.NoError(t, err)
	finite := true
	for _, p := range n.Plan.Prog.Params {
		train.add(weights[p]...)
		train.add(stepped[p]...)
		for _, w := range weights[p] {
			finite = finite && !math.IsNaN(w) && !math.IsInf(w, 0)
		}
	}
	for _, s := range n.Plan.Prog.States {
		train.add(states[s]...)
	}
	require.True(t, finite, "%s: training went out of bounds, its bits say little", n.Net.Name)
	return fmt.Sprintf("%s %s inference %016x training %016x", n.Net.Name, n.Plan.Prog.DType, uint64(infer), uint64(train))
}
