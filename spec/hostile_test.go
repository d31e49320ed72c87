package spec

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
)

// hostileNames would be code, another file, or another name's twin if they
// came through.
var hostileNames = []string{
	"", " ", "_", "__", "_a", "a ", " a", "a b", "a-b", "a.b", "a/b", "a;b", "a,b", "1a", "9",
	"A", "aB", "Dense1", `"`, "'", "`", "a\"b", "a'b", "a`b", `a\`, `\`, `a\nb`, `\u0061`,
	"*/", "/*", "//", "a*/b", "a/*b", "a//b", "a */ func init() {} /*", "a\n", "\na", "a\nb", "a\r\nb", "a\rb", "a\tb",
	"a\n//go:embed /etc/passwd", "a\n//go:linkname x runtime.x", "//go:build ignore", "a\n#include \"x.h\"", "a\x00", "a\x1b[31mb", "a\x7f",
	"a\u0085b", "a\u2028b", "a\u2029b", "a\u00a0b", "a\u200bb", "a\u200db", "a\ufeffb", "\u202ea", "a\u202eb", "a\u2066b\u2069", "a\ufffdb",
	"caf\u00e9", "cafe\u0301", "\u00f1", "n\u0303", "\uff41", "\u0430", "d\u0435nse", "\u0441lass", "l\u0131near", "\u017f", "\u212a", "ﬁ", "日本", "𝒶", "😀", "ª",
	"break", "case", "chan", "const", "continue", "default", "defer", "else", "fallthrough", "for", "func", "go", "goto",
	"if", "import", "interface", "map", "package", "range", "return", "select", "struct", "switch", "type", "var",
	"any", "append", "bool", "byte", "cap", "clear", "close", "comparable", "complex", "complex128", "complex64", "copy",
	"delete", "error", "false", "float32", "float64", "imag", "int", "int16", "int32", "int64", "int8", "iota", "len", "make",
	"max", "min", "new", "nil", "panic", "print", "println", "real", "recover", "rune", "string", "true", "uint", "uint16",
	"uint32", "uint64", "uint8", "uintptr", "init", "main", "internal", "a_test", "_test", "net_test",
	"../x", "..", ".", "./x", "/etc/passwd", `..\x`, `C:\x`, "a/../../x", "~", "$HOME", "${x}", "%s", "%!d(MISSING)", "{{.}}", "<script>", "&a", "*a", "!!str",
	strings.Repeat("a", 65), strings.Repeat("a", 10_000), strings.Repeat("../", 4_000), strings.Repeat("\u202e", 3_000),
}

// namePlaces are specs with a hole for a name in line 3.
var namePlaces = map[string]string{
	"name":         "nngen: 1\ninput: {shape: 4}\nname: %s\nlayers: [dense: {units: 2}]\nloss: mse\n",
	"package":      "nngen: 1\ninput: {shape: 4}\npackage: %s\nlayers: [dense: {units: 2}]\nloss: mse\n",
	"input":        "nngen: 1\ninputs:\n  %s: {shape: 4}\nlayers: [dense: {units: 2}]\nloss: mse\n",
	"output":       "nngen: 1\noutputs:\n  %s: {from: dense1}\ninput: {shape: 4}\nlayers: [dense: {units: 2}]\nloss: mse\n",
	"output.from":  "nngen: 1\noutputs:\n  q: {from: %s}\ninput: {shape: 4}\nlayers: [dense: {units: 2}]\nloss: mse\n",
	"layer.name":   "nngen: 1\nlayers:\n  - dense: {units: 2, name: %s}\ninput: {shape: 4}\nloss: mse\n",
	"layer.from":   "nngen: 1\nlayers:\n  - dense: {units: 2, from: %s}\ninput: {shape: 4}\nloss: mse\n",
	"layer.from[]": "nngen: 1\nlayers:\n  - add: {from: [x, %s]}\ninput: {shape: 4}\nloss: mse\n",
	"layer":        "nngen: 1\nlayers:\n  - %s: {units: 2}\ninput: {shape: 4}\nloss: mse\n",
	"bare layer":   "nngen: 1\nlayers:\n  - %s\ninput: {shape: 4}\nloss: mse\n",
	"field":        "nngen: 1\nlayers:\n  - dense: {units: 2, %s: 3}\ninput: {shape: 4}\nloss: mse\n",
	"activation":   "nngen: 1\nlayers:\n  - dense: {units: 2, activation: %s}\ninput: {shape: 4}\nloss: mse\n",
	"initializer":  "nngen: 1\nlayers:\n  - dense: {units: 2, kernel_initializer: {%s: {}}}\ninput: {shape: 4}\nloss: mse\n",
	"loss":         "nngen: 1\ninput: {shape: 4}\nloss: %s\nlayers: [dense: {units: 2}]\n",
	"enum":         "nngen: 1\ninput: {shape: 4}\nnumeric: {mode: %s}\nlayers: [dense: {units: 2}]\nloss: mse\n",
	"top key":      "nngen: 1\ninput: {shape: 4}\n%s: 3\nlayers: [dense: {units: 2}]\nloss: mse\n",
}

func TestHostileNames(t *testing.T) {
	if n := len(hostileNames); n < 150 || n*len(namePlaces) < 200 {
		t.Fatalf("%d names", n)
	}
	for place, text := range namePlaces {
		for _, name := range hostileNames {
			if place == "top key" && name == "package" {
				continue // a word of the language
			}
			quoted, _ := json.Marshal(name)
			spec := fmt.Sprintf(text, quoted)
			_, err := Decode("net.yaml", []byte(spec), testVocabulary())
			if err == nil {
				t.Errorf("%s: %.60q is accepted", place, name)
				continue
			}
			checkHostile(t, place, name, spec, err)
		}
	}
}

// checkHostile demands that a report names line 3 and is safe to print.
func checkHostile(t *testing.T, place, name, text string, err error) {
	t.Helper()
	checkPlaces(t, []byte(text), err)
	var list ErrorList
	errors.As(err, &list)
	found := false
	for _, e := range list {
		// A raw DEL makes the file binary.
		found = found || e.Pos.Line == 3 || strings.Contains(e.Msg, "binary")
	}
	report := err.Error()
	unsafe := func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }
	switch {
	case !found:
		t.Errorf("%s: %.60q: no error in line 3:\n%s", place, name, report)
	case strings.ContainsFunc(report, unsafe):
		t.Errorf("%s: %.60q: the report has characters that do not print: %q", place, name, report)
	case len(report) > 3000:
		t.Errorf("%s: %.60q: the report has %d bytes", place, name, len(report))
	}
}

func TestHostilePaths(t *testing.T) {
	places := []string{
		"nngen: 1\ninput: {shape: 4}\ncodegen: {embed: %s}\nlayers: [dense: {units: 2}]\nloss: mse\n",
		"nngen: 1\nlayers:\n  - dense: {units: 2, mask: {file: %s}}\ninput: {shape: 4}\nloss: mse\n",
	}
	paths := []string{
		"", ".", "..", "../x", "a/../x", "a/..", "./x", "/x", "//x", "a//b", "a/", `\x`, `a\b`, `..\x`, `C:/x`, "c:x", `\\host\x`,
		"a\nb", "a\x00b", "a\tb", "a\u202eb", "a\u2028b", "a\u0085b", strings.Repeat("a", 2000), strings.Repeat("a/", 400) + "../x",
	}
	for _, text := range places {
		for _, path := range paths {
			quoted, _ := json.Marshal(path)
			spec := fmt.Sprintf(text, quoted)
			if _, err := Decode("net.yaml", []byte(spec), testVocabulary()); err == nil {
				t.Errorf("%q is accepted", path)
			} else {
				checkHostile(t, "path", path, spec, err)
			}
		}
	}
}

// TestHostileText: free text is refused, or comes out as it went in.
func TestHostileText(t *testing.T) {
	const text = "nngen: 1\ninput: {shape: 4}\noutput: {labels: [%s]}\ndoc: %s\nlayers: [dense: {units: 2}]\nloss: mse\n"
	refused := 0
	for _, name := range hostileNames {
		quoted, _ := json.Marshal(name)
		n, err := Decode("net.yaml", fmt.Appendf(nil, text, quoted, quoted), testVocabulary())
		if err != nil {
			refused++
			checkHostile(t, "text", name, fmt.Sprintf(text, quoted, quoted), err)
			continue
		}
		equal(t, "label", n.Outputs[0].Labels[0], name)
		equal(t, "doc", n.Doc, name)
	}
	equal(t, "refused texts", refused, 21)
}

// TestTwins: names that are one Go identifier, wherever they stand.
func TestTwins(t *testing.T) {
	twins := [][2]string{{"a_b", "a__b"}, {"a", "a_"}, {"a1", "a_1"}, {"ab_", "ab__"}, {"same", "same"}}
	texts := []string{
		"nngen: 1\ninputs: {%s: {shape: 4}, %s: {shape: 4}}\nlayers: [dense: {units: 2, from: a}]\nloss: mse\n",
		"nngen: 1\ninputs: {%s: {shape: 4}}\nlayers: [dense: {name: %s, units: 2}]\nloss: mse\n",
		"nngen: 1\ninput: {shape: 4}\nlayers: [dense: {name: %s, units: 2}, dense: {name: %s, units: 2}]\nloss: mse\n",
		"nngen: 1\ninput: {shape: 4}\nlayers: [dense: {name: %[1]s, units: 2}]\noutputs: {%[2]s: {from: %[1]s}}\nloss: mse\n",
	}
	for _, twin := range twins {
		for _, text := range texts {
			spec := fmt.Appendf(nil, text, twin[0], twin[1])
			if _, err := Decode("net.yaml", spec, testVocabulary()); err == nil {
				t.Errorf("%s: accepted", spec)
			} else {
				checkPlaces(t, spec, err)
			}
		}
	}
}
