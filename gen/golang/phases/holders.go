package phases

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/loops"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
)

// holder is the Go expression of the struct that holds a parameter-shaped
// value: parameters, gradients, states and copies have one field per tensor.
func (b *body) holder(v *ir.Value) string {
	if name := b.args[v]; name != "" {
		return name
	}
	switch v.Kind {
	case ir.Param:
		return b.weights
	case ir.Gradient:
		return b.grads
	case ir.State:
		return "t.m." + source.LowerCamel(plan.StateName(v))
	}
	if v.Param.Transposed != nil && b.e.plan.TensorOf(v.Param).Copied {
		return b.net + ".u"
	}
	if v.Param.Transposed != nil {
		return "t.m.transposed"
	}
	return "t.m." + copyName(v)
}

// field is a tensor's field in a holder, or what a function was passed of it.
func (b *body) field(t *plan.Tensor, holder, field string) string {
	switch {
	case b.args == nil:
		return holder + "." + b.e.field(t, field)
	case field != t.Field:
		return holder + "t"
	}
	return holder
}

// pointers are the addresses of a tensor's fields in a holder.
func (b *body) pointers(t *plan.Tensor, holder string) []jen.Code {
	var out []jen.Code
	for _, f := range fieldsOf(t) {
		if at := b.field(t, holder, f); b.args == nil {
			out = append(out, source.Exprf("&%s", at))
		} else {
			out = append(out, source.Exprf("%s", at))
		}
	}
	return out
}

// tensorArgs are the parameters of a function for a tensor's fields.
func tensorArgs(t *plan.Tensor, name string) []function.Arg {
	T := source.TypeName(t.Layout.Elem)
	if t.Layout.Order == plan.Vector {
		return []function.Arg{{Name: name, Type: fmt.Sprintf("*[%d][16]%s", t.Layout.Full, T)}}
	}
	var args []function.Arg
	for i, typ := range loops.WeightTypes(&t.Layout, T) {
		args = append(args, function.Arg{Name: name + []string{"", "t"}[i], Type: typ})
	}
	return args
}

// copyName is the trainer's field of a parameter-shaped temporary.
func copyName(v *ir.Value) string {
	if v.Name == v.Param.Name+".shared" {
		return "sharedGrads"
	}
	return "connections" + strings.ToUpper(v.Name[len(v.Param.Name)+1:][:1]) + v.Name[len(v.Param.Name)+2:]
}

// source is how a kernel reads a value of every sample: the expression
// passed, its type, and the element expression for sample i.
func (b *body) source(v *ir.Value) (pass, typ string, element func(i, j string) string) {
	if v.Kind == ir.Input {
		field := b.e.InputField(v)
		return "x", "[]Input", func(i, j string) string { return fmt.Sprintf("x[%s]%s[%s]", i, field, j) }
	}
	if name := b.args[v]; name != "" {
		return name, "[]" + source.Array(v.DType, b.e.plan.RowStride(v.Size(), v.DType)), nil
	}
	if b.single {
		return b.slot(v) + "[:]", "[]" + source.Array(v.DType, v.Size()), nil
	}
	name := b.rowsName(v)
	return name + "[:len(x)]", "[]" + source.Array(v.DType, b.e.plan.RowStride(v.Size(), v.DType)), nil
}

// rowsName is the array of a value's rows in the trainer, or in a group.
func (b *body) rowsName(v *ir.Value) string {
	if b.e.plan.Train.Grouped[v] {
		return "m." + b.e.rowField(v)
	}
	return "t.m." + b.e.rowField(v)
}

// fieldsOf are the fields of a tensor: panels and tail.
func fieldsOf(t *plan.Tensor) []string {
	l := &t.Layout
	if l.Order != plan.Panels || l.Full == 0 || l.Tail == 0 {
		return []string{t.Field}
	}
	return []string{t.Field, t.TailField()}
}
