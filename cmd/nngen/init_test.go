package main

import (
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
	names := [][2]string{{"net.yaml", "policy.yaml"}, {"main.go", "policy.go"}, {"missing/net.csv", "policy.csv"}}
	_, err := p.write(dir, names)
	require.ErrorIs(t, err, fs.ErrNotExist)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)

	written, err := p.write(dir, names[:2])
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(dir, "net.yaml"), filepath.Join(dir, "main.go")}, written)
	before, err := os.ReadFile(filepath.Join(dir, "main.go"))
	require.NoError(t, err)
	_, err = p.write(dir, names[1:2])
	require.ErrorContains(t, err, "exists already")
	after, err := os.ReadFile(filepath.Join(dir, "main.go"))
	require.NoError(t, err)
	require.Equal(t, before, after)
}
