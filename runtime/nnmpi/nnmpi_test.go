package nnmpi

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

// TestHalf: every float16 that is a number is the nearest to itself, and every float32
// between two of them becomes the nearer one, of two the even one.
func TestHalf(t *testing.T) {
	value := func(h uint16) float64 { // as IEEE 754 says
		e, m := int(h>>10&31), float64(h&0x3ff)
		if e == 0 {
			return math.Ldexp(m, -24)
		}
		return math.Ldexp(m+1024, e-25)
	}
	for h := uint16(0); h < 0x7c00; h++ {
		v := value(h)
		if float64(single(h)) != v || float64(single(h|0x8000)) != -v {
			t.Fatalf("float16 %#x is %v, want %v", h, single(h), v)
		}
		if half(float32(v)) != h || half(float32(-v)) != h|0x8000 {
			t.Fatalf("%v becomes %#x, want %#x", v, half(float32(v)), h)
		}
		if h == 0x7bff {
			break
		}
		middle := float32((v + value(h+1)) / 2)
		below, above := math.Nextafter32(middle, 0), math.Nextafter32(middle, math.MaxFloat32)
		if half(below) != h || half(above) != h+1 || half(middle) != h+h&1 {
			t.Fatalf("around %v: %#x, %#x, %#x", middle, half(below), half(middle), half(above))
		}
	}
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	if single(half(inf)) != inf || single(half(-inf)) != -inf || single(half(65520)) != inf || single(half(nan)) == single(half(nan)) {
		t.Fatal("∞ or NaN changes")
	}
}

// TestNarrow: numbers of any magnitude come back within half a unit of the eleventh
// digit, or of the 25th below the largest.
func TestNarrow(t *testing.T) {
	for _, scale := range []float64{1, 1e-30, 1e30, 0x1p-149, 0x1p127} {
		v := make([]float32, 200)
		for i := range v {
			v[i] = float32(scale * math.Pow(-0.91, float64(i)))
		}
		to, back := make([]uint16, len(v)+1), make([]float32, len(v))
		narrow(to, v)
		widenAdd(back, to)
		for i := range v {
			if d := math.Abs(float64(back[i]) - float64(v[i])); !(d <= 0x1p-11*math.Abs(float64(v[i]))+scale*0x1p-38+0x1p-149) {
				t.Fatalf("%v becomes %v", v[i], back[i])
			}
		}
	}
	zero := make([]float64, 3)
	to := make([]uint16, 4)
	narrow(to, zero)
	widenAdd(zero, to)
	if zero != nil && (zero[0] != 0 || zero[2] != 0) {
		t.Fatal(zero)
	}
}

// TestCut: the shards of a batch are all of it, as equal as can be, and each belongs to
// one rank.
func TestCut(t *testing.T) {
	for n := 1; n < 40; n++ {
		for shards := 1; shards <= n; shards++ {
			at := 0
			for s := range shards {
				c := cut(n, shards, s)
				if c.lo != at || c.hi-c.lo < n/shards || c.hi-c.lo > (n+shards-1)/shards {
					t.Fatalf("shard %d of %d of %d samples: %v", s, shards, n, c)
				}
				at = c.hi
			}
			if at != n {
				t.Fatalf("%d samples in %d shards end at %d", n, shards, at)
			}
			for size := 1; size < 9; size++ {
				next := 0
				for r := range size {
					first, last := owned(shards, size, r)
					if first != next || last < first {
						t.Fatalf("rank %d of %d has shards %d to %d", r, size, first, last)
					}
					next = last
				}
				if next != shards {
					t.Fatalf("%d ranks have %d of %d shards", size, next, shards)
				}
			}
		}
	}
}

// TestDiffers: the first property that differs is named, by the line that does.
func TestDiffers(t *testing.T) {
	a := []Property{{"the version", "1"}, {"the spec", "x: 1\ny: 2\n"}}
	for want, b := range map[string][]Property{
		"": a,
		`nnmpi: the ranks do not fit together: the spec differs, "y: 3" on rank 7 and "y: 2" on rank 0; start the same program with the same files on all ranks`: {a[0], {"the spec", "x: 1\ny: 3\n"}},
		`nnmpi: the ranks do not fit together: the version differs, "2" on rank 7 and "1" on rank 0; start the same program with the same files on all ranks`:    {{"the version", "2"}, a[1]},
		`nnmpi: rank 7 compares nothing more where rank 0 compares the spec; start the same program, with the same version of nngen, on all ranks`:               a[:1],
	} {
		err := differs(a, b, 7)
		if got := ""; err == nil && want != got || err != nil && err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestAlone: a process that mpirun did not start is alone; without the library it says
// what to install.
func TestAlone(t *testing.T) {
	for _, name := range append(launchers, "PMI_RANK") {
		t.Setenv(name, "")
	}
	c, err := World()
	if err != nil || c.Rank() != 0 || c.Size() != 1 || c.Close() != nil {
		t.Fatal(c, err)
	}
	file := filepath.Join(t.TempDir(), "libmpi.so")
	if err := os.WriteFile(file, []byte("no library"), 0o666); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PMIX_RANK", "0")
	for _, file := range []string{file, "/nowhere/libmpi.so"} {
		t.Setenv(LibraryVariable, file)
		if _, err := World(); err == nil {
			t.Fatal("no error without a library")
		}
	}
}
