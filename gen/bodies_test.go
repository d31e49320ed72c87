package gen_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/files"
)

// TestNothingTwice: no two functions of a package have the same body, be they
// Go or assembly.
func TestNothingTwice(t *testing.T) {
	specs, err := filepath.Glob("../golden/specs/*.yaml")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(specs), 20)
	for _, path := range specs {
		seen := map[string]string{}
		for name, body := range bodies(t, generate(t, path)) {
			if first, twice := seen[body]; twice && together(first, name) {
				t.Errorf("%s: %s and %s have the same body", path, first, name)
			}
			seen[body] = name
		}
		require.GreaterOrEqual(t, len(seen), 20, path)
	}
}

// together reports whether functions, by file and name, may be in one program:
// their files are not of two architectures.
func together(a, b string) bool {
	arch := regexp.MustCompile(`_(amd64|arm64)\.`)
	x, y := arch.FindString(a), arch.FindString(b)
	return x == "" || y == "" || x == y
}

// bodies are the bodies of a package's functions, without their comments, by
// file and name. Those of Go are with the types they work on.
func bodies(t *testing.T, package_ files.Files) map[string]string {
	out := map[string]string{}
	for _, name := range package_.Names() {
		switch {
		case strings.HasSuffix(name, ".s"):
			for fn, body := range assemblyBodies(string(package_[name])) {
				out[name+": "+fn] = body
			}
		case strings.HasSuffix(name, ".go"):
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, name, package_[name], 0)
			require.NoError(t, err)
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
					var types, b bytes.Buffer
					require.NoError(t, printer.Fprint(&b, fset, fn.Body))
					require.NoError(t, printer.Fprint(&types, fset, fn.Type))
					out[name+": "+fn.Name.Name] = types.String() + b.String()
				}
			}
		}
	}
	return out
}

var (
	assemblyComment = regexp.MustCompile(`(?m)^\s*//.*\n|\s*//.*$`)
	assemblyMacro   = regexp.MustCompile(`(?m)^#define (\w+)(?:.*\\\n)*.*\n`)
	assemblyText    = regexp.MustCompile(`TEXT ·(\w+)\(SB\).*\n`)
)

// assemblyBodies are the bodies of the functions of an assembly file; their
// own names, which those of their macros contain, are left out.
func assemblyBodies(text string) map[string]string {
	out := map[string]string{}
	text = assemblyComment.ReplaceAllString(text, "")
	text, _, _ = strings.Cut(text, "\n#define lanesOfSets")
	macros := map[string]string{}
	text = assemblyMacro.ReplaceAllStringFunc(text, func(def string) string {
		m := assemblyMacro.FindStringSubmatch(def)
		macros[m[1]] = m[0]
		return ""
	})
	places := assemblyText.FindAllStringSubmatchIndex(text, -1)
	for i, at := range places {
		end := len(text)
		if i+1 < len(places) {
			end = places[i+1][0]
		}
		name, body := text[at[2]:at[3]], text[at[1]:end]
		for _, macro := range slices.Sorted(maps.Keys(macros)) {
			if strings.Contains(body, macro) {
				body += macros[macro]
			}
		}
		out[name] = strings.ReplaceAll(strings.TrimSpace(body), name, "")
	}
	return out
}
