package nnrt

import (
	"math"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// As generated code has it.
const (
	_ = EnforceVersion(1 - MinVersion)
	_ = EnforceVersion(MaxVersion - 1)
)

func TestVersion(t *testing.T) {
	require.LessOrEqual(t, MinVersion, Version)
	require.Equal(t, MaxVersion, Version)
}

type arena struct {
	w1 [64][10]float32
	b1 [10]float32
}

func TestAllocAligned(t *testing.T) {
	var list []*arena
	for i := range 200 {
		a := AllocAligned[arena]()
		require.Zero(t, uintptr(unsafe.Pointer(a))%64)
		require.Equal(t, arena{}, *a)
		for r := range a.w1 {
			for c := range a.w1[r] {
				a.w1[r][c] = float32(i)
			}
		}
		for c := range a.b1 {
			a.b1[c] = float32(-i)
		}
		list = append(list, a)
		b := AllocAligned[byte]()
		require.Zero(t, uintptr(unsafe.Pointer(b))%64)
		require.Zero(t, *b)
		*b = 0xff
		require.NotNil(t, AllocAligned[struct{}]())
		large := AllocAligned[[300_000]float64]()
		require.Zero(t, uintptr(unsafe.Pointer(large))%64)
		large[0], large[299_999] = 1, 1
		if i%20 == 0 {
			runtime.GC()
		}
	}
	// only an interior pointer is left of each
	inner := make([]*float32, len(list))
	for i, a := range list {
		inner[i] = &a.b1[9]
	}
	list = nil
	for range 3 {
		runtime.GC()
		for range 100 {
			*AllocAligned[arena]() = arena{b1: [10]float32{9: 1e9}}
		}
	}
	for i, p := range inner {
		require.Equal(t, float32(-i), *p)
	}
}

func TestCheckArch(t *testing.T) {
	const want = "float32; dense1: dense 64->32 relu; out: dense 32->10"
	check := func(got string) string {
		if err := CheckArch(map[string]string{"nngen.arch": got, "other": "x"}, want); err != nil {
			return err.Error()
		}
		return ""
	}
	require.NoError(t, CheckArch(nil, want))
	require.NoError(t, CheckArch(map[string]string{"arch": "x"}, want))
	require.Equal(t, "", check(want))
	require.Equal(t, `architecture: want "dense1: dense 64->32 relu", got "dense1: dense 64->16 relu"`, check("float32; dense1: dense 64->16 relu; out: dense 16->10"))
	require.Equal(t, `architecture: want "float32", got "float64"`, check("float64; dense1: dense 64->32 relu; out: dense 32->10"))
	require.Equal(t, `architecture: want "out: dense 32->10", got nothing`, check("float32; dense1: dense 64->32 relu"))
	require.Equal(t, `architecture: want nothing, got "softmax"`, check(want+"; softmax; x"))
	require.Equal(t, `architecture: want "float32", got ""`, check(""))
	require.Equal(t, `architecture: want nothing, got ""`, check(want+"; "))
	require.Equal(t, `architecture: want "float32", got "`+strings.Repeat("x", 200)+`…"`, check(strings.Repeat("x", 1000)))
	require.Equal(t, `architecture: want "float32", got "a\n\u202eb"`, check("a\n\u202eb"))
}

func TestPanics(t *testing.T) {
	require.PanicsWithValue(t, "digits.Trainer.Step: len(y) = 3, want 32 (= len(x))", func() { BadMatch("digits.Trainer.Step", "len(y)", 3, "len(x)", 32) })
	require.PanicsWithValue(t, "digits.Trainer.Step: 65 samples, want 1 to 64", func() { BadBatch("digits.Trainer.Step", 65, 64) })
	require.PanicsWithValue(t, "digits.Trainer.Step: 1 sample, but batch normalisation needs at least 2", func() { SmallBatch("digits.Trainer.Step", 1, 2) })
	require.PanicsWithValue(t, "digits.Trainer.Step: y[7] = 10, want a class from 0 to 9", func() { BadClass("digits.Trainer.Step", 7, 10, 10) })
}

func TestPanicsAndTargets(t *testing.T) {
	require.PanicsWithValue(t, "n.NewTrainer: Options.Workers = -1, want at least 0", func() { BadWorkers("n.NewTrainer", -1) })
	require.PanicsWithValue(t, "n.Trainer.Step: the trainer is closed", func() { Misused("n.Trainer.Step", "the trainer is closed") })
	err := ClassError("n.Target", -3, 10)
	require.EqualError(t, err, "n.Target: class -3, want one from 0 to 9")
	require.EqualError(t, TargetError(7, err), "target 7: n.Target: class -3, want one from 0 to 9")
	require.EqualError(t, NumberError("n.Target.Value", 2, math.Inf(-1)), "n.Target.Value: element 2 is -Inf, want a finite number")
}

func TestIndex(t *testing.T) {
	for i := range 3 {
		if Index(i, 3) != i {
			t.Errorf("%d", i)
		}
	}
	for _, i := range []int{-1, 3, 16} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%d is taken", i)
				}
			}()
			Index(i, 3)
		}()
	}
}

// TestOrdered: whole numbers compare as the numbers do.
func TestOrdered(t *testing.T) {
	all := []float64{math.Inf(-1), -math.MaxFloat32, -1.5, -1, -math.SmallestNonzeroFloat32, math.Copysign(0, -1), 0, math.SmallestNonzeroFloat32, 1, 1.5, math.MaxFloat32, math.Inf(1)}
	for _, a := range all {
		for _, b := range all {
			require.Equal(t, a < b, Ordered32(float32(a)) < Ordered32(float32(b)), "%v %v", a, b)
			require.Equal(t, a < b, Ordered64(a) < Ordered64(b), "%v %v", a, b)
			require.Equal(t, a == b, Ordered64(a) == Ordered64(b), "%v %v", a, b)
		}
		require.Less(t, Ordered32(float32(a)), int32(math.MaxInt32-1))
		require.Less(t, Ordered64(a), int64(math.MaxInt64-1))
	}
	require.Equal(t, int32(math.MaxInt32), Ordered32(float32(math.NaN())))
	require.Equal(t, int64(math.MaxInt64), Ordered64(math.Copysign(math.NaN(), -1)))
}
