package spec

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const masked = `nngen: 1
name: masked
input: {shape: 4}
layers:
  - dense: {units: 2, mask: {file: masks/m.npy}}
loss: mse
codegen: {embed: w.safetensors}
`

// folder writes files into a new folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLoad(t *testing.T) {
	dir := folder(t, map[string]string{"net.yaml": masked, "masks/m.npy": "mask", "w.safetensors": "weights"})
	n, err := Load(filepath.Join(dir, "net.yaml"), testVocabulary())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "files", n.Files, map[string][]byte{"masks/m.npy": []byte("mask"), "w.safetensors": []byte("weights")})
	equal(t, "file", n.File, "net.yaml")
}

func TestLoadMissingFiles(t *testing.T) {
	dir := folder(t, map[string]string{"net.yaml": masked, "outside/m.npy": "mask", "w.safetensors/x": "a folder"})
	if err := os.Symlink(t.TempDir(), filepath.Join(dir, "masks")); err != nil {
		t.Skip(err)
	}
	path := filepath.Join(dir, "net.yaml")
	_, err := Load(path, testVocabulary())
	var list ErrorList
	if !errors.As(err, &list) || len(list) != 2 {
		t.Fatalf("got %v", err)
	}
	equal(t, "place of the mask", list[0].Pos, Pos{5, 36})
	equal(t, "place of the weights", list[1].Pos, Pos{7, 18})
	for i, part := range []string{`mask: file: cannot read masks/m.npy: `, "embed: cannot read w.safetensors: it is not a regular file"} {
		if !strings.Contains(list[i].Msg, part) {
			t.Errorf("got %s, want %s", list[i].Msg, part)
		}
	}
	if err := os.Remove(filepath.Join(dir, "masks")); err != nil {
		t.Fatal(err)
	}
	if _, err = Load(path, testVocabulary()); !strings.Contains(err.Error(), "there is no file masks/m.npy") {
		t.Errorf("got %v", err)
	}
}

func TestLoadNoSpec(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "net.yaml"), testVocabulary())
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestErrorf(t *testing.T) {
	n := decode(t, "dir/digits.yaml", digits)
	e := n.Errorf(n.Layers[1].Pos, "do that", "layer %d is wrong", 2)
	want := "dir/digits.yaml:8:5: layer 2 is wrong\n      - dropout: {rate: 0.2}\n        ^\n    do that"
	equal(t, "report", ErrorList{e}.Error(), want)
	bare := (&Network{File: "net.onnx"}).Errorf(Pos{}, "", "node 3 is wrong")
	equal(t, "report", ErrorList{bare}.Error(), "net.onnx: node 3 is wrong")
}
