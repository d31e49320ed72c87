package files

import (
	"bytes"
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/pmezard/go-difflib/difflib"
)

// maxDiff is the size above which a file is only said to differ.
const maxDiff = 1 << 20

// Diff returns what Write would change, as a unified diff: contents that
// differ, files that are missing and files of ours that are stale. It is empty
// if the folder is up to date.
func (f Files) Diff(dir string) (string, error) {
	if err := f.check(); err != nil {
		return "", err
	}
	d, err := f.openFolder(dir)
	if err != nil {
		return "", fmt.Errorf("%s: %w", dir, err)
	}
	defer d.close()
	pending, err := f.changes(d)
	if err != nil {
		return "", fmt.Errorf("%s: %w", dir, err)
	}
	var b strings.Builder
	for _, c := range pending {
		b.WriteString(c.diff(path.Join(filepath.ToSlash(dir), c.name), d.have[c.name]))
	}
	return b.String(), nil
}

// DiffText returns the unified diff of two texts without context, empty if they
// are the same.
func DiffText(nameA, nameB string, a, b []byte) string {
	text, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{A: lines(a), B: lines(b), FromFile: nameA, ToFile: nameB})
	if err != nil {
		return fmt.Sprintf("Files %s and %s differ\n", nameA, nameB)
	}
	return text
}

// diff returns the unified diff of one file.
func (c change) diff(name string, exists bool) string {
	from, to := name, name
	if !exists {
		from = "/dev/null"
	}
	if c.new == nil {
		to = "/dev/null"
	}
	if !isText(c.old) || !isText(c.new) || exists && c.old == nil {
		return fmt.Sprintf("Binary files %s and %s differ\n", from, to)
	}
	text, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: lines(c.old), B: lines(c.new), FromFile: from, ToFile: to, Context: 3,
	})
	if err != nil {
		return fmt.Sprintf("Files %s and %s differ\n", from, to)
	}
	return text
}

// lines splits text after its newlines; a last line without one is marked.
func lines(data []byte) []string {
	if len(data) == 0 {
		return nil
	}
	ls := strings.SplitAfter(string(data), "\n")
	last := len(ls) - 1
	if ls[last] == "" {
		return ls[:last]
	}
	ls[last] += "\n\\ No newline at end of file\n"
	return ls
}

func isText(data []byte) bool {
	return len(data) <= maxDiff && utf8.Valid(data) && bytes.IndexByte(data, 0) < 0
}
