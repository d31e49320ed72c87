package vector

import (
	"fmt"
	"math"
)

// Eval computes the program for one lane: the bits of the inputs, in their
// order, give those of the results; masks are 0 and 1. It is what the program
// means.
func (p *Program) Eval(inputs ...uint64) []uint64 {
	at := make([]uint64, len(p.Values))
	for i, v := range p.Inputs {
		at[v.index] = inputs[i]
	}
	for i, v := range p.Values {
		if v.Op == OpInput || v.Op == OpLoad {
			continue
		}
		args := make([]uint64, len(v.Args))
		for k, a := range v.Args {
			args[k] = at[a.index]
		}
		at[i] = v.eval(args)
		if r := v.Rare; r != nil && args[0] != 0 && r.Low <= v.float(at[r.X.index]) && v.float(at[r.X.index]) <= r.High {
			panic("internal error: vector: a choice is not as rare as was said")
		}
	}
	results := make([]uint64, len(p.Results))
	for i, r := range p.Results {
		results[i] = at[r.index]
	}
	return results
}

// eval is the value for its arguments' bits.
func (v *Value) eval(a []uint64) uint64 {
	switch v.Op {
	case OpConst:
		return v.Bits
	case OpCast:
		if v.Type == Int || v.Bytes == 4 {
			return uint64(uint32(a[0]))
		}
		return a[0]
	case OpCall:
		return v.Func.Program().Eval(a...)[0]
	case OpLookup:
		return v.Table.Columns[v.Bits][a[0]&7]
	case OpConvert:
		return num(float64(int32(a[0])), 4)
	case OpWiden:
		return num(float64(math.Float32frombits(uint32(a[0]))), 8)
	case OpNarrow:
		return num(math.Float64frombits(a[0]), 4)
	case OpNegative:
		return a[0] >> (8*v.Bytes - 1)
	case OpShl:
		return v.wrap(a[0] << v.Bits)
	case OpShr:
		return a[0] >> v.Bits
	case OpSar:
		return uint64(uint32(int32(a[0]) >> v.Bits))
	case OpChoose:
		if a[0] != 0 {
			return a[1]
		}
		return a[2]
	}
	if v.Args[0].Type != Float {
		return v.wrap(integers(v.Op, a))
	}
	if v.Type == Mask {
		return truth(compare(v.Op, v.float(a[0]), v.float(a[1])))
	}
	switch sign := uint64(1) << (8*v.Bytes - 1); v.Op {
	case OpNeg:
		return a[0] ^ sign
	case OpAbs:
		return a[0] &^ sign
	case OpSignOf:
		return a[0] | a[1]&sign
	}
	numbers := make([]float64, len(a))
	for i := range a {
		numbers[i] = v.float(a[i])
	}
	// For float32 operands the second rounding of sums, products, quotients and
	// square roots does no harm: float64 has more than twice the bits.
	return num(floats(v.Op, numbers), v.Bytes)
}

// float is the number of a lane's bits.
func (v *Value) float(bits uint64) float64 {
	if v.Bytes == 8 {
		return math.Float64frombits(bits)
	}
	return float64(math.Float32frombits(uint32(bits)))
}

// wrap cuts an integer to its type.
func (v *Value) wrap(x uint64) uint64 {
	switch {
	case v.Type == Mask:
		return x & 1
	case v.Bytes == 4 || v.Type == Int:
		return uint64(uint32(x))
	}
	return x
}

func truth(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// integers computes the operations on Uint, Int and Mask.
func integers(op Op, a []uint64) uint64 {
	switch op {
	case OpAdd:
		return a[0] + a[1]
	case OpSub:
		return a[0] - a[1]
	case OpAnd:
		return a[0] & a[1]
	case OpOr:
		return a[0] | a[1]
	case OpXor:
		return a[0] ^ a[1]
	case OpAndNot:
		return a[1] &^ a[0]
	case OpNot:
		return ^a[0]
	}
	panic(fmt.Sprintf("internal error: vector: operation %d on integers", op))
}

// floats computes the operations on Float.
func floats(op Op, a []float64) float64 {
	switch op {
	case OpSqrt:
		return math.Sqrt(a[0])
	case OpFloor:
		return math.Floor(a[0])
	case OpTrunc:
		return math.Trunc(a[0])
	case OpAdd:
		return a[0] + a[1]
	case OpSub:
		return a[0] - a[1]
	case OpMul:
		return a[0] * a[1]
	case OpDiv:
		return a[0] / a[1]
	case OpMin:
		if a[1] < a[0] {
			return a[1]
		}
		return a[0]
	case OpMax:
		if a[0] < a[1] {
			return a[1]
		}
		return a[0]
	}
	panic(fmt.Sprintf("internal error: vector: operation %d on numbers", op))
}

func compare(op Op, a, b float64) bool {
	switch op {
	case OpLess:
		return a < b
	case OpLessEqual:
		return a <= b
	case OpEqual:
		return a == b
	case OpUnordered:
		return a != a || b != b
	case OpGreater:
		return a > b
	case OpGreaterEqual:
		return a >= b
	}
	return !compare(negated[op], a, b)
}
