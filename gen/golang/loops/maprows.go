package loops

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
)

// MappedRows is an element-wise operation for the rows of a batch, or the sum of each
// row's results, where some of the rows have gaps.
type MappedRows struct {
	Doc    string
	One    *function.Func // for a row
	Kernel *kernel.Map
	Train  bool
	Gap    int // elements between two rows of those that have gaps
	values []RowsValue
}

// Add adds the rows of the result, then of each operand. It reports false where they have
// other gaps than those before; a result that is no sum has the gap if any has.
func (r *MappedRows) Add(v *ir.Value, at Rows) bool {
	if v.IsNumber() {
		at = Rows{Typ: source.TypeName(v.DType)}
	}
	r.values = append(r.values, RowsValue{v, at})
	gap := at.Stride - at.Size
	if gap == 0 {
		return true
	}
	if y := &r.values[0]; gap < 0 || r.Gap > 0 && r.Gap != gap || y.Stride == y.Size && r.Kernel.Chains == 0 {
		return false
	}
	r.Gap = gap
	return true
}

// Mapped is the function of the operation.
func (e *Loops) Mapped(r *MappedRows) *function.Func {
	k, n := *r.Kernel, 0
	k.Ins = append([]kernel.MapOperand{}, k.Ins...)
	key := fmt.Sprintf("mapped rows %s %d", k.Key(), r.Gap)
	for i, v := range r.values {
		if key += " " + v.Typ + v.Field; source.IsNumber(v.V) {
			continue
		}
		n = max(n, v.Size)
		if i > 0 {
			k.Ins[i-1].Dense = v.Stride == v.Size
		}
	}
	return e.Make(key, r.Doc+" rows", func(f *function.Func) {
		f.Train, f.Rows = r.Train, true
		f.Doc = []string{fmt.Sprintf("%s is %s for every row.", f.Name, r.One.Portable())}
		var pass, args []string
		for i, v := range r.values {
			name := "y"
			if i > 0 {
				name = kernel.Leaf(i - 1)
			}
			f.Args = append(f.Args, function.Arg{Name: name, Type: v.Typ})
			if source.IsNumber(v.V) {
				pass, args = append(pass, name), append(args, "&"+name)
				continue
			}
			pass, args = append(pass, fmt.Sprintf("%s[i]%s[:%d]", name, v.Field, v.Size)), append(args, v.Element(name, "0", "0"))
		}
		f.Generic = append(f.Bounds("y"), source.ForRange("i", "y", jen.Id(r.One.Portable()).Call(source.Exprf("%s", strings.Join(pass, ", ")))))
		e.Fast(f, func() []jen.Code {
			if !canMap(e.Target(), &k) {
				return nil
			}
			return []jen.Code{jen.Id(e.mapAssembly(&k, r.Doc+" rows")).Call(source.Exprf("%s, %d, len(y), %d", strings.Join(args, ", "), n, r.Gap*plan.ElemSize(r.values[0].V.DType)))}
		})
		if f.Fast == nil {
			f.Rows, f.Body = false, f.Generic
		}
	})
}
