// Package kernels is what the printers of all instruction sets share: the
// arguments of kernels, and scalar programs in vector registers.
package kernels

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/kernel"
)

// arguments are those of a function, under construction.
type arguments struct {
	all  []asm.Arg
	elem string // of pointers
}

// pointers adds pointers to elements, those that are wanted.
func (a *arguments) pointer(name string, wanted bool) {
	if wanted {
		a.all = append(a.all, asm.Arg{Name: name, Type: "*" + a.elem})
	}
}

// weights adds a pointer to weights.
func (a *arguments) weights(name, typ string, wanted bool) {
	if wanted {
		a.all = append(a.all, asm.Arg{Name: name, Type: typ})
	}
}

func (a *arguments) ints(wanted bool, names ...string) {
	if wanted {
		for _, name := range names {
			a.all = append(a.all, asm.Arg{Name: name, Type: "int"})
		}
	}
}

func (a *arguments) tiles(tiles []int) {
	for i := range tiles {
		a.ints(true, fmt.Sprintf("tiles%d", i))
	}
}

// WeightType is the Go type of a kernel's weights; a float16 is its bits.
func WeightType(k *kernel.Kernel) string {
	if k.Elem.W == "float16" {
		return "*uint16"
	}
	return "*" + k.Elem.W
}

// WeightSize is the bytes of a weight.
func WeightSize(k *kernel.Kernel) int {
	switch k.Elem.W {
	case "float64":
		return 8
	case "float16":
		return 2
	case "int8":
		return 1
	}
	return 4
}

// MatVec are the arguments of y = W·x + b for one sample: y, x, w and wt as there
// are panels, b, scale of scaled sums; for a list of inputs also list, the byte
// offsets of those that are not zero, and their number.
func MatVec(k *kernel.Kernel, listed bool) []asm.Arg {
	a := arguments{elem: k.Elem.Acc}
	a.pointer("y", true)
	a.pointer("x", true)
	a.weights("w", WeightType(k), k.Panels.Full > 0)
	a.weights("wt", WeightType(k), k.Panels.Tail > 0)
	a.pointer("b", k.Init == kernel.Bias)
	a.pointer("scale", k.Scaled)
	a.weights("list", "*int32", listed)
	a.ints(listed, "count")
	return a.all
}

// MatMul are the arguments of Y = X·W + b for the rows of a batch: y, x, w, wt of
// full panels with the tail, b, scale of scaled sums; in bytes, the distance of the panels if there are
// several, and of the rows of x and y; the number of terms if they are rolled;
// the mask of a partial vector; and the numbers of tiles.
func MatMul(k *kernel.Kernel) []asm.Arg {
	a := arguments{elem: k.Elem.Acc}
	a.pointer("y", true)
	a.pointer("x", true)
	a.weights("w", WeightType(k), true)
	a.weights("wt", WeightType(k), k.Panels.Full > 0 && k.Panels.Tail > 0)
	a.pointer("b", k.Init == kernel.Bias)
	a.pointer("scale", k.Scaled)
	a.ints(k.Panels.Full > 1, "panelStride")
	a.ints(true, "xStride", "yStride")
	a.ints(k.Rolled, "terms")
	a.ints(k.Partial, "mask")
	a.tiles(k.Tile.Rows)
	return a.all
}

// GradInput are the arguments of DX = DY·W for the rows of a batch: dx, dy, w and
// wt as there are panels, b if there is a bias, the operand u of the epilogue if it has one, the number
// of full panels if there are any, and in bytes the distance of these and of the
// rows of dy, dx and u, the mask of a partial vector, the number of blocks of
// inputs, and the numbers of tiles.
func GradInput(k *kernel.Kernel, operand bool) []asm.Arg {
	a := arguments{elem: k.Elem.Acc}
	a.pointer("dx", true)
	a.pointer("dy", true)
	a.pointer("w", k.Panels.Full > 0)
	a.pointer("wt", k.Panels.Tail > 0)
	a.pointer("b", k.Init == kernel.Bias)
	a.pointer("u", operand)
	a.ints(k.Panels.Full > 0, "panels", "panelStride")
	a.ints(true, "dyStride", "dxStride")
	a.ints(operand, "uStride")
	a.ints(k.Partial, "mask")
	a.ints(true, "blocks")
	a.tiles(k.Tile.Rows)
	return a.all
}

// Dots are the arguments of the sums of a narrow layer: y, x, w and wt as there are
// panels, b if there is a bias, the operand u of the epilogue if it has one; for the
// rows of a batch, in bytes the distances of those of x, y and u, and the numbers of
// tiles.
func Dots(k *kernel.Kernel, one bool, tiles []int) []asm.Arg {
	a := arguments{elem: k.Elem.Acc}
	operand := len(k.Extras()) > 0
	a.pointer("y", true)
	a.pointer("x", true)
	a.pointer("w", k.Panels.Full > 0)
	a.pointer("wt", k.Panels.Tail > 0)
	a.pointer("b", k.Init == kernel.Bias)
	a.pointer("u", operand)
	a.ints(!one, "xStride", "yStride")
	a.ints(!one && operand, "uStride")
	if !one {
		a.tiles(tiles)
	}
	return a.all
}

// Gradient is the leaf of an update that the sums of GradWeight give.
const Gradient = "g"

// Arrays and Singles are what GradWeight changes or reads beside the gradients:
// dw without an update, else the update's arrays but the gradient, and its
// numbers.
func Arrays(k *kernel.Gradient) (arrays, singles []string) {
	if k.Update == nil {
		return []string{"dw"}, nil
	}
	for _, a := range k.Update.Arrays {
		if a != Gradient {
			arrays = append(arrays, a)
		}
	}
	return arrays, k.Update.Singles
}

