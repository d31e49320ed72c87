package nnrt

import (
	"go/ast"
	"go/build/constraint"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// parseSources parses the files of the package without its tests.
func parseSources(t *testing.T) (*token.FileSet, []*ast.File) {
	if _, err := os.Stat("math32.go"); err != nil {
		t.Skip("the sources are not here")
	}
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		require.NoError(t, err)
		files = append(files, f)
	}
	require.GreaterOrEqual(t, len(files), 8)
	return fset, files
}

// TestLintCopy checks what the tool relies on that copies these sources into other
// packages: it renames package-level identifiers wherever they stand bare, and
// drops declarations that are not reachable.
func TestLintCopy(t *testing.T) {
	fset, files := parseSources(t)
	global := map[string]bool{}
	imports := map[string]bool{}
	for _, f := range files {
		for _, s := range f.Imports {
			path, err := strconv.Unquote(s.Path.Value)
			require.NoError(t, err)
			require.Nil(t, s.Name, "import %s is renamed", path)
			require.NotContains(t, []string{"encoding/json", "reflect", "fmt", "C", "encoding/binary"}, path)
			require.NotContains(t, path, ".", "only the standard library")
			imports[path[strings.LastIndexByte(path, '/')+1:]] = true
		}
		for _, g := range f.Comments {
			for _, c := range g.List {
				require.False(t, constraint.IsGoBuild(c.Text) || constraint.IsPlusBuild(c.Text), "build constraint %s", c.Text)
				require.False(t, strings.HasPrefix(c.Text, "//go:linkname") || strings.HasPrefix(c.Text, "//go:embed"), c.Text)
			}
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				require.NotEqual(t, "init", d.Name.Name)
				require.NotNil(t, d.Body, "%s has no body", d.Name.Name)
				if d.Recv == nil {
					require.False(t, global[d.Name.Name])
					global[d.Name.Name] = true
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						global[s.Name.Name] = true
					case *ast.ValueSpec:
						require.NotEmpty(t, s.Values, "%s: a constant that repeats the one before", fset.Position(s.Pos()))
						if d.Tok == token.VAR {
							require.IsType(t, (*ast.CompositeLit)(nil), s.Values[0], "%s: a package-level variable that is no table", fset.Position(s.Pos()))
						}
						for _, n := range s.Names {
							global[n.Name] = true
						}
					}
				}
			}
		}
	}
	top := map[*ast.Ident]bool{}
	for _, f := range files {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					top[d.Name] = true
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						top[s.Name] = true
					case *ast.ValueSpec:
						for _, n := range s.Names {
							top[n] = true
						}
					}
				}
			}
		}
	}
	local := func(n *ast.Ident) {
		if n == nil || top[n] || n.Name == "_" {
			return
		}
		require.False(t, global[n.Name], "%s: %s is also declared by the package", fset.Position(n.Pos()), n.Name)
		require.False(t, imports[n.Name], "%s: %s is also an import", fset.Position(n.Pos()), n.Name)
	}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				require.NotEqual(t, "iota", n.Name)
			case *ast.Field: // parameters, results, receivers, fields, methods, type parameters
				for _, name := range n.Names {
					local(name)
				}
			case *ast.StructType:
				for _, field := range n.Fields.List {
					require.NotEmpty(t, field.Names, "%s: an embedded field", fset.Position(field.Pos()))
				}
			case *ast.FuncDecl:
				if n.Recv != nil {
					local(n.Name)
				}
			case *ast.AssignStmt:
				if n.Tok == token.DEFINE {
					for _, e := range n.Lhs {
						if id, ok := e.(*ast.Ident); ok {
							local(id)
						}
					}
				}
			case *ast.RangeStmt:
				if n.Tok == token.DEFINE {
					if id, ok := n.Key.(*ast.Ident); ok {
						local(id)
					}
					if id, ok := n.Value.(*ast.Ident); ok {
						local(id)
					}
				}
			case *ast.ValueSpec:
				for _, name := range n.Names {
					local(name)
				}
			case *ast.TypeSpec:
				local(n.Name)
			case *ast.LabeledStmt:
				local(n.Label)
			}
			return true
		})
	}
}

// TestLintFloats checks that no floating-point product can be fused with a sum,
// because each one is the operand of a conversion, and that package math is used
// only for what IEEE 754 defines exactly.
func TestLintFloats(t *testing.T) {
	if testing.Short() {
		t.Skip("type-checks the standard library")
	}
	fset, files := parseSources(t)
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	conf := types.Config{Importer: importer.ForCompiler(fset, "source", nil)}
	_, err := conf.Check("nnrt", fset, files, info)
	if err != nil {
		t.Skip("no sources of the standard library: ", err)
	}
	float := func(e ast.Expr) bool {
		tv := info.Types[e]
		if tv.Value != nil { // a constant
			return false
		}
		if p, ok := tv.Type.(*types.TypeParam); ok {
			return p != nil
		}
		b, ok := tv.Type.Underlying().(*types.Basic)
		return ok && b.Info()&types.IsFloat != 0
	}
	exact := []string{"MaxInt32", "MaxInt64", "Float32bits", "Float64bits", "Float32frombits", "Float64frombits", "Sqrt", "Abs", "Copysign", "Floor", "Trunc", "IsNaN", "IsInf", "Inf", "NaN", "Signbit",
		"MaxFloat32", "MaxFloat64", "MaxInt", "Pi"}
	products := 0
	for _, f := range files {
		converted := map[ast.Expr]bool{}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if id, ok := n.Fun.(*ast.Ident); ok && (id.Name == "float32" || id.Name == "float64") && len(n.Args) == 1 {
					converted[n.Args[0]] = true
				}
			case *ast.BinaryExpr:
				if n.Op == token.MUL && float(n) {
					products++
					require.True(t, converted[n], "%s: a product without a conversion", fset.Position(n.Pos()))
				}
			case *ast.AssignStmt:
				if n.Tok == token.MUL_ASSIGN {
					require.False(t, float(n.Lhs[0]), "%s: *= of floats", fset.Position(n.Pos()))
				}
			case *ast.SelectorExpr:
				if id, ok := n.X.(*ast.Ident); ok && id.Name == "math" {
					require.True(t, slices.Contains(exact, n.Sel.Name), "%s: math.%s", fset.Position(n.Pos()), n.Sel.Name)
				}
			}
			return true
		})
	}
	require.Greater(t, products, 200)
}
