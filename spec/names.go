package spec

import (
	"fmt"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// MaxNameLen is the longest name, in bytes.
const MaxNameLen = 64

// predeclared are the identifiers of Go's universe block; a test compares
// them with go/types.
var predeclared = strings.Fields(`any append bool byte cap clear close comparable complex
	complex128 complex64 copy delete error false float32 float64 imag int int16 int32 int64
	int8 iota len make max min new nil panic print println real recover rune string true
	uint uint16 uint32 uint64 uint8 uintptr`)

// checkName says what is wrong with a name, or "". Names become Go
// identifiers, package names and file names, so the rule is narrow.
func checkName(s string) string {
	switch {
	case s == "":
		return "must not be empty"
	case len(s) > MaxNameLen:
		return fmt.Sprintf("must have at most %[2]d bytes, not %[1]d", len(s), MaxNameLen)
	case !isNameText(s):
		return "must start with a letter a–z and go on with a–z, 0–9 and _"
	case token.IsKeyword(s):
		return "must not be a Go keyword"
	case slices.Contains(predeclared, s):
		return "must not be a predeclared name of Go"
	case s == "init" || s == "main" || s == "internal":
		return "must not be init, main or internal, which mean something to Go"
	case strings.HasSuffix(s, "_test"):
		return "must not end in _test, which marks Go test files"
	}
	return ""
}

func isNameText(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z'
		if !letter && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != ""
}

// fixName makes a valid name that resembles s, or "".
func fixName(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range s {
		if r > unicode.MaxASCII {
			return "" // it may be meant to look like another name
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte('_')
		}
		gap = false
		b.WriteRune(unicode.ToLower(r))
	}
	name := b.String()
	if isNameText(name) && checkName(name) != "" {
		name += "1" // type1 is no keyword
	}
	if checkName(name) != "" {
		return ""
	}
	return name
}

// nameHint says how to write a name that is not valid.
func nameHint(s string) string {
	if f := fixName(s); f != "" {
		return "write " + f
	}
	return ""
}

// GoName turns a name of a spec into the exported Go identifier that emitters
// use: dense1 is Dense1, my_layer is MyLayer.
func GoName(s string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(s, "_") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]))
			b.WriteString(part[1:])
		}
	}
	return b.String()
}

// quote shows text of the user in a message: cut short, nothing unprintable.
func quote(s string) string { return cutQuote(s, strconv.Quote) }

// quoteASCII shows a name; what looks like a letter but is another is escaped.
func quoteASCII(s string) string { return cutQuote(s, strconv.QuoteToASCII) }

func cutQuote(s string, quote func(string) string) string {
	const most = 40
	n := 0
	for i := range s {
		if n++; n > most {
			return fmt.Sprintf("%s… (%d bytes)", quote(s[:i]), len(s))
		}
	}
	return quote(s)
}

// CheckLabels says what is wrong with labels; "" if nothing is.
func CheckLabels(labels []string) string {
	first := map[string]bool{}
	for i, label := range labels {
		problem := freeText(label, false)
		switch {
		case label == "":
			problem = "must not be empty"
		case first[label]:
			problem = "is one of those before it"
		}
		if problem != "" {
			return fmt.Sprintf("label %d %s", i+1, problem)
		}
		first[label] = true
	}
	return ""
}

// freeText says what is wrong with free text, or "". Text that changes how
// the lines around it read (control and bidi characters, line separators) is
// refused; multiline text may have line breaks and tabs.
func freeText(s string, multiline bool) string {
	for _, r := range s {
		switch {
		case multiline && (r == '\n' || r == '\t'):
		case unicode.IsControl(r), unicode.In(r, unicode.Zl, unicode.Zp):
			return fmt.Sprintf("must not contain the control character U+%04X", r)
		case 0x202A <= r && r <= 0x202E, 0x2066 <= r && r <= 0x2069:
			return fmt.Sprintf("must not contain the text direction character U+%04X", r)
		case r == unicode.ReplacementChar:
			return "must not contain U+FFFD, which marks broken text"
		}
	}
	return ""
}

// checkPath says what is wrong with the path of a file beside the spec, or "".
func checkPath(s string) string {
	switch {
	case s == "":
		return "must not be empty"
	case len(s) > 1024:
		return "is longer than 1024 bytes"
	case freeText(s, false) != "":
		return freeText(s, false)
	case strings.Contains(s, `\`):
		return "must use / and not \\"
	case strings.HasPrefix(s, "/") || len(s) > 1 && s[1] == ':':
		return "must be relative to the folder of the spec"
	}
	for part := range strings.SplitSeq(s, "/") {
		if part == ".." || part == "." || part == "" {
			return fmt.Sprintf("must not contain the element %q", part)
		}
	}
	return ""
}
