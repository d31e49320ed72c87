package vector

import (
	"fmt"
	"strings"
)

// Set is an instruction set: a table of instructions for the operations.
//
// An instruction is written as the assembler wants it, with letters for the
// operands: a, b, c the arguments, y the result, n the value's number, [t] the
// column of a lookup's table in memory, b that in a register, m the constant that
// is loaded. In brackets stands the operand that may be a constant in memory; with
// /2 a register that is half a vector.
//
//	{OpSub, Float, 4}: "VSUBPS [b], a, y"
//	{OpShl, Uint, 4}:  "VPSLLD $n, a, y"
//
// Operations that are not in the table are written with others; those on
// numbers, integers and masks, casts, comparisons in one direction and the
// choice must be there.
type Set struct {
	Bytes   int // of a vector register
	Vectors int // how many there are
	Masks   int // the mask registers, or 0 where a mask is a vector
	Rows    map[Row]string
	// Repeat loads one number into every lane, by the bytes of a lane; without
	// it constants are whole vectors in memory. Load loads a whole vector, Clear
	// makes zeros.
	Repeat      map[int]string
	Load, Clear string
	// Repeats is what an instruction's name ends in that repeats a number from
	// memory; empty where none does.
	Repeats string
	// Tied: a result takes the place of an operand that is not needed any more,
	// which some instructions change.
	Tied bool
	// Bytewise: a lookup is given the places of the bytes of its row.
	Bytewise bool
	// Vector and Mask are the names of registers.
	Vector func(number int, half bool) string
	Mask   func(number int) string
}

// Row is an operation that gives a type in lanes of some bytes. A cast, a
// choice and a comparison are the same for all types.
type Row struct {
	Op    Op
	Type  Type
	Bytes int
}

// row is the value's row.
func (v *Value) row() Row {
	t := v.Type
	switch v.Op {
	case OpChoose, OpKeep, OpDrop, OpLookup:
		t = Float
	}
	return Row{v.Op, t, v.Bytes}
}

func (s *Set) has(v *Value) bool {
	switch v.Op {
	case OpInput, OpLoad, OpConst, OpCast:
		return true
	case OpNegative:
		return s.Masks == 0 || s.Rows[v.row()] != "" // where a mask is a vector, its signs may count
	}
	return s.Rows[v.row()] != ""
}

// Constant is a constant in memory: numbers of some bytes, one for every lane
// or one for all.
type Constant struct {
	Numbers []uint64
	Bytes   int
}

// memory is the argument that may lie in memory, or -1; for a lookup it is the
// table.
func memory(text string) int {
	if i := strings.IndexByte(text, '['); i >= 0 && text[i+1] != 't' {
		return int(text[i+1] - 'a')
	}
	return -1
}

// splitText takes an instruction's name from its operands.
func splitText(text string) (op string, operands []string) {
	op, rest, _ := strings.Cut(text, " ")
	return op, strings.Split(rest, ", ")
}

// text is an instruction with the registers' numbers put in.
func (s *Set) text(in *Instr, numbers map[*Register]int, constant func(Constant) string) (op string, operands []string) {
	op, operands = splitText(in.Text)
	name := func(r *Register, half bool) string {
		if r.Mask {
			return s.Mask(numbers[r])
		}
		return s.Vector(numbers[r], half)
	}
	for i, o := range operands {
		letter, half := strings.CutSuffix(strings.Trim(o, "[]"), "/2")
		switch {
		case letter == "y":
			operands[i] = name(in.Result, half)
		case letter == "t" || letter == "m":
			operands[i] = constant(*in.Constant)
		case len(letter) == 1 && letter >= "a" && letter <= "c":
			if r := in.Args[letter[0]-'a']; r != nil {
				operands[i] = name(r, half)
			} else {
				operands[i] = constant(*in.Constant)
				if len(in.Constant.Numbers) == 1 {
					op += s.Repeats
				}
			}
		case strings.HasSuffix(letter, "n"):
			operands[i] = strings.TrimSuffix(letter, "n") + fmt.Sprint(in.Number)
		}
	}
	return op, operands
}
