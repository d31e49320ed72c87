package toy

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/nngen-go/nngen/gen/vector"
)

// Machine runs instructions.
type Machine struct {
	regs   [24][16]byte
	memory [][]byte
}

// Put sets a lane of some bytes, Get reads it.
func (m *Machine) Put(reg, lane int, bits uint64, bytes int) {
	put(m.regs[reg][lane*bytes:], bits, bytes)
}

func (m *Machine) Get(reg, lane, bytes int) uint64 { return get(m.regs[reg][lane*bytes:], bytes) }

// Const puts a constant into memory.
func (m *Machine) Const(c vector.Constant) string {
	data := make([]byte, len(c.Numbers)*c.Bytes)
	for i, v := range c.Numbers {
		put(data[i*c.Bytes:], v, c.Bytes)
	}
	m.memory = append(m.memory, data)
	return fmt.Sprintf("m%d", len(m.memory)-1)
}

// Note ignores a comment.
func (m *Machine) Note(string, ...any) {}

// Ins runs an instruction.
func (m *Machine) Ins(op string, operands ...string) {
	dst := operands[len(operands)-1]
	var out [16]byte
	var n uint64
	var src [][]byte
	for _, o := range operands[:len(operands)-1] {
		i, _ := strconv.Atoi(o[1:])
		switch o[0] {
		case '$':
			n = uint64(i)
		case 'm':
			src = append(src, m.memory[i])
		case 'h':
			src = append(src, m.regs[i][:8])
		default:
			src = append(src, m.regs[i][:])
		}
	}
	switch op {
	case "load":
		copy(out[:], src[0])
	case "zero":
	case "half":
		copy(out[:], src[0][8*n:8*n+8])
	case "widen":
		for i := range 2 {
			put(out[8*i:], math.Float64bits(float64(math.Float32frombits(uint32(get(src[0][4*i:], 4))))), 8)
		}
	case "narrow":
		for i := range 2 {
			put(out[4*i:], uint64(math.Float32bits(float32(math.Float64frombits(get(src[0][8*i:], 8))))), 4)
		}
	case "join":
		copy(out[:8], src[0])
		copy(out[8:], src[1])
	case "table":
		for at := 0; at < 16; at += 4 {
			copy(out[at:at+4], src[0][4*(get(src[1][at:], 4)&7):])
		}
	default:
		name, bytes := strings.TrimRight(op, "48"), 4
		if strings.HasSuffix(op, "8") {
			bytes = 8
		}
		for at := 0; at < 16; at += bytes {
			args := make([]uint64, len(src))
			for i := range src {
				args[i] = get(src[i][at:], bytes)
			}
			put(out[at:], lane(name, bytes, n, args), bytes)
		}
	}
	i, _ := strconv.Atoi(dst[1:])
	if dst[0] == 'h' {
		copy(m.regs[i][:8], out[:8])
		return
	}
	m.regs[i] = out
}

func put(b []byte, v uint64, bytes int) {
	if bytes == 8 {
		binary.LittleEndian.PutUint64(b, v)
	} else {
		binary.LittleEndian.PutUint32(b, uint32(v))
	}
}

func get(b []byte, bytes int) uint64 {
	if bytes == 8 {
		return binary.LittleEndian.Uint64(b)
	}
	return uint64(binary.LittleEndian.Uint32(b))
}

// lane computes an instruction on one lane.
func lane(name string, bytes int, n uint64, a []uint64) uint64 {
	ones := func(is bool) uint64 {
		if is {
			return math.MaxUint64
		}
		return 0
	}
	switch name {
	case "add":
		return a[0] + a[1]
	case "sub":
		return a[0] - a[1]
	case "addw", "subw", "sarw": // the lower half counts, the upper is spoilt
		const junk = 0xdeadbeef << 32
		x, y := int32(a[0]), int32(0)
		if name != "sarw" {
			y = int32(a[1])
		}
		return junk | uint64(uint32(map[string]int32{"addw": x + y, "subw": x - y, "sarw": x >> n}[name]))
	case "and":
		return a[0] & a[1]
	case "or":
		return a[0] | a[1]
	case "xor":
		return a[0] ^ a[1]
	case "andnot":
		return ^a[0] & a[1]
	case "shl":
		return a[0] << n
	case "shr":
		return a[0] >> n
	case "choose": // by the sign
		if a[0]>>(8*bytes-1) != 0 {
			return a[1]
		}
		return a[2]
	}
	if bytes == 8 {
		f := make([]float64, len(a))
		for i := range a {
			f[i] = math.Float64frombits(a[i])
		}
		if is, ok := compare(name, f); ok {
			return ones(is)
		}
		return math.Float64bits(number(name, f))
	}
	if name == "float" {
		return uint64(math.Float32bits(float32(int32(a[0]))))
	}
	f := make([]float32, len(a))
	for i := range a {
		f[i] = math.Float32frombits(uint32(a[i]))
	}
	if is, ok := compare(name, f); ok {
		return ones(is)
	}
	return uint64(math.Float32bits(number(name, f)))
}

func compare[T float32 | float64](name string, f []T) (is, ok bool) {
	switch name {
	case "less":
		return f[0] < f[1], true
	case "lesseq":
		return f[0] <= f[1], true
	case "equal":
		return f[0] == f[1], true
	case "nan":
		return f[0] != f[0] || f[1] != f[1], true
	}
	return false, false
}

func number[T float32 | float64](name string, f []T) T {
	switch name {
	case "fadd":
		return f[0] + f[1]
	case "fsub":
		return f[0] - f[1]
	case "fmul":
		return f[0] * f[1]
	case "fdiv":
		return f[0] / f[1]
	case "fmin":
		if f[1] < f[0] {
			return f[1]
		}
		return f[0]
	case "fmax":
		if f[0] < f[1] {
			return f[1]
		}
		return f[0]
	case "sqrt":
		return T(math.Sqrt(float64(f[0])))
	case "floor":
		return T(math.Floor(float64(f[0])))
	case "trunc":
		return T(math.Trunc(float64(f[0])))
	}
	panic("toy: no instruction " + name)
}
