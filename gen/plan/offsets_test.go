package plan_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"go/types"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/files"
	"github.com/nngen-go/nngen/gen/plan"
)

// TestOffsets compares the offsets and sizes of the plan with those that Go
// gives the emitted structs, on platforms of both word sizes.
func TestOffsets(t *testing.T) {
	for _, net := range networks(t) {
		p, err := gen.Plan(net, gen.Options{})
		require.NoError(t, err)
		out, err := gen.Generate(net, gen.Options{})
		require.NoError(t, err)
		structs := emitted(t, out)
		for _, arch := range []string{"amd64", "386", "arm64", "wasm"} {
			sizes := types.SizesFor("gc", arch)
			requireOffsets(t, p, structs["params"], sizes, net.Name+" on "+arch)
			next := int64(0) // the state after a step
			if s := structs["State"]; s != nil {
				next = sizes.Sizeof(s)
			}
			require.EqualValues(t, p.Infer.Bytes(), sizes.Sizeof(structs["Workspace"])-next, "%s: Workspace", net.Name)
			if p.Train != nil {
				group := int64(0) // of one worker
				if s := structs["group"]; s != nil {
					group = sizes.Sizeof(s)
				}
				require.EqualValues(t, p.TrainerBytes(), sizes.Sizeof(structs["memory"])+group, "%s: memory", net.Name)
				require.EqualValues(t, p.WorkerBytes(), group, "%s: group", net.Name)
			}
		}
	}
}

func requireOffsets(t *testing.T, p *plan.Plan, params *types.Struct, sizes types.Sizes, what string) {
	t.Helper()
	require.EqualValues(t, p.Net.Size, sizes.Sizeof(params), what)
	at := map[string]placed{}
	flatten(params, "", 0, sizes, at)
	for _, f := range p.Net.Fields {
		got, ok := at[f.Name]
		require.True(t, ok, "%s: %s is missing", what, f.Name)
		require.Equal(t, placed{int64(f.Offset), int64(f.Size)}, got, "%s: %s", what, f.Name)
		require.Zero(t, f.Offset%64, "%s: %s", what, f.Name)
	}
}

// placed is where a field lies and how large it is.
type placed struct{ offset, size int64 }

// flatten finds the fields of a struct, those of its arrays of structs included.
func flatten(s *types.Struct, path string, from int64, sizes types.Sizes, at map[string]placed) {
	fields := make([]*types.Var, s.NumFields())
	for i := range fields {
		fields[i] = s.Field(i)
	}
	for i, offset := range sizes.Offsetsof(fields) {
		name, offset := path+fields[i].Name(), from+offset
		at[name] = placed{offset, sizes.Sizeof(fields[i].Type())}
		array, _ := fields[i].Type().(*types.Array)
		if array == nil {
			continue
		}
		if block, ok := array.Elem().(*types.Struct); ok {
			for b := range array.Len() {
				flatten(block, fmt.Sprintf("%s[%d].", name, b), offset+b*sizes.Sizeof(block), sizes, at)
			}
		}
	}
}

// emitted returns the structs of a package, which refer to nothing but each
// other.
func emitted(t *testing.T, out files.Files) map[string]*types.Struct {
	var src strings.Builder
	src.WriteString("package p\n")
	fset := token.NewFileSet()
	for _, name := range []string{"params.go", "types.go", "state.go", "train.go"} {
		if out[name] == nil {
			continue
		}
		f, err := parser.ParseFile(fset, name, out[name], 0)
		require.NoError(t, err)
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.TYPE && g.Tok != token.CONST {
				continue
			}
			require.NoError(t, printer.Fprint(&src, fset, g))
			src.WriteByte('\n')
		}
	}
	f, err := parser.ParseFile(fset, "p.go", src.String(), 0)
	require.NoError(t, err)
	pkg, err := new(types.Config).Check("p", fset, []*ast.File{f}, nil)
	require.NoError(t, err, src.String())
	structs := map[string]*types.Struct{}
	for _, name := range pkg.Scope().Names() {
		if s, ok := pkg.Scope().Lookup(name).Type().Underlying().(*types.Struct); ok {
			structs[name] = s
		}
	}
	return structs
}
