package gen_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/asm/asmtest"
	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/verify"
)

// These tests run what is generated for another architecture than this one, under
// qemu: a tenth of it, or with -emulated all.

// emulatedMachine is an arm64, under emulation unless this machine is one.
func emulatedMachine(t *testing.T) machine {
	if testing.Short() {
		t.Skip("compiles")
	}
	under := asmtest.Need(t, "arm64")
	return machine{env: asmtest.Env("arm64"), paths: []string{verify.PureGo, "neon"}, under: strings.Join(under, " ")}
}

// atMost is how much is done: a tenth, or all of it.
func atMost(all int) int {
	if *asmtest.All {
		return all
	}
	return all / 10
}

// TestEmulatedNetworks is TestRandomNetworks for arm64.
func TestEmulatedNetworks(t *testing.T) {
	m := emulatedMachine(t)
	const all = 150
	g := gentest.NewGenerator(*randomSeed)
	stats := newRandomStats()
	var nets []*gentest.Network
	for i := range atMost(all) {
		net, err := g.Network(fmt.Sprintf("net%d", i))
		require.NoError(t, err)
		net.Codegen.SIMD = []string{"neon"}
		nets = append(nets, prepared(t, net))
	}
	m.runRandom(t, g, nets, 0, stats)
	for _, path := range m.paths {
		require.Positive(t, stats.paths[path], path)
	}
	require.Equal(t, stats.kernels["neon"], stats.paths["neon"])
	require.LessOrEqual(t, float64(stats.skipped), leftOut(len(nets))*float64(stats.gradients))
	t.Logf("%d networks, paths %v", len(nets), stats.paths)
}

// TestEmulatedReproducible compares arm64's bits of networks in reproducible mode
// with the committed hashes, which amd64 made.
func TestEmulatedReproducible(t *testing.T) {
	m := emulatedMachine(t)
	nets := reproNetworks(t)
	want, err := os.ReadFile(hashesFile)
	require.NoError(t, err)
	jobs := make([]*gentest.Job, len(nets))
	for i, n := range nets {
		n.Net.Codegen.SIMD = []string{"neon"}
		nets[i] = prepared(t, n.Net)
		jobs[i] = reproJob(nets[i], uint64(i))
	}
	if !*asmtest.All {
		nets, jobs = nets[:4], jobs[:4]
	}
	prog := m.build(t, nets)
	for _, path := range m.paths {
		results, err := prog.On(path).Run(jobs)
		require.NoError(t, err)
		for i, n := range nets {
			require.Equal(t, path, results[i].Path)
			require.Contains(t, string(want), reproHashes(t, n, results[i])+"\n", path)
		}
	}
}

// TestEmulatedOwnTests runs the tests of the committed packages' networks for
// arm64, on both paths.
func TestEmulatedOwnTests(t *testing.T) {
	m := emulatedMachine(t)
	names := []string{"digits", "xor", "reproducible", "standalone", "anomaly", "silero", "lenet", "w1", "w2", "w3", "w4", "w5", "w6"}
	if !*asmtest.All {
		names = names[:4]
	}
	own := newOwnTests(t)
	for _, name := range names {
		net, err := gen.Load(filepath.Join("../golden/specs", name+".yaml"))
		require.NoError(t, err)
		net.Codegen.SIMD = []string{"all"}
		files, err := gen.Generate(net, gen.Options{})
		require.NoError(t, err)
		require.Contains(t, files, "kernels_neon_arm64.s", name)
		own.add(name, files)
	}
	own.machine = m
	own.build()
	for _, path := range m.paths {
		out, err := own.run(path)
		require.NoError(t, err, "%s: %s", path, failures(out))
		require.Contains(t, out, "--- PASS: TestOwn/digits/TestGolden")
	}
}

// TestEmulatedWords disassembles every word of the assembly for arm64 of the specs
// in golden.
func TestEmulatedWords(t *testing.T) {
	if testing.Short() {
		t.Skip("generates all specs")
	}
	specs, err := filepath.Glob("../golden/specs/*.yaml")
	require.NoError(t, err)
	words := map[string]string{}
	for _, file := range specs {
		net, err := gen.Load(file)
		require.NoError(t, err)
		net.Codegen.SIMD = []string{"neon"}
		files, err := gen.Generate(net, gen.Options{})
		require.NoError(t, err, file)
		text := files["kernels_neon_arm64.s"]
		in := asmtest.Words(string(text))
		require.Len(t, in.All, bytes.Count(text, []byte("WORD")), "a word has no instruction beside it")
		for line, code := range in.Codes {
			words[line] = code
		}
	}
	require.Greater(t, len(words), 1000)
	asmtest.Disassembled(t, words)
}
