package gen_test

import (
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	nngenruntime "github.com/nngen-go/nngen/runtime"
)

const generatedHashes = "../golden/hashes/generated.txt"

// TestOthers generates the specs whose packages are not committed: every byte
// is held by a hash, and the packages pass their own tests. With -update-hashes
// it rewrites the hashes.
func TestOthers(t *testing.T) {
	specs, err := filepath.Glob("../golden/specs/*.yaml")
	require.NoError(t, err)
	var kept []string
	for _, path := range committed(t) {
		kept = append(kept, filepath.Base(path))
	}
	dir := t.TempDir()
	write := func(name string, data []byte) {
		name = filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, data, 0o644))
	}
	var hashes strings.Builder
	for _, path := range specs {
		name := filepath.Base(path)
		if slices.Contains(kept, name) {
			continue
		}
		files := generate(t, path)
		h := fnv.New64a()
		for _, file := range files.Names() {
			fmt.Fprintf(h, "%s %d\n%s", file, len(files[file]), files[file])
			write(strings.TrimSuffix(name, ".yaml")+"/"+file, files[file])
		}
		fmt.Fprintf(&hashes, "%s %016x\n", name, h.Sum64())
	}
	if *updateHashes {
		require.NoError(t, os.WriteFile(generatedHashes, []byte(hashes.String()), 0o644))
	}
	want, err := os.ReadFile(generatedHashes)
	require.NoError(t, err)
	require.Equal(t, string(want), hashes.String(), "what is generated has changed; if it should, run: go test ./gen -run TestOthers -update-hashes")
	if testing.Short() {
		t.Skip("compiles")
	}
	write("go.mod", []byte("module "+gen.Module+"\n\ngo 1.26\n"))
	entries, err := fs.ReadDir(nngenruntime.Source, "nnrt")
	require.NoError(t, err)
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), "_test.go") {
			data, err := fs.ReadFile(nngenruntime.Source, "nnrt/"+e.Name())
			require.NoError(t, err)
			write("runtime/nnrt/"+e.Name(), data)
		}
	}
	for _, args := range [][]string{{"vet", "./..."}, {"test", "-short", "./..."}} {
		cmd := exec.Command("go", args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "go %v\n%s", args, out)
	}
}
