package expr

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"y = x", "y = x"},
		{"y=-x*2", "y = (-x) · 2"},
		{"y = -3 + x", "y = -3 + x"},
		{"y = a - b - c", "y = (a - b) - c"},
		{"y = a/b*c + d*e", "y = ((a / b) · c) + (d · e)"},
		{"y = a*(b + c)", "y = a · (b + c)"},
		{"y = select(x < 0, 1.5e-3, max(x, 6))", "y = select(x < 0, 0.0015, max(x, 6))"},
		{"y = select(x <= 0, a == b, 1)", "y = select(x ≤ 0, a = b, 1)"},
		{"s = exp(-abs(x)); y = s\n\tz = log1p(y)", "s = exp(-abs(x)); y = s; z = log1p(y)"},
	} {
		p, err := Parse(c.src)
		if err != nil || p.String() != c.want {
			t.Errorf("Parse(%q) = %q, %v, want %q", c.src, p, err, c.want)
			continue
		}
		if q, err := Parse(p.String()); err != nil || q.String() != c.want {
			t.Errorf("Parse(String) = %q, %v, want %q", q, err, c.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for src, want := range map[string]string{
		"x + 1":              "want name",
		"y =":                "want an operand",
		"y = 2 +":            "want an operand",
		"y = (x":             `want ")"`,
		"y = x x":            "unexpected",
		"y = sinh(x)":        "unknown function",
		"y = max(x)":         "takes 2 arguments, got 1",
		"y = select(x, 1)":   "takes 3 arguments, got 2",
		"y = exp(x, 1)":      "takes 1 arguments, got 2",
		"y = 1.2.3":          "bad number",
		"y = x < 0 < 1":      "unexpected",
		"y = x % 2":          "unexpected",
		"a b = 1":            "want name",
		"y = exp(x,":         "want an operand",
		"ok = 1; y = @":      "want an operand",
		"y = max(min(x), 1)": "takes 2 arguments, got 1",
	} {
		if _, err := Parse(src); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q): error %v, want %q", src, err, want)
		}
	}
}
