package plan

import (
	"fmt"
	"strings"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/schedule"
)

// Arena is one block of memory, a Go struct without pointers, 64-byte
// aligned, every field at a constant offset.
type Arena struct {
	Fields []Field
	Size   int // bytes
}

// Field is a field of an arena: an array of the dimensions.
type Field struct {
	Name   string
	Dims   []int
	Elem   ir.DType
	Offset int // bytes
	Size   int // bytes, without the padding that follows
	Pad    int // elements of padding after it, to the next 64 bytes
	Tensor *Tensor
	Doc    string
}

// Bytes is the field's size with the padding that follows.
func (f *Field) Bytes() int { return f.Size + f.Pad*ElemSize(f.Elem) }

const alignment = 64

// add appends the fields of a tensor: its 16-wide panels and its tail.
func (a *Arena) add(t *Tensor) {
	l := &t.Layout
	switch {
	case l.Order == Connections:
		a.field(t, t.Path(t.Field), l.Size())
	case l.Order == Vector:
		a.field(t, t.Path(t.Field), l.Full, schedule.Panel)
	default:
		if l.Full > 0 {
			a.field(t, t.Path(t.Field), l.Full, l.Rows, schedule.Panel)
		}
		if l.Tail > 0 {
			a.field(t, t.Path(t.TailField()), l.In, l.Tail)
		}
	}
	if t.Scaled() {
		a.typed(t, t.Path(t.ScaleField()), t.Value.DType, "scales of "+t.Value.Name, l.Panels(), schedule.Panel)
	}
}

// addTiles appends the field of the transformed filters of a tensor, if it has them.
func (a *Arena) addTiles(t *Tensor) {
	if l := &t.Layout; t.Tiled > 0 {
		a.typed(t, t.Field, l.Elem, "by tiles, "+t.Value.Name, kernel.Planes(t.Tiled), l.Panels(), l.In, schedule.Panel)
	}
}

func (a *Arena) field(t *Tensor, name string, dims ...int) {
	a.typed(t, name, t.Layout.Elem, fmt.Sprintf("%s %v", t.Value.Name, t.Value.Shape), dims...)
}

func (a *Arena) typed(t *Tensor, name string, elem ir.DType, doc string, dims ...int) {
	f := Field{Name: name, Dims: dims, Elem: elem, Offset: a.Size, Tensor: t, Doc: doc}
	f.Size = ElemSize(f.Elem)
	for _, d := range dims {
		f.Size *= d
	}
	f.Pad = (roundUp(f.Size, alignment) - f.Size) / ElemSize(f.Elem)
	a.Size += roundUp(f.Size, alignment)
	a.Fields = append(a.Fields, f)
}

// TailField returns the name of the field of the last, narrow panel.
func (t *Tensor) TailField() string {
	if t.Layout.Full == 0 {
		return t.Field
	}
	return t.Field + "t"
}

// Scaled reports whether the tensor is stored in units of a scale per output.
func (t *Tensor) Scaled() bool { return t.Layout.Elem == ir.Int8 }

// ScaleField returns the name of the field of the scales.
func (t *Tensor) ScaleField() string { return t.Field + "s" }

// ScaleName returns the name of the scales of a weight in a file that holds
// integers.
func ScaleName(weight string) string { return weight + "_scale" }

// field names a parameter's field: w and b numbered by the dense layer,
// other constants by their name.
func field(v *ir.Value, numbers map[*ir.Value]int, used map[string]int) string {
	layer, what, _ := strings.Cut(v.Name, ".")
	if n := numbers[v]; n > 0 && (what == "weight" || what == "bias") {
		return fmt.Sprintf("%c%d", map[bool]byte{true: 'w', false: 'b'}[what == "weight"], n)
	}
	name := camel(what) + "Of" + strings.ToUpper(layer[:1]) + camel(layer)[1:]
	used[name]++
	if used[name] > 1 {
		name += fmt.Sprint(used[name])
	}
	return name
}

// numbered gives the weights and biases of products the running number of the
// first that reads them.
func numbered(ops []ir.Op) map[*ir.Value]int {
	numbers := map[*ir.Value]int{}
	copied := map[*ir.Value]*ir.Value{}
	n := 0
	for _, op := range ops {
		c, ok := op.(*ir.Contract)
		if ok && c.Y.V.Param != nil && c.Y.V.Param.Transposed != nil {
			copied[c.Y.V] = c.Init.V
		}
		if !ok || c.Weight() == nil {
			continue
		}
		n++
		for _, v := range c.Ins() {
			if w := copied[v]; w != nil {
				v = w
			}
			if v.Kind == ir.Param && numbers[v] == 0 {
				numbers[v] = n
			}
		}
	}
	return numbers
}

func camel(s string) string {
	parts := strings.Split(s, "_")
	for i, part := range parts[1:] {
		if part != "" {
			parts[i+1] = strings.ToUpper(part[:1]) + part[1:]
		}
	}
	return strings.Join(parts, "")
}
