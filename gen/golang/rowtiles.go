package golang

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"
)

// tilesOf declares how many tiles of each number of rows cover n rows, and
// returns the variables.
func (k *rowsKernel) tilesOf(pre *[]jen.Code, declared map[string]bool, tiles []int, n string) string {
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
			*pre = append(*pre, letf(fmt.Sprintf("%s, again%d", vars, tiles[0]), "%s(%s, %d, %d, %d)", k.e.manyRowTiles(), n, tiles[0], tiles[1], tiles[2]))
			return vars
		} else { // the large ones first
			call = fmt.Sprintf("%s/%d, %[1]s%%%[2]d", n, tiles[0])
		}
		*pre = append(*pre, letf(vars, "%s", call))
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
func (e *emitter) rowTiles() string {
	k := e.kernel("rowTiles", "row tiles", func(f *kernelFunc) {
		f.rows = true
		f.doc = []string{f.name + " divides n rows into tiles of a, of b and of one row, as few of the last as can be."}
		f.args = []arg{{"n", "int"}, {"a", "int"}, {"b", "int"}}
		f.result = "(int, int, int)"
		f.generic = []jen.Code{
			jen.For(letf("i", "n / a"), exprf("i >= 0"), exprf("i--")).Block(
				jen.If(letf("rest", "n - i*a"), exprf("rest%%b == 0")).Block(jen.Return(exprf("i, rest / b, 0")))),
			jen.Return(exprf("n / a, n %% a / b, n %% a %% b")),
		}
	})
	e.id(k)
	return k.name
}

// manyRowTiles is the function that divides rows into tiles of four sizes.
func (e *emitter) manyRowTiles() string {
	k := e.kernel("manyRowTiles", "many row tiles", func(f *kernelFunc) {
		f.rows = true
		f.doc = []string{
			f.name + " divides n rows into tiles of a, of b, of c and of one row, the large ones first;",
			"rows that are left go again with some of those before, if there are as many.",
		}
		f.args = []arg{{"n", "int"}, {"a", "int"}, {"b", "int"}, {"c", "int"}}
		f.result = "(as, bs, cs, ones int, again bool)"
		f.generic = []jen.Code{
			setf("as, bs, cs, ones", "n/a, n%%a/b, n%%a%%b/c, n%%a%%b%%c"),
			jen.If(setf("again", "ones > 0 && n >= c"), jen.Id("again")).Block(setf("ones", "0")),
			jen.Return(),
		}
	})
	e.id(k)
	return k.name
}
