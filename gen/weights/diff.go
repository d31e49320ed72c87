package weights

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/spec/plural"
)

// Diff is how two weight files differ.
type Diff struct {
	Same     bool         `json:"same"`
	Tensors  int          `json:"tensors"`  // in both
	Elements int          `json:"elements"` // in both
	OnlyA    []string     `json:"only_a,omitempty"`
	OnlyB    []string     `json:"only_b,omitempty"`
	Changed  []TensorDiff `json:"changed,omitempty"`
}

// TensorDiff is how two tensors of one name differ.
type TensorDiff struct {
	Name     string `json:"name"`
	ShapeA   []int  `json:"shape_a"`
	ShapeB   []int  `json:"shape_b"`
	DTypeA   string `json:"dtype_a"`
	DTypeB   string `json:"dtype_b"`
	Elements int    `json:"elements"` // that are compared; 0 if the shapes differ
	Differ   int    `json:"differ"`   // of them; NaN equals NaN, 0 and -0 differ
	// The largest |a−b|, |a−b|/max(|a|,|b|) and distance in units in the last
	// place (only of equal types), over the elements that are finite in both.
	MaxAbs float64  `json:"max_abs"`
	MaxRel float64  `json:"max_rel"`
	MaxULP *float64 `json:"max_ulp,omitempty"`
	// At is the position of the largest |a−b|.
	At []int `json:"at,omitempty"`
	// NonFinite counts elements that differ and are NaN or infinite in one.
	NonFinite int `json:"non_finite,omitempty"`
}

// Compare compares two files tensor by tensor, by name.
func Compare(a, b *File) *Diff {
	d := &Diff{}
	for _, t := range sorted(a) {
		u := b.Tensor(t.Name)
		if u == nil {
			d.OnlyA = append(d.OnlyA, t.String())
			continue
		}
		d.Tensors++
		d.Elements += t.Size()
		if one := compareTensors(t, u); one.Differ > 0 || one.DTypeA != one.DTypeB || !slices.Equal(one.ShapeA, one.ShapeB) {
			d.Changed = append(d.Changed, one)
		}
	}
	for _, t := range sorted(b) {
		if a.Tensor(t.Name) == nil {
			d.OnlyB = append(d.OnlyB, t.String())
		}
	}
	d.Same = len(d.OnlyA)+len(d.OnlyB)+len(d.Changed) == 0
	return d
}

func sorted(f *File) []*Tensor {
	return slices.SortedFunc(slices.Values(f.Tensors), func(a, b *Tensor) int { return strings.Compare(a.Name, b.Name) })
}

func compareTensors(t, u *Tensor) TensorDiff {
	d := TensorDiff{Name: t.Name, ShapeA: t.Shape, ShapeB: u.Shape, DTypeA: t.DType, DTypeB: u.DType}
	if !slices.Equal(t.Shape, u.Shape) {
		return d
	}
	d.Elements = t.Size()
	if !t.IsFloat() || !u.IsFloat() {
		d.countOthers(t, u)
		return d
	}
	ulp, ok := 0.0, t.DType == u.DType
	for i := range d.Elements {
		x, y := t.at(i), u.at(i)
		if math.Float64bits(x) == math.Float64bits(y) || x != x && y != y {
			continue
		}
		d.Differ++
		if x-x != 0 || y-y != 0 {
			d.NonFinite++
			continue
		}
		abs := min(math.Abs(x-y), math.MaxFloat64)
		if abs > d.MaxAbs || d.At == nil {
			d.MaxAbs, d.At = abs, position(t.Shape, i)
		}
		if x != y {
			d.MaxRel = max(d.MaxRel, abs/max(math.Abs(x), math.Abs(y)))
			ulp = max(ulp, ulps(x, y, t.DType))
		}
	}
	if ok && d.Differ > 0 {
		d.MaxULP = &ulp
	}
	return d
}

