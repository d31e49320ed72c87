package phases

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
)

// table is an array of the package: a value known to the compiler.
type table struct {
	name    string
	elem    ir.DType
	numbers []string
}

// bindConstants gives the constants that a step reads their places: a number is
// a literal, several are a table.
func (b *body) bindConstants(s *plan.Step) {
	for _, v := range s.Op.Ins() {
		if v.Kind != ir.Constant {
			continue
		}
		numbers := source.LiteralsOf(v, v.DType)
		if len(numbers) == 1 {
			b.at[v] = place{numbers[0], numbers[0]}
			continue
		}
		key := fmt.Sprint(v.DType, numbers)
		if b.e.tables[key] == nil {
			b.e.tables[key] = &table{b.e.Globals.Name(v.Name), v.DType, numbers}
		}
		name := b.e.tables[key].name
		b.at[v] = place{name, "&" + name}
	}
}

// Constants prints the tables.
func (e *Phases) Constants(f *jen.File) {
	byName := map[string]*table{}
	for _, t := range e.tables {
		byName[t.name] = t
	}
	for _, name := range source.SortedKeys(byName) {
		f.Line()
		f.Comment(name + " are constants of the network.")
		t := byName[name]
		f.Var().Id(name).Op("=").Add(source.Exprf("%s{%s}", source.Array(t.elem, len(t.numbers)), source.Wrap(t.numbers)))
	}
}
