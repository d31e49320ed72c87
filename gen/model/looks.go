package model

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"unicode/utf8"

	"github.com/nngen-go/nngen/spec/onnx"
)

// others are what files that are no models look like, and what to do with them.
var others = []struct {
	is         func(data []byte) bool
	what, hint string
}{
	{isSafetensors, "weights (safetensors)", "write a spec and fit them to it: nngen weights SPEC --from FILE"},
	{begins("\x93NUMPY"), "an array (.npy)", "write a spec and fit weights to it: nngen weights SPEC --from FILE; data goes to nngen train --data"},
	{begins("PK\x03\x04"), "a zip archive, as PyTorch (.pt), Keras (.keras) and NumPy (.npz) write", exportIt},
	{begins("\x80"), "a pickle, as PyTorch wrote (.pt, .pth)", exportIt},
	{begins("\x89HDF\r\n"), "HDF5, as Keras writes (.h5)", exportIt},
	{at(4, "TFL3"), "a model of TensorFlow Lite", "convert it to ONNX: python -m tf2onnx.convert --tflite MODEL --output model.onnx"},
	{begins("\x1f\x8b"), "compressed (gzip)", "unpack it first"},
	{begins("<"), "a page or XML, as a download that went wrong", "get the model again"},
	{begins("version https://git-lfs"), "a pointer of Git LFS, not the file itself", "fetch it with git lfs pull"},
	{isSpec, "a spec", "nngen generate makes its package"},
	{isTable, "a table of text", "data goes to nngen train --data; what is imported are models"},
	{isText, "text", "what is imported are models"},
}

const exportIt = "export it as ONNX (torch.onnx.export, or python -m tf2onnx.convert --keras), or its weights: nngen weights SPEC --from FILE"

// looks says in place of an error of the reader of ONNX what a file that is no
// model looks like; err is returned where it looks like nothing else.
func looks(data []byte, err error) error {
	for _, o := range others {
		if o.is(data) {
			return &onnx.Error{Msg: "this is no ONNX model: it looks like " + o.what, Hint: o.hint}
		}
	}
	return err
}

func begins(magic string) func([]byte) bool { return at(0, magic) }

// at is whether a file has some bytes at a place.
func at(offset int, magic string) func([]byte) bool {
	return func(data []byte) bool {
		return len(data) >= offset && bytes.HasPrefix(data[offset:], []byte(magic))
	}
}

// isSafetensors: the length of a header, and the header in JSON.
func isSafetensors(data []byte) bool {
	return len(data) > 9 && data[8] == '{' && binary.LittleEndian.Uint64(data) <= uint64(len(data)-8)
}

// start is the beginning of a file, from which it can be told what text it is.
func start(data []byte) []byte { return data[:min(len(data), 4096)] }

func isText(data []byte) bool {
	text := start(data)
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == utf8.RuneError && len(text) >= utf8.UTFMax || r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' {
			return false
		}
		text = text[n:]
	}
	return len(data) > 0
}

var specLine = regexp.MustCompile(`(?m)^\s*"?nngen"?\s*:`)

func isSpec(data []byte) bool { return isText(data) && specLine.Match(start(data)) }

// isTable: every line has as many separators as the first.
func isTable(data []byte) bool {
	lines := bytes.Split(bytes.TrimSpace(start(data)), []byte("\n"))
	if len(lines) > 2 {
		lines = lines[:len(lines)-1] // may be cut off
	}
	for _, separator := range []string{",", ";", "\t"} {
		n := bytes.Count(lines[0], []byte(separator))
		for _, line := range lines {
			if bytes.Count(line, []byte(separator)) != n {
				n = 0
			}
		}
		if n > 0 {
			return isText(data)
		}
	}
	return false
}