// GradWeight are the arguments of the gradient of one panel of weights, or of
// several: its arrays and numbers; dy, x, the inputs, the rows, in bytes the
// distances of the rows of dy and x and that of several panels, and the mask of a
// partial vector.
func GradWeight(k *kernel.Gradient) []asm.Arg {
	a := arguments{elem: k.Elem}
	arrays, singles := Arrays(k)
	for _, name := range slices.Concat(arrays, singles) {
		a.pointer(ArgName(name), true)
	}
	a.pointer("dy", true)
	a.pointer("x", true)
	a.ints(true, "inputs", "rows", "dyStride", "xStride")
	a.ints(k.Panels > 1, "panelStride")
	a.ints(k.Partial, "mask")
	return a.all
}

// RankOne are the arguments of the step of one sample: w and wt as there are
// panels, b if there is a bias, x, dy, the negative rate and, for a list of
// inputs, list with their byte offsets and count. With DX further arguments are
// dx, the operand of the epilogue if there is one, without a list the first input
// and the number of inputs, the number of full panels, if there are any, with
// their distance in bytes, and the mask of a partial vector.
func RankOne(k *kernel.RankOne) []asm.Arg {
	a := arguments{elem: k.Elem}
	a.pointer("w", k.Panels.Full > 0)
	a.pointer("wt", k.Panels.Tail > 0)
	a.pointer("b", k.Bias)
	a.pointer("x", true)
	a.pointer("dy", true)
	a.pointer("rate", true)
	a.pointer("dx", k.DX)
	a.pointer("u", k.DX && len(kernel.Extras(k.Epilogue)) > 0)
	a.weights("list", "*int32", k.Listed)
	a.ints(k.DX && !k.Listed, "first")
	a.ints(k.DX || k.Listed, "count")
	a.ints(k.DX && k.Panels.Full > 0, "panels", "panelStride")
	a.ints(k.DX && k.Partial, "mask")
	return a.all
}

// NonZero are the arguments of the list of the elements that are not zero.
func NonZero(elem string) []asm.Arg {
	return []asm.Arg{{Name: "list", Type: "*int32"}, {Name: "count", Type: "*int"}, {Name: "x", Type: "*" + elem}}
}

// Map are the arguments of an element-wise kernel: the result, the operands, n,
// the elements of a row, rows, their number, and gap, the bytes between two, but of
// operands that are repeated or dense, and of sums.
func Map(k *kernel.Map) []asm.Arg {
	a := arguments{}
	a.weights("y", k.YType, true)
	for _, in := range k.Ins {
		a.weights(in.Arg, in.Type, true)
	}
	a.ints(true, "n", "rows", "gap")
	return a.all
}

// Mix are the arguments of a run of operations on the elements of a sample: the results
// that are stored, then the inputs.
func Mix(k *kernel.Mix) []asm.Arg {
	a := arguments{elem: "float32"}
	if k.Double {
		a.elem = "float64"
	}
	for i := range k.Stored() {
		a.pointer(kernel.Stored(i), true)
	}
	for i := range k.Ins {
		a.pointer(kernel.Leaf(i), true)
	}
	return a.all
}

// Update are the arguments of an update: its arrays, its numbers and how many
// vectors the arrays have.
func Update(k *kernel.Update) []asm.Arg {
	a := arguments{elem: k.Elem}
	for _, name := range slices.Concat(k.Arrays, k.Singles) {
		a.pointer(ArgName(name), true)
	}
	a.ints(true, "vectors")
	return a.all
}

// ArgName keeps the program's names clear of the assembler's registers.
func ArgName(leaf string) string { return leaf + "_" }

// Convolve are the arguments of a convolution, or of sums or maxima of windows: y,
// x, w and b if there are any, u if the epilogue has an operand, the number of rows
// and that of the rows of the window, the first of which x and w are at.
func Convolve(k *kernel.Kernel) []asm.Arg {
	a := arguments{elem: k.Elem.Acc}
	a.pointer("y", true)
	a.pointer("x", true)
	a.pointer("w", k.Segments[0].Weight != "")
	a.pointer("b", k.Init == kernel.Bias)
	a.pointer("u", len(k.Extras()) > 0)
	a.ints(true, "rows", "taps")
	return a.all
}

// MaxGradient are the arguments of the gradient of maxima of windows: dx, and what
// Convolve has for the maxima.
func MaxGradient(k *kernel.MaxGradient) []asm.Arg {
	a := arguments{elem: k.Of.Elem.Acc}
	a.pointer("dx", true)
	return append(a.all, Convolve(k.Of)...)
}

// Tiles are the arguments of a transform of tiles: the planes v and the source x, at
// the first row that exists, or, back, the result y, the planes, b if there is a bias,
// u if the epilogue has an operand; and the number of rows of tiles.
func Tiles(k *kernel.Tiles) []asm.Arg {
	a := arguments{elem: k.Elem}
	a.pointer("y", k.Back)
	a.pointer("v", true)
	a.pointer("x", !k.Back)
	a.pointer("b", k.Bias)
	a.pointer("u", len(kernel.Extras(k.Epilogue)) > 0)
	a.ints(true, "rows")
	return a.all
}

// FilterGradient are the arguments of the gradient of filters: dw at the row of the
// window, x and dy at the first of some rows, and their number.
func FilterGradient(k *kernel.FilterGradient) []asm.Arg {
	a := arguments{elem: k.Elem}
	for _, name := range []string{"dw", "x", "dy"} {
		a.pointer(name, true)
	}
	a.ints(true, "rows")
	return a.all
}
