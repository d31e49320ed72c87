// Package portable prints functions in the form of package vector as Go, one
// number at a time. A choice becomes an if statement, and what only one side
// needs is computed there.
package portable

import (
	"fmt"
	"go/format"
	"math"
	"strings"

	"github.com/nngen-go/nngen/gen/vector"
)

// File is a Go file of package nnrt with functions and the tables they read.
func File(head string, functions []*vector.Function) ([]byte, error) {
	var b strings.Builder
	b.WriteString(head + "\n\npackage nnrt\n\nimport \"math\"\n")
	printed := map[*vector.Table]bool{}
	for _, f := range functions {
		p := newPrinter(f)
		b.WriteString("\n" + p.function())
		for _, t := range p.tables {
			if !printed[t] {
				printed[t] = true
				b.WriteString("\n" + table(t))
			}
		}
	}
	out, err := format.Source([]byte(b.String()))
	if err != nil {
		return nil, fmt.Errorf("internal error: portable: %w in\n%s", err, b.String())
	}
	return out, nil
}

// table prints a table.
func table(t *vector.Table) string {
	var b strings.Builder
	for _, d := range t.Doc {
		b.WriteString("// " + d + "\n")
	}
	number := func(column, row int) string {
		bits := t.Columns[column][row]
		if t.Types != nil && t.Types[column] == vector.Uint {
			return fmt.Sprintf("%#x", bits)
		}
		return literal(float64(math.Float32frombits(uint32(bits))), 4)
	}
	if t.Fields == nil {
		fmt.Fprintf(&b, "var %s = [8][%d]float32{\n", t.Name, len(t.Columns))
	} else {
		fmt.Fprintf(&b, "var %s = [8]struct {\n", t.Name)
		for i, f := range t.Fields {
			fmt.Fprintf(&b, "%s %s\n", f, map[vector.Type]string{vector.Float: "float32", vector.Uint: "uint32"}[t.Types[i]])
		}
		b.WriteString("}{\n")
	}
	for row := range 8 {
		cells := make([]string, len(t.Columns))
		for column := range cells {
			cells[column] = number(column, row)
		}
		fmt.Fprintf(&b, "{%s},", strings.Join(cells, ", "))
		if t.Notes[row] != "" {
			b.WriteString(" // " + t.Notes[row])
		}
		b.WriteString("\n")
	}
	return b.String() + "}\n"
}
