package spec

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the expected errors of golden/bad")

// badCase is a file of golden/bad: a comment (what is wrong, which phase finds
// it, whether the JSON Schema sees it), the spec, and the expected report.
type badCase struct {
	path    string
	archive *txtar.Archive
	phase   string // decode | lower
	schema  string // refuses | accepts
	file    string
	spec    []byte
	want    string
}

func badCases(t testing.TB) []*badCase {
	t.Helper()
	paths, _ := filepath.Glob("../golden/bad/*.txtar")
	if len(paths) < 70 {
		t.Fatalf("%d cases in golden/bad", len(paths))
	}
	var cases []*badCase
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil || len(archive.Files) != 2 {
			t.Fatalf("%s: want a spec and its report: %v", path, err)
		}
		c := &badCase{path: path, archive: archive, file: archive.Files[0].Name, spec: archive.Files[0].Data}
		c.want = strings.TrimSuffix(string(archive.Files[1].Data), "\n")
		c.phase, c.schema = header(archive, "phase"), header(archive, "schema")
		cases = append(cases, c)
	}
	return cases
}

// header reads a line `key: value` of the comment.
func header(a *txtar.Archive, key string) string {
	for line := range strings.SplitSeq(string(a.Comment), "\n") {
		if value, ok := strings.CutPrefix(line, key+": "); ok {
			return value
		}
	}
	return ""
}

// write stores a new report and a new verdict of the schema.
func (c *badCase) write(t *testing.T, report, schema string) {
	t.Helper()
	why, _, _ := strings.Cut(string(c.archive.Comment), "\n")
	c.archive.Comment = fmt.Appendf(nil, "%s\nphase: %s\nschema: %s\n", why, c.phase, schema)
	if c.phase == "decode" {
		c.archive.Files[1].Data = []byte(report + "\n")
	}
	if err := os.WriteFile(c.path, txtar.Format(c.archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestBadSpecs(t *testing.T) {
	schema := compileSchema(t, testVocabulary())
	for _, c := range badCases(t) {
		t.Run(strings.TrimSuffix(filepath.Base(c.path), ".txtar"), func(t *testing.T) {
			n, err := Decode(c.file, c.spec, testVocabulary())
			verdict := "accepts"
			if !schemaAccepts(schema, c.spec) {
				verdict = "refuses"
			}
			if *update {
				c.write(t, fmt.Sprint(err), verdict)
				return
			}
			equal(t, "schema", verdict, c.schema)
			if c.phase == "lower" {
				checkLater(t, c, err)
				return
			}
			if err == nil || n != nil {
				t.Fatalf("accepted; want\n%s", c.want)
			}
			checkPlaces(t, c.spec, err)
			if err.Error() != c.want {
				t.Errorf("got\n%s\nwant\n%s", err, c.want)
			}
		})
	}
}

// checkPlaces demands that every error names a place in the file and quotes
// the line there.
func checkPlaces(t *testing.T, text []byte, err error) {
	t.Helper()
	var list ErrorList
	if !errors.As(err, &list) || len(list) == 0 {
		t.Fatalf("not an ErrorList: %#v", err)
	}
	lines := splitLines(string(bytes.TrimPrefix(text, []byte(byteOrderMark))))
	for _, e := range list {
		if e.Pos.Line < 1 || e.Pos.Col < 1 || e.Pos.Line > len(lines) || e.Msg == "" {
			t.Fatalf("%v: no place in the file", e)
		}
		if e.Line != "" && e.Line != lines[e.Pos.Line-1] {
			t.Errorf("%v quotes %q instead of %q", e, e.Line, lines[e.Pos.Line-1])
		}
	}
}

// checkLater checks a case that a later phase refuses: it decodes, and the
// report it expects fits its text.
func checkLater(t *testing.T, c *badCase, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("refused by the decoder:\n%s", err)
	}
	var line, col int
	first := strings.Split(c.want, "\n")
	if _, err := fmt.Sscanf(strings.TrimPrefix(first[0], c.file), ":%d:%d: ", &line, &col); err != nil || len(first) < 3 {
		t.Fatalf("not a report: %s", c.want)
	}
	text := strings.Split(string(c.spec), "\n")
	equal(t, "quoted line", first[1], "    "+text[line-1])
	equal(t, "caret", first[2], strings.Repeat(" ", col+3)+"^")
}
