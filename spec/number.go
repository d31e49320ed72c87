package spec

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// decimal is how numbers are written. YAML knows more forms, and some of them
// are traps: 010 is 8 to many parsers.
var decimal = regexp.MustCompile(`^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$`)

var (
	leadingZero = regexp.MustCompile(`^[-+]?0[0-9]`)
	otherNumber = regexp.MustCompile(`^[-+]?(0[xXoObB][0-9a-fA-F_]+|[0-9][0-9_]*[0-9_](\.[0-9_]*)?)$`)
	notFinite   = regexp.MustCompile(`(?i)^[-+]?\.?(inf|infinity|nan)$`)
)

// parseNumber reads a number, or says what is wrong with it and what to do.
func parseNumber(n *yaml.Node) (x float64, problem, hint string) {
	s := n.Value
	switch {
	case n.Kind != yaml.ScalarNode:
		return 0, "must be a number, got " + describe(n), ""
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 && decimal.MatchString(s):
		return 0, "must be a number, got " + describe(n), "remove the quotes"
	case n.Style&^yaml.FlowStyle != 0:
		return 0, "must be a number, got " + describe(n), ""
	case notFinite.MatchString(s):
		return 0, "must be a finite number, got " + s, ""
	case leadingZero.MatchString(s), !decimal.MatchString(s) && otherNumber.MatchString(s):
		return 0, "must be a decimal number, got " + clip(s), decimalHint(s)
	case !decimal.MatchString(s):
		return 0, "must be a number, got " + describe(n), ""
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, "must be a finite number, got " + clip(s), "the largest float64 is about 1.8e308"
	}
	return x, "", ""
}

// decimalHint guesses the number that was meant.
func decimalHint(s string) string {
	if bare := strings.ReplaceAll(s, "_", ""); bare != s && decimal.MatchString(bare) {
		return "write " + clip(bare)
	}
	if i, err := strconv.ParseInt(s, 0, 64); err == nil && !leadingZero.MatchString(s) {
		return fmt.Sprintf("write %d", i)
	}
	if bare := strings.TrimLeft(s, "+-0"); decimal.MatchString(bare) {
		return fmt.Sprintf("write %s; a leading 0 means octal to some parsers", clip(bare))
	}
	return "write digits without prefix or separators"
}

// parseInt reads a whole number; 64.0 and 1e6 are whole.
func parseInt(n *yaml.Node) (i int, problem, hint string) {
	x, problem, hint := parseNumber(n)
	if problem != "" {
		return 0, strings.Replace(problem, "must be a number", "must be a whole number", 1), hint
	}
	if !strings.ContainsAny(n.Value, ".eE") {
		if i, err := strconv.Atoi(n.Value); err == nil {
			return i, "", ""
		}
		return 0, "is too large, got " + clip(n.Value), ""
	}
	if x != math.Trunc(x) {
		return 0, "must be a whole number, got " + clip(n.Value), ""
	}
	if math.Abs(x) > math.MaxInt32 {
		return 0, "is too large, got " + clip(n.Value), ""
	}
	return int(x), "", ""
}

// clip shortens a number for a message.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

// has reports whether a number is in the interval; nil holds every number.
func (r *Range) has(x float64) bool {
	return r == nil ||
		(x > r.Min || x == r.Min && !r.MinOpen) && (x < r.Max || x == r.Max && !r.MaxOpen)
}

// must says what the interval demands of x, which it does not hold.
func (r *Range) must(x float64, whole bool) string {
	low, high := !math.IsInf(r.Min, -1), !math.IsInf(r.Max, 1)
	positive := r.Min == 0 && r.MinOpen || r.Min == 1 && !r.MinOpen && whole
	switch {
	case positive && x < 1 && (whole || !high):
		return "must be positive"
	case positive && whole:
		return "must be at most " + num(r.Max)
	case low && !high && r.Min == 0:
		return "must not be negative"
	case low && high && !r.MinOpen && !r.MaxOpen:
		return fmt.Sprintf("must be between %s and %s", num(r.Min), num(r.Max))
	}
	var parts []string
	if low {
		parts = append(parts, pick(r.MinOpen, "more than ", "at least ")+num(r.Min))
	}
	if high {
		parts = append(parts, pick(r.MaxOpen, "less than ", "at most ")+num(r.Max))
	}
	return "must be " + strings.Join(parts, " and ")
}

func pick(cond bool, yes, no string) string {
	if cond {
		return yes
	}
	return no
}

// num writes a number as a user would.
func num(x float64) string {
	if x == math.Trunc(x) && math.Abs(x) < 1e17 {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}
