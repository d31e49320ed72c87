package avx2

import (
	"fmt"
	"math"
	"slices"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/kernel"
)

// registers of the operands' pointers, in order; R8 is the result.
var operandRegs = []string{"SI", "DI", "DX", "BX", "R10", "R11"}

// regOffset is the byte offset of the current vector.
const regOffset = "AX"

// Map prints an element-wise kernel. It reports false where an operation has
// no vector form yet or the registers do not suffice.
func Map(k *kernel.Map) (f *asm.Func, ok bool) {
	if len(k.Ins) > len(operandRegs) {
		return nil, false
	}
	f = &asm.Func{Name: k.Name, Doc: k.Doc, Args: []asm.Arg{{Name: "y", Type: k.YType}}}
	for _, in := range k.Ins {
		f.Args = append(f.Args, asm.Arg{Name: in.Arg, Type: in.Type})
	}
	m := &mapper{writer: &writer{Func: f, double: k.Double}, k: k, at: map[string]Y{}}
	defer func() {
		if r := recover(); r != nil {
			if _, unsupported := r.(unsupported); !unsupported {
				panic(r)
			}
			f, ok = nil, false
		}
	}()
	m.write()
	return f, true
}

// unsupported is thrown where a program cannot be printed.
type unsupported struct{}

// mapper prints a scalar program on vectors.
type mapper struct {
	*writer
	k    *kernel.Map
	used [16]bool
	at   map[string]Y // leaves and names of the program
	mask *Y           // of the last, partial vector
	once bool         // the formula is noted elsewhere
}

func (m *mapper) write() {
	m.pointer("y", regY)
	for i, in := range m.k.Ins {
		m.pointer(in.Arg, operandRegs[i])
	}
	for i, in := range m.k.Ins {
		if in.Single {
			y := m.take()
			m.Ins(m.op("VBROADCASTSS", "VBROADCASTSD"), mem(operandRegs[i], 0), y.String())
			m.at[in.Leaf] = y
		}
	}
	m.Ins("XORQ", regOffset, regOffset)
	whole, rest := m.k.Size/m.lanes(), m.k.Size%m.lanes()
	kept := m.used
	if whole > 0 {
		loop := m.Label("elements")
		m.count(whole)
		m.Place(loop)
		m.vector()
		m.advance(regOffset, vectorBytes)
		m.again(loop)
	}
	if rest > 0 {
		m.used = kept
		mask := m.take()
		m.Ins("LEAQ", MaskName+"<>(SB)", regMask)
		m.load(mem(regMask, (m.lanes()-rest)*m.size()), mask)
		m.mask = &mask
		m.vector()
	}
	m.ret()
}

// vector computes one vector.
func (m *mapper) vector() {
	kept, names := m.used, map[string]Y{}
	for leaf, y := range m.at {
		names[leaf] = y
	}
	defer func() { m.used, m.at = kept, names }()
	var arrays []string
	for i, in := range m.k.Ins {
		if in.Single {
			continue
		}
		y := m.take()
		src := fmt.Sprintf("(%s)(%s*1)", operandRegs[i], regOffset)
		if m.mask == nil {
			m.load(src, y)
		} else {
			m.Ins(m.op("VMASKMOVPS", "VMASKMOVPD"), src, m.mask.String(), y.String())
		}
		m.at[in.Leaf] = y
		arrays = append(arrays, in.Leaf)
	}
	m.program(m.k.Prog, arrays)
	dst := fmt.Sprintf("(%s)(%s*1)", regY, regOffset)
	if m.mask == nil {
		m.store(m.at[m.k.Result], dst)
	} else {
		m.storeMasked(m.at[m.k.Result], *m.mask, dst)
	}
}

// program prints the assignments. The registers of the leaves in owned may be
// given up when the name is assigned again.
func (m *mapper) program(prog expr.Program, leaves []string) {
	owned := map[string]bool{}
	for _, l := range leaves {
		owned[l] = true
	}
	for _, a := range prog {
		if !m.once {
			m.Note("%s = %s", a.Name, a.X)
		}
		y := m.value(a.X)
		if old, ok := m.at[a.Name]; ok && owned[a.Name] && old != y.y {
			m.used[old] = false
		}
		y = m.reg(y)
		if !y.owned { // a plain copy of another name
			z := m.temp()
			m.Ins("VMOVAPS", y.y.String(), z.y.String())
			y = z
		}
		m.at[a.Name], owned[a.Name] = y.y, true
	}
}

// value is a register that holds a result, or a constant in memory, the same
// in every lane. If it is owned, its reader frees the register.
type value struct {
	y     Y
	owned bool
	mem   string // operand of the constant
}

func (v value) operand() string {
	if v.mem != "" {
		return v.mem
	}
	return v.y.String()
}

func (m *mapper) take() Y {
	for i := range m.used {
		if !m.used[i] {
			m.used[i] = true
			return Y(i)
		}
	}
	panic(unsupported{})
}

func (m *mapper) free(vs ...value) {
	for _, v := range vs {
		if v.owned {
			m.used[v.y] = false
		}
	}
}

// temp is a fresh register.
func (m *mapper) temp() value { return value{y: m.take(), owned: true} }

// constant is a number in every lane.
func (m *mapper) constant(v float64) value {
	if m.double {
		return m.bits(math.Float64bits(v))
	}
	return m.bits(uint64(math.Float32bits(float32(v))))
}

