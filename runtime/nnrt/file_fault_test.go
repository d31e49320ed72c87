package nnrt

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// faultyDisk is the real disk whose n-th call fails, and what a power failure
// would leave of it: a file's contents are safe from its last sync on, a new
// name from the sync of its directory on.
type faultyDisk struct {
	disk
	calls  []string
	fail   int // number of the call that fails, from 1
	cause  error
	silent bool // the failing write says nothing and writes half
	safe   map[string]string
	left   []string // what the path may hold after a power failure
}

func newFaultyDisk(old string, fail int, cause error) *faultyDisk {
	d := &faultyDisk{fail: fail, cause: cause, safe: map[string]string{}, left: []string{old}}
	wrap := func(f diskFile, err error) (diskFile, error) {
		if err != nil {
			return nil, err
		}
		return &faultyFile{f, d}, nil
	}
	d.disk = disk{
		create: func(dir, pattern string) (diskFile, error) {
			if err := d.call("create"); err != nil {
				return nil, err
			}
			return wrap(theDisk.create(dir, pattern))
		},
		open: func(path string) (diskFile, error) {
			if err := d.call("open"); err != nil {
				return nil, err
			}
			return wrap(theDisk.open(path))
		},
		rename: func(from, to string) error {
			if err := d.call("rename"); err != nil {
				return err
			}
			d.left = append(d.left, d.safe[from])
			return theDisk.rename(from, to)
		},
		remove: func(path string) error { // cleaning up is as good as it can be
			return theDisk.remove(path)
		},
	}
	return d
}

// call counts a call and says whether it fails.
func (d *faultyDisk) call(name string) error {
	d.calls = append(d.calls, name)
	if len(d.calls) == d.fail {
		return d.cause
	}
	return nil
}

type faultyFile struct {
	diskFile
	d *faultyDisk
}

func (f *faultyFile) Write(p []byte) (int, error) {
	err := f.d.call("write")
	if err == nil {
		return f.diskFile.Write(p)
	}
	n, _ := f.diskFile.Write(p[:len(p)/2])
	if f.d.silent {
		return n, nil
	}
	return n, err
}

func (f *faultyFile) Sync() error {
	info, err := os.Stat(f.Name())
	if err != nil {
		return err
	}
	if info.IsDir() {
		if err := f.d.call("sync directory"); err != nil {
			return err
		}
		f.d.left = f.d.left[len(f.d.left)-1:]
		return f.diskFile.Sync()
	}
	if err := f.d.call("sync"); err != nil {
		return err
	}
	data, err := os.ReadFile(f.Name())
	f.d.safe[f.Name()] = string(data)
	return errors.Join(err, f.diskFile.Sync())
}

func (f *faultyFile) Close() error {
	err := f.d.call("close")
	return errors.Join(err, f.diskFile.Close())
}

// TestSaveFileFaults fails every call of the disk in turn, with and without an
// old file: a write that fails is reported and leaves the old file and no other,
// and after a power failure at any time the file is the old one or the new one;
// the new one, once SaveFile has said that all went well.
func TestSaveFileFaults(t *testing.T) {
	contentsNow := strings.Repeat("new", 50_000) // three writes
	durable := runtime.GOOS != "windows" && runtime.GOOS != "plan9"
	run := func(old string, fail int, cause error, silent bool) (*faultyDisk, error) {
		dir := t.TempDir()
		path := filepath.Join(dir, "w")
		var names []string
		if old != "" {
			require.NoError(t, os.WriteFile(path, []byte(old), 0o640))
			names = []string{"w"}
		}
		d := newFaultyDisk(old, fail, cause)
		d.silent = silent
		err := d.saveFile(path, writeString(contentsNow))
		for _, left := range d.left {
			require.Contains(t, []string{old, contentsNow}, left, "after a power failure; call %d failed of %v", fail, d.calls)
		}
		if failed := d.calls[len(d.calls)-1]; err == nil || failed == "sync directory" || failed == "close" && len(d.left) > 1 {
			require.Equal(t, contentsNow, contents(t, path))
			names = []string{"w"}
		} else if old != "" {
			require.Equal(t, old, contents(t, path), d.calls)
		}
		onlyFiles(t, dir, names...)
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), path+": "), err)
		}
		return d, err
	}
	for _, old := range []string{"", "old"} {
		d, err := run(old, 0, nil, false)
		require.NoError(t, err)
		want := []string{"create", "write", "write", "write", "sync", "close", "rename"}
		if durable {
			want = append(want, "open", "sync directory", "close")
			require.Equal(t, []string{contentsNow}, d.left, "the directory is not synced")
		}
		require.Equal(t, want, d.calls)
		for _, cause := range []error{syscall.ENOSPC, syscall.EIO} {
			for fail := 1; fail <= len(want); fail++ {
				_, err := run(old, fail, cause, false)
				switch {
				case fail == 8, fail == 10, fail == 9 && cause != syscall.EIO: // directories that cannot be synced
					require.NoError(t, err)
				default:
					require.ErrorIs(t, err, cause, want[fail-1])
				}
			}
		}
		for fail := 2; fail <= 4; fail++ {
			_, err := run(old, fail, syscall.ENOSPC, true)
			require.ErrorIs(t, err, io.ErrShortWrite)
		}
	}
}
