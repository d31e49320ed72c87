package spec

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/nngen-go/nngen/spec/code"
)

// source is the text of a spec, kept to quote lines in errors.
type source struct {
	file  string   // as the user named it
	lines []string // by YAML's idea of a line break
	// goFiles are the Go files of a spec made by the Builder: a place in
	// goFiles[i] is Pos{Line, -i}.
	goFiles []string
}

func newSource(file string, text []byte) *source {
	return &source{file: file, lines: splitLines(string(text))}
}

// splitLines breaks at the line breaks of the YAML scanner, so that its line
// numbers are indices. The scanner knows three more, which checkText refuses.
func splitLines(s string) []string {
	var lines []string
	start := 0
	for i := 0; i < len(s); {
		n := breakLen(s[i:])
		if n == 0 {
			i++
			continue
		}
		lines = append(lines, s[start:i])
		i += n
		start = i
	}
	return append(lines, s[start:])
}

// breakLen is the length in bytes of the line break s starts with, or 0.
func breakLen(s string) int {
	switch {
	case s[0] == '\n':
		return 1
	case s[0] == '\r' && len(s) > 1 && s[1] == '\n':
		return 2
	case s[0] == '\r':
		return 1
	}
	return 0
}

// clamp moves a place that the scanner reports past the end to the end.
func (s *source) clamp(p Pos) Pos {
	if p.Line < 1 || len(s.lines) == 0 {
		return Pos{1, 1}
	}
	last := len(s.lines)
	for last > 1 && strings.TrimSpace(s.lines[last-1]) == "" {
		last--
	}
	if p.Line > last {
		return Pos{last, utf8.RuneCountInString(s.lines[last-1]) + 1}
	}
	return Pos{p.Line, max(1, p.Col)}
}

// errorf makes an error at a place of the source; the format starts with its
// code.
func (s *source) errorf(p Pos, hint, format string, args ...any) *Error {
	e := &Error{File: s.file, Pos: p, Hint: hint}
	e.Code, e.Msg = code.Cut(fmt.Sprintf(format, args...))
	if i := -p.Col; p.Col < 0 && i < len(s.goFiles) {
		e.File = s.goFiles[i]
	}
	if p.Line >= 1 && p.Line <= len(s.lines) {
		e.Line = s.lines[p.Line-1]
	}
	return e
}

// Errorf makes an error of the spec found by a later phase: it fills in the
// file and the source line. The format starts with the code of the error.
func (n *Network) Errorf(pos Pos, hint, format string, args ...any) *Error {
	src := n.src
	if src == nil {
		src = &source{file: n.File}
	}
	return src.errorf(pos, hint, format, args...)
}

const byteOrderMark = "\xef\xbb\xbf"

// checkText refuses what is not UTF-8 text and strips a byte order mark. Files
// of another kind are reported at 1:1, since they have no lines.
func checkText(file string, src []byte) ([]byte, *Error) {
	at := (&source{file: file}).errorf
	top := Pos{1, 1}
	if len(src) > MaxFileSize {
		return nil, at(top, "", code.Limit+"the file has %d bytes; the limit is %d (16 MiB)", len(src), MaxFileSize)
	}
	src = bytes.TrimPrefix(src, []byte(byteOrderMark))
	switch {
	case bytes.HasPrefix(src, []byte("\xff\xfe")), bytes.HasPrefix(src, []byte("\xfe\xff")):
		return nil, at(top, "save the file as UTF-8", code.Encoding+"the file is UTF-16; a spec is UTF-8")
	case len(bytes.TrimSpace(src)) == 0:
		return nil, at(top, startHint, code.Encoding+"the file is empty")
	}
	if i := bytes.IndexFunc(src, isBinary); i >= 0 {
		return nil, at(top, "a spec is YAML or JSON text",
			code.Encoding+"the file is binary: byte %d is the control character U+%04X", i+1, src[i])
	}
	if !utf8.Valid(src) {
		p := placeOf(src, invalidAt(src))
		return nil, newSource(file, src).errorf(p, "save the file as UTF-8", code.Encoding+"the file is not UTF-8 here")
	}
	if i := bytes.IndexAny(src, "\u0085\u2028\u2029"); i >= 0 {
		r, _ := utf8.DecodeRune(src[i:])
		return nil, newSource(file, src).errorf(placeOf(src, i), "remove it",
			code.Encoding+"the invisible character U+%04X, a line break to YAML alone, is not allowed", r)
	}
	return src, nil
}

const startHint = "a spec starts with nngen: 1; nngen init writes one"

func isBinary(r rune) bool {
	return r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0x7f
}

// invalidAt is the index of the first byte that is not UTF-8.
func invalidAt(src []byte) int {
	n := 0
	for n < len(src) {
		r, size := utf8.DecodeRune(src[n:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		n += size
	}
	return n
}

// placeOf is the line and column of a byte.
func placeOf(src []byte, i int) Pos {
	lines := splitLines(string(src[:i]))
	return Pos{len(lines), utf8.RuneCountInString(lines[len(lines)-1]) + 1}
}
