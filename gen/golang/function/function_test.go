package function_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"testing"

	"github.com/dave/jennifer/jen"
	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/target"
)

// functions are some made by hand for two architectures: one in portable Go, one with
// assembly, a helper of the assembly, and one that is another without assembly.
func functions() *function.Functions {
	p := &plan.Plan{Prog: &ir.Program{DType: ir.Float32}, Options: plan.Options{Targets: []string{"avx2", "neon"}}}
	globals := source.NewNamer()
	globals.Others = map[string]bool{}
	e := function.New(source.New("net", "net.yaml", "", p.Prog, globals), p)
	args := []function.Arg{{Name: "y", Type: "[]float32"}, {Name: "x", Type: "[]float32"}, {Name: "n", Type: "int"}}
	text := func(_ *target.Target, name string, doc []string) *asm.Func {
		f := &asm.Func{Name: name, Doc: doc, Args: []asm.Arg{{Name: "y", Type: "*float32"}, {Name: "n", Type: "int"}}}
		f.Ins("RET")
		return f
	}
	helper := e.Make("helper", "some help", func(k *function.Func) {
		k.Rows, k.Args, k.Result = true, []function.Arg{{Name: "n", Type: "int"}}, "int"
		k.Doc = []string{k.Name + " helps."}
		k.Generic = []jen.Code{jen.Return(jen.Id("n"))}
	})
	double := e.Make("double", "double", func(k *function.Func) {
		k.Rows, k.Args = true, args
		k.Doc = []string{k.Name + " doubles"}
		k.Loops = []string{"\ty = 2*x"}
		k.Generic = append(k.Bounds("y"), source.ForRange("j", "y", source.Setf("y[j]", "2 * x[j]")))
		e.Fast(k, func() []jen.Code {
			return []jen.Code{jen.Id(e.Assembly("double", "double", "doubles.", text)).Call(jen.Op("&").Id("y[0]"), e.ID(helper).Call(jen.Id("n")))}
		})
	})
	again := e.Make("again", "again", func(k *function.Func) {
		k.Rows, k.Args, k.Plain = true, args, double.Portable()
		k.Doc = []string{k.Name + " is double."}
		e.Fast(k, func() []jen.Code {
			if e.Target().Arch == "arm64" {
				return nil
			}
			return []jen.Code{e.ID(double).Call(jen.Id("y, x, n"))}
		})
	})
	once := e.Make("once", "once", func(k *function.Func) {
		k.Args = args[:2]
		k.Doc, k.Loops, k.Remark = []string{k.Name + " doubles"}, []string{"\ty = 2*x"}, "Once."
		k.Body = []jen.Code{e.ID(double).Call(jen.Id("y, x, 1"))}
	})
	arrays := []function.Arg{{Name: "y", Type: "*[4]float32"}, {Name: "x", Type: "*[2][4]float32"}}
	passed, turned := jen.Id("&y[0], &x[0][0]"), jen.Id("&x[0][0], &y[0]")
	for name, args := range map[string]*jen.Statement{"passed": passed, "turned": turned} {
		e.ID(e.Make(name, name, func(k *function.Func) {
			k.Args, k.Body = arrays, []jen.Code{jen.Id("y").Op("=").Id("y")}
			k.Doc = []string{k.Name + " does nothing."}
			e.Fast(k, func() []jen.Code {
				return []jen.Code{jen.Id(e.Assembly(name, "sum "+name, "sums.", func(_ *target.Target, name string, doc []string) *asm.Func {
					f := &asm.Func{Name: name, Doc: doc, Args: []asm.Arg{{Name: "y", Type: "*float32"}, {Name: "x", Type: "*float32"}}}
					f.Ins("RET")
					return f
				})).Call(args.Clone())}
			})
		}))
	}
	e.Make("nobody's", "nobody", func(k *function.Func) { // which nothing calls
		k.Rows, k.Args, k.Generic = true, args, []jen.Code{jen.Id("panic").Call(jen.Lit(1))}
		e.Fast(k, func() []jen.Code { return k.Generic })
	})
	if e.Make("double", "other", nil) != double {
		panic("made twice")
	}
	for _, k := range []*function.Func{again, once} {
		e.ID(k)
	}
	return e
}

