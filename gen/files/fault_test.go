package files

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// faultyDisk is a real folder whose n-th call fails, and what a power failure
// would leave of it: contents are safe from their sync on, names from the sync
// of their folder on.
type faultyDisk struct {
	disk
	dir   string
	calls []string
	fail  int // number of the call that fails, from 1
	cause error
	safe  map[string]string
	left  map[string][]string // what each name may hold after a power failure; "" is nothing
}

func (d *faultyDisk) call(name string) error {
	d.calls = append(d.calls, name)
	if len(d.calls) == d.fail {
		return d.cause
	}
	return nil
}

func (d *faultyDisk) Rename(from, to string) error {
	if err := d.call("rename " + to); err != nil {
		return err
	}
	d.left[to] = append(d.left[to], d.safe[from])
	return d.disk.Rename(from, to)
}

// Remove fails for files of ours only: cleaning up is as good as it can be.
func (d *faultyDisk) Remove(name string) error {
	if !strings.HasSuffix(name, ".tmp") {
		if err := d.call("remove " + name); err != nil {
			return err
		}
		d.left[name] = append(d.left[name], "")
	}
	return d.disk.Remove(name)
}

func (d *faultyDisk) create(name string) (handle, error) {
	if err := d.call("create"); err != nil {
		return nil, err
	}
	h, err := d.disk.create(name)
	return &faultyFile{h, d, name}, err
}

func (d *faultyDisk) open(name string) (handle, error) {
	if err := d.call("open " + name); err != nil {
		return nil, err
	}
	h, err := d.disk.open(name)
	return &faultyFolder{h, d, name}, err
}

type faultyFile struct {
	handle
	d    *faultyDisk
	name string
}

func (f *faultyFile) Write(p []byte) (int, error) {
	if err := f.d.call("write"); err != nil {
		n, _ := f.handle.Write(p[:len(p)/2])
		return n, err
	}
	return f.handle.Write(p)
}

func (f *faultyFile) Sync() error {
	if err := f.d.call("sync"); err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(f.d.dir, f.name))
	f.d.safe[f.name] = string(data)
	return err
}

func (f *faultyFile) Close() error { return errors.Join(f.d.call("close"), f.handle.Close()) }

type faultyFolder struct {
	handle
	d    *faultyDisk
	name string
}

func (f *faultyFolder) Sync() error {
	if err := f.d.call("sync " + f.name); err != nil {
		return err
	}
	for name, left := range f.d.left {
		if path.Dir(name) == f.name {
			f.d.left[name] = left[len(left)-1:]
		}
	}
	return nil
}

// TestFaults fails every call of the disk in turn: the error is reported, every
// file is the old one or the new one, all are old if none could be prepared, no
// temporary file stays, and writing again ends with the new ones and no other.
// After a power failure at any time each file is the old one or the new one;
// after a success, all are new.
func TestFaults(t *testing.T) {
	const embeds = "//go:embed a.bin\n//go:embed w.bin\n" // names before and after that of the Go file
	old := Files{"a.go": goFile(embeds), "a.bin": []byte("old"), "w.bin": []byte("old"), "sub/b.go": goFile(""), "sub/stale.go": goFile("// old\n")}
	next := Files{"a.go": goFile(embeds + "var A int\n"), "a.bin": []byte("new"), "w.bin": []byte("new"), "sub/b.go": goFile("var B int\n"), "new.go": goFile("")}
	for name, c := range map[string][2]Files{"update": {old, next}, "first": {{}, next}, "remove": {old, {"new.go": goFile(""), "sub/b.go": goFile("")}}} {
		t.Run(name, func(t *testing.T) { testFaults(t, c[0], c[1]) })
	}
}

func testFaults(t *testing.T, old, next Files) {
	names := slices.Compact(slices.Sorted(slices.Values(append(old.Names(), next.Names()...))))
	run := func(fail int, cause error) (*faultyDisk, error) {
		dir := t.TempDir()
		_, err := old.Write(dir)
		require.NoError(t, err)
		d := &faultyDisk{dir: dir, fail: fail, cause: cause, safe: map[string]string{}, left: map[string][]string{}}
		for _, name := range names {
			d.left[name] = []string{string(old[name])}
		}
		_, err = next.write(dir, func(root *os.Root) disk { d.disk = rootDisk{root}; return d })
		require.NotContains(t, tree(t, dir), ".tmp")
		changed := false
		for _, name := range names {
			what := fmt.Sprintf("%s, call %d failed of %v", name, fail, d.calls)
			either := []string{string(old[name]), string(next[name])}
			if next[name] == nil && !isSource(name) {
				either[1] = either[0] // embedded no longer, but left
			}
			data, readErr := os.ReadFile(filepath.Join(dir, name))
			if readErr != nil {
				require.ErrorIs(t, readErr, fs.ErrNotExist)
			}
			require.Contains(t, either, string(data), what)
			changed = changed || string(data) != either[0]
			for _, left := range d.left[name] {
				require.Contains(t, either, left, "after a power failure: "+what)
			}
			if err == nil {
				require.Equal(t, either[1], string(data), what)
			}
			if err == nil && fail == 0 {
				require.Equal(t, either[1:], d.left[name][len(d.left[name])-1:], what)
				require.Len(t, d.left[name], 1, "not synced: "+what)
			}
		}
		replaced := func(c string) bool { return strings.HasPrefix(c, "rename") || strings.HasPrefix(c, "remove") }
		if prepared := slices.IndexFunc(d.calls, replaced); prepared < 0 || fail == prepared+1 {
			require.False(t, changed, "call %d failed of %v", fail, d.calls)
		}
		later := maps.Clone(next) // of other contents: what was written must still be ours
		if later["a.bin"] != nil {
			later["a.bin"] = []byte("newer")
		}
		_, again := later.Write(dir)
		require.NoError(t, again, "call %d failed of %v", fail, d.calls)
		for _, name := range names {
			if !isSource(name) && later[name] == nil && old[name] != nil {
				later[name] = old[name]
			}
		}
		require.Equal(t, strings.Join(later.Names(), " "), tree(t, dir), "call %d failed of %v", fail, d.calls)
		return d, err
	}
	d, err := run(0, nil)
	require.NoError(t, err)
	count := len(d.calls)
	for _, cause := range []error{syscall.ENOSPC, syscall.EIO} {
		for fail := 1; fail <= count; fail++ {
			failed, err := run(fail, cause)
			what := failed.calls[fail-1]
			if strings.HasPrefix(what, "sync ") && cause != syscall.EIO { // folders that cannot be synced
				require.NoError(t, err, what)
				continue
			}
			require.ErrorIs(t, err, cause, what)
			require.True(t, strings.HasPrefix(err.Error(), failed.dir+": "), err)
		}
	}
}
