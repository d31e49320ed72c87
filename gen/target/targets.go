// Package target is the table of instruction sets that kernels can be printed
// for. Portable Go is always there and has no row.
package target

import (
	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/arm64"
	"github.com/nngen-go/nngen/gen/asm/x86"
	"github.com/nngen-go/nngen/gen/kernel"
)

// Target is an instruction set: the machine, printers of kernel descriptions, and
// what only these know. Element types are those of Go.
type Target struct {
	Name string // in codegen.simd, NNGEN_PATH and file names
	Arch string // GOARCH
	Doc  string
	Auto bool // codegen.simd auto has it
	// Data is what every assembly file of kernels starts with.
	Data string
	Machine

	// MatVec prints a dense layer for one sample, MatMul for the rows of a
	// batch and one panel, in tiles of Tile.Rows.
	MatVec func(name string, doc []string, k *kernel.Kernel, listed bool) *asm.Func
	MatMul func(name string, doc []string, k *kernel.Kernel) *asm.Func
	// Fuses reports whether they can apply the epilogue.
	Fuses func(*kernel.Kernel) bool

	// Convolve prints a convolution of one sample, for rows of its result and the
	// outputs of a panel.
	Convolve      func(name string, doc []string, k *kernel.Kernel) *asm.Func
	FusesConvolve func(*kernel.Kernel) bool
	// Tiles prints a transform of tiles, from the source or back to results.
	Tiles      func(name string, doc []string, k *kernel.Tiles) *asm.Func
	FusesTiles func(*kernel.Kernel) bool

	// MaxGradient prints the gradient of the maxima of windows.
	MaxGradient func(name string, doc []string, k *kernel.MaxGradient) *asm.Func

	// FilterGradient prints the gradient of filters.
	FilterGradient func(name string, doc []string, k *kernel.FilterGradient) *asm.Func

	// GradInput prints the gradients of inputs for the rows of a batch, as many inputs
	// together as the kernel has outputs.
	GradInput      func(name string, doc []string, k *kernel.Kernel) *asm.Func
	FusesGradInput func(*kernel.Kernel) bool
	GradWeight     func(name string, doc []string, k *kernel.Gradient) (*asm.Func, bool)

	// Dots prints the sums of a narrow layer for one row, or for those of a batch;
	// nil where GradInput does it.
	Dots      func(name string, doc []string, k *kernel.Kernel, one bool) *asm.Func
	DotsTiles func(k *kernel.Kernel) []int
	FusesDots func(k *kernel.Kernel) bool

	// RankOne prints the step of one sample on a layer's weights.
	RankOne      func(name string, doc []string, k *kernel.RankOne) *asm.Func
	FusesRankOne func(elem string, epilogue []kernel.Epilogue) bool
	// NonZero prints the list of the elements that are not zero, the same for
	// all instruction sets of an architecture; NonZeroData is what it reads.
	NonZero     func(name string, doc []string, elem string, size int) *asm.Func
	NonZeroData string

	// Choose prints a function that jumps to what the machine has, the same for all
	// instruction sets of an architecture; nil where Go calls it.
	Choose func(f *asm.Func, choices []asm.Choice, otherwise string)

	// Map and Update print element-wise operations, or report that they cannot.
	Map    func(*kernel.Map) (*asm.Func, bool)
	Update func(*kernel.Update) (*asm.Func, bool)
	// Mix prints a run of operations that mix the elements of a sample, or reports that it
	// cannot; nil where these are calls of their own.
	Mix func(*kernel.Mix) (*asm.Func, bool)
}

// Targets are the rows, the preferred first.
var Targets = []Target{
	amd64("avx512", "AVX-512 F, DQ, BW and VL (Skylake-X, Ice Lake, Zen 4 and later)", x86.AVX512),
	amd64("avx2", "AVX2 with fused multiply-add (Haswell, Zen and later)", x86.AVX2),
	{
		Name: "neon", Arch: "arm64", Doc: "NEON (every arm64; elsewhere under qemu-user-static)", Machine: machines["neon"],
		MatVec: arm64.MatVec, MatMul: arm64.MatMul, Fuses: arm64.Fuses,
		GradInput: arm64.GradInput, FusesGradInput: arm64.FusesGradInput,
		GradWeight: arm64.GradWeight,
		RankOne:    arm64.RankOne, FusesRankOne: arm64.FusesRankOne, NonZero: arm64.NonZero,
		Convolve: arm64.Convolve, FusesConvolve: arm64.FusesConvolve,
		Tiles: arm64.Tiles, FusesTiles: arm64.FusesTiles,
		MaxGradient: arm64.MaxGradient, FilterGradient: arm64.FilterGradient,
		Map: arm64.Map, Update: arm64.Update,
	},
}

// amd64 is the row of an instruction set of amd64.
func amd64(name, doc string, s *x86.ISA) Target {
	return Target{
		Name: name, Arch: "amd64", Doc: doc, Auto: true, Data: s.Masks(), Machine: machines[name],
		MatVec: s.MatVec, MatMul: s.MatMul, Fuses: s.Fuses,
		Convolve: s.Convolve, FusesConvolve: s.FusesConvolve,
		Tiles: s.Tiles, FusesTiles: s.FusesTiles,
		MaxGradient: s.MaxGradient, FilterGradient: s.FilterGradient,
		GradInput: s.GradInput, FusesGradInput: s.FusesGradInput,
		Dots: s.Dots, DotsTiles: s.DotsTiles, FusesDots: s.FusesDots,
		GradWeight: s.GradWeight,
		RankOne:    s.RankOne, FusesRankOne: s.FusesRankOne,
		NonZero: x86.AVX2.NonZero, NonZeroData: x86.NonZeroTable() + x86.AVX2.Masks(),
		Choose: x86.Choose,
		Map:    s.Map, Update: s.Update, Mix: s.Mix,
	}
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
