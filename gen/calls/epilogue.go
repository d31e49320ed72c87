package calls

import (
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/target"
)

// An epilogue is applied to sums in registers where it is short; a long one would
// be written out in every tile, so it follows in a pass of its own over the sums
// in memory, which are in a near cache then. For a single sample a small layer
// takes a long one along, because a call would take longer than the copies.
const (
	shortEpilogue = 8    // instructions per vector
	inlined       = 1500 // instructions times outputs
)

// Long reports whether an epilogue follows the sums in a pass of its own.
func Long(epilogue []kernel.Epilogue) bool { return kernel.Length(epilogue) > shortEpilogue }

// FusesUpdate reports whether the update of weights is done on their gradients in
// registers; a long one follows in a pass of its own.
func FusesUpdate(t *target.Target, g *kernel.Gradient) bool {
	_, ok := t.GradWeight("", nil, g)
	return ok && kernel.ProgramLength(g.Update.Prog) <= shortEpilogue
}

// Inline reports whether a layer of some outputs applies the epilogue to the sums
// of a single sample in registers all the same.
func Inline(epilogue []kernel.Epilogue, outputs int) bool {
	return kernel.Length(epilogue)*outputs <= inlined
}

// Fuses reports whether all instruction sets can apply the epilogue of a dense
// layer, or of its gradient of inputs, to sums in registers.
func Fuses(targets []*target.Target, k *kernel.Kernel) bool {
	for _, t := range targets {
		if len(k.Segments[0].Taps) > 1 || k.Segments[0].PosStride > 0 || k.Segments[0].RowStride > 0 {
			if fuses := map[bool]func(*kernel.Kernel) bool{false: t.FusesConvolve, true: t.FusesTiles}[k.Winograd.Block > 0]; !fuses(k) {
				return false
			}
			continue
		}
		if k.Narrow() && t.Dots != nil {
			if !t.FusesDots(k) {
				return false
			}
			continue
		}
		if k.Segments[0].Swapped && !t.FusesGradInput(inputsOf(t, k, false).Kernel(k)) || !k.Segments[0].Swapped && (len(k.Extras()) > 0 || !t.Fuses(k)) {
			return false
		}
	}
	return true
}
