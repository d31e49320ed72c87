// Package standalone copies the parts of the runtime that a package uses, for
// packages that link against nothing but the standard library.
package standalone

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"sort"
	"strings"

	"github.com/nngen-go/nngen/gen/golang/source"
)

// syntax is the runtime's: the declarations by the package-level names
// they define, methods with their type.
type syntax struct {
	fset    *token.FileSet
	decls   []ast.Node // *ast.FuncDecl, or *ast.GenDecl of one spec or one const group
	defines map[string][]ast.Node
	imports map[ast.Node]map[string]string
	notice  map[ast.Node]string // licence notice of the declaration's file
}

// Copy returns the declarations that the used names need, each
// package-level name prefixed.
func Copy(fsys fs.FS, used map[string]bool) ([]byte, error) {
	s, err := parseRuntime(fsys)
	if err != nil {
		return nil, err
	}
	keep := s.reach(used)
	imports, notices := map[string]bool{}, map[string]bool{}
	var body, out bytes.Buffer
	for _, d := range s.decls {
		if !keep[d] {
			continue
		}
		s.rename(d)
		if notice := s.notice[d]; notice != "" && !notices[notice] {
			notices[notice] = true
			out.WriteString(notice + "\n")
		}
		for name, path := range s.imports[d] {
			if usesPackage(d, name) {
				imports[path] = true
			}
		}
		if err := format.Node(&body, s.fset, d); err != nil {
			return nil, err
		}
		body.WriteString("\n\n")
	}
	out.WriteString("import (\n")
	paths := make([]string, 0, len(imports))
	for p := range imports {
		paths = append(paths, p)
	}
	sort.Strings(paths)
	for _, p := range paths {
		fmt.Fprintf(&out, "\t%s\n", p)
	}
	out.WriteString(")\n\n")
	out.Write(body.Bytes())
	return out.Bytes(), nil
}

func parseRuntime(fsys fs.FS) (*syntax, error) {
	s := &syntax{fset: token.NewFileSet(), defines: map[string][]ast.Node{}, imports: map[ast.Node]map[string]string{}, notice: map[ast.Node]string{}}
	entries, err := fs.ReadDir(fsys, "nnrt")
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := fs.ReadFile(fsys, path.Join("nnrt", name))
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(s.fset, name, text, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		imports := map[string]string{}
		for _, im := range f.Imports {
			p := strings.Trim(im.Path.Value, `"`)
			imports[path.Base(p)] = im.Path.Value
		}
		first := len(s.decls)
		for _, d := range f.Decls {
			s.declare(d, imports)
		}
		for _, d := range s.decls[first:] {
			s.notice[d] = licence(f)
		}
	}
	return s, nil
}

// licence is the notice at the head of a file that holds others' work.
func licence(f *ast.File) string {
	for _, c := range f.Comments {
		if c.Pos() < f.Package && strings.Contains(c.Text(), "Copyright") {
			var b strings.Builder
			for _, line := range c.List {
				b.WriteString(line.Text + "\n")
			}
			return b.String()
		}
	}
	return ""
}

// declare files a declaration under the names it defines. A var group is
// taken apart; a const group stays whole, as iota ties it together.
func (s *syntax) declare(d ast.Decl, imports map[string]string) {
	add := func(n ast.Node, names ...string) {
		s.decls = append(s.decls, n)
		s.imports[n] = imports
		for _, name := range names {
			s.defines[name] = append(s.defines[name], n)
		}
	}
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv != nil {
			add(d, receiver(d))
		} else {
			add(d, d.Name.Name)
		}
	case *ast.GenDecl:
		switch d.Tok {
		case token.IMPORT:
		case token.CONST:
			add(d, specNames(d.Specs)...)
		default:
			for _, sp := range d.Specs {
				one := &ast.GenDecl{Doc: d.Doc, TokPos: d.TokPos, Tok: d.Tok, Specs: []ast.Spec{sp}}
				add(one, specNames(one.Specs)...)
			}
		}
	}
}

func receiver(d *ast.FuncDecl) string {
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if index, ok := t.(*ast.IndexExpr); ok {
		t = index.X
	}
	return t.(*ast.Ident).Name
}

func specNames(specs []ast.Spec) []string {
	var names []string
	for _, sp := range specs {
		switch sp := sp.(type) {
		case *ast.TypeSpec:
			names = append(names, sp.Name.Name)
		case *ast.ValueSpec:
			for _, n := range sp.Names {
				names = append(names, n.Name)
			}
		}
	}
	return names
}

// reach returns the declarations the used names need.
func (s *syntax) reach(used map[string]bool) map[ast.Node]bool {
	keep := map[ast.Node]bool{}
	var queue []string
	for name := range used {
		queue = append(queue, name)
	}
	seen := map[string]bool{}
	for len(queue) > 0 {
		name := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if seen[name] {
			continue
		}
		seen[name] = true
		for _, d := range s.defines[name] {
			if keep[d] {
				continue
			}
			keep[d] = true
			s.globals(d, func(id *ast.Ident) { queue = append(queue, id.Name) })
		}
	}
	return keep
}

// globals calls f for every identifier in the declaration that is a
// package-level name. The runtime shadows none of them (its tests see to
// that), so syntax suffices; selectors and keys of literals are left out.
func (s *syntax) globals(d ast.Node, f func(id *ast.Ident)) {
	skip := map[*ast.Ident]bool{}
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			skip[n.Sel] = true
		case *ast.KeyValueExpr:
			if id, ok := n.Key.(*ast.Ident); ok {
				skip[id] = true
			}
		case *ast.FuncDecl:
			if n.Recv != nil {
				skip[n.Name] = true
			}
		case *ast.StructType:
			for _, field := range n.Fields.List {
				for _, id := range field.Names {
					skip[id] = true
				}
			}
		case *ast.Ident:
			if !skip[n] && len(s.defines[n.Name]) > 0 {
				f(n)
			}
		}
		return true
	})
}

// rename prefixes the package-level names of a declaration.
func (s *syntax) rename(d ast.Node) {
	var ids []*ast.Ident
	s.globals(d, func(id *ast.Ident) { ids = append(ids, id) })
	for _, id := range ids {
		id.Name = prefixed(id.Name)
	}
}

// prefixed is nnrtName for an exported Name, nnrtname_ for others.
func prefixed(name string) string {
	if ast.IsExported(name) {
		return source.StandalonePrefix + name
	}
	return source.StandalonePrefix + "_" + name
}

func usesPackage(d ast.Node, name string) bool {
	found := false
	ast.Inspect(d, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && id.Name == name {
				found = true
			}
		}
		return !found
	})
	return found
}
