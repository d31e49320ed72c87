package loops

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
)

// A pass of its own: the epilogue of a matrix operation on sums that lie where
// the first of its results does.

// Ends are where the sums lie, and the results. Training keeps sums that inference
// gives up; one function does for both, given the same array twice.
func (m *Matrix) Ends() []*ir.Value {
	if len(m.Stored) == 1 && !m.Grad && m.e.plan.Train != nil {
		return []*ir.Value{m.Stored[0], m.Stored[0]}
	}
	return m.Stored
}

// finishType is the type of a value in the pass.
func (m *Matrix) finishType(v *ir.Value) string {
	if !source.IsNumber(v) && v.Size() == m.Outs && v.Kind != ir.Param {
		return "[]" + source.TypeName(v.DType)
	}
	return m.operandType(v)
}

// finishDoc names the epilogue after its first and last operation.
func (m *Matrix) finishDoc() string {
	all := m.Step.Epilogue
	doc := all[0].Doc
	if len(all) > 1 {
		doc += " to " + all[len(all)-1].Doc
	}
	return doc
}

// finishKey describes the pass.
func (m *Matrix) finishKey() string {
	key := fmt.Sprintf("finish %d", len(m.Ends()))
	index := map[*ir.Value]int{m.y: 0}
	for i, v := range m.Extra {
		index[v] = i + 1
		key += " " + m.finishType(v)
	}
	for i, op := range m.Step.Epilogue {
		index[op.Out[0]] = 100 + i
		key += "; " + kernel.Positional(op.Prog, op.InNames, op.OutNames[0]).String()
		for _, x := range op.In {
			key += fmt.Sprintf(" %d", index[x])
		}
		key += fmt.Sprint(m.stores(op.Out[0]))
	}
	return key
}

// Finishing is the function of the pass for one sample.
func (m *Matrix) Finishing(train bool) *function.Func {
	return m.e.Make(m.finishKey(), m.finishDoc()+" of sums", func(k *function.Func) {
		k.Train = train
		k.Doc = []string{fmt.Sprintf("%s computes %s of the sums in y.", k.Name, m.finishDoc())}
		p := &printer{Matrix: m, ptr: map[*ir.Value]string{}}
		result := ""
		for i, v := range m.Ends() {
			result = storedName(i)
			p.ptr[v] = result
			k.Args = append(k.Args, function.Arg{Name: storedName(i), Type: "[]" + source.TypeName(v.DType)})
		}
		for i, v := range m.Extra {
			p.ptr[v] = fmt.Sprint("u", i)
			k.Args = append(k.Args, function.Arg{Name: p.ptr[v], Type: m.finishType(v)})
		}
		k.Body = append(k.Bounds("y"), p.finishRow("y")...)
		if f, ok := m.finisher(); ok {
			m.e.Fast(k, func() []jen.Code {
				if !canMap(m.target(), &f.Map) {
					return nil
				}
				args := []string{"&" + result + "[0]", "&y[0]"}
				for _, v := range f.extra {
					args = append(args, map[bool]string{true: "&" + p.ptr[v], false: "&" + p.ptr[v] + "[0]"}[source.IsNumber(v)])
				}
				return []jen.Code{jen.Id(m.e.mapAssembly(&f.Map, m.finishDoc())).Call(source.Exprf("%s, len(y), 1, 0", strings.Join(args, ", ")))}
			})
		}
	})
}

// storedName is the parameter of the i-th result.
func storedName(i int) string {
	if i == 0 {
		return "y"
	}
	return fmt.Sprint("y", i)
}

// finishRow applies the epilogue to the sums of a row.
func (p *printer) finishRow(sums string) []jen.Code {
	keep := *p.Step
	q := *p
	m := *p.Matrix
	q.Matrix = &m
	m.Step = &keep
	if p.stores(p.y) { // they lie there already
		m.Stored = slices.DeleteFunc(slices.Clone(m.Stored), func(v *ir.Value) bool { return v == m.y })
	}
	return []jen.Code{source.ForRange("j, s", sums, q.epilogue("s", func(v *ir.Value) string {
		if !source.IsNumber(v) && v.Size() == m.Outs && v.Kind != ir.Param {
			return p.ptr[v] + "[j]"
		}
		return q.elementAt("j")(v)
	})...)}
}

// finisher is the epilogue of a matrix operation as an element-wise operation on
// its sums in memory.
type finisher struct {
	kernel.Map
	extra []*ir.Value // the operands beside the sums
}

// finisher reports false where there is none.
func (m *Matrix) finisher() (*finisher, bool) {
	last := m.last()
	for _, v := range m.Stored {
		if v != m.y && v != last {
			return nil, false
		}
	}
	T := source.TypeName(m.y.DType)
	f := &finisher{Map: kernel.Map{Double: m.y.DType == ir.Float64, Prog: kernel.Compose(m.Step.Kernel.Epilogue), Result: kernel.Result, YType: "*" + T}}
	f.Ins = []kernel.MapOperand{{Leaf: kernel.Leaf(0), Arg: kernel.Leaf(0), Type: "*" + T}}
	for i, o := range m.Step.Kernel.Extras() {
		v := m.Extra[slices.IndexFunc(m.Extra, func(v *ir.Value) bool { return v.String() == o.From })]
		if v.Kind == ir.Param || v.DType != m.y.DType || v.Size() != m.Outs && !source.IsNumber(v) {
			return nil, false
		}
		f.Ins = append(f.Ins, kernel.MapOperand{Leaf: kernel.Leaf(i + 1), Arg: kernel.Leaf(i + 1), Type: "*" + T, Single: source.IsNumber(v)})
		f.extra = append(f.extra, v)
	}
	return f, true
}

