package x86

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// code is straight-line code on vectors under construction. Its values get
// registers when it is printed: each from its instruction to its last reader.
type code struct {
	m      *mapper
	double bool
	nodes  []*node
}

// node is a value: the result of an instruction, a constant in memory, or a
// register given; or a comment.
type node struct {
	op      string
	operand string // first operand of the instruction, if it is no value
	args    []*node
	mem     string
	note    string

	readers int
	reg     Y
	owned   bool // to be given up after the last reader
	read    bool
}

// print prints the instructions that the results need, in the order in which
// they were made.
func (c *code) print(results []*node) {
	var visit func(n *node)
	visit = func(n *node) {
		if n.readers++; n.readers == 1 {
			for _, a := range n.args {
				visit(a)
			}
		}
	}
	for _, n := range results {
		visit(n)
	}
	for _, n := range c.nodes {
		switch {
		case n.note != "":
			c.m.Note("%s", n.note)
		case n.readers > 0:
			c.instruction(n)
		}
	}
}

func (c *code) instruction(n *node) {
	var operands []string
	if n.operand != "" {
		operands = append(operands, n.operand)
	}
	memory := memoryOperand(n.op)
	var last []Y // registers read for the last time
	for i, a := range n.args {
		a.readers--
		a.read = true
		switch {
		case a.mem == "":
			operands = append(operands, a.reg.String())
			if a.readers == 0 && a.owned {
				last = append(last, a.reg)
			}
		case i == memory:
			operands = append(operands, a.mem)
		default:
			r := c.m.take()
			c.m.load(a.mem, r)
			operands = append(operands, r.String())
			last = append(last, r)
		}
	}
	for _, y := range last {
		c.m.free(y)
	}
	n.reg, n.owned = c.m.take(), true
	operands = append(operands, n.reg.String())
	for _, i := range halves[n.op] {
		operands[i] = strings.Replace(operands[i], "Y", "X", 1)
	}
	c.m.Ins(n.op, operands...)
}

// memoryOperand is the operand that may be in memory, without the constant
// first one; -1 if none may.
func memoryOperand(op string) int {
	switch {
	case strings.HasPrefix(op, "VBLENDV"):
		return 1
	case strings.HasPrefix(op, "VPS") && !strings.HasPrefix(op, "VPSUB"), // shifts by a constant
		halves[op] != nil, strings.HasPrefix(op, "VCVT"):
		return -1
	}
	return 0
}

// note is a comment: the formula of what follows.
func (c *code) note(format string, args ...any) {
	c.nodes = append(c.nodes, &node{note: fmt.Sprintf(format, args...)})
}

// ins is an instruction, operands in the assembler's order without the last,
// the destination.
func (c *code) ins(op string, args ...*node) *node {
	n := &node{op: op, args: args}
	c.nodes = append(c.nodes, n)
	return n
}

// imm is an instruction with a constant first operand.
func (c *code) imm(op string, operand int, args ...*node) *node {
	n := c.ins(op, args...)
	n.operand = fmt.Sprintf("$%d", operand)
	return n
}

// typed is the instruction for the element type: the name ends in PS or PD.
func (c *code) typed(op string, args ...*node) *node {
	if c.double {
		return c.ins(op+"D", args...)
	}
	return c.ins(op+"S", args...)
}

func (c *code) size() int {
	if c.double {
		return 8
	}
	return 4
}

// table is a vector of constants, one for each lane.
func (c *code) table(lanes ...uint64) *node {
	return &node{mem: c.m.ConstTable(lanes, c.size())}
}

// bits is a bit pattern in every lane.
func (c *code) bits(v uint64) *node {
	return c.table(slices.Repeat([]uint64{v}, c.m.bytes/c.size())...)
}

// num is a number in every lane.
func (c *code) num(v float64) *node {
	if c.double {
		return c.bits(math.Float64bits(v))
	}
	return c.bits(uint64(math.Float32bits(float32(v))))
}

// commute is a typed instruction whose operands may change places.
func (c *code) commute(op string, a, b *node) *node {
	if a.mem != "" {
		a, b = b, a
	}
	return c.typed(op, b, a)
}

func (c *code) mul(a, b *node) *node { return c.commute("VMULP", a, b) }
func (c *code) add(a, b *node) *node { return c.commute("VADDP", a, b) }
func (c *code) sub(a, b *node) *node { return c.typed("VSUBP", b, a) }
func (c *code) div(a, b *node) *node { return c.typed("VDIVP", b, a) }
func (c *code) and(a, b *node) *node { return c.commute("VANDP", a, b) }
func (c *code) or(a, b *node) *node  { return c.commute("VORP", a, b) }
func (c *code) xor(a, b *node) *node { return c.commute("VXORP", a, b) }

// without is a where the mask is not set, else zero bits.
func (c *code) without(mask, a *node) *node { return c.typed("VANDNP", a, mask) }

// larger and smaller keep a where it is NaN or equal to b.
func (c *code) larger(a, b *node) *node  { return c.typed("VMAXP", a, b) }
func (c *code) smaller(a, b *node) *node { return c.typed("VMINP", a, b) }

// compare is a mask: all bits where the predicate holds.
func (c *code) compare(a *node, predicate int, b *node) *node {
	n := c.typed("VCMPP", b, a)
	n.operand = fmt.Sprintf("$%d", predicate)
	return n
}

// choose is a where the mask's sign is set, else b.
func (c *code) choose(mask, a, b *node) *node { return c.typed("VBLENDVP", mask, a, b) }

// sign is the sign bit in every lane.
func (c *code) sign() *node { return c.bits(1 << (8*c.size() - 1)) }

func (c *code) neg(x *node) *node   { return c.xor(x, c.sign()) }
func (c *code) abs(x *node) *node   { return c.and(x, c.bits(1<<(8*c.size()-1)-1)) }
func (c *code) minus(x *node) *node { return c.or(x, c.sign()) } // -|x|

// copySign is a ≥ 0 with the sign of x.
func (c *code) copySign(a, x *node) *node { return c.or(c.and(x, c.sign()), a) }

// horner is the polynomial in x with the coefficients, the highest first.
func (c *code) horner(x *node, coefficients ...float64) *node {
	p := c.num(coefficients[0])
	for _, k := range coefficients[1:] {
		p = c.add(c.mul(p, x), c.num(k))
	}
	return p
}

// lookup is the number of a table of eight at the low three bits of the
// indices i (float32).
func (c *code) lookup(table []uint64, i *node) *node {
	return c.ins("VPERMPS", c.table(table...), i)
}

// halves are the operands that are half a register, by instruction; the last
// is the result.
var halves = map[string][]int{"VEXTRACTF128": {2}, "VCVTPS2PD": {0}, "VCVTPD2PSY": {1}, "VINSERTF128": {1}}

// whole rounds towards the rounding mode's direction: down is 9, to zero 11.
func (c *code) whole(x *node, mode int) *node {
	n := c.typed("VROUNDP", x)
	n.operand = fmt.Sprintf("$%d", mode)
	return n
}
