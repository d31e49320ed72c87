package avx2

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/asm"
)

// Transpose prints the transposition of a block of 16×16 float32, rows side
// by side: four blocks of 8×8 in registers.
func Transpose(name string) *asm.Func {
	f := &asm.Func{
		Name: name, Doc: []string{name + " transposes a block of 16 rows of 16."},
		Args: []asm.Arg{{Name: "dst", Type: "*float32"}, {Name: "src", Type: "*float32"}},
	}
	w := &writer{Func: f}
	w.pointer("dst", regY)
	w.pointer("src", regX)
	const row = panel * 4
	for i := range 2 {
		for j := range 2 {
			w.block8(i*8*row+j*vectorBytes, j*8*row+i*vectorBytes, row)
		}
	}
	w.ret()
	return f
}

// block8 transposes 8×8 from one displacement to another.
func (w *writer) block8(src, dst, row int) {
	w.Note("8×8 block at byte %d", src)
	three := func(op string, a, b, to Y) { w.Ins(op, b.String(), a.String(), to.String()) }
	shuffle := func(op string, imm int, a, b, to Y) {
		w.Ins(op, fmt.Sprintf("$%#x", imm), b.String(), a.String(), to.String())
	}
	for r := range Y(8) {
		w.load(mem(regX, src+int(r)*row), r)
	}
	for r := Y(0); r < 8; r += 2 { // pairs of rows interleaved
		three("VUNPCKLPS", r, r+1, 8+r)
		three("VUNPCKHPS", r, r+1, 9+r)
	}
	for r := Y(0); r < 8; r += 4 { // columns of four rows
		shuffle("VSHUFPS", 0x44, 8+r, 10+r, r)
		shuffle("VSHUFPS", 0xEE, 8+r, 10+r, r+1)
		shuffle("VSHUFPS", 0x44, 9+r, 11+r, r+2)
		shuffle("VSHUFPS", 0xEE, 9+r, 11+r, r+3)
	}
	for c := range Y(4) { // columns of eight
		shuffle("VPERM2F128", 0x20, c, c+4, 8+c)
		shuffle("VPERM2F128", 0x31, c, c+4, 12+c)
	}
	for c := range Y(8) {
		w.store(8+c, mem(regY, dst+int(c)*row))
	}
}
