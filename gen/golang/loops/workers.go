package loops

import (
	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
)

// Dealer is the function that deals out whole parameters.
func (e *Loops) Dealer() string {
	k := e.Make("dealt", "dealt", func(f *function.Func) {
		f.Train = true
		f.Doc = []string{
			f.Name + " is the part that does parameter i of those sorted by size: they are dealt out",
			"forwards and backwards in turn, so that no part has the larger one every time.",
		}
		f.Args = []function.Arg{{Name: "i", Type: "int"}, {Name: "parts", Type: "int"}}
		f.Result = "int"
		f.Body = []jen.Code{
			source.Letf("at", "i %% (2 * parts)"),
			jen.Return(source.Exprf("min(at, 2*parts-1-at)")),
		}
	})
	e.ID(k)
	return k.Name
}

// shares is the function that divides inputs among workers.
func (e *Loops) shares() string {
	k := e.Make("shares", "share", func(f *function.Func) {
		f.Rows, f.Train = true, true
		f.Doc = []string{f.Name + " is a part of n inputs, in whole tiles."}
		f.Args = []function.Arg{{Name: "n", Type: "int"}, {Name: "tile", Type: "int"}, {Name: "part", Type: "int"}, {Name: "parts", Type: "int"}}
		f.Result = "(from, to int)"
		f.Generic = []jen.Code{
			source.Letf("tiles", "(n + tile - 1) / tile"),
			jen.Return(source.Exprf("tiles * part / parts * tile, min(tiles*(part+1)/parts*tile, n)")),
		}
	})
	e.ID(k)
	return k.Name
}
