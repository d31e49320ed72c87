package export

import (
	"io"

	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/nngen-go/nngen/spec/onnx"
)

// SaveFile writes a model to a file, which is replaced as a whole or not at all.
func SaveFile(path string, m *onnx.Model) error {
	return nnrt.SaveFile(path, func(w io.Writer) error {
		_, err := w.Write(m.Marshal())
		return err
	})
}
