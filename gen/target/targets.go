// Package target is the table of instruction sets that kernels can be printed
// for. Portable Go is always there and has no row.
package target

import (
	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/avx2"
)

// Target is an instruction set.
type Target struct {
	Name string // in codegen.simd, NNGEN_PATH and file names
	Arch string // GOARCH
	Doc  string
	// Detect is the Go expression that says whether the machine has it.
	Detect string
	// Data is what every assembly file of kernels starts with.
	Data string
	// MatVec prints y = W·x + b.
	MatVec func(*asm.MatVec) *asm.Func
	// Map prints an element-wise operation, or reports that it cannot.
	Map func(*asm.Map) (*asm.Func, bool)
	// MatMul prints Y = X·W + b for a batch; TileRows are the numbers of rows
	// it takes at once, VectorOutputs how many outputs.
	MatMul        func(*asm.MatMul) *asm.Func
	TileRows      func(double bool, valid, chains int) []int
	VectorOutputs func(double bool, chains int) int
	// GradWeight prints the gradient of weights.
	GradWeight func(*asm.GradWeight) *asm.Func
	// Update prints an element-wise operation in place, or reports that it
	// cannot. Lanes is the number of elements it takes at once.
	Update func(*asm.Update) (*asm.Func, bool)
	Lanes  func(double bool) int
	// Transpose prints the transposition of a 16×16 block of float32.
	Transpose func(name string) *asm.Func
}

// Targets are the rows, the preferred first.
var Targets = []Target{
	{
		Name: "avx2", Arch: "amd64", Doc: "AVX2 with fused multiply-add (Haswell, Zen and later)",
		Detect: "hasAVX2()", Data: avx2.Masks(), MatVec: avx2.MatVec, Map: avx2.Map,
		MatMul: avx2.MatMul, TileRows: avx2.TileRows, VectorOutputs: avx2.VectorOutputs, GradWeight: avx2.GradWeight, Update: avx2.Update, Lanes: avx2.Lanes, Transpose: avx2.Transpose,
	},
}

// ByName returns the row of that name, or nil.
func ByName(name string) *Target {
	for i := range Targets {
		if Targets[i].Name == name {
			return &Targets[i]
		}
	}
	return nil
}
