package files

import (
	"io"

	"github.com/nngen-go/nngen/runtime/nnrt"
)

// Save replaces a single file, as a whole or not at all.
func Save(path string, write func(io.Writer) error) error { return nnrt.SaveFile(path, write) }