func render(t *testing.T, f *jen.File) string {
	var b bytes.Buffer
	require.NoError(t, f.Render(&b))
	return b.String()
}

// TestFiles: what a build has of the files compiles, on every architecture and with none
// of the assembly, and holds each function once.
func TestFiles(t *testing.T) {
	e := functions()
	files, texts := e.AssemblyFiles()
	sources := map[string]string{"kernels_generic.go": render(t, e.KernelFile(false))}
	require.Nil(t, e.KernelFile(true))
	for name, f := range files {
		sources[name] = render(t, f)
	}
	require.Len(t, sources, 5)
	require.Len(t, texts, 3)
	for build, names := range map[string][]string{
		"amd64": {"kernels_generic.go", "kernels_amd64.go", "kernels_asm.go"},
		"arm64": {"kernels_generic.go", "kernels_arm64.go", "kernels_asm.go"},
		"none":  {"kernels_generic.go", "kernels_noasm.go"},
	} {
		fset := token.NewFileSet()
		var parsed []*ast.File
		for _, name := range names {
			f, err := parser.ParseFile(fset, name, sources[name], parser.SkipObjectResolution)
			require.NoError(t, err)
			parsed = append(parsed, f)
		}
		flags, err := parser.ParseFile(fset, "flags.go", "package net; const useAVX2, useNEON = true, true; func main() { again(nil, nil, 1); once(nil, nil) }", 0)
		require.NoError(t, err)
		pkg, err := (&types.Config{}).Check("net", fset, append(parsed, flags), nil)
		require.NoError(t, err, build)
		require.Equal(t, build != "none", pkg.Scope().Lookup("someHelp") != nil, "a helper of assembly in %s", build)
	}
	require.Contains(t, texts["kernels_avx2_amd64.s"], "// doubleAVX2 doubles.\nTEXT ·doubleAVX2(SB)")
	require.Contains(t, sources["kernels_amd64.go"], "switch {\n\tcase useAVX2:\n\t\tdoubleAVX2(&y[0], someHelp(n))\n\tdefault:\n\t\tdoubleGeneric(y, x, n)\n\t}")
	// What passes its parameters on is a jump, where the architecture has one.
	require.Contains(t, texts["kernels_amd64.s"], "TEXT ·passed(SB), NOFRAME, $0-16\n\tCMPB ·useAVX2(SB), $0; JEQ next1\n\tJMP ·sumPassedAVX2(SB)\nnext1:\n\tJMP ·passedGeneric(SB); CALL ·passed(SB)\n")
	require.NotContains(t, texts["kernels_amd64.s"], "turned", "its arguments are in another order")
	require.Contains(t, sources["kernels_amd64.go"], "//go:noescape\nfunc passed(y *[4]float32, x *[2][4]float32)\n")
	require.Contains(t, sources["kernels_amd64.go"], "sumTurnedAVX2(&x[0][0], &y[0])")
	require.Contains(t, sources["kernels_arm64.go"], "sumPassedNEON(&y[0], &x[0][0])")
	require.Contains(t, sources["kernels_arm64.go"], "func again(y, x []float32, n int) {\n\tdoubleGeneric(y, x, n)\n}", "no assembly of its own there")
	require.NotContains(t, sources["kernels_amd64.go"]+sources["kernels_arm64.go"]+sources["kernels_noasm.go"], "func nobody(")
	require.NotContains(t, sources["kernels_generic.go"], "someHelp")
	// Loops that two stand for are there once.
	require.Equal(t, 1, strings.Count(sources["kernels_generic.go"], "y = 2*x"))
	require.Contains(t, sources["kernels_generic.go"], "// once doubles, like doubleGeneric.\n// Once.\n")
}
