package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// tempName is the name of a temporary file or folder, with the number of the
// process that made it: nnrt.SaveFile's and ours.
var tempName = regexp.MustCompile(`^\.(?:nnrt|nngen)-([0-9]+)-[0-9A-Za-z]+\.tmp$`)

// tempPattern is how temporary files and folders of this process are named,
// with * for something random.
func tempPattern() string { return fmt.Sprintf(".nngen-%d-*.tmp", os.Getpid()) }

// maxLife is how long a temporary file is kept where the system cannot tell
// whether its run is alive.
const maxLife = 24 * time.Hour

// Enter removes the temporary files that killed runs left in a folder, unless
// another run is at work there, and marks the folder as one where this run is,
// until leave is called. Whatever goes wrong, files are only left over.
func Enter(dir string) (leave func()) {
	f, err := os.Open(dir)
	if err != nil {
		return func() {}
	}
	sweep(dir, lock(f, true) == locked)
	const tries = 10
	for range tries {
		if lock(f, false) != busy {
			break
		}
		time.Sleep(time.Millisecond) // another run is just sweeping
	}
	return func() { f.Close() }
}

// Sweep removes the temporary folders that killed runs left in a folder.
func Sweep(dir string) { sweep(dir, false) }

// TempDir is a temporary folder.
type TempDir struct {
	Path string
	in   string
	mark *os.File
}

// NewTempDir makes a temporary folder in a folder, and removes those that
// killed runs left there.
func NewTempDir(in string) (*TempDir, error) {
	sweep(in, false)
	const tries = 100
	for range tries {
		path, err := os.MkdirTemp(in, tempPattern())
		if err != nil {
			return nil, err
		}
		mark, err := os.Open(path)
		if err != nil {
			continue // another run swept it away before it was marked
		}
		state, there := lock(mark, true), names(path, mark)
		if state != locked || !there {
			mark.Close() // where an open folder does not help, it would be in the way
		}
		if there {
			return &TempDir{path, in, mark}, nil
		}
	}
	return nil, fmt.Errorf("%s: temporary folders vanish", in)
}

// Remove removes the folder, unless it was renamed.
func (d *TempDir) Remove() {
	os.RemoveAll(d.Path)
	d.mark.Close()
	sweep(d.in, false) // also what killed runs went on to write
}

// lockState is the outcome of an attempt to lock a folder.
type lockState int

const (
	locked  lockState = iota
	busy              // another process has it
	unknown           // the system cannot lock folders
)

// sweep removes temporary files and folders whose run has ended. Folders are
// locked by theirs. alone says that no other run is at work in the folder.
func sweep(dir string, alone bool) {
	f, err := os.Open(dir)
	if err != nil {
		return
	}
	defer f.Close()
	list, err := f.Readdirnames(-1)
	if err != nil {
		return
	}
	for _, name := range list {
		m := tempName.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		path := filepath.Join(dir, name)
		info, err := os.Lstat(path)
		switch {
		case err != nil:
		case info.IsDir():
			sweepDir(path, info)
		case info.Mode().IsRegular():
			pid, err := strconv.Atoi(m[1])
			if old(info) || alone && err == nil && !alive(pid) {
				os.Remove(path)
			}
		}
	}
}

// sweepDir removes a folder that no run has locked.
func sweepDir(path string, info fs.FileInfo) {
	mark, err := os.Open(path)
	if err != nil {
		return
	}
	defer mark.Close()
	if state := lock(mark, true); state == locked && names(path, mark) || state == unknown && old(info) {
		os.RemoveAll(path)
	}
}

// names reports whether a path still leads to an open file.
func names(path string, f *os.File) bool {
	a, err := f.Stat()
	b, err2 := os.Lstat(path)
	return errors.Join(err, err2) == nil && os.SameFile(a, b)
}

func old(info fs.FileInfo) bool { return time.Since(info.ModTime()) > maxLife }