// bits is a bit pattern in every lane.
func (m *mapper) bits(v uint64) value {
	return m.table(slices.Repeat([]uint64{v}, m.lanes())...)
}

// table is a vector of constants, one for each lane.
func (m *mapper) table(lanes ...uint64) value {
	return value{mem: m.ConstTable(lanes, m.size())}
}

// reg is the value in a register.
func (m *mapper) reg(v value) value {
	if v.mem == "" {
		return v
	}
	r := m.temp()
	m.load(v.mem, r.y)
	return r
}

// result is the register of a result whose operands are read for the last
// time by the instruction that writes it.
func (m *mapper) result(operands ...value) value {
	m.free(operands...)
	return m.temp()
}

// three is a op b; a is the left operand.
func (m *mapper) three(op string, a, b value) value {
	a = m.reg(a)
	dst := m.result(a, b)
	m.Ins(op, b.operand(), a.y.String(), dst.y.String())
	return dst
}

// commute is a op b where the order of the operands does not matter.
func (m *mapper) commute(op string, a, b value) value {
	if a.mem != "" {
		a, b = b, a
	}
	return m.three(op, a, b)
}

func (m *mapper) mul(a, b value) value { return m.commute(m.op("VMULPS", "VMULPD"), a, b) }
func (m *mapper) sum(a, b value) value { return m.commute(m.op("VADDPS", "VADDPD"), a, b) }
func (m *mapper) sub(a, b value) value { return m.three(m.op("VSUBPS", "VSUBPD"), a, b) }
func (m *mapper) div(a, b value) value { return m.three(m.op("VDIVPS", "VDIVPD"), a, b) }

// keep is the same register, to be read once more.
func keep(v value) value { return value{y: v.y, mem: v.mem} }

// larger and smaller keep a where it is NaN or equal to b.
func (m *mapper) larger(a, b value) value  { return m.three(m.op("VMAXPS", "VMAXPD"), b, a) }
func (m *mapper) smaller(a, b value) value { return m.three(m.op("VMINPS", "VMINPD"), b, a) }

// compare is a mask: all bits where the predicate holds. NaN gives false.
func (m *mapper) compare(predicate int, a, b value) value {
	a = m.reg(a)
	dst := m.result(a, b)
	m.Ins(m.op("VCMPPS", "VCMPPD"), fmt.Sprintf("$%d", predicate), b.operand(), a.y.String(), dst.y.String())
	return dst
}

// choose is a where the mask's sign is set, else b.
func (m *mapper) choose(mask, a, b value) value {
	b = m.reg(b)
	dst := m.result(mask, a, b)
	m.Ins(m.op("VBLENDVPS", "VBLENDVPD"), mask.y.String(), a.operand(), b.y.String(), dst.y.String())
	return dst
}

// Predicates of comparisons: ordered, quiet.
const (
	equal     = 0
	less      = 17
	lessEqual = 18
)

// value prints an expression.
func (m *mapper) value(n *expr.Node) value {
	switch n.Op {
	case expr.OpConst:
		return m.constant(n.Value)
	case expr.OpLeaf:
		return value{y: m.at[n.Name]}
	case expr.OpSelect:
		mask := m.cond(n.Args[0])
		a := m.value(n.Args[1])
		return m.choose(mask, a, m.value(n.Args[2]))
	}
	a := m.value(n.Args[0])
	if len(n.Args) == 2 {
		return m.binary(n.Op, a, m.value(n.Args[1]))
	}
	return m.unary(n.Op, a)
}

func (m *mapper) binary(op expr.Op, a, b value) value {
	switch op {
	case expr.OpAdd:
		return m.sum(a, b)
	case expr.OpSub:
		return m.sub(a, b)
	case expr.OpMul:
		return m.mul(a, b)
	case expr.OpDiv:
		return m.div(a, b)
	case expr.OpMin:
		return m.smaller(a, b)
	case expr.OpMax:
		return m.larger(a, b)
	}
	panic(unsupported{})
}

func (m *mapper) cond(n *expr.Node) value {
	predicate, ok := map[expr.Op]int{expr.OpLess: less, expr.OpLessEqual: lessEqual, expr.OpEqual: equal}[n.Op]
	if !ok {
		panic(unsupported{})
	}
	a := m.value(n.Args[0])
	return m.compare(predicate, a, m.value(n.Args[1]))
}

func (m *mapper) unary(op expr.Op, a value) value {
	switch op {
	case expr.OpNeg:
		return m.commute("VXORPS", a, m.sign())
	case expr.OpAbs:
		return m.abs(a)
	case expr.OpSqrt:
		dst := m.result(a)
		m.Ins(m.op("VSQRTPS", "VSQRTPD"), a.operand(), dst.y.String())
		return dst
	}
	if m.double {
		panic(unsupported{})
	}
	switch op {
	case expr.OpExp:
		return m.exp(a)
	case expr.OpExpm1:
		return m.expm1(a)
	case expr.OpTanh:
		return m.tanh(a)
	case expr.OpSigmoid:
		return m.sigmoid(a)
	}
	panic(unsupported{})
}

// sign is the sign bit in every lane.
func (m *mapper) sign() value {
	if m.double {
		return m.bits(1 << 63)
	}
	return m.bits(1 << 31)
}

// abs is the absolute value.
func (m *mapper) abs(a value) value {
	if m.double {
		return m.commute("VANDPS", a, m.bits(1<<63-1))
	}
	return m.commute("VANDPS", a, m.bits(1<<31-1))
}
