package plan

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/schedule"
)

// outs are widths around the edges of panels and of half panels.
var outs = []int{1, 2, 7, 8, 9, 15, 16, 17, 23, 24, 25, 31, 32, 33, 40, 47, 48, 49, 64, 100}

// requireBijection fails unless every weight that exists has a place of its
// own within the tensor.
func requireBijection(t *testing.T, l *Layout, taps int, exists func(out, in int) bool, what string) {
	t.Helper()
	taken := make([]bool, l.Size())
	for out := range l.Out {
		for in := range l.In {
			for tap := range taps {
				at := l.Index(out, in, tap)
				if !exists(out, in) {
					require.Equal(t, -1, at, "%s: (%d, %d)", what, out, in)
					continue
				}
				if at < 0 || at >= len(taken) || taken[at] {
					require.Failf(t, "no place of its own", "%s: (%d, %d, %d) at %d of %d", what, out, in, tap, at, l.Size())
				}
				taken[at] = true
			}
		}
	}
}

func all(int, int) bool { return true }

func TestIndexIsABijection(t *testing.T) {
	for _, elem := range []ir.DType{ir.Float32, ir.Float64} {
		for _, out := range outs {
			l := NewLayout(&ir.ParamInfo{Shape: []int{out}}, elem)
			requireBijection(t, &l, 1, all, fmt.Sprintf("vector %d", out))
			for _, in := range []int{1, 2, 3, 4, 5, 15, 16, 17, 32, 64, 128, 130, 192, 256} {
				l := NewLayout(&ir.ParamInfo{Shape: []int{out, in}}, elem)
				requireBijection(t, &l, 1, all, fmt.Sprintf("%s %d×%d", elem, out, in))
			}
		}
	}
}

func TestIndexOfConvolutions(t *testing.T) {
	for _, out := range []int{1, 8, 9, 16, 24, 33, 48} {
		for _, in := range []int{1, 3, 4, 5, 16, 32} {
			for _, taps := range []int{1, 9, 16} {
				for _, group := range []int{1, 4} {
					l := NewPanels(out, in, taps, group, ir.Float32)
					requireBijection(t, &l, taps, all, fmt.Sprintf("%d×%d, %d taps, groups of %d", out, in, taps, group))
				}
			}
		}
	}
}

func TestIndexOfConnections(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		m := &ir.Mask{Out: 1 + rng.IntN(40), In: 1 + rng.IntN(40)}
		density := rng.Float64()
		has := map[[2]int]bool{}
		for o := range m.Out {
			m.Cols = append(m.Cols, nil)
			for k := range m.In {
				if rng.Float64() < density {
					m.Cols[o] = append(m.Cols[o], k)
					has[[2]int{o, k}] = true
				}
			}
		}
		l := NewLayout(&ir.ParamInfo{Shape: []int{m.Out, m.In}, Mask: m}, ir.Float32)
		requireBijection(t, &l, 1, func(o, k int) bool { return has[[2]int{o, k}] }, l.String())
		require.Zero(t, l.Size()%schedule.Panel)
		require.Less(t, l.Size()-m.Count(), schedule.Panel)
	}
}

// TestPanels: outputs of a panel lie side by side, inputs one row apart; panels
// never lie a multiple of 4 KiB apart; a panel costs at most one row more.
func TestPanels(t *testing.T) {
	for _, elem := range []ir.DType{ir.Float32, ir.Float64} {
		for _, out := range outs {
			for in := 1; in <= 300; in++ {
				l := NewLayout(&ir.ParamInfo{Shape: []int{out, in}}, elem)
				require.Equal(t, out, l.Full*schedule.Panel+l.TailOutputs())
				require.LessOrEqual(t, l.TailOutputs(), l.Tail)
				require.Contains(t, []int{in, in + 1}, l.Rows)
				if l.Full > 1 {
					apart := l.Index(schedule.Panel, 0, 0) - l.Index(0, 0, 0)
					require.NotZero(t, apart*ElemSize(elem)%aliasing, "%d×%d", out, in)
					require.Equal(t, 1, l.Index(1, 0, 0)-l.Index(0, 0, 0))
					if in > 1 {
						require.Equal(t, schedule.Panel, l.Index(0, 1, 0)-l.Index(0, 0, 0))
					}
				}
			}
		}
	}
}

// TestLayoutStrings pins how layouts are printed, and the layouts of the
// examples: weight files do not depend on them, but assembly does.
func TestLayoutStrings(t *testing.T) {
	for want, shape := range map[string][]int{
		"[1][16]float32":               {10},
		"[8][16]float32":               {128},
		"[8][784][16]float32":          {128, 784},
		"[128][16]float32":             {10, 128},
		"[64][8]float32":               {1, 64},
		"[40][129][16]float32":         {640, 128}, // one row more
		"[4][65][16]float32":           {64, 64},
		"[32][513][16]float32":         {512, 512},
		"[1][64][16]float32":           {16, 64}, // alone
		"[2][100][16]float32":          {32, 100},
		"[2][3][16]+[3][8]float32":     {33, 3},
		"[2][3][16]+[3][16]float32":    {42, 3},
		"[1][200][16]+[200][8]float32": {20, 200},
	} {
		l := NewLayout(&ir.ParamInfo{Shape: shape}, ir.Float32)
		require.Equal(t, want, l.String(), "%v", shape)
	}
}
