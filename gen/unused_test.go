package gen_test

import (
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/files"
)

// TestNothingUnused asserts that every function of a generated package, assembly
// too, is called by one that users can call or by a test, in every build.
func TestNothingUnused(t *testing.T) {
	specs, err := filepath.Glob("../golden/specs/*.yaml")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(specs), 20)
	for _, path := range specs {
		out := generate(t, path)
		for _, build := range [][]string{{"amd64"}, {"arm64"}, {"amd64", "purego"}} {
			assert.Empty(t, unused(t, out, build), "%s for %v", path, build)
		}
	}
}

// symbols are the functions of assembly and those that they jump to.
var symbols = regexp.MustCompile(`(?m)^\s*(TEXT|JMP|JE|JNE|JLT|JGT|JEQ|CALL) ·(\w+)\(SB\)`)

// unused are the functions that no exported one of a build reaches.
func unused(t *testing.T, out files.Files, build []string) []string {
	calls, roots := map[string][]string{}, []string{}
	for _, name := range out.Names() {
		if strings.HasSuffix(name, ".s") && inBuild(t, name, out[name], build) {
			of := ""
			for _, m := range symbols.FindAllStringSubmatch(string(out[name]), -1) {
				if m[1] == "TEXT" {
					of = m[2]
				} else {
					calls[of] = append(calls[of], m[2])
				}
			}
		}
		if !strings.HasSuffix(name, ".go") || !inBuild(t, name, out[name], build) {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, out[name], 0)
		require.NoError(t, err)
		for _, d := range f.Decls {
			of, root := "", true
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
				of = fn.Name.Name
				root = ast.IsExported(of) || of == "init" || strings.HasSuffix(name, "_test.go")
				calls[of] = append(calls[of], "")
			}
			if root {
				roots = append(roots, of)
			}
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
				continue
			}
			ast.Inspect(d, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok && id.Name != of {
					calls[of] = append(calls[of], id.Name)
				}
				return true
			})
		}
	}
	reached := map[string]bool{}
	for len(roots) > 0 {
		next := roots[len(roots)-1]
		roots = roots[:len(roots)-1]
		if !reached[next] {
			reached[next] = true
			roots = append(roots, calls[next]...)
		}
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		if !reached[name] {
			names = append(names, name)
		}
	}
	return names
}

// inBuild reports whether a file belongs to a build for linux with those tags.
func inBuild(t *testing.T, name string, src []byte, tags []string) bool {
	has := func(tag string) bool { return tag == "linux" || slices.Contains(tags, tag) }
	for _, arch := range []string{"amd64", "arm64"} {
		if strings.Contains(strings.TrimSuffix(name, "_test.go"), "_"+arch) && !has(arch) {
			return false
		}
	}
	for line := range strings.Lines(string(src)) {
		if constraint.IsGoBuild(line) {
			x, err := constraint.Parse(strings.TrimSpace(line))
			require.NoError(t, err)
			return x.Eval(has)
		}
	}
	return true
}
