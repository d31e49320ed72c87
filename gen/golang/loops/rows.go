package loops

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
)

// Rows is a value with a row for every sample of a batch, as a parameter of a
// function: []Input, []Output, or an array of the workspace.
type Rows struct {
	Pass   string // the parameter of the network's function, if it is one
	Typ    string // the parameter's type
	Field  string // of the element, for inputs and outputs with several values
	Size   int    // elements of the value
	Stride int    // elements from one row to the next
	Elem   ir.DType
	Named  bool // rows are of a named type and need a conversion
}

// At is a pointer to the value's row i.
func (r Rows) At(name, i string) string {
	switch {
	case r.Field != "":
		return fmt.Sprintf("&%s[%s]%s", name, i, r.Field)
	case r.Named:
		return fmt.Sprintf("(*%s)(&%s[%s])", source.Array(r.Elem, r.Size), name, i)
	case r.Stride != r.Size:
		return fmt.Sprintf("(*%s)(%s[%s][:])", source.Array(r.Elem, r.Size), name, i)
	}
	return fmt.Sprintf("&%s[%s]", name, i)
}

// Element is the address of element j of row i.
func (r Rows) Element(name, i, j string) string {
	return fmt.Sprintf("&%s[%s]%s[%s]", name, i, r.Field, j)
}

// bytes is the distance from one row to the next.
func (r Rows) bytes() int { return r.Stride * plan.ElemSize(r.Elem) }
