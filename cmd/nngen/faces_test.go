package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/dataset"
)

// TestFaces imports the model of docs/faces, generates its package and finds the faces
// in two photographs, which another network found.
func TestFaces(t *testing.T) {
	models := filepath.Join("..", "..", "..", "shared", "data", "models")
	if _, err := os.Stat(models); err != nil {
		t.Skipf("%s is not there: docs/faces is not run", models)
	}
	if testing.Short() {
		t.Skip("compiles")
	}
	dir := t.TempDir()
	for _, name := range []string{"main.go", "go.mod", "blazeface.yaml"} {
		data, err := os.ReadFile(filepath.Join("..", "..", "docs", "faces", name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o666))
	}
	code, out := nngen(t, "import", filepath.Join(models, "blazeface_front", "model.onnx"), "--name", "blazeface", "--no-proof", "-o", filepath.Join(dir, "model"))
	require.Zero(t, code, out)
	code, out = nngen(t, "generate", filepath.Join(dir, "blazeface.yaml"))
	require.Zero(t, code, out)
	spec, err := os.ReadFile(filepath.Join(dir, "model", "blazeface.yaml"))
	require.NoError(t, err)
	_, layers, _ := strings.Cut(string(spec), "layers:\n")
	own, err := os.ReadFile(filepath.Join(dir, "blazeface.yaml"))
	require.NoError(t, err)
	require.Contains(t, string(own), strings.TrimSuffix(layers, "codegen: {train: false}\n"), "the layers are those of the import")
	for i, want := range []struct {
		faces                    int
		left, top, right, bottom float64 // UltraFace's surest, in parts of the photograph
	}{{4, 0.56, 0.41, 0.69, 0.62}, {1, 0.43, 0.13, 0.77, 0.63}} {
		photograph(t, filepath.Join(models, "ultraface_rfb320", fmt.Sprintf("in_%d.npy", i)), filepath.Join(dir, "photo.jpg"))
		cmd := exec.Command("go", "run", ".", filepath.Join("model", "blazeface.safetensors"), "photo.jpg", "boxes.png")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		require.GreaterOrEqual(t, len(lines), want.faces, string(out))
		best := 0.0
		for _, line := range lines {
			var score float64
			var box image.Rectangle
			_, err := fmt.Sscan(line, &score, &box.Min.X, &box.Min.Y, &box.Max.X, &box.Max.Y)
			require.NoError(t, err, line)
			other := image.Rect(int(320*want.left), int(240*want.top), int(320*want.right), int(240*want.bottom))
			area := func(r image.Rectangle) float64 { return float64(r.Dx() * r.Dy()) }
			shared := area(box.Intersect(other))
			best = max(best, shared/(area(box)+area(other)-shared))
			drawn := boxAt(t, filepath.Join(dir, "boxes.png"), box.Min)
			require.Equal(t, color.RGBA{G: 255, A: 255}, drawn, "the corner of a box")
		}
		require.Greater(t, best, 0.4, "a box is where the other network sees a face:\n%s", out)
	}
}

// photograph writes an input [1, 3, height, width], (pixel − 127) / 128, as JPEG.
func photograph(t *testing.T, from, to string) {
	file, err := dataset.ReadFile(from)
	require.NoError(t, err)
	a := file.Arrays[0]
	h, w := a.Shape[2], a.Shape[3]
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range h * w {
		p := func(c int) uint8 { return uint8(a.Data[c*h*w+i]*128 + 127.5) }
		img.SetRGBA(i%w, i/w, color.RGBA{p(0), p(1), p(2), 255})
	}
	var buf bytes.Buffer
	require.NoError(t, jpeg.Encode(&buf, img, &jpeg.Options{Quality: 95}))
	require.NoError(t, os.WriteFile(to, buf.Bytes(), 0o666))
}

// boxAt is the colour of a picture at a place.
func boxAt(t *testing.T, path string, at image.Point) color.Color {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	img, err := png.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	return color.RGBAModel.Convert(img.At(at.X, at.Y))
}
