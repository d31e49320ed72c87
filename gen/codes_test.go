package gen_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestErrorsHaveCodes: what reports an error of a spec puts a code in front of
// its format, also where no case of golden/bad reaches it.
func TestErrorsHaveCodes(t *testing.T) {
	coded := 0
	for _, pattern := range []string{"../spec/*.go", "*.go", "op/*.go", "lower/*.go", "run/*.go", "bench/*.go"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, name, nil, 0)
			require.NoError(t, err)
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || len(call.Args) < 3 {
					return true
				}
				fun, ok := call.Fun.(*ast.SelectorExpr)
				if !ok || !strings.Contains(" fail failAt errorf Errorf ", " "+fun.Sel.Name+" ") || isNamed(fun.X, "fmt") {
					return true
				}
				switch format := call.Args[2].(type) {
				case *ast.Ident: // passed on
				case *ast.BinaryExpr:
					code, ok := format.X.(*ast.SelectorExpr)
					require.True(t, ok && isNamed(code.X, "code"), "%s", fset.Position(call.Pos()))
					coded++
				case *ast.BasicLit:
					if format.Value != `"%s"` { // a message that has its code
						t.Errorf("%s: put a code of package spec/code in front of %s", fset.Position(call.Pos()), format.Value)
					}
				}
				return true
			})
		}
	}
	require.Greater(t, coded, 110)
}

func isNamed(x ast.Expr, name string) bool {
	id, ok := x.(*ast.Ident)
	return ok && id.Name == name
}
