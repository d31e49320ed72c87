package loops

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
)

// tilesOf declares how many tiles of each number of rows cover n rows, and
// returns the variables.
func (k *RowsKernel) tilesOf(pre *[]jen.Code, declared map[string]bool, tiles []int, n string) string {
	if len(tiles) == 1 {
		return n
	}
	names := tileNames(tiles, "by")
	vars := strings.Join(names, ", ")
	if !declared[vars] && slices.ContainsFunc(names, func(n string) bool { return declared[n] }) {
		names = tileNames(tiles, fmt.Sprintf("of%dby", tiles[0]))
		vars = strings.Join(names, ", ")
	}
	if !declared[vars] {
		declared[vars] = true
		for _, n := range names {
			declared[n] = true
		}
		var call string
		if len(tiles) == 3 {
			call = fmt.Sprintf("%s(%s, %d, %d)", k.e.rowTiles(), n, tiles[0], tiles[1])
		} else if len(tiles) > 3 {
			*pre = append(*pre, source.Letf(fmt.Sprintf("%s, again%d", vars, tiles[0]), "%s(%s, %d, %d, %d)", k.e.manyRowTiles(), n, tiles[0], tiles[1], tiles[2]))
			return vars
		} else { // the large ones first
			call = fmt.Sprintf("%s/%d, %[1]s%%%[2]d", n, tiles[0])
		}
		*pre = append(*pre, source.Letf(vars, "%s", call))
	}
	return vars
}

// tileNames are the variables that count the tiles of each number of rows.
func tileNames(tiles []int, by string) []string {
	next := by
	if len(tiles) > 3 {
		next = "then"
	}
	var names []string
	for i, size := range tiles {
		switch {
		case i == 0:
			names = append(names, fmt.Sprint(by, size))
		case size > 1 || len(tiles) == 2:
			names = append(names, fmt.Sprint(next, size))
		default:
			names = append(names, fmt.Sprint("single", tiles[0]))
		}
	}
	return names
}

// leastTile is the least of the tiles of several rows.
func leastTile(tiles []int) int { return tiles[len(tiles)-2] }

// rowTiles is the function that divides rows into tiles.
func (e *Loops) rowTiles() string {
	k := e.Make("rowTiles", "row tiles", func(f *function.Func) {
		f.Rows = true
		f.Doc = []string{f.Name + " divides n rows into tiles of a, of b and of one row, as few of the last as can be."}
		f.Args = []function.Arg{{Name: "n", Type: "int"}, {Name: "a", Type: "int"}, {Name: "b", Type: "int"}}
		f.Result = "(int, int, int)"
		f.Generic = []jen.Code{
			jen.For(source.Letf("i", "n / a"), source.Exprf("i >= 0"), source.Exprf("i--")).Block(
				jen.If(source.Letf("rest", "n - i*a"), source.Exprf("rest%%b == 0")).Block(jen.Return(source.Exprf("i, rest / b, 0")))),
			jen.Return(source.Exprf("n / a, n %% a / b, n %% a %% b")),
		}
	})
	e.ID(k)
	return k.Name
}

// manyRowTiles is the function that divides rows into tiles of four sizes.
func (e *Loops) manyRowTiles() string {
	k := e.Make("manyRowTiles", "many row tiles", func(f *function.Func) {
		f.Rows = true
		f.Doc = []string{
			f.Name + " divides n rows into tiles of a, of b, of c and of one row, the large ones first;",
			"rows that are left go again with some of those before, if there are as many.",
		}
		f.Args = []function.Arg{{Name: "n", Type: "int"}, {Name: "a", Type: "int"}, {Name: "b", Type: "int"}, {Name: "c", Type: "int"}}
		f.Result = "(as, bs, cs, ones int, again bool)"
		f.Generic = []jen.Code{
			source.Setf("as, bs, cs, ones", "n/a, n%%a/b, n%%a%%b/c, n%%a%%b%%c"),
			jen.If(source.Setf("again", "ones > 0 && n >= c"), jen.Id("again")).Block(source.Setf("ones", "0")),
			jen.Return(),
		}
	})
	e.ID(k)
	return k.Name
}
