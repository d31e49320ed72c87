package nnrt

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func writeString(s string) func(w io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// onlyFiles requires that the directory holds exactly the given names.
func onlyFiles(t *testing.T, dir string, names ...string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	var got []string
	for _, e := range list {
		got = append(got, e.Name())
	}
	require.Equal(t, names, got)
}

func contents(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(b)
}

func TestSaveFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "w.safetensors")
	big := strings.Repeat("0123456789", 50_000)
	for _, s := range []string{"one", "", big, "two"} {
		require.NoError(t, SaveFile(path, writeString(s)))
		require.Equal(t, s, contents(t, path))
		onlyFiles(t, dir, "w.safetensors")
	}
	if runtime.GOOS != "windows" && runtime.GOOS != "js" && runtime.GOOS != "wasip1" {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o644), info.Mode().Perm())
		for _, mode := range []fs.FileMode{0o600, 0o664, 0o400} {
			require.NoError(t, os.Chmod(path, mode))
			require.NoError(t, SaveFile(path, writeString("three")))
			info, err = os.Stat(path)
			require.NoError(t, err)
			require.Equal(t, mode, info.Mode().Perm())
		}
	}
	// a relative path
	t.Chdir(dir)
	require.NoError(t, SaveFile("w.safetensors", writeString("four")))
	require.Equal(t, "four", contents(t, path))
	onlyFiles(t, dir, "w.safetensors")
}

func TestSaveFileFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "sub"), 0o755))
	target, link := filepath.Join(dir, "sub", "v3"), filepath.Join(dir, "model")
	require.NoError(t, os.WriteFile(target, []byte("old"), 0o644))
	if err := os.Symlink(filepath.Join("sub", "v3"), link); err != nil {
		t.Skip(err)
	}
	require.NoError(t, SaveFile(link, writeString("new")))
	require.Equal(t, "new", contents(t, target))
	info, err := os.Lstat(link)
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&fs.ModeSymlink)
	onlyFiles(t, dir, "model", "sub")
	onlyFiles(t, filepath.Join(dir, "sub"), "v3")
}

func TestSaveFileErrors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "w")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o644))
	broken := errors.New("broken")
	// the writer fails after having written more than a buffer
	err := SaveFile(path, func(w io.Writer) error {
		_, err := w.Write(make([]byte, 1<<20))
		require.NoError(t, err)
		return broken
	})
	require.ErrorIs(t, err, broken)
	require.EqualError(t, err, path+": broken")
	onlyFiles(t, dir, "w")
	require.Equal(t, "old", contents(t, path))
	// it panics
	require.PanicsWithValue(t, "oh", func() { _ = SaveFile(path, func(io.Writer) error { panic("oh") }) })
	onlyFiles(t, dir, "w")
	require.Equal(t, "old", contents(t, path))
	// no such directory
	missing := filepath.Join(dir, "no", "w")
	err = SaveFile(missing, writeString("new"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.True(t, strings.HasPrefix(err.Error(), missing+": open"), err)
	// the path is a directory, or no path
	require.EqualError(t, SaveFile(dir, writeString("new")), dir+": not a regular file")
	require.EqualError(t, SaveFile("", writeString("new")), ": no file name")
	// a file in place of a directory
	err = SaveFile(filepath.Join(path, "w"), writeString("new"))
	require.Error(t, err)
	onlyFiles(t, dir, "w")
	// a device
	if _, err := os.Stat("/dev/null"); err == nil {
		require.EqualError(t, SaveFile("/dev/null", writeString("new")), "/dev/null: not a regular file")
	}
}

func TestSaveFileReadOnlyDirectory(t *testing.T) {
	if runtime.GOOS == "windows" || os.Geteuid() <= 0 {
		t.Skip("needs a user other than root")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "w")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o644))
	require.NoError(t, os.Chmod(dir, 0o555))
	defer os.Chmod(dir, 0o755)
	err := SaveFile(path, writeString("new"))
	require.ErrorIs(t, err, fs.ErrPermission)
	require.True(t, strings.HasPrefix(err.Error(), path+": "), err)
	onlyFiles(t, dir, "w")
	require.Equal(t, "old", contents(t, path))
}

func TestLoadFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "w")
	require.NoError(t, SaveFile(path, func(w io.Writer) error {
		return SaveTensors(w, abTensors, nil, func(i int, v []float32) { v[0] = float32(i + 1) })
	}))
	require.NoError(t, LoadFile(path, func(r io.Reader) error {
		return LoadTensors(r, abTensors, nil, func(i int, v []float32) error {
			require.Equal(t, float32(i+1), v[0])
			return nil
		})
	}))
	err := LoadFile(path, func(r io.Reader) error {
		return LoadTensors(r, []Tensor{{Name: "c", Shape: []int{1}}}, nil, func(i int, v []float32) error { return nil })
	})
	require.EqualError(t, err, path+`: tensor "c": want shape [1], got no tensor of this name`)
	var te *TensorError
	require.ErrorAs(t, err, &te)
	require.Equal(t, TensorError{"c", "shape [1]", "no tensor of this name"}, *te)
	err = LoadFile(filepath.Join(dir, "missing"), nil)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.True(t, strings.HasPrefix(err.Error(), filepath.Join(dir, "missing")+": open: "), err)
	err = LoadFile(dir, func(r io.Reader) error {
		_, err := io.ReadAll(r)
		return err
	})
	require.Error(t, err)
	require.Equal(t, 1, strings.Count(err.Error(), dir), err)
}
