package gen

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/target"
)

// printersMayHold are the integers beyond a panel's width that printers of Go may hold, by
// file: those of text, of types and of tests. One that says how much work a call
// does, what a cache holds or what is worth a kernel belongs to gen/calls.
var printersMayHold = map[string]string{
	"emit.go":       "64 40",                                                           // text
	"package.go":    "0x7f 0x80 0xa0 0x200b 0x200f 0x2028 0x202e 0x2060 0x206f 0xfeff", // characters
	"finish.go":     "100",                                                             // positions of results in a key
	"forward.go":    "16<<10",                                                          // bytes that Predict takes from the stack, as promised
	"golden.go":     "128 32 64 50 255",                                                // the sample of golden results, bytes of it, bits of a type
	"matrix.go":     "100",                                                             // positions of results in a key
	"tolerances.go": "128<<10 64 40",                                                   // bytes of a variable that Go keeps on the stack, elements that a test tries
	"params.go":     "1<<16",                                                           // a type
	"preempt.go":    "128",                                                             // the assembler's smallest checked stack
	"scalar.go":     "200",                                                             // characters of a formula
	"verbs.go":      "20 32 64",                                                        // numbers a line, bits of a type
}

// TestPrintersDecideNothing: a constant of scheduling in a printer fails.
func TestPrintersDecideNothing(t *testing.T) {
	for _, path := range printerFiles(t) {
		name := filepath.Base(path)
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, 0)
		require.NoError(t, err)
		known := strings.Fields(printersMayHold[name])
		check := func(at token.Pos, text string) {
			assert.True(t, slices.Contains(known, text), "%s: %s: a constant of scheduling belongs to gen/calls; others have a row in this test", fset.Position(at), text)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				x, ok := n.X.(*ast.BasicLit)
				y, also := n.Y.(*ast.BasicLit)
				if n.Op == token.SHL && ok && also {
					check(n.Pos(), x.Value+"<<"+y.Value)
					return false
				}
			case *ast.BasicLit:
				if v, err := strconv.ParseInt(n.Value, 0, 64); n.Kind == token.INT && err == nil && v > 16 {
					check(n.Pos(), n.Value)
				}
			}
			return true
		})
	}
}

// TestPrintersNameNoMachine: architectures and instruction sets are rows of
// gen/target; what prints Go knows none by name.
func TestPrintersNameNoMachine(t *testing.T) {
	for _, path := range printerFiles(t) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, row := range target.Targets {
			for _, word := range []string{row.Arch, row.Name} {
				assert.NotContains(t, strings.ToLower(string(text)), word, path)
			}
		}
	}
}

// printerFiles are the files that print Go, of all rooms.
func printerFiles(t *testing.T) []string {
	var files []string
	for _, pattern := range []string{"golang/*.go", "golang/*/*.go"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		files = append(files, found...)
	}
	require.Greater(t, len(files), 60)
	return slices.DeleteFunc(files, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
}
