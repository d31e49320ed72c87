package golang

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"
)

// tilesOf declares how many tiles of each number of rows cover n rows, and
// returns the variables.
func (k *rowsKernel) tilesOf(pre *[]jen.Code, declared map[string]bool, tiles []int, n string) string {
	if len(tiles) == 1 {
		return n
	}
	vars, next := fmt.Sprintf("by%d", tiles[0]), "by"
	if len(tiles) > 3 {
		next = "then"
	}
	for _, size := range tiles[1:] {
		if size > 1 || len(tiles) == 2 {
			vars += fmt.Sprintf(", %s%d", next, size)
		} else {
			vars += fmt.Sprintf(", single%d", tiles[0])
		}
	}
	if !declared[vars] {
		declared[vars] = true
		var call string
		if len(tiles) == 3 {
			call = fmt.Sprintf("%s(%s, %d, %d)", k.e.rowTiles(), n, tiles[0], tiles[1])
		} else { // the large ones first
			var counts []string
			for _, size := range tiles {
				counts = append(counts, strings.TrimSuffix(fmt.Sprintf("%s/%d", n, size), "/1"))
				n = fmt.Sprintf("%s%%%d", n, size)
			}
			call = strings.Join(counts, ", ")
		}
		*pre = append(*pre, letf(vars, "%s", call))
		if len(tiles) > 3 { // the rows that are left go with some of those before
			again, single := fmt.Sprintf("again%d", tiles[0]), fmt.Sprintf("single%d", tiles[0])
			*pre = append(*pre, letf(again, "%s > 0 && m >= %d", single, leastTile(tiles)),
				jen.If(jen.Id(again)).Block(setf(single, "0")))
		}
	}
	return vars
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
