package model

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/spec/onnx"
)

// TestLooks: what is no model is called what it is, with what to do with it.
func TestLooks(t *testing.T) {
	long := strings.Repeat("1.5,2,setosa\n", 1000)
	for _, c := range []struct{ name, data, want, hint string }{
		{"iris.csv", "a,b\n1,2\n", "a table", "nngen train --data"},
		{"long.csv", long, "a table", "nngen train --data"},
		{"tabs.tsv", "a\tb\n1\t2", "a table", "nngen train --data"},
		{"digits.yaml", "# a net, of mine\nnngen: 1\ninput: {shape: [1, 2]}\n", "a spec", "nngen generate"},
		{"readme.md", "Read me, please.\nÜber alles\n", "text", "models"},
		{"w.safetensors", "\x02\x00\x00\x00\x00\x00\x00\x00{}", "weights", "nngen weights"},
		{"x.npy", "\x93NUMPY\x01\x00v", "an array", "nngen weights"},
		{"model.pt", "PK\x03\x04\x00\x00", "a zip archive", "torch.onnx.export"},
		{"old.pth", "\x80\x02ctorch", "a pickle", "torch.onnx.export"},
		{"k.h5", "\x89HDF\r\n\x1a\n", "HDF5", "tf2onnx"},
		{"m.tflite", "\x1c\x00\x00\x00TFL3", "TensorFlow Lite", "tf2onnx"},
		{"m.onnx.gz", "\x1f\x8b\x08", "compressed", "unpack"},
		{"m.onnx", "<!DOCTYPE html>", "a page", "again"},
		{"lfs.onnx", "version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "Git LFS", "git lfs pull"},
		{"noise", "\x00\x01\xff\xfe", "", ""},
		{"empty.onnx", "", "", ""},
	} {
		path := filepath.Join(t.TempDir(), c.name)
		require.NoError(t, os.WriteFile(path, []byte(c.data), 0o666))
		_, err := Import(path, Options{})
		var wrong *onnx.Error
		require.ErrorAs(t, err, &wrong, c.name)
		if c.want == "" {
			require.NotContains(t, wrong.Msg, "looks like", c.name)
			continue
		}
		require.Contains(t, wrong.Msg, c.want, c.name)
		require.Contains(t, wrong.Hint, c.hint, c.name)
	}
}
