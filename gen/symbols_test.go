package gen_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// TestSymbolsAreDocumented: every exported constant, variable, type, function and
// method of the packages here, those of the committed generated ones too, has a
// comment, or follows one whose comment names both, or stands directly below one; and
// every package says what it is.
func TestSymbolsAreDocumented(t *testing.T) {
	symbols, packages := 0, map[string]bool{} // whether it has a comment
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "peers" || d.Name()[0] == '.' && d.Name() != ".."):
			return filepath.SkipDir
		case filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		require.NoError(t, err)
		dir := filepath.Dir(path)
		packages[dir] = packages[dir] || f.Doc.Text() != ""
		for _, s := range undocumented(fset, f, &symbols) {
			t.Errorf("%s: %s has no comment", fset.Position(s.Pos()), s.Name)
		}
		return nil
	})
	require.NoError(t, err)
	for dir, documented := range packages {
		if !documented {
			t.Errorf("%s: the package has no comment", dir)
		}
	}
	require.Greater(t, symbols, 1500)
	require.Greater(t, len(packages), 50)
}

// everything is a spec whose package has what others lack.
const everything = `nngen: 1
name: everything
inputs:
  table: {columns: [{name: age, missing: median}, {name: city, one_hot: [Rome, Oslo]}], normalize: standard}
  image: {shape: [8, 8]}
outputs:
  price: {from: dense1, normalize: standard, loss: mse}
  kind: {from: dense2, labels: [a, b, c], loss: {cross_entropy: {class_weights: balanced}}}
layers:
  - dense: {units: 2, from: table, kernel_regularizer: {l2: 0.1}}
  - dense: {units: 3, from: image, mask: {density: 0.5}}
`

// TestGeneratedSymbolsAreDocumented: so have the exported names of packages that
// are generated, standalone too.
func TestGeneratedSymbolsAreDocumented(t *testing.T) {
	for _, end := range []string{"optimizer: {adam: {learning_rate: 0.1}}", "codegen: {standalone: true}"} {
		net, err := spec.Decode("everything.yaml", []byte(everything+end), op.Vocabulary())
		require.NoError(t, err)
		files, err := gen.Generate(net, gen.Options{})
		require.NoError(t, err)
		symbols := 0
		for name, data := range files {
			if filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
				continue
			}
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, name, data, parser.ParseComments)
			require.NoError(t, err)
			for _, s := range undocumented(fset, f, &symbols) {
				t.Errorf("%s: %s has no comment", fset.Position(s.Pos()), s.Name)
			}
		}
		require.Greater(t, symbols, 50)
	}
}

// undocumented returns the exported names of a file that have no comment, and
// counts all.
func undocumented(fset *token.FileSet, f *ast.File, symbols *int) (names []*ast.Ident) {
	below, text := 0, "" // the line below the last function that has a comment, and the comment
	check := func(name *ast.Ident, docs ...*ast.CommentGroup) {
		if !name.IsExported() {
			return
		}
		*symbols++
		text := ""
		for _, d := range docs {
			text += d.Text()
		}
		if text == "" {
			names = append(names, name)
		}
	}
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Doc != nil {
				text = d.Doc.Text()
			}
			if d.Doc != nil || fset.Position(d.Pos()).Line == below || slices.Contains(strings.FieldsFunc(text, notLetter), d.Name.Name) {
				below = fset.Position(d.End()).Line + 1
				check(d.Name, &ast.CommentGroup{List: []*ast.Comment{{Text: "// " + text}}})
			} else if d.Recv == nil || receiver(d.Recv.List[0].Type).IsExported() && d.Name.Name != "String" {
				check(d.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					check(s.Name, d.Doc, s.Doc, s.Comment)
				case *ast.ValueSpec:
					for _, name := range s.Names {
						check(name, d.Doc, s.Doc, s.Comment)
					}
				}
			}
		}
	}
	return names
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// receiver is the name of the type of a receiver.
func receiver(x ast.Expr) *ast.Ident {
	for {
		switch y := x.(type) {
		case *ast.StarExpr:
			x = y.X
		case *ast.IndexExpr:
			x = y.X
		case *ast.IndexListExpr:
			x = y.X
		case *ast.Ident:
			return y
		}
	}
}
