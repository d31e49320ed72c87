package model

import (
	"bytes"
	"io"
	"os"

	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/onnx/importer"
	"github.com/nngen-go/nngen/spec/rtneural"
)

// isJSON reports whether a file is JSON, which ONNX is not.
func isJSON(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false // whoever reads it says why
	}
	defer f.Close()
	head := make([]byte, 64)
	n, _ := io.ReadFull(f, head)
	return bytes.HasPrefix(bytes.TrimLeft(head[:n], " \t\r\n"), []byte("{"))
}

// isRTNeural reports whether a file is a model of RTNeural; a spec may be JSON,
// too.
func isRTNeural(path string) bool {
	if !isJSON(path) {
		return false
	}
	data, err := readFile(path)
	return err == nil && rtneural.Is(data)
}

// importRTNeural reads a model of RTNeural.
func importRTNeural(path string, o Options) (*Model, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	from, err := rtneural.Import(data)
	if err != nil {
		return nil, &Error{path, err}
	}
	m := &Model{Name: o.Name, Result: &importer.Result{Spec: from.Spec, Batch: true}}
	for _, t := range from.Tensors {
		m.Tensors = append(m.Tensors, importer.Tensor{Name: t.Name, Shape: t.Shape, Data: t.Values})
	}
	if m.Net, err = spec.Decode(o.Name+".yaml", m.Spec, op.Vocabulary()); err != nil {
		return nil, &Error{path, err}
	}
	m.describe()
	prog, err := lower.Lower(m.Net)
	if err != nil {
		return nil, &Error{path, err}
	}
	m.Weights, err = m.encode(prog)
	return m, err
}
