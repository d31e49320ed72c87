package nnrt

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSaveFileLimit runs SaveFile in a process whose files may not grow beyond
// some size, so that the system itself writes short and then fails.
func TestSaveFileLimit(t *testing.T) {
	if path := os.Getenv("NNRT_LIMIT_PATH"); path != "" {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 100_000, Max: 100_000}); err != nil {
			t.Skip(err)
		}
		err := SaveFile(path, writeString(strings.Repeat("x", 150_000)))
		require.ErrorIs(t, err, syscall.EFBIG)
		require.True(t, strings.HasPrefix(err.Error(), path+": "), err)
		return
	}
	exe, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	path := filepath.Join(dir, "w")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o644))
	cmd := exec.Command(exe, "-test.run=^TestSaveFileLimit$")
	cmd.Env = append(os.Environ(), "NNRT_LIMIT_PATH="+path)
	out, err := cmd.CombinedOutput()
	if err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Skip("cannot start this test again, as under an emulator: ", err)
	}
	require.NoError(t, err, string(out))
	onlyFiles(t, dir, "w")
	require.Equal(t, "old", contents(t, path))
}