// inlined is the function of the layer with its epilogue: in assembly together,
// in portable Go the sums and the pass after them.
func (m *Matrix) inlined(sums *function.Func, train bool) *function.Func {
	after := m.Finishing(train)
	return m.e.Make("inline "+m.key(), m.hint(train)+" "+m.finishDoc(), func(k *function.Func) {
		k.Train, k.Rows, k.Args = train, true, sums.Args
		k.Doc = []string{fmt.Sprintf("%s is %s and then %s.", k.Name, sums.Portable(), after.Portable())}
		var pass []string
		for _, a := range sums.Args {
			pass = append(pass, a.Name)
		}
		k.Generic = []jen.Code{
			jen.Id(sums.Portable()).Call(source.Exprf("%s", strings.Join(pass, ", "))),
			jen.Id(after.Portable()).Call(slices.Repeat([]jen.Code{jen.Id("y[:]")}, len(m.Ends()))...),
		}
		p := &printer{Matrix: m, ptr: map[*ir.Value]string{m.Stored[0]: "y"}}
		if m.Swapped {
			m.e.Fast(k, p.gradInputFast)
			return
		}
		m.e.Fast(k, func() []jen.Code { return p.divide(m.forAssembly()) })
	})
}

// FinishedRows is the pass for the rows of a batch.
type FinishedRows struct {
	*Matrix
	values []RowsValue // the sums, results, then operands
	names  []string
}

// Add adds the rows of a value.
func (r *FinishedRows) Add(v *ir.Value, at Rows) {
	name := fmt.Sprint("u", len(r.values)-len(r.Ends()))
	if len(r.values) < len(r.Ends()) {
		name = storedName(len(r.values))
	}
	r.values, r.names = append(r.values, RowsValue{v, at}), append(r.names, name)
}

// indices are those of the results, of the sums and of the other operands.
func (r *FinishedRows) indices(f *finisher) []int {
	at := []int{len(r.Ends()) - 1, 0}
	for _, v := range f.extra {
		at = append(at, slices.IndexFunc(r.values, func(x RowsValue) bool { return x.V == v }))
	}
	return at
}

// Function is the function of the pass.
func (r *FinishedRows) Function(train bool) *function.Func {
	single := r.Finishing(train)
	key := fmt.Sprintf("rows %d %s", r.Outs, r.finishKey())
	for _, v := range r.values {
		key += " " + v.Typ + v.Field
	}
	return r.e.Make(key, r.finishDoc()+" of rows", func(k *function.Func) {
		k.Train, k.Rows = train, true
		k.Doc = []string{fmt.Sprintf("%s is %s for every row.", k.Name, single.Portable())}
		var pass []string
		for i, v := range r.values {
			k.Args = append(k.Args, function.Arg{Name: r.names[i], Type: v.Typ})
			switch {
			case source.IsNumber(v.V):
				pass = append(pass, r.names[i])
			case strings.HasPrefix(r.finishType(v.V), "[]"):
				pass = append(pass, fmt.Sprintf("%s[i]%s[:%d]", r.names[i], v.Field, r.Outs))
			default:
				pass = append(pass, v.Rows.At(r.names[i], "i"))
			}
		}
		k.Generic = append(k.Bounds("y"), source.ForRange("i", "y", jen.Id(single.Portable()).Call(source.Exprf("%s", strings.Join(pass, ", ")))))
		if f, ok := r.finisher(); ok {
			r.e.Fast(k, func() []jen.Code {
				if !canMap(r.target(), &f.Map) {
					return nil
				}
				return r.all(f)
			})
		}
		if k.Fast == nil {
			k.Rows, k.Body = false, k.Generic
		}
	})
}

// all is the call for all rows: one where all operands lie alike.
func (r *FinishedRows) all(f *finisher) []jen.Code {
	first := r.values[0]
	call := func(row string) (args string, alike bool) {
		var list []string
		alike = true
		for _, i := range r.indices(f) {
			if x, name := r.values[i], r.names[i]; source.IsNumber(x.V) {
				list = append(list, "&"+name)
			} else {
				list = append(list, x.Element(name, row, "0"))
				alike = alike && x.Stride == first.Stride
			}
		}
		return strings.Join(list, ", "), alike
	}
	name := r.e.mapAssembly(&f.Map, r.finishDoc())
	if args, alike := call("0"); alike {
		return []jen.Code{jen.Id(name).Call(source.Exprf("%s, %d, len(y), %d", args, r.Outs, first.bytes()-r.Outs*plan.ElemSize(r.y.DType)))}
	}
	args, _ := call("i")
	return []jen.Code{source.ForRange("i", "y", jen.Id(name).Call(source.Exprf("%s, %d, 1, 0", args, r.Outs)))}
}
