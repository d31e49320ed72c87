package spec

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"

	"github.com/nngen-go/nngen/spec/code"
)

// The limits of the language. Those on the size of nets are in the walk.
const (
	MaxFileSize = 16 << 20  // bytes of a spec
	maxValues   = 1_000_000 // values in a spec: the parser takes about 200 bytes for each
	maxAliased  = 100_000   // values that aliases repeat
	maxDepth    = 64        // nesting
)

// parse reads the text of a spec into nodes. The nodes keep their places; what
// YAML allows and the language does not is refused by checkTree.
func parse(src *source, text []byte) (*yaml.Node, *Error) {
	top := Pos{1, 1}
	if n := countValues(text); n > maxValues {
		return nil, src.errorf(top, "", code.Limit+"the file has about %d values; the limit is %d", n, maxValues)
	}
	if strings.EqualFold(filepath.Ext(src.file), ".json") {
		text = joinSurrogates(text)
	}
	var docs []yaml.Node
	err := yaml.Load(text, &docs, yaml.WithAllDocuments(),
		yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(maxDepth))))
	if err != nil {
		return nil, syntaxError(src, err)
	}
	if len(docs) == 0 || len(docs[0].Content) == 0 {
		return nil, src.errorf(top, startHint, code.Encoding+"the file has no content")
	}
	if len(docs) > 1 {
		p := src.clamp(Pos{docs[1].Line, docs[1].Column})
		return nil, src.errorf(p, "put each network into a file of its own", code.Syntax+"a second document; a spec is one document")
	}
	return docs[0].Content[0], nil
}

// countValues estimates the number of nodes: each needs a separator.
func countValues(text []byte) int {
	n := 1
	for _, sep := range []string{",", "\n", ":", "[", "{", "- ", "? "} {
		n += bytes.Count(text, []byte(sep))
	}
	return n
}

// syntaxError translates an error of the YAML parser.
func syntaxError(src *source, err error) *Error {
	var le *yaml.LoadError
	if !errors.As(err, &le) {
		return src.errorf(Pos{1, 1}, "", code.Syntax+"not YAML: %v", err)
	}
	p := src.clamp(Pos{le.Mark.Line, le.Mark.Column})
	msg := le.Message
	if le.ContextMsg != "" && le.ContextMark.Line > 0 && le.ContextMark != le.Mark {
		msg += fmt.Sprintf(" %s that starts at %d:%d", le.ContextMsg, le.ContextMark.Line, le.ContextMark.Column)
	}
	if strings.Contains(msg, "max depth") {
		return src.errorf(p, "", code.Limit+"more than %d lists and maps inside each other", maxDepth)
	}
	return src.errorf(p, syntaxHint(src, p, msg), code.Syntax+"not YAML: %s", msg)
}

// syntaxHint knows the usual slips behind the parser's messages.
func syntaxHint(src *source, p Pos, msg string) string {
	line := ""
	if p.Line <= len(src.lines) {
		line = src.lines[p.Line-1]
	}
	switch {
	case strings.HasPrefix(strings.TrimLeft(line, " "), "\t"):
		return "indent with spaces, not tabs"
	case strings.Contains(msg, "unknown anchor"):
		return "write the value itself, or mark it with & further up"
	case strings.Contains(msg, "mapping values are not allowed"):
		return "check the indentation, and put text that contains \": \" in quotes"
	case strings.Contains(msg, "cannot start any token"):
		return "put text that starts with this character in quotes"
	case strings.Contains(msg, "flow sequence"):
		return "a [ is not closed, or a comma is missing"
	case strings.Contains(msg, "flow mapping"):
		return "a { is not closed, or a comma is missing"
	case strings.Contains(msg, "quoted scalar"):
		return "a quote is not closed"
	}
	return ""
}

var surrogates = regexp.MustCompile(`\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}`)

// joinSurrogates writes the escaped surrogate pairs of JSON, which YAML does
// not know, as YAML's long escapes.
func joinSurrogates(text []byte) []byte {
	return surrogates.ReplaceAllFunc(text, func(m []byte) []byte {
		hi, _ := strconv.ParseUint(string(m[2:6]), 16, 32)
		lo, _ := strconv.ParseUint(string(m[8:12]), 16, 32)
		return fmt.Appendf(nil, `\U%08X`, 0x10000+(hi-0xD800)<<10+(lo-0xDC00))
	})
}
