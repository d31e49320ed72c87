package files

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Report says what Write did, by name and in order.
type Report struct {
	Written, Removed []string
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

// Write makes the folder hold these files and none else of ours. It changes
// nothing if a foreign file is in the way or a file cannot be prepared; then
// it replaces the files that differ, each at once, and removes stale ones.
func (f Files) Write(dir string) (*Report, error) {
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
	staged, err := stage(d.root, pending)
	if err == nil {
		err = commit(d.root, pending, staged)
	}
	for _, tmp := range staged {
		d.root.Remove(tmp) // what was not renamed
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
	r := &Report{Unchanged: len(f)}
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
	return r, pending, d, nil
}

// stage writes the new contents beside the files, under temporary names.
func stage(root *os.Root, pending []change) (staged map[string]string, err error) {
	staged = map[string]string{}
	for _, c := range pending {
		if c.new == nil {
			continue
		}
		if err := root.MkdirAll(path.Dir(c.name), 0o777); err != nil {
			return staged, err
		}
		tmp := path.Join(path.Dir(c.name), strings.Replace(tempPattern(), "*", rand.Text(), 1))
		staged[c.name] = tmp
		if err := writeSynced(root, tmp, c.new, 0o666); err != nil {
			return staged, err
		}
	}
	return staged, nil
}

// writeSynced creates a file and makes sure that its contents are on disk.
func writeSynced(root *os.Root, name string, data []byte, mode fs.FileMode) error {
	w, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return errors.Join(err, w.Sync(), w.Close())
}

// commit puts the staged files in place and removes stale ones. A file that a
// Go file embeds is written after it and removed before it: it is ours only
// while that file is there.
func commit(root *os.Root, pending []change, staged map[string]string) error {
	order := slices.Clone(pending)
	slices.SortStableFunc(order, func(a, b change) int { return rank(a) - rank(b) })
	for _, c := range order {
		var err error
		if c.new == nil {
			err = root.Remove(c.name)
		} else {
			err = root.Rename(staged[c.name], c.name)
		}
		if err != nil {
			return err
		}
	}
	return syncFolder(root)
}

func rank(c change) int {
	switch {
	case c.new != nil && isSource(c.name):
		return 0
	case c.new != nil:
		return 1
	case !isSource(c.name):
		return 2
	}
	return 3
}

// syncFolder makes renames durable, on systems where folders can be synced.
func syncFolder(root *os.Root) error {
	d, err := root.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	d.Sync() // not supported everywhere
	return nil
}
