package spec

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nngen-go/nngen/spec/code"
)

// maxAttached is the size limit of a file that a spec names.
const maxAttached = 64 << 20

// Load reads a spec and the files it names. What is wrong with the spec, a
// missing file among it, is an ErrorList; other errors are about reading the
// spec itself.
func Load(path string, v *Vocabulary) (*Network, error) {
	src, err := readLimited(os.Open, path, MaxFileSize)
	if errors.Is(err, errTooLarge) {
		return nil, ErrorList{{File: path, Pos: Pos{1, 1}, Code: code.Of(code.Limit), Msg: err.Error()}}
	}
	if err != nil {
		return nil, err
	}
	n, err := Decode(path, src, v)
	if err != nil {
		return nil, err
	}
	if err := n.ReadFiles(filepath.Dir(path)); err != nil {
		return nil, err
	}
	return n, nil
}

// ReadFiles reads the files that a spec names from a folder into Files; none
// can lie outside of it. Weights to embed may be missing. Errors are an
// ErrorList.
func (n *Network) ReadFiles(dir string) error {
	if len(n.files) == 0 {
		return nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	var errs ErrorList
	files := map[string][]byte{}
	for _, ref := range n.files {
		if _, done := files[ref.path]; done {
			continue
		}
		data, err := readAttached(root, ref.path)
		if errors.Is(err, fs.ErrNotExist) && ref.path == n.Codegen.Embed {
			continue // weights that are still to be trained; generating needs them
		}
		if err != nil {
			errs = append(errs, n.fileError(ref, err))
			continue
		}
		files[ref.path] = data
	}
	if len(errs) > 0 {
		return errs.Sort()
	}
	n.Files = files
	return nil
}

// fileError says why a file that the spec names cannot be read.
func (n *Network) fileError(ref fileRef, err error) *Error {
	hint := "the path is relative to the folder of the spec"
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	if errors.Is(err, fs.ErrNotExist) {
		return n.Errorf(ref.pos, hint, code.File+"%s: there is no file %s", ref.what, ref.path)
	}
	return n.Errorf(ref.pos, hint, code.File+"%s: cannot read %s: %v", ref.what, ref.path, err)
}

var errTooLarge = errors.New("too large")

// readLimited reads a file of limited size.
func readLimited(open func(string) (*os.File, error), path string, limit int64) ([]byte, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is %w; the limit is %d MiB", path, errTooLarge, limit>>20)
	}
	return data, nil
}

// readAttached reads a regular file; opening a pipe would wait for ever.
func readAttached(root *os.Root, path string) ([]byte, error) {
	path = filepath.FromSlash(path)
	info, err := root.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	return readLimited(root.Open, path, maxAttached)
}
