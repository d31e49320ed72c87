package spec

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

const tiny = "nngen: 1\nname: tiny\ninput: {shape: 4}\nlayers: [dense: {units: 2}]\nloss: mse\n"

// firstError decodes a text that is refused.
func firstError(t *testing.T, file, text string) *Error {
	t.Helper()
	n, err := Decode(file, []byte(text), testVocabulary())
	var list ErrorList
	if n != nil || !errors.As(err, &list) || len(list) == 0 {
		t.Fatalf("%.60q: got %v", text, err)
	}
	return list[0]
}

// firstErrorSoon is firstError of a text whose refusal may allocate two objects
// and 200 bytes for each of its bytes: the work must not grow faster than the
// text.
func firstErrorSoon(t *testing.T, what, text string) *Error {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	e := firstError(t, "net.yaml", text)
	runtime.ReadMemStats(&after)
	objects, bytes, size := after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc, uint64(len(text))
	if objects > 2*size+1000 || bytes > 200*size+1<<20 {
		t.Errorf("%s: %d objects of %d bytes for a text of %d bytes", what, objects, bytes, size)
	}
	return e
}

func TestNotText(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		at   Pos
		msg  string
	}{
		"empty":        {"", Pos{1, 1}, "the file is empty"},
		"blank":        {" \n\n", Pos{1, 1}, "the file is empty"},
		"BOM only":     {byteOrderMark, Pos{1, 1}, "the file is empty"},
		"UTF-16 LE":    {"\xff\xfen\x00n\x00", Pos{1, 1}, "UTF-16"},
		"UTF-16 BE":    {"\xfe\xff\x00n", Pos{1, 1}, "UTF-16"},
		"UTF-16 plain": {"n\x00n\x00", Pos{1, 1}, "binary"},
		"zip":          {"PK\x03\x04", Pos{1, 1}, "binary: byte 3"},
		"Latin-1":      {"nngen: 1\ndoc: caf\xe9\n", Pos{2, 9}, "not UTF-8"},
		"hidden break": {"nngen: 1\n# a\u2028name: evil\n", Pos{2, 4}, "U+2028"},
		"no document":  {"# nothing\n", Pos{1, 1}, "no content"},
		"end marker":   {"...\n", Pos{1, 1}, "no content"},
	} {
		e := firstError(t, "net.yaml", c.text)
		equal(t, name, e.Pos, c.at)
		if !strings.Contains(e.Msg, c.msg) {
			t.Errorf("%s: got %s", name, e.Msg)
		}
	}
}

func TestLimits(t *testing.T) {
	layers := "nngen: 1\ninput: {shape: 4}\nlayers:\n" + strings.Repeat("- tanh\n", MaxLayers+1) + "loss: mse\n"
	for text, msg := range map[string]string{
		tiny + "#" + strings.Repeat(" ", MaxFileSize):     "the limit is 16777216",
		tiny + "doc: [" + strings.Repeat("1,", maxValues): "the limit is 1000000",
		layers: "the net has 10001 layers; the limit is 10000",
		tiny + "doc: " + strings.Repeat("[", 200_000):       "more than 64 lists",
		tiny + "doc: " + strings.Repeat("{a: ", 100) + "\n": "more than 64 lists",
	} {
		if e := firstErrorSoon(t, msg, text); !strings.Contains(e.Msg, msg) {
			t.Errorf("got %s, want %s", e.Msg, msg)
		}
	}
}

func TestManyLayers(t *testing.T) {
	decode(t, "net.yaml", "nngen: 1\ninput: {shape: 4}\nlayers:\n"+strings.Repeat("- dense: {units: 4}\n", MaxLayers)+"loss: mse\n")
}

func TestTextForms(t *testing.T) {
	want := decode(t, "tiny.yaml", tiny)
	for name, text := range map[string]string{
		"BOM":      byteOrderMark + tiny,
		"CRLF":     strings.ReplaceAll(tiny, "\n", "\r\n"),
		"comments": "# a\n" + tiny + "# b",
		"JSON":     `{"nngen": 1, "name": "tiny", "input": {"shape": 4}, "layers": [{"dense": {"units": 2}}], "loss": "mse"}`,
		"aliases":  "nngen: 1\nname: &n tiny\ninput: {shape: 4}\nlayers: [dense: {units: 2}]\npackage: *n\nloss: mse\n",
		"whole":    strings.Replace(tiny, "4", "4.0", 1),
	} {
		got := decode(t, "tiny.yaml", text)
		equal(t, name, got.Inputs[0].Shape, want.Inputs[0].Shape)
		equal(t, name, got.Layers[0].Args.Int("units"), 2)
		equal(t, name, got.Package, "tiny")
	}
}

func TestJSON(t *testing.T) {
	text := "{\n\t\"nngen\": 1,\n\t\"doc\": \"a \\ud83d\\ude00 b\\/\",\n\t\"input\": {\"shape\": [4]},\n\t\"layers\": [\n\t\t{\"dense\": {\"units\": 2}}\n\t],\n\t\"loss\": \"mse\"\n}\n"
	n := decode(t, "net.json", text)
	equal(t, "doc", n.Doc, "a 😀 b/")
	equal(t, "place of the layer", n.Layers[0].Pos, Pos{6, 4})
}

func TestExcerptOfLongLine(t *testing.T) {
	text := "nngen: 1\ninput: {shape: 4}\nlayers: [" + strings.Repeat("tanh, ", 100) + "tanhh]\nloss: mse\n"
	report := ErrorList{firstError(t, "net.yaml", text)}.Error()
	lines := strings.Split(report, "\n")
	if len(lines[1]) > 130 || !strings.HasPrefix(lines[1][strings.Index(lines[2], "^")+len("…")-1:], "tanhh") {
		t.Errorf("got\n%s", report)
	}
}

// TestLargeNonsense: a large text is refused soon, however wrong it is.
func TestLargeNonsense(t *testing.T) {
	var keys, from, labels strings.Builder
	for i := range 60_000 {
		fmt.Fprintf(&keys, "key_%d: 1\n", i)
		fmt.Fprintf(&labels, "\"l%d\", ", i)
		if i < 9_000 {
			fmt.Fprintf(&from, "- dense: {units: 0, name: layer_%d, from: layer_%d_}\n", i, i)
		}
	}
	for what, text := range map[string]string{
		"keys":    tiny + keys.String(),
		"sources": "nngen: 1\ninput: {shape: 4}\nlayers:\n" + from.String() + "loss: mse\n",
		"labels":  tiny + "output: {labels: [" + labels.String() + "\"l0\"]}\n",
		"aliases": tiny + "doc: &a [" + strings.Repeat("1,", 300) + "]\nlicense: [" + strings.Repeat("*a,", 100_000) + "]\n",
		"lists":   tiny + "doc: " + strings.Repeat(strings.Repeat("[", 40)+strings.Repeat("]", 40)+"\n", 1),
	} {
		firstErrorSoon(t, what, text)
	}
}
