package plan

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/ir"
)

// TestGap: a cache line lies between large slots of an even number of lines, of one row,
// and nothing behind the last.
func TestGap(t *testing.T) {
	ph := &Phase{Elem: ir.Float32, Slots: []int{4096, 4112, 32, 4096}}
	require.Equal(t, []int{16, 0, 0, 0}, []int{ph.Gap(0, 1), ph.Gap(1, 1), ph.Gap(2, 1), ph.Gap(3, 1)})
	require.Zero(t, ph.Gap(0, 2))
	require.Equal(t, 4*(4096+16+4112+32+4096), ph.Bytes())
}
