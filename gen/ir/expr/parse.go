package expr

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// functions are the operations written as calls.
var functions = func() map[string]Op {
	m := map[string]Op{}
	for op, name := range names {
		if name != "" && unicode.IsLetter(rune(name[0])) {
			m[name] = Op(op)
		}
	}
	return m
}()

// arity returns the number of arguments of an operation.
func arity(op Op) int {
	switch {
	case op == OpSelect:
		return 3
	case op >= OpAdd:
		return 2
	}
	return 1
}

// MustParse is Parse for the tables of this module: it panics on a mistake.
func MustParse(src string) Program {
	p, err := Parse(src)
	if err != nil {
		panic(err)
	}
	return p
}

// Parse reads a program in the form that String prints: assignments separated
// by semicolons or line ends, with the usual precedence.
//
//	s = sigmoid(x); y = select(x < 0, a*s, x/2)
//
// A product is written * or ·, the comparisons are <, <= or ≤, and = or ==.
func Parse(src string) (Program, error) {
	var p Program
	for _, line := range strings.FieldsFunc(src, func(r rune) bool { return r == ';' || r == '\n' }) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		a, err := parseAssign(line)
		if err != nil {
			return nil, fmt.Errorf("internal error: expr: %q: %w", strings.TrimSpace(line), err)
		}
		p = append(p, a)
	}
	return p, nil
}

// MustParseNode parses a single expression and panics on a mistake.
func MustParseNode(src string) *Node { return MustParse("_ = " + src)[0].X }

func parseAssign(line string) (Assign, error) {
	name, right, ok := strings.Cut(line, "=")
	name = strings.TrimSpace(name)
	if !ok || name == "" || strings.ContainsFunc(name, func(r rune) bool { return !inName(r) }) {
		return Assign{}, fmt.Errorf("want name = expression")
	}
	s := &parser{rest: right}
	s.next()
	n := s.comparison()
	if s.err == nil && s.tok != "" {
		s.fail("unexpected %q", s.tok)
	}
	return Assign{name, n}, s.err
}

// parser is a recursive descent over tokens. After an error every token is
// the end of the text.
type parser struct {
	rest, tok string
	err       error
}

func (s *parser) fail(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf(format, args...)
	}
	s.tok, s.rest = "", ""
}

func inName(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// next reads the next token: a name, a number or a sign.
func (s *parser) next() {
	s.rest = strings.TrimLeft(s.rest, " \t")
	r, n := utf8.DecodeRuneInString(s.rest)
	switch {
	case n == 0:
	case unicode.IsDigit(r) || r == '.':
		n = numberLen(s.rest)
	case inName(r):
		n = len(s.rest) - len(strings.TrimLeftFunc(s.rest, inName))
	case strings.HasPrefix(s.rest, "<=") || strings.HasPrefix(s.rest, "=="):
		n = 2
	}
	s.tok, s.rest = s.rest[:n], s.rest[n:]
}

func numberLen(s string) int {
	n := 0
	for n < len(s) {
		sign := (s[n] == '+' || s[n] == '-') && n > 0 && s[n-1] == 'e'
		if !sign && s[n] != '.' && s[n] != 'e' && (s[n] < '0' || s[n] > '9') {
			break
		}
		n++
	}
	return n
}

// accept consumes the token if it is one of the signs, and returns its op.
func (s *parser) accept(signs map[string]Op) (Op, bool) {
	op, ok := signs[s.tok]
	if ok {
		s.next()
	}
	return op, ok
}

func (s *parser) expect(tok string) {
	if s.tok != tok {
		s.fail("want %q, got %q", tok, s.tok)
		return
	}
	s.next()
}

var (
	comparisons = map[string]Op{"<": OpLess, "<=": OpLessEqual, "≤": OpLessEqual, "=": OpEqual, "==": OpEqual}
	sums        = map[string]Op{"+": OpAdd, "-": OpSub}
	products    = map[string]Op{"*": OpMul, "·": OpMul, "/": OpDiv}
)

func (s *parser) comparison() *Node {
	a := s.binary(sums, func() *Node { return s.binary(products, s.unary) })
	if op, ok := s.accept(comparisons); ok {
		return node(op, a, s.binary(sums, func() *Node { return s.binary(products, s.unary) }))
	}
	return a
}

// binary parses a left-associative chain.
func (s *parser) binary(signs map[string]Op, operand func() *Node) *Node {
	a := operand()
	for {
		op, ok := s.accept(signs)
		if !ok {
			return a
		}
		a = node(op, a, operand())
	}
}

func (s *parser) unary() *Node {
	if s.tok != "-" {
		return s.primary()
	}
	s.next()
	n := s.unary()
	if n.Op == OpConst {
		return C(-n.Value)
	}
	return Neg(n)
}

func (s *parser) primary() *Node {
	tok := s.tok
	r, _ := utf8.DecodeRuneInString(tok)
	switch {
	case tok == "(":
		s.next()
		n := s.comparison()
		s.expect(")")
		return n
	case unicode.IsDigit(r) || r == '.':
		v, err := strconv.ParseFloat(tok, 64)
		if err != nil {
			s.fail("bad number %q", tok)
			return C(0)
		}
		s.next()
		return C(v)
	case tok != "" && inName(r):
		s.next()
		if s.tok == "(" {
			return s.call(tok)
		}
		return L(tok)
	}
	s.fail("want an operand, got %q", tok)
	return C(0)
}

func (s *parser) call(name string) *Node {
	op, ok := functions[name]
	if !ok {
		s.fail("unknown function %q", name)
		return C(0)
	}
	s.expect("(")
	args := []*Node{s.comparison()}
	for s.tok == "," {
		s.next()
		args = append(args, s.comparison())
	}
	s.expect(")")
	if s.err == nil && len(args) != arity(op) {
		s.fail("%s takes %d arguments, got %d", name, arity(op), len(args))
	}
	return node(op, args...)
}
