package spec

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Pos is a place in a spec. Line and Col count from 1, Col in characters; the
// zero Pos is unknown. In a spec built in Go, Line is the line of the call and
// Col is not positive.
type Pos struct {
	Line, Col int
}

// Error is one thing wrong with a spec.
type Error struct {
	File string
	Pos  Pos
	Code string // of package code; may be empty
	Msg  string // what is wrong and what was expected
	Hint string // what to do; may be empty
	Line string // the offending source line, without its newline
}

// Error formats the place, the message and the code: file:line:col: message
// (NN104).
func (e *Error) Error() string {
	msg := e.Msg
	if e.Code != "" {
		msg += " (" + e.Code + ")"
	}
	switch {
	case e.Pos.Line == 0:
		return fmt.Sprintf("%s: %s", e.File, msg)
	case e.Pos.Col <= 0:
		return fmt.Sprintf("%s:%d: %s", e.File, e.Pos.Line, msg)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Pos.Line, e.Pos.Col, msg)
}

// ErrorList is everything wrong with a spec, in file order.
type ErrorList []*Error

// MaxErrors is how many errors a report shows.
const MaxErrors = 20

// Error is the report: place, message, source line with a caret, hint.
func (l ErrorList) Error() string {
	var b strings.Builder
	for i, e := range l {
		if i == MaxErrors {
			fmt.Fprintf(&b, "and %s%d more errors\n", pick(len(l) >= maxRecorded, "at least ", ""), len(l)-i)
			break
		}
		b.WriteString(e.Error())
		b.WriteByte('\n')
		if line, caret := e.excerpt(); line != "" {
			fmt.Fprintf(&b, "    %s\n    %s^\n", line, strings.Repeat(" ", caret))
		}
		if e.Hint != "" {
			fmt.Fprintf(&b, "    %s\n", e.Hint)
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// excerpt is the part of the source line around the place, in characters that
// can be printed, and the index of the place in it.
func (e *Error) excerpt() (line string, caret int) {
	const most, before = 110, 70
	text, col, cut := e.Line, max(0, e.Pos.Col-1), 0
	var b strings.Builder
	if col > before && len(text) > most {
		cut = col - before
		b.WriteString("…")
	}
	n := 0
	for _, r := range text {
		if n++; n <= cut {
			continue
		}
		if n > cut+most {
			b.WriteString("…")
			break
		}
		switch {
		case r == '\t':
			r = ' '
		case !unicode.IsPrint(r):
			r = unicode.ReplacementChar
		}
		b.WriteRune(r)
	}
	if cut > 0 {
		return b.String(), col - cut + 1
	}
	return b.String(), col
}

// Sort puts the errors in file order and drops repetitions.
func (l ErrorList) Sort() ErrorList {
	slices.SortStableFunc(l, func(a, b *Error) int {
		if a.Pos.Line != b.Pos.Line {
			return a.Pos.Line - b.Pos.Line
		}
		return a.Pos.Col - b.Pos.Col
	})
	return slices.CompactFunc(l, func(a, b *Error) bool { return a.Pos == b.Pos && a.Msg == b.Msg })
}
