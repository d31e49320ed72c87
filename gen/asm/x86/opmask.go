package x86

import (
	"fmt"
	"strings"
)

// With AVX-512 comparisons give a mask register and choices take one. Where a
// comparison is read in another way, it becomes a vector, all ones or zeros.

// masked is the name of an instruction with AVX-512.
func (c *code) masked(n *node) string {
	switch {
	case strings.HasPrefix(n.op, "VROUNDP"):
		return strings.Replace(n.op, "VROUND", "VRNDSCALE", 1)
	case strings.HasPrefix(n.op, "VBLENDVP"):
		return strings.Replace(n.op, "VBLENDV", "VBLENDM", 1)
	case n.op == "VBLENDPS", n.op == "VPERM2F128": // halves of two vectors: n.operand says which
		return "VSHUFF64X2"
	}
	if c.m.bytes == 64 {
		switch n.op {
		case "VEXTRACTF128":
			return "VEXTRACTF64X4"
		case "VINSERTF128":
			return "VINSERTF64X4"
		case "VCVTPD2PSY":
			return "VCVTPD2PS"
		}
	}
	return n.op
}

// broadcasts reports whether an instruction can repeat a number of that size.
func broadcasts(op string, size int) bool {
	if op == "VMOVUPS" || op == "VPERMPS" || strings.HasPrefix(op, "VCVT") {
		return false
	}
	suffixes := []string{"PS", "D"}
	if size == 8 {
		suffixes = []string{"PD", "Q"}
	}
	return strings.HasSuffix(op, suffixes[0]) || strings.HasSuffix(op, suffixes[1]) && !strings.HasSuffix(op, "PD")
}

// withMask prints a comparison or a choice; it reports false for other
// instructions.
func (c *code) withMask(n *node, op string, operands []string) bool {
	element := "D"
	if strings.HasPrefix(strings.TrimPrefix(n.op, "VCMP"), "PD") || strings.HasSuffix(n.op, "PD") {
		element = "Q"
	}
	switch {
	case strings.HasPrefix(n.op, "VCMPP"):
		mask := c.m.takeMask()
		c.m.Ins(op, append(operands, mask)...)
		if n.choices == n.readers && mask != "" {
			n.mask = mask
			return true
		}
		n.reg, n.owned = c.m.take(), true
		c.m.Ins("VPMOVM2"+element, mask, n.reg.String())
		c.m.freeMask(mask)
		return true
	case strings.HasPrefix(n.op, "VBLENDVP"):
		mask, made := operands[0], ""
		if !strings.HasPrefix(mask, "K") {
			made = c.m.takeMask()
			c.m.Ins("VPMOV"+element+"2M", mask, made)
			mask = made
		}
		n.reg, n.owned = c.m.take(), true
		c.m.Ins(op, operands[1], operands[2], mask, n.reg.String())
		c.m.freeMask(made)
		return true
	}
	return false
}

// takeMask is a free mask register.
func (m *mapper) takeMask() string {
	for i := 1; i < len(m.masks); i++ {
		if !m.masks[i] {
			m.masks[i] = true
			return fmt.Sprintf("K%d", i)
		}
	}
	panic(unsupported{})
}

// freeMask gives a mask register up, if it is one.
func (m *mapper) freeMask(k string) {
	if k != "" {
		m.masks[k[1]-'0'] = false
	}
}
