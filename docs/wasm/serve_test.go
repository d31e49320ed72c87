//go:build !js

package main

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/generated/digits"
)

const side = 280 // of the canvas, in pixels

// stroke is a line of points [x, y] on the canvas.
type stroke [][2]float64

// arc is a part of an ellipse, in degrees.
func arc(cx, cy, rx, ry, from, to float64) stroke {
	var s stroke
	for i := range 41 {
		sin, cos := math.Sincos((from + (to-from)*float64(i)/40) * math.Pi / 180)
		s = append(s, [2]float64{cx + rx*cos, cy + ry*sin})
	}
	return s
}

// drawings are the ten digits as one draws them.
var drawings = [10][]stroke{
	{arc(140, 140, 60, 95, 0, 360)},
	{{{110, 85}, {145, 50}, {145, 230}}},
	{append(arc(140, 100, 55, 50, 180, 400), [][2]float64{{85, 230}, {200, 230}}...)},
	{append(arc(135, 95, 50, 45, 200, 450), arc(135, 185, 55, 48, -90, 160)...)},
	{{{165, 50}, {80, 165}, {205, 165}}, {{165, 50}, {165, 235}}},
	{append(stroke{{195, 50}, {100, 50}, {95, 125}}, arc(135, 175, 58, 55, -120, 140)...)},
	{append(stroke{{170, 45}, {110, 110}}, arc(140, 180, 50, 50, 180, 540)...)},
	{{{80, 60}, {200, 60}, {130, 230}}, {{100, 145}, {190, 145}}},
	{arc(140, 95, 42, 42, 0, 360), arc(140, 185, 52, 48, 0, 360)},
	{append(arc(140, 100, 50, 50, 0, 360), stroke{{190, 100}, {185, 235}}...)},
}

// paint draws strokes with a round pen of 44 pixels, as the page does.
func paint(strokes []stroke) []byte {
	pixels := make([]byte, side*side)
	for i := range pixels {
		x, y := float64(i%side)+0.5, float64(i/side)+0.5
		for _, s := range strokes {
			for k := range s[1:] {
				a, b := s[k], s[k+1]
				dx, dy := b[0]-a[0], b[1]-a[1]
				t := max(0, min(1, ((x-a[0])*dx+(y-a[1])*dy)/(dx*dx+dy*dy)))
				if math.Hypot(x-a[0]-t*dx, y-a[1]-t*dy) < 22 {
					pixels[i] = 255
				}
			}
		}
	}
	return pixels
}

// TestDrawings: the network reads what is drawn.
func TestDrawings(t *testing.T) {
	net, err := digits.LoadFile("digits.safetensors")
	require.NoError(t, err)
	for digit, strokes := range drawings {
		x, drawn := shrink(paint(strokes), side, side)
		require.True(t, drawn)
		y := net.Predict(&x)
		require.Equal(t, digit, y.ArgMax(), "%v", x)
	}
	_, drawn := shrink(make([]byte, side*side), side, side)
	require.False(t, drawn)
}

// page builds the page. It holds less than 3 MB, compressed.
func page(t *testing.T) (dir string) {
	if testing.Short() {
		t.Skip("builds for WebAssembly")
	}
	dir = t.TempDir()
	require.NoError(t, build(dir))
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 3)
	var size counter
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		require.NoError(t, err)
		z := gzip.NewWriter(&size)
		_, err = z.Write(data)
		require.NoError(t, err)
		require.NoError(t, z.Close())
	}
	require.Less(t, int(size), 3<<20)
	return dir
}

// counter counts what is written.
type counter int

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }

// nodeScript runs the page's program under Node.js on drawings from standard input.
const nodeScript = `
const fs = require("fs"), dir = process.argv[1];
require(dir + "/wasm_exec.js");
globalThis.ready = () => {
	const answers = JSON.parse(fs.readFileSync(0)).map(base64 => {
		const scores = recognize(new Uint8Array(Buffer.from(base64, "base64")), 280, 280);
		return scores && scores.indexOf(Math.max(...scores));
	});
	console.log(JSON.stringify(answers));
	process.exit(0);
};
const go = new Go();
WebAssembly.instantiate(fs.readFileSync(dir + "/digits.wasm"), go.importObject).then(r => go.run(r.instance));
`

// TestNode: WebAssembly reads the drawings too, and no drawing as none.
func TestNode(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no Node.js on this machine")
	}
	dir := page(t)
	var pixels [][]byte
	var want []any
	for digit, strokes := range drawings {
		pixels, want = append(pixels, paint(strokes)), append(want, float64(digit))
	}
	in, err := json.Marshal(append(pixels, make([]byte, side*side)))
	require.NoError(t, err)
	cmd := exec.Command(node, "-e", nodeScript, dir)
	cmd.Stdin, cmd.Stderr = strings.NewReader(string(in)), os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	var got []any
	require.NoError(t, json.Unmarshal(out, &got), "%s", out)
	require.Equal(t, append(want, nil), got)
}

// TestBrowser draws the digits on the page in headless Chromium, where there is one.
func TestBrowser(t *testing.T) {
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
		}
	}
	if browser == "" {
		t.Skip("there is no Chromium on this machine")
	}
	web := httptest.NewServer(http.FileServer(http.Dir(page(t))))
	defer web.Close()
	strokes, err := json.Marshal(drawings)
	require.NoError(t, err)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	out, err := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(),
		"--virtual-time-budget=20000", "--dump-dom", web.URL+"/#"+url.PathEscape(string(strokes))).Output()
	require.NoError(t, err)
	require.Contains(t, string(out), "<title>0 1 2 3 4 5 6 7 8 9</title>")
}
