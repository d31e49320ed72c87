package nnrt

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
)

// fileError is a failure with a file.
type fileError struct {
	path  string
	cause error
}

func (e *fileError) Error() string { return e.path + ": " + e.cause.Error() }

func (e *fileError) Unwrap() error { return e.cause }

// atPath returns err with the path before it, once.
func atPath(path string, err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) && error(pe) == err {
		err = &fileError{pe.Op, pe.Err}
	}
	var le *os.LinkError
	if errors.As(err, &le) && error(le) == err {
		err = &fileError{le.Op, le.Err}
	}
	return &fileError{path, err}
}

// SaveFile writes a file so that, whatever happens, path holds either the old or
// the whole new contents: write fills a temporary file in the same directory,
// which is then synced and renamed, and the directory is synced. A temporary file
// is removed on failure; it has the number of the process in its name,
// .nnrt-PID-*.tmp, by which one that a killed process left is known. The permission
// bits of an existing file are kept where the system allows it; a new file gets
// 0644. A symbolic link is followed.
//
// Errors begin with the path; an error of write is wrapped.
func SaveFile(path string, write func(w io.Writer) error) error {
	return theDisk.saveFile(path, write)
}

// disk is what SaveFile writes to; its tests put a failing one in place.
type disk struct {
	create func(dir, pattern string) (diskFile, error)
	open   func(path string) (diskFile, error) // a directory
	rename func(from, to string) error
	remove func(path string) error
}

type diskFile interface {
	io.WriteCloser
	Name() string
	Chmod(mode os.FileMode) error
	Sync() error
}

var theDisk = disk{
	create: func(dir, pattern string) (diskFile, error) { return os.CreateTemp(dir, pattern) },
	open:   func(path string) (diskFile, error) { return os.Open(path) },
	rename: os.Rename,
	remove: os.Remove,
}

func (d disk) saveFile(path string, write func(w io.Writer) error) (err error) {
	defer func() {
		if err != nil {
			err = atPath(path, err)
		}
	}()
	if path == "" {
		return errors.New("no file name")
	}
	target := path
	if real, err := filepath.EvalSymlinks(path); err == nil {
		target = real
	}
	mode := os.FileMode(0o644)
	info, err := os.Stat(target)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return errors.New("not a regular file")
	case err == nil:
		mode = info.Mode().Perm()
	case !errors.Is(err, os.ErrNotExist):
		return err
	}
	dir, base := filepath.Split(target)
	if dir == "" {
		dir = "."
	}
	if base == "" { // a path that ends in a separator
		return errors.New("no file name")
	}
	f, err := d.create(dir, ".nnrt-"+strconv.Itoa(os.Getpid())+"-*.tmp")
	if err != nil {
		return err
	}
	open, kept := true, false
	defer func() { // also after a panic in write
		if open {
			f.Close()
		}
		if !kept {
			d.remove(f.Name())
		}
	}()
	w := bufio.NewWriterSize(f, 1<<16)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	// Some file systems cannot; then the bits are those of a private file.
	_ = f.Chmod(mode)
	if err := f.Sync(); err != nil {
		return err
	}
	open = false
	if err := f.Close(); err != nil {
		return err
	}
	if err := d.rename(f.Name(), target); err != nil {
		return err
	}
	kept = true
	return d.syncDir(dir)
}

// syncDir makes a rename durable, on systems where a directory can be synced.
func (d disk) syncDir(dir string) error {
	if runtime.GOOS == "windows" || runtime.GOOS == "plan9" {
		return nil
	}
	f, err := d.open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	if err := f.Sync(); errors.Is(err, syscall.EIO) {
		return err
	}
	return nil
}

// LoadFile opens a file and calls read with its buffered contents. Errors begin
// with the path; an error of read is wrapped.
func LoadFile(path string, read func(r io.Reader) error) error {
	f, err := os.Open(path)
	if err != nil {
		return atPath(path, err)
	}
	defer f.Close()
	if err := read(bufio.NewReaderSize(f, 1<<16)); err != nil {
		return atPath(path, err)
	}
	return nil
}
