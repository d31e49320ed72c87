package files

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Report says what Write did, by name and in order.
type Report struct {
	Written, Removed []string
	Left             []string // not embedded any more, but not removed
	Unchanged        int
}

// ForeignError lists files that stand in the way and do not carry our header.
type ForeignError struct {
	Dir   string
	Names []string
}

// Error names the files.
func (e *ForeignError) Error() string {
	return fmt.Sprintf("%s: not written, because nngen did not generate what lies there as %s; move it away or choose another folder with -o",
		e.Dir, strings.Join(e.Names, ", "))
}

// Plan returns what Write would do.
func (f Files) Plan(dir string) (*Report, error) {
	r, _, d, err := f.plan(dir)
	if d != nil {
		d.close()
	}
	return r, err
}

// Write makes the folder hold these files and no other source of ours. It changes
// nothing if a foreign file is in the way or a file cannot be prepared; then
// it replaces the files that differ, each at once, and removes stale ones.
func (f Files) Write(dir string) (*Report, error) {
	return f.write(dir, func(root *os.Root) disk { return rootDisk{root} })
}

func (f Files) write(dir string, on func(root *os.Root) disk) (*Report, error) {
	for _, sub := range f.subfolders() {
		defer Enter(filepath.Join(dir, filepath.FromSlash(sub)))()
	}
	report, pending, d, err := f.plan(dir)
	if d != nil {
		defer func() { d.close() }()
	}
	if err != nil || len(pending) == 0 {
		return report, err
	}
	if d.root == nil {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return nil, err
		}
		if d.root, err = os.OpenRoot(dir); err != nil {
			return nil, err
		}
	}
	disk := on(d.root)
	staged, err := stage(disk, pending)
	if err == nil {
		err = commit(disk, pending, staged)
	}
	if err == nil {
		err = syncFolders(disk, f.subfolders())
	}
	for _, tmp := range staged {
		disk.Remove(tmp) // what was not renamed
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return report, nil
}

// plan compares the files with a folder.
func (f Files) plan(dir string) (*Report, []change, *folder, error) {
	if err := f.check(); err != nil {
		return nil, nil, nil, err
	}
	d, err := f.openFolder(dir)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%s: %w", dir, err)
	}
	pending, err := f.changes(d)
	if err != nil {
		return nil, nil, d, fmt.Errorf("%s: %w", dir, err)
	}
	r := &Report{Left: f.left(d), Unchanged: len(f)}
	var foreign []string
	for _, c := range pending {
		switch {
		case c.foreign:
			foreign = append(foreign, c.name)
		case c.new == nil:
			r.Removed = append(r.Removed, c.name)
		default:
			r.Written = append(r.Written, c.name)
			r.Unchanged--
		}
	}
	if foreign != nil {
		return nil, nil, d, &ForeignError{Dir: dir, Names: foreign}
	}
	if name, has := f.otherPackage(d); name != "" {
		return nil, nil, d, fmt.Errorf("%s: not written, because %s is of package %s, and a folder holds one package; choose another folder with -o", dir, name, has)
	}
	return r, pending, d, nil
}

// stage writes the new contents beside the files, under temporary names.
func stage(disk disk, pending []change) (staged map[string]string, err error) {
	staged = map[string]string{}
	for _, c := range pending {
		if c.new == nil {
			continue
		}
		if err := disk.MkdirAll(path.Dir(c.name), 0o777); err != nil {
			return staged, err
		}
		tmp := path.Join(path.Dir(c.name), strings.Replace(tempPattern(), "*", rand.Text(), 1))
		staged[c.name] = tmp
		if err := writeSynced(disk, tmp, c.new); err != nil {
			return staged, err
		}
	}
	return staged, nil
}

// writeSynced creates a file and makes sure that its contents are on disk.
func writeSynced(disk disk, name string, data []byte) error {
	w, err := disk.create(name)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return errors.Join(err, w.Sync(), w.Close())
}

// commit puts the staged files in place and removes stale ones. A file that a
// Go file embeds is written after it: it is ours only while that file is there.
func commit(disk disk, pending []change, staged map[string]string) error {
	order := slices.Clone(pending)
	slices.SortStableFunc(order, func(a, b change) int { return rank(a) - rank(b) })
	for _, c := range order {
		var err error
		if c.new == nil {
			err = disk.Remove(c.name)
		} else {
			err = disk.Rename(staged[c.name], c.name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func rank(c change) int {
	switch {
	case c.new != nil && isSource(c.name):
		return 0
	case c.new != nil:
		return 1
	}
	return 2
}

// syncFolders makes renames durable, on systems where folders can be synced.
func syncFolders(disk disk, names []string) error {
	for _, name := range names {
		d, err := disk.open(name)
		if err != nil {
			return err
		}
		err = d.Sync()
		d.Close()
		if errors.Is(err, syscall.EIO) {
			return err
		}
	}
	return nil
}
