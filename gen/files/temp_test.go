package files

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// dead returns the number of a process that has ended.
func dead(t *testing.T) int {
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, "-test.run", "^$")
	require.NoError(t, cmd.Run())
	return cmd.Process.Pid
}

// canLock skips a test where folders cannot be locked.
func canLock(t *testing.T) {
	f, err := os.Open(t.TempDir())
	require.NoError(t, err)
	defer f.Close()
	if lock(f, true) != locked {
		t.Skip("this system cannot lock folders")
	}
}

// TestEnter: what killed runs left goes, what living ones write and what others
// put there stays.
func TestEnter(t *testing.T) {
	canLock(t)
	dir, gone := t.TempDir(), dead(t)
	stale := []string{fmt.Sprintf(".nnrt-%d-123.tmp", gone), fmt.Sprintf(".nngen-%d-ABC.tmp", gone)}
	mine := []string{fmt.Sprintf(".nnrt-%d-123.tmp", os.Getpid()), ".nnrt-123.tmp", ".nngen-x-1.tmp", fmt.Sprintf("nnrt-%d-1.tmp", gone), "w.safetensors"}
	for _, name := range append(stale, mine...) {
		put(t, dir, name, "x")
	}
	left := func() (n int) {
		for _, name := range stale {
			if exists(filepath.Join(dir, name)) {
				n++
			}
		}
		return n
	}
	// Another run is at work in the folder, which perhaps writes these files.
	leave := Enter(t.TempDir())
	other, err := os.Open(dir)
	require.NoError(t, err)
	require.Equal(t, locked, lock(other, false))
	Enter(dir)()
	require.Equal(t, 2, left())
	other.Close()
	leave()

	first := Enter(dir)
	require.Zero(t, left())
	// While one is in, others come in too, but remove nothing.
	put(t, dir, stale[0], "x")
	second := Enter(dir)
	require.Equal(t, 1, left())
	second()
	first()
	Enter(dir)()
	require.Zero(t, left())
	for _, name := range mine {
		require.FileExists(t, filepath.Join(dir, name))
	}
	Enter(filepath.Join(dir, "nowhere"))()
}

// TestTempDir: folders of living runs stay, those of killed ones go.
func TestTempDir(t *testing.T) {
	canLock(t)
	in := t.TempDir()
	a, err := NewTempDir(in)
	require.NoError(t, err)
	put(t, a.Path, "sub/data", "x")
	b, err := NewTempDir(in)
	require.NoError(t, err)
	require.NotEqual(t, a.Path, b.Path)
	require.FileExists(t, filepath.Join(a.Path, "sub", "data"))
	a.mark.Close() // as when the process is killed
	b.Remove()
	require.NoDirExists(t, a.Path)
	require.NoDirExists(t, b.Path)

	a, err = NewTempDir(in)
	require.NoError(t, err)
	require.NoError(t, os.Rename(a.Path, filepath.Join(in, "kept")))
	a.Remove()
	require.DirExists(t, filepath.Join(in, "kept"))

	// Others' folders and links are none of ours.
	require.NoError(t, os.Mkdir(filepath.Join(in, "nngen-1"), 0o777))
	require.NoError(t, os.Symlink(filepath.Join(in, "kept"), filepath.Join(in, ".nngen-1-1.tmp")))
	sweep(in, true)
	require.DirExists(t, filepath.Join(in, "nngen-1"))
	require.DirExists(t, filepath.Join(in, "kept"))
	_, err = NewTempDir(filepath.Join(in, "nowhere"))
	require.Error(t, err)
}

// TestOld: where locks do not tell, a day does.
func TestOld(t *testing.T) {
	dir := t.TempDir()
	name := fmt.Sprintf(".nnrt-%d-1.tmp", os.Getpid())
	put(t, dir, name, "x")
	sweep(dir, false)
	require.FileExists(t, filepath.Join(dir, name))
	then := time.Now().Add(-2 * maxLife)
	require.NoError(t, os.Chtimes(filepath.Join(dir, name), then, then))
	sweep(dir, false)
	require.NoFileExists(t, filepath.Join(dir, name))
}