// countOthers counts the elements that differ where not both are
// floating-point numbers.
func (d *TensorDiff) countOthers(t, u *Tensor) {
	if t.DType != u.DType {
		d.Differ = d.Elements
		return
	}
	for i := range d.Elements {
		switch w := widths[t.DType]; {
		case t.raw != nil && u.raw != nil && bytes.Equal(t.raw[i*w:(i+1)*w], u.raw[i*w:(i+1)*w]):
		case t.values != nil && u.values != nil && t.values[i] == u.values[i]:
		default:
			d.Differ++
		}
	}
}

// ulps returns how many numbers of a type lie between two of them, and one.
func ulps(x, y float64, dtype string) float64 {
	place := func(v float64) int64 {
		b := int64(math.Float64bits(v))
		switch dtype {
		case "F32":
			b = int64(int32(math.Float32bits(float32(v))))
		case "BF16":
			b = int64(int32(math.Float32bits(float32(v)))) >> 16
		case "F16":
			b = float16Place(v)
		}
		sign := map[string]int64{"F32": math.MinInt32, "BF16": math.MinInt16, "F64": math.MinInt64}[dtype]
		if b < 0 && dtype != "F16" {
			b = sign - b
		}
		return b
	}
	return math.Abs(float64(place(x)) - float64(place(y)))
}

// float16Place numbers the values of float16 from -31743 to 31743.
func float16Place(v float64) int64 {
	a := math.Abs(v)
	n := int64(a * (1 << 24)) // subnormal
	if a >= 0x1p-14 {
		fraction, exponent := math.Frexp(a)
		n = int64(exponent+14)<<10 + int64(fraction*2048) - 1024
	}
	if v < 0 {
		return -n
	}
	return n
}

func position(shape []int, i int) []int {
	at := make([]int, len(shape))
	for d := len(shape) - 1; d >= 0; d-- {
		at[d] = i % shape[d]
		i /= shape[d]
	}
	return at
}

// WriteText writes the differences as a table.
func (d *Diff) WriteText(w io.Writer) {
	if d.Same {
		fmt.Fprintf(w, "same: %s, %s\n", plural.Of(d.Tensors, "tensor"), plural.Of(d.Elements, "element"))
		return
	}
	for _, t := range d.OnlyA {
		fmt.Fprintf(w, "- %s\n", t)
	}
	for _, t := range d.OnlyB {
		fmt.Fprintf(w, "+ %s\n", t)
	}
	width := 0
	for _, t := range d.Changed {
		width = max(width, len(t.Name))
	}
	for _, t := range d.Changed {
		fmt.Fprintf(w, "~ %-*s  %s\n", width, t.Name, t.text())
	}
	fmt.Fprintf(w, "%d of %d tensors in both differ, %d only in the first file, %d only in the second\n",
		len(d.Changed), d.Tensors, len(d.OnlyA), len(d.OnlyB))
}

// text describes a difference in a line.
func (t *TensorDiff) text() string {
	var parts []string
	if !slices.Equal(t.ShapeA, t.ShapeB) {
		parts = append(parts, fmt.Sprintf("shape %s, %s", Shape(t.ShapeA), Shape(t.ShapeB)))
	}
	if t.DTypeA != t.DTypeB {
		parts = append(parts, fmt.Sprintf("dtype %s, %s", t.DTypeA, t.DTypeB))
	}
	if t.Elements > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d elements", t.Differ, t.Elements))
	}
	if t.At != nil {
		parts = append(parts, fmt.Sprintf("absolute %.3g at %s, relative %.3g", t.MaxAbs, Shape(t.At), t.MaxRel))
	}
	if t.MaxULP != nil {
		parts = append(parts, fmt.Sprintf("%.0f ULP", *t.MaxULP))
	}
	if t.NonFinite > 0 {
		parts = append(parts, fmt.Sprintf("%d with NaN or infinity in one", t.NonFinite))
	}
	return strings.Join(parts, "; ")
}
