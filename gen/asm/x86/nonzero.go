package x86

import (
	"fmt"
	"strings"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/kernels"
)

// NonZeroTable is the data of NonZero: for every set of eight lanes their
// numbers, one after the other.
func NonZeroTable() string {
	var b strings.Builder
	b.WriteString("#define lanesOfSets(at, s0, s1, s2, s3, s4, s5, s6, s7) \\\n")
	for set := range 8 {
		fmt.Fprintf(&b, "\tDATA setLanes<>+at+%d(SB)/8, $s%d", 8*set, set)
		if set < 7 {
			b.WriteString("; \\")
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	for set := range 256 {
		if set%8 == 0 {
			fmt.Fprintf(&b, "lanesOfSets(%d", 8*set)
		}
		var lanes uint64
		n := 0
		for lane := range 8 {
			if set>>lane&1 == 1 {
				lanes |= uint64(lane) << (8 * n)
				n++
			}
		}
		fmt.Fprintf(&b, ", %#x", lanes)
		if set%8 == 7 {
			b.WriteString(")\n")
		}
	}
	return b.String() + "GLOBL setLanes<>(SB), RODATA|NOPTR, $2048\n"
}

// NonZero prints a function that lists the byte offsets of the elements of x
// that are not zero (NaN is not), and their number. It writes up to a vector
// beyond them.
func (s *ISA) NonZero(name string, doc []string, elem string, size int) *asm.Func {
	w := s.newWriter(name, doc, elem, false)
	w.Args = kernels.NonZero(elem)
	w.pointer("list", regW)
	w.pointer("x", regX)
	w.Ins("LEAQ", "setLanes<>(SB)", regMask)
	w.Ins("XORQ", "R11", "R11")
	const none, base, step, set, lanes, mask = 0, 1, 2, 3, 4, 5
	w.clear(none)
	w.clear(base)
	w.Ins("VPBROADCASTD", w.ConstBits(uint64(w.bytes), 4), Y(step).String())
	shift := map[int]int{4: 2, 8: 3}[w.size()]
	vector := func() {
		w.Ins(w.op("VCMPPS", "VCMPPD"), "$4", Y(none).String(), Y(set).String(), Y(set).String())
		w.Ins(w.op("VMOVMSKPS", "VMOVMSKPD"), Y(set).String(), regOffset)
		w.Ins("VPMOVZXBD", fmt.Sprintf("(%s)(%s*8)", regMask, regOffset), Y(lanes).String())
		w.Ins("VPSLLD", fmt.Sprintf("$%d", shift), Y(lanes).String(), Y(lanes).String())
		w.Ins("VPADDD", Y(base).String(), Y(lanes).String(), Y(lanes).String())
		w.Ins("VMOVDQU", Y(lanes).String(), fmt.Sprintf("(%s)(R11*4)", regW))
		w.Ins("POPCNTL", regOffset, regOffset)
		w.Ins("ADDQ", regOffset, "R11")
	}
	if n := size / w.lanes(); n > 0 {
		loop := w.Label("vectors")
		w.count(n)
		w.Place(loop)
		w.load("("+regX+")", set)
		vector()
		w.Ins("VPADDD", Y(step).String(), Y(base).String(), Y(base).String())
		w.advance(regX, w.bytes)
		w.again(loop)
	}
	if rest := size % w.lanes(); rest > 0 {
		w.Ins("LEAQ", MaskName+"<>(SB)", "R10")
		w.load(mem("R10", (w.lanes()-rest)*w.size()), mask)
		w.loadMasked("("+regX+")", mask, set)
		vector()
	}
	w.pointer("count", regX)
	w.Ins("MOVQ", "R11", "("+regX+")")
	w.ret()
	return w.Func
}
