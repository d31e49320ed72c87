package source

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
)

// Within are the conditions that keep a map in 0 … size−1, those that can fail.
func Within(a ir.Affine, loops []ir.Loop, size int) []string {
	var out []string
	low, high := a.Range(loops)
	if low < 0 {
		out = append(out, a.Text(loops)+" >= 0")
	}
	if high >= size {
		out = append(out, fmt.Sprintf("%s < %d", a.Text(loops), size))
	}
	return out
}

// When runs code under conditions, each of which is asked once: several maps may need the same.
func When(where []string, code ...jen.Code) []jen.Code {
	if len(where) == 0 {
		return code
	}
	seen := map[string]bool{}
	where = slices.DeleteFunc(slices.Clone(where), func(w string) bool {
		twice := seen[w]
		seen[w] = true
		return twice
	})
	return []jen.Code{jen.If(Exprf("%s", strings.Join(where, " && "))).Block(code...)}
}

// WithNames gives the loops the names of the function's variables.
func WithNames(loops []ir.Loop, first int) []ir.Loop {
	out := make([]ir.Loop, len(loops))
	for i, l := range loops {
		out[i] = ir.Loop{Name: fmt.Sprintf("i%d", first+i), Size: l.Size}
	}
	return out
}

// Nest runs code in loops, of which those that no map depends on have no
// variable.
func Nest(loops []ir.Loop, used func(i int) bool, code []jen.Code) []jen.Code {
	for i := len(loops) - 1; i >= 0; i-- {
		if loops[i].Size == 1 {
			code = []jen.Code{jen.Block(append([]jen.Code{jen.Const().Id(loops[i].Name).Op("=").Lit(0)}, code...)...)}
			continue
		}
		size := jen.Range().Lit(loops[i].Size)
		if used(i) {
			size = jen.Id(loops[i].Name).Op(":=").Add(size)
		}
		code = []jen.Code{jen.For(size).Block(code...)}
	}
	return code
}

// NestAll runs code in loops whose variables count as used.
func NestAll(loops []ir.Loop, code []jen.Code) []jen.Code {
	for i := len(loops) - 1; i >= 0; i-- {
		code = []jen.Code{jen.For(jen.Id(loops[i].Name).Op(":=").Range().Lit(loops[i].Size)).Block(
			append([]jen.Code{Setf("_", "%s", loops[i].Name)}, code...)...)}
	}
	return code
}

// Turn is the variable of a loop over equal layers.
const Turn = "l"

// SliceIn is a part of an array, in a loop where it begins by turns.
func SliceIn(o *ir.Slice, array string, turns map[ir.Op]plan.Move) string {
	if m, ok := turns[o]; ok && m.Step != 0 {
		return fmt.Sprintf("%s[%s:][:%d]", array, m.Text(Turn), o.Y.Size())
	}
	return fmt.Sprintf("%s[%d:%d]", array, o.From, o.From+o.Y.Size())
}

// FirstNaN is the rest of the condition under which v takes the place of s: a
// NaN does, of another one only where the last counts.
func FirstNaN(kind ir.ReduceKind, v, s string) string {
	cond := fmt.Sprintf(" || %[1]s != %[1]s", v)
	if kind == ir.ArgMax || kind == ir.ArgMin {
		cond += fmt.Sprintf(" && %[1]s == %[1]s", s)
	}
	return cond
}
