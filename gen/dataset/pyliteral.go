package dataset

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// pyParser reads the few literals of Python that an .npy header contains.
// After the first error every method returns its zero value.
type pyParser struct {
	s   string
	i   int
	err error
}

func (p *pyParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

// peek skips spaces and returns the next byte, 0 at the end.
func (p *pyParser) peek() byte {
	for p.i < len(p.s) && (p.s[p.i] == ' ' || p.s[p.i] == '\n' || p.s[p.i] == '\t') {
		p.i++
	}
	if p.err != nil || p.i == len(p.s) {
		return 0
	}
	return p.s[p.i]
}

// accept consumes c if it is next.
func (p *pyParser) accept(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.i++
	return true
}

func (p *pyParser) expect(c byte) {
	if !p.accept(c) {
		p.fail("expected %q at %s", c, quote(p.s[p.i:]))
	}
}

// text reads a string in single or double quotes, without escapes.
func (p *pyParser) text() string {
	q := p.peek()
	if q != '\'' && q != '"' {
		p.fail("expected a string at %s", quote(p.s[p.i:]))
		return ""
	}
	rest := p.s[p.i+1:]
	end := strings.IndexByte(rest, q)
	if end < 0 || strings.Contains(rest[:end], `\`) {
		p.fail("broken string at %s", quote(p.s[p.i:]))
		return ""
	}
	p.i += end + 2
	return rest[:end]
}

// descr reads an element type; "[" stands for a list of named fields.
func (p *pyParser) descr() string {
	if p.peek() != '[' {
		return p.text()
	}
	depth := 0
	for ; p.i < len(p.s); p.i++ {
		switch p.s[p.i] {
		case '[':
			depth++
		case ']':
			depth--
		}
		if depth == 0 {
			p.i++
			return "["
		}
	}
	p.fail("the list of fields does not end")
	return ""
}

func (p *pyParser) bool() bool {
	p.peek()
	for _, word := range []string{"True", "False"} {
		if p.err == nil && strings.HasPrefix(p.s[p.i:], word) {
			p.i += len(word)
			return word == "True"
		}
	}
	p.fail("expected True or False at %s", quote(p.s[p.i:]))
	return false
}

// tuple reads a tuple of dimensions.
func (p *pyParser) tuple() []int {
	shape := []int{}
	p.expect('(')
	for !p.accept(')') && p.err == nil {
		shape = append(shape, p.dimension())
		if len(shape) > maxDims {
			p.fail("the array has more than %d dimensions", maxDims)
		}
		if !p.accept(',') {
			p.expect(')')
			break
		}
	}
	return shape
}

// dimension reads a non-negative integer, with the L of Python 2.
func (p *pyParser) dimension() int {
	if p.peek() == '-' {
		p.fail("negative dimension at %s", quote(p.s[p.i:]))
		return 0
	}
	start := p.i
	for p.i < len(p.s) && '0' <= p.s[p.i] && p.s[p.i] <= '9' {
		p.i++
	}
	n, err := strconv.ParseUint(p.s[start:p.i], 10, 64)
	switch {
	case start == p.i:
		p.fail("expected a dimension at %s", quote(p.s[start:]))
	case err != nil, n > math.MaxInt:
		p.fail("the dimension %s is too large", quote(p.s[start:p.i]))
	}
	if p.i < len(p.s) && p.s[p.i] == 'L' {
		p.i++
	}
	return int(n)
}
