package main

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the tables into docs/many.md")

// TestTables: docs/many.md has the tables that this program prints.
func TestTables(t *testing.T) {
	const page, mark = "../many.md", "<!-- tables -->\n"
	data, err := os.ReadFile(page)
	require.NoError(t, err)
	before, after, ok := bytes.Cut(data, []byte(mark))
	require.True(t, ok)
	var out bytes.Buffer
	table(&out)
	want := append(bytes.TrimSpace(out.Bytes()), '\n')
	if *update {
		require.NoError(t, os.WriteFile(page, append(append(before, mark...), want...), 0o666))
		return
	}
	require.Equal(t, string(want), string(after), "run go test ./docs/many -update")
}

// TestPaper: what the formulas say where it is plain: one rank sends nothing, endless
// bandwidth divides the work, and the sum takes what a ring does on a slow wire.
func TestPaper(t *testing.T) {
	n := network{"", 64, 1e-3, 0, 1_000_000}
	require.InDelta(t, 64e-3, onPaper(n, wires[3], 1), 1e-12)
	free := wire{"", 0, 1e30}
	require.InDelta(t, 16e-3+0.75*1e6/4/adding, onPaper(n, free, 4), 1e-3)
	slow := wire{"", 0, 1e6}
	require.InDelta(t, 2*0.75*4e6/1e6, reduction(n, slow, 4), 0.01)
}
