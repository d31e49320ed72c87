package nnrt

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// hasher is FNV-1a over the bits of results; all NaNs count as one.
type hasher uint64

func (h *hasher) word(v uint64) {
	for range 8 {
		*h = (*h ^ hasher(v&0xff)) * 0x100000001b3
		v >>= 8
	}
}

func (h *hasher) f32(v float32) {
	if v != v {
		h.word(0x7fc00000)
		return
	}
	h.word(uint64(math.Float32bits(v)))
}

func (h *hasher) f64(v float64) {
	if v != v {
		h.word(0x7ff8000000000000)
		return
	}
	h.word(math.Float64bits(v))
}

// TestHash proves that this platform computes the same bits as all others: the
// numbers here were computed on linux/amd64 (GOAMD64=v1) and checked on
// GOAMD64=v3, arm64, s390x, riscv64 and wasm.
func TestHash(t *testing.T) {
	want := map[string]uint64{
		"Cos32":      0x67967946d08735fa,
		"Cos64":      0x93834c05a15e613e,
		"Erf32":      0x89a65c73f11fbfbe,
		"Erf64":      0x2e0afa68a4b2d48e,
		"Exp32":      0x53f343dff9b74d1c,
		"Exp64":      0xca8d2cf3ee99ee51,
		"Expm132":    0x3a93a20759b52550,
		"Expm164":    0xa9db73fc6241c943,
		"Floor64":    0x7bb570a4ae1560fd,
		"Log1p32":    0xe3a1e42af4c19123,
		"Log1p64":    0x7fba20b48aebc538,
		"Log32":      0x1b6dc5972f647073,
		"Log64":      0xc45a17a21f8921d8,
		"NormInv64":  0x666d2c3473c28ab6,
		"Orthogonal": 0xe33090f547e8003d,
		"Pow32":      0x5ab9b8ac0d0ed88f,
		"Pow64":      0xb66b18184af132a6,
		"Random":     0xc4da7f9eb297d228,
		"Sigmoid32":  0x917fc6a1df976a38,
		"Sigmoid64":  0x5c53161239f73d8e,
		"Special":    0xd4827295b479b170,
		"Sin32":      0x6f8c1ec93a1c16f6,
		"Sin64":      0xf6a89a095be74b10,
		"Sqrt32":     0x63029a345e941771,
		"Sqrt64":     0xc153eb705d63c232,
		"Tanh32":     0x84bd0d608e67cb11,
		"Tanh64":     0xc289d8ee3a5c796b,
	}
	got := map[string]uint64{}
	add := func(name string, f func(h *hasher)) {
		h := hasher(0xcbf29ce484222325)
		f(&h)
		got[name] = uint64(h)
	}
	for _, c := range functions32 {
		add(c.name, func(h *hasher) {
			for b := uint64(0); b < 1<<32; b += 130_003 {
				h.f32(c.f(math.Float32frombits(uint32(b))))
			}
			for i := range 20_000 { // where training happens
				h.f32(c.f(float32(i-10_000) / 512))
			}
		})
	}
	pairs := func(f func(r0, r1, r2, r3 uint32)) {
		for i := range uint32(20_000) {
			f(Random(3, PurposeData, 0, 0, 0, i))
		}
	}
	add("Pow32", func(h *hasher) {
		pairs(func(r0, r1, r2, r3 uint32) {
			h.f32(Pow32(math.Float32frombits(r0), math.Float32frombits(r1)))
			h.f32(Pow32(float32(r2)/0x1p30, float32(int32(r3))/0x1p28))
		})
	})
	for _, c := range functions64 {
		add(c.name, func(h *hasher) {
			pairs(func(r0, r1, r2, r3 uint32) {
				h.f64(c.f(math.Float64frombits(uint64(r0)<<32 | uint64(r1))))
				h.f64(c.f(float64(int32(r2)) / 0x1p28))
				h.f64(c.f(float64(r3) / 0x1p32))
			})
		})
	}
	add("Pow64", func(h *hasher) {
		pairs(func(r0, r1, r2, r3 uint32) {
			h.f64(Pow64(math.Float64frombits(uint64(r0)<<32|uint64(r1)), float64(int32(r2))/0x1p30))
			h.f64(Pow64(float64(r2)/0x1p30, float64(int32(r3))/0x1p25))
		})
	})
	add("Special", func(h *hasher) {
		for _, x := range special32 {
			for _, y := range special32 {
				h.f32(Pow32(x, y))
				h.f32(Max32(x, y))
				h.f32(Min32(x, y))
			}
		}
		for _, x := range special64 {
			for _, y := range special64 {
				h.f64(Pow64(x, y))
				h.f64(Max64(x, y))
				h.f64(Min64(x, y))
			}
			for _, c := range functions64 {
				h.f64(c.f(x))
			}
		}
	})
	add("Random", func(h *hasher) {
		for i := range uint64(5000) {
			h.f64(Uniform(11, PurposeInit, 1, i<<20))
			h.f64(Normal(12, PurposeInit, 2, i<<20))
			h.f64(TruncNormal(13, PurposeInit, 3, i<<20))
		}
		p := make([]int32, 1001)
		Permutation(p, 14, PurposeShuffle, 5)
		for _, v := range p {
			h.word(uint64(v))
		}
		m := make([]float32, 1001)
		Dropout(m, 15, PurposeDropout, 6, 7, 8, 3, 1<<31, 2)
		for _, v := range m {
			h.f32(v)
		}
	})
	add("Orthogonal", func(h *hasher) {
		for _, d := range [][2]int{{1, 1}, {5, 7}, {7, 5}, {16, 16}, {1, 9}, {9, 1}} {
			m := make([]float64, d[0]*d[1])
			Orthogonal(m, d[0], d[1], 1.5, 16, 9)
			for _, v := range m {
				h.f64(v)
			}
		}
	})
	for name, v := range got {
		if want[name] != v {
			t.Errorf("%q: %#016x, // got; want %#016x", name, v, want[name])
		}
	}
	require.Len(t, want, len(got))
}
