package files

import (
	"io"
	"io/fs"
	"os"
)

// disk is a folder that files are written to; tests put a failing one in place.
type disk interface {
	MkdirAll(name string, mode fs.FileMode) error
	Rename(from, to string) error
	Remove(name string) error
	create(name string) (handle, error) // refused if it exists
	open(name string) (handle, error)   // a folder
}

type handle interface {
	io.WriteCloser
	Sync() error
}

type rootDisk struct{ *os.Root }

func (r rootDisk) create(name string) (handle, error) {
	return r.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}

func (r rootDisk) open(name string) (handle, error) { return r.Open(name) }
