package weights

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/nngen-go/nngen/gen/dataset"
)

// resave is the remedy for a damaged file.
const resave = "save the weights again, or copy the file again"

// ReadFile reads a weight file.
func ReadFile(path string) (*File, error) {
	data, err := dataset.ReadAll(path)
	if err != nil {
		return nil, inFile(err, path)
	}
	f, err := Parse(data)
	if err != nil {
		return nil, inFile(err, path)
	}
	f.Path = path
	if len(f.Tensors) == 1 && f.Tensors[0].Name == "" { // an .npy is named by its file
		name := strings.TrimSuffix(filepath.Base(path), ".npy")
		f.Tensors[0].Name = name
		f.byName = map[string]*Tensor{name: f.Tensors[0]}
	}
	return f, nil
}

// Parse reads a weight file that is in memory. The format is recognised by the
// contents. Memory is at most 64 MiB and 8 times the size of the data.
func Parse(data []byte) (*File, error) {
	switch format := Sniff(data); format {
	case Safetensors:
		return parseSafetensors(data)
	case NPY:
		a, err := dataset.ParseNPY(data)
		if err != nil {
			return nil, fromDataset(err)
		}
		f := &File{}
		f.add(fromArray(a))
		return f, nil
	case NPZ:
		return parseNPZ(data)
	default:
		return nil, refuse(format, data)
	}
}

// parseNPZ reads an archive of arrays.
func parseNPZ(data []byte) (*File, error) {
	// As float64, so that the limit is on memory.
	archive, err := dataset.ParseNPZ(data, 32<<20+4*int64(len(data)))
	if err != nil {
		return nil, fromDataset(err)
	}
	f := &File{}
	for _, a := range archive.Arrays {
		f.add(fromArray(a)) // the names differ, the reader has checked that
	}
	return f, nil
}

func fromArray(a *dataset.Array) *Tensor {
	dtype := map[byte]string{'f': "F", 'i': "I", 'u': "U", 'b': "BOOL"}[a.Kind]
	if a.Kind != 'b' {
		dtype += map[int]string{1: "8", 2: "16", 4: "32", 8: "64"}[a.Bytes]
	}
	return &Tensor{Name: a.Name, DType: dtype, Shape: a.Shape, values: a.Data}
}

// fromDataset words an error of the reader of arrays.
func fromDataset(err error) error {
	var e *dataset.Error
	if !errors.As(err, &e) {
		return err
	}
	hint := resave
	if strings.Contains(e.Msg, "pickled") || strings.Contains(e.Msg, "expand") {
		hint = "" // it has its own
	}
	return &Error{Path: e.Path, Place: e.Place, Msg: e.Msg, Hint: hint}
}

// inFile names the file of an error.
func inFile(err error, path string) error {
	err = fromDataset(err)
	if e, ok := err.(*Error); ok && e.Path == "" {
		named := *e
		named.Path = path
		return &named
	}
	return err
}

// Format is the format of a file by its first bytes.
type Format string

// The formats. Only the first three are read.
const (
	Safetensors Format = "safetensors"
	NPY         Format = "npy"
	NPZ         Format = "npz"
	Pickle      Format = "pickle"
	TorchZip    Format = "PyTorch archive"
	HDF5        Format = "HDF5"
	KerasZip    Format = "Keras archive"
	Other       Format = ""
)

// Sniff recognises a format by its contents.
func Sniff(data []byte) Format {
	switch {
	case bytes.HasPrefix(data, []byte("\x93NUMPY")):
		return NPY
	case bytes.HasPrefix(data, []byte("\x89HDF\r\n\x1a\n")):
		return HDF5
	case bytes.HasPrefix(data, []byte("PK\x03\x04")), bytes.HasPrefix(data, []byte("PK\x05\x06")):
		return sniffZip(data)
	case len(data) > 8 && data[8] == '{' && bytes.Equal(data[5:8], make([]byte, 3)): // text has no zeros
		return Safetensors
	case len(data) > 2 && data[0] == 0x80 && data[1] >= 2 && data[1] <= 5:
		return Pickle
	case len(data) >= 8 && bytes.Equal(data[3:8], make([]byte, 5)): // a length below 16 MiB
		return Safetensors
	}
	return Other
}

// sniffZip tells archives apart by the names in them, which also stand before
// the contents.
func sniffZip(data []byte) Format {
	head := data[:min(len(data), 1<<12)]
	tail := data[max(0, len(data)-1<<12):]
	has := func(name string) bool {
		return bytes.Contains(head, []byte(name)) || bytes.Contains(tail, []byte(name))
	}
	switch {
	case has("data.pkl"):
		return TorchZip
	case has("model.weights.h5"), has("config.json") && has("metadata.json"):
		return KerasZip
	}
	return NPZ
}

// CheckNative returns nil if a file looks like a weight file of nngen, by its
// first bytes, else what to do with it.
func CheckNative(path string, head []byte) error {
	switch format := Sniff(head); format {
	case Safetensors:
		return nil
	case NPY, NPZ:
		return &Error{Path: path, Msg: fmt.Sprintf("the file is .%s, not safetensors", format),
			Hint: "convert it: nngen weights SPEC --from " + path + " --out W.safetensors"}
	default:
		return inFile(refuse(format, head), path)
	}
}

// refuse says why a format is not read and how to convert it.
func refuse(format Format, data []byte) *Error {
	const run = "convert it: python3 -c "
	switch format {
	case Pickle, TorchZip:
		return errorf("byte 0", run+`"import torch; from safetensors.torch import save_file; save_file(torch.load('model.pt', weights_only=True), 'model.safetensors')"`,
			"the file is a pickle (PyTorch .pt, .pth, .pkl), which is never read because loading one can run code")
	case HDF5, KerasZip:
		return errorf("byte 0", run+`"import keras, numpy; numpy.savez('model.npz', **{w.path: w.numpy() for w in keras.saving.load_model('model.keras').weights})"`,
			"the file is a Keras model (%s), which is not read", format)
	}
	if len(data) == 0 {
		return errorf("", resave, "the file is empty")
	}
	return errorf("byte 0", "export the weights as safetensors or with numpy.savez",
		"the file is not safetensors, .npz or .npy; it begins with % x", data[:min(8, len(data))])
}
