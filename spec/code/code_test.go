package code

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// TestKinds: every code has a section with its meaning, an example and the
// remedy, in order, and every section a code.
func TestKinds(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "code.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	ast.Inspect(f, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && strings.HasPrefix(lit.Value, `"NN`) {
			codes = append(codes, Of(strings.Trim(lit.Value, `"`)))
		}
		return true
	})
	kinds := Kinds()
	if len(kinds) != len(codes) || len(codes) < 20 {
		t.Fatalf("%d codes, %d sections", len(codes), len(kinds))
	}
	for i, k := range kinds {
		if k.Code != codes[i] || i > 0 && k.Code <= kinds[i-1].Code {
			t.Errorf("section %d is %s, code %d is %s", i, k.Code, i, codes[i])
		}
		if k.Title == "" || len(k.Means) < 40 || k.Example == "" || len(k.Remedy) < 15 {
			t.Errorf("%s says too little: %q", k.Code, k)
		}
		if found := Find(strings.ToLower(k.Code)); found == nil || *found != k {
			t.Errorf("%s is not found", k.Code)
		}
	}
	if Find("NN999") != nil || Find("") != nil {
		t.Error("a code that is none is found")
	}
}

func TestCut(t *testing.T) {
	for msg, want := range map[string][2]string{
		Range + "units must be positive": {"NN206", "units must be positive"},
		"units must be positive":         {"", "units must be positive"},
		"NN20 is no code":                {"", "NN20 is no code"},
		"layer NN206 ":                   {"", "layer NN206 "},
	} {
		if code, rest := Cut(msg); code != want[0] || rest != want[1] {
			t.Errorf("%q: %q, %q", msg, code, rest)
		}
	}
}
