package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestInitFails: where one file cannot be written, none is left.
func TestInitFails(t *testing.T) {
	dir := t.TempDir()
	p := project{Name: "net", Import: "net/net"}
	names := [][2]string{{"net.yaml", "init_spec.yaml.tmpl"}, {"main.go", "init_main.go.tmpl"}, {"missing/net.csv", "init_data.csv.tmpl"}}
	var out bytes.Buffer
	require.ErrorIs(t, p.write(&out, dir, names), fs.ErrNotExist)
	require.Empty(t, out.String())
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)

	require.NoError(t, p.write(&out, dir, names[:2]))
	require.Equal(t, filepath.Join(dir, "net.yaml")+"\n"+filepath.Join(dir, "main.go")+"\n", out.String())
	before, err := os.ReadFile(filepath.Join(dir, "main.go"))
	require.NoError(t, err)
	require.ErrorContains(t, p.write(&out, dir, names[1:2]), "exists already")
	after, err := os.ReadFile(filepath.Join(dir, "main.go"))
	require.NoError(t, err)
	require.Equal(t, before, after)
}
