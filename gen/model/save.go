package model

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/onnx"
)

// Paths returns where in a folder Save writes the spec and the weights.
func (m *Model) Paths(dir string) (spec, weights string) {
	base := filepath.Join(dir, m.Name)
	return base + ".yaml", base + ".safetensors"
}

// Save writes NAME.safetensors and NAME.yaml into a folder and returns their
// paths. Each is replaced as a whole or not at all, and the spec comes last, so
// that it never stands beside weights of another model. Files that differ, a spec
// that was edited or weights that were trained, are replaced only if force is set.
func (m *Model) Save(dir string, force bool) (written []string, err error) {
	if problem := spec.CheckName(m.Name); problem != "" {
		return nil, &Error{m.Name, &onnx.Error{Msg: "the name of the network " + problem, Hint: "give another with --name"}}
	}
	yaml, weights := m.Paths(dir)
	list := []struct {
		path, what string
		data       []byte
	}{{weights, "weights", m.Weights}, {yaml, "spec", m.Spec}}
	for _, f := range list {
		old, err := os.ReadFile(f.path)
		if err == nil && !bytes.Equal(old, f.data) && !force {
			return nil, &Error{f.path, &onnx.Error{Msg: "the file exists and differs from the " + f.what + " of the model", Hint: "give --force to replace it, or another --name"}}
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	for _, f := range list {
		err := nnrt.SaveFile(f.path, func(w io.Writer) error { _, err := w.Write(f.data); return err })
		if err != nil {
			return written, err
		}
		written = append(written, f.path)
	}
	return written, nil
}
