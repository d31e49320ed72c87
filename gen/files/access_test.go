package files

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSamePlace compares paths by where they lead, whether or not something is
// there.
func TestSamePlace(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	require.NoError(t, os.MkdirAll("real/sub", 0o777))
	put(t, dir, "real/file", "x")
	for name, to := range map[string]string{
		"link": "real", "sub": "real/sub", "loop": "loop", "dangling": "real/new", "twice": "dangling", "up": "real/sub/../file",
	} {
		if err := os.Symlink(to, name); err != nil {
			t.Skip(err)
		}
	}
	require.NoError(t, os.Link("real/file", "hard"))
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"real/file", "link/file", true},
		{"real/file", "hard", true},
		{"real/file", "up", true},
		{"real/file", "sub/../file", true}, // not ./file, as a clean path would be
		{"file", "sub/../file", false},
		{"real/new", "link/new", true},
		{"real/new", "dangling", true},
		{"real/new", "twice", true},
		{"real/new", filepath.Join(dir, "real", "new"), true},
		{"real/new", "sub/../new", true},
		{"real/new", "real/other", false},
		{"real/new", "new", false},
		{"real/no/such/file", "link/no/such/file", true},
		{"real/no/such/file", "real/no/such", false},
		{"real/file/x", "real/file", false},
		{"real", "link", true},
		{"loop", "real", false},
	} {
		require.Equal(t, c.same, locate(c.a).same(locate(c.b)), "%s and %s", c.a, c.b)
	}
	// A file system that does not tell capitals from small letters says so itself.
	if exists("REAL/FILE") {
		require.True(t, locate("REAL/FILE").same(locate("real/file")))
	}
}

// TestEmbeddedIsNotWritten: what generate will replace is no place for results,
// unless it is the file that the package is made from.
func TestEmbeddedIsNotWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "net[1]")
	_, err := Files{"net.go": goFile("//go:embed w.bin\n"), "w.bin": []byte("w")}.Write(dir)
	require.NoError(t, err)
	at := func(name string) string { return filepath.Join(dir, name) }
	put(t, dir, "mine.go", "package net\n\n//go:embed mine.bin\n")
	put(t, dir, "mine.bin", "w")
	require.NoError(t, os.Symlink("w.bin", at("link.bin")))
	kind := Kind{Name: "a test", Is: func(head []byte) bool { return string(head) == "w" }}
	for name, refused := range map[string]bool{"w.bin": true, "link.bin": true, "mine.bin": false, "new.bin": false} {
		var a Access
		a.Write("--out", at(name), kind)
		require.NoError(t, a.Check(true))
		err := a.Check(false)
		if refused {
			require.ErrorContains(t, err, "is a file of a generated package")
		} else {
			require.NoError(t, err)
		}
		a.Embeds(at("link.bin"))
		require.NoError(t, a.Check(false))
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
