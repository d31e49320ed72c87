package vector

import (
	"fmt"
	"math"
)

// Type is what a value's lanes hold.
type Type uint8

// The types. Lanes have 4 or 8 bytes; an Int of a lane of 8 bytes is its
// lower half, and nothing is said about the upper.
const (
	Float Type = iota
	Uint       // the lane's bits
	Int        // a signed number of 32 bits
	Mask       // true or false
)

// Op is an operation.
type Op uint8

// The operations. Sums, products, quotients and square roots are rounded once,
// to nearest even. Uint and Int wrap around.
const (
	OpInput  Op = iota
	OpLoad      // an input in memory, whose load takes Bits further registers
	OpConst     // Bits in every lane
	OpCast      // the same bits as another type; a Uint's lower half as an Int
	OpCall      // Func
	OpLookup    // the entry of column Bits of Table in row a, of whose bits the lowest three count

	OpNeg      // the other sign, NaN included
	OpAbs      // |a|
	OpSqrt     //
	OpFloor    // the greatest integer that is at most a; -0, ±Inf and NaN stay
	OpTrunc    // the same towards zero
	OpConvert  // Int to Float of 4 bytes
	OpWiden    // Float of 4 bytes to 8
	OpNarrow   // Float of 8 bytes to 4
	OpNegative // the mask of set signs

	OpAdd // Float, Uint, Int
	OpSub // Float, Uint, Int
	OpMul
	OpDiv
	OpMin // if b < a then b else a: a NaN in a is kept
	OpMax // if a < b then b else a: a NaN in a is kept

	OpLeast // OpMin where b is neither zero nor NaN
	OpMost  // OpMax where b is neither zero nor NaN

	OpPlaces // of the four bytes of the row, in a table of eight, that the lowest bits say

	OpSignOf // a, whose sign is not set or that is NaN, with the sign of b

	OpAnd    // Uint, Mask
	OpOr     // Uint, Mask
	OpXor    // Uint, Mask
	OpAndNot // the bits of b that a has not; Uint, Mask
	OpNot    // Mask

	OpShl // by Bits; an Int by at least 32 gives a Uint of 8 bytes
	OpShr // by Bits, zeros come in; Uint
	OpSar // by Bits, signs come in; Int

	// Comparisons; with a NaN they are false, and true after Not.
	OpLess
	OpLessEqual
	OpEqual
	OpUnordered // one is NaN
	OpGreater
	OpGreaterEqual
	OpNotLess
	OpNotLessEqual
	OpNotEqual
	OpOrdered
	OpNotGreater
	OpNotGreaterEqual

	OpChoose // if a then b else c
	OpKeep   // if a then b else zero
	OpDrop   // if a then zero else b

	// The operations of vectors that hold half the lanes, of twice the size.
	OpHalf     // the lower (Bits 0) or upper (1) half of a vector
	OpWidened  // the lanes of a half vector as lanes of 8 bytes
	OpNarrowed // and back
	OpJoin     // the vector of a lower and an upper half
	opCount
)

// swapped are the comparisons with their operands exchanged, negated their
// contraries.
var (
	swapped = pairs(OpLess, OpGreater, OpLessEqual, OpGreaterEqual, OpEqual, OpEqual, OpUnordered, OpUnordered,
		OpNotLess, OpNotGreater, OpNotLessEqual, OpNotGreaterEqual, OpNotEqual, OpNotEqual, OpOrdered, OpOrdered)
	negated = pairs(OpLess, OpNotLess, OpLessEqual, OpNotLessEqual, OpEqual, OpNotEqual, OpUnordered, OpOrdered,
		OpGreater, OpNotGreater, OpGreaterEqual, OpNotGreaterEqual)
)

// pairs maps each of two operations to the other.
func pairs(ops ...Op) map[Op]Op {
	m := map[Op]Op{}
	for i := 0; i < len(ops); i += 2 {
		m[ops[i]], m[ops[i+1]] = ops[i+1], ops[i]
	}
	return m
}

// Value is a value of a program.
type Value struct {
	Op    Op
	Type  Type
	Bytes int // of a lane
	Args  []*Value
	Bits  uint64
	Table *Table
	Func  *Function
	// Name is the value's name in Go, Doc a comment on it.
	Name, Doc string
	Rare      *Range // of a choice

	prog   *Program
	index  int    // in the program
	twin   *Value // its copy
	places *Value // of the bytes of a table's row, that this is the number of
}

// Range are the positive numbers X from Low to High.
type Range struct {
	X         *Value
	Low, High float64
}

// Program is a program: values in the order in which they are computed, of
// which the results are wanted.
type Program struct {
	Values  []*Value
	Inputs  []*Value
	Results []*Value
}

// Table is a table of eight rows.
type Table struct {
	Name string
	Row  string // what a row is called
	Doc  []string
	// Fields are the names of the columns, if these differ in type or meaning.
	Fields  []string
	Types   []Type // nil: all Float
	Columns [][8]uint64
	Notes   [8]string // on the rows
}

// Function is a function of its own in Go and written out in every vector
// program that calls it. It has one result.
type Function struct {
	Name  string
	Doc   []string
	Bytes int // of its lanes
	// Params are its parameters, of type Float where Types has no other.
	Params []string
	Types  map[string]Type
	// Build makes the result.
	Build func(args []*Value) *Value
}

// Program is the function by itself.
func (f *Function) Program() *Program {
	p := &Program{}
	args := make([]*Value, len(f.Params))
	for i, name := range f.Params {
		args[i] = p.Input(name, f.Types[name], f.Bytes)
	}
	p.Results = []*Value{f.Build(args)}
	return p
}

// Input adds an input in a register.
func (p *Program) Input(name string, t Type, bytes int) *Value {
	return p.input(&Value{Op: OpInput, Type: t, Bytes: bytes, Name: name})
}

// Load adds an input in memory, a Float; temps is how many registers more than
// the result's its load takes.
func (p *Program) Load(name string, bytes, temps int) *Value {
	return p.input(&Value{Op: OpLoad, Bytes: bytes, Name: name, Bits: uint64(temps)})
}

func (p *Program) input(v *Value) *Value {
	p.Inputs = append(p.Inputs, v)
	return p.add(v)
}

func (p *Program) add(v *Value) *Value {
	v.prog, v.index = p, len(p.Values)
	p.Values = append(p.Values, v)
	return v
}

// Const is a constant with a name and a comment.
type Const struct {
	Name  string
	Value float64
	Doc   string
}

// Bits is a constant of an integer type with a name and a comment.
type Bits struct {
	Name  string
	Value uint64
	Doc   string
}

// num is the bit pattern of a number.
func num(v float64, bytes int) uint64 {
	if bytes == 8 {
		return math.Float64bits(v)
	}
	return uint64(math.Float32bits(float32(v)))
}

// Num adds a number as a constant.
func (p *Program) Num(v float64, bytes int) *Value {
	return p.add(&Value{Op: OpConst, Type: Float, Bytes: bytes, Bits: num(v, bytes)})
}

// value is an operand of an operation on v: a value, or a constant of v's type.
func (v *Value) value(x any) *Value {
	switch x := x.(type) {
	case *Value:
		return x
	case float64:
		return v.prog.Num(x, v.Bytes)
	case Const:
		c := v.prog.Num(x.Value, v.Bytes)
		c.Name, c.Doc = x.Name, x.Doc
		return c
	case int:
		return v.value(int64(x))
	case int64:
		if v.Type == Float {
			return v.prog.Num(float64(x), v.Bytes)
		}
		return v.value(Bits{Value: uint64(x)})
	case Bits:
		c := &Value{Op: OpConst, Type: v.Type, Bytes: v.Bytes, Bits: x.Value, Name: x.Name, Doc: x.Doc}
		if v.Bytes == 4 || v.Type == Int {
			c.Bits = uint64(uint32(x.Value))
		}
		return v.prog.add(c)
	}
	panic(fmt.Sprintf("internal error: vector: %T is no operand", x))
}

// Num is a number of the value's type, for what begins with one: 1 - x.
func (v *Value) Num(x any) *Value { return v.value(x) }

// with adds an operation of the type on v and other operands.
func (v *Value) with(op Op, t Type, args ...any) *Value {
	w := &Value{Op: op, Type: t, Bytes: v.Bytes, Args: []*Value{v}}
	for _, a := range args {
		w.Args = append(w.Args, v.value(a))
	}
	return v.prog.add(w)
}

// As gives the value a name, and Note a comment, in Go.
func (v *Value) As(name string) *Value { v.Name = name; return v }
func (v *Value) Note(format string, args ...any) *Value {
	v.Doc = fmt.Sprintf(format, args...)
	return v
}

// The operations. Operands are values, or numbers for constants.
func (v *Value) Add(w any) *Value       { return v.with(OpAdd, v.Type, w) }
func (v *Value) Sub(w any) *Value       { return v.with(OpSub, v.Type, w) }
func (v *Value) Mul(w any) *Value       { return v.with(OpMul, v.Type, w) }
func (v *Value) Div(w any) *Value       { return v.with(OpDiv, v.Type, w) }
func (v *Value) Min(w any) *Value       { return v.with(OpMin, v.Type, w) }
func (v *Value) Max(w any) *Value       { return v.with(OpMax, v.Type, w) }
func (v *Value) And(w any) *Value       { return v.with(OpAnd, v.Type, w) }
func (v *Value) Or(w any) *Value        { return v.with(OpOr, v.Type, w) }
func (v *Value) Xor(w any) *Value       { return v.with(OpXor, v.Type, w) }
func (v *Value) SignOf(w any) *Value    { return v.with(OpSignOf, v.Type, w) }
func (v *Value) Neg() *Value            { return v.with(OpNeg, Float) }
func (v *Value) Abs() *Value            { return v.with(OpAbs, Float) }
func (v *Value) Sqrt() *Value           { return v.with(OpSqrt, Float) }
func (v *Value) Floor() *Value          { return v.with(OpFloor, Float) }
func (v *Value) Trunc() *Value          { return v.with(OpTrunc, Float) }
func (v *Value) Less(w any) *Value      { return v.with(OpLess, Mask, w) }
func (v *Value) LessEqual(w any) *Value { return v.with(OpLessEqual, Mask, w) }
func (v *Value) Equal(w any) *Value     { return v.with(OpEqual, Mask, w) }
func (v *Value) Unordered(w any) *Value { return v.with(OpUnordered, Mask, w) }
func (v *Value) Greater(w any) *Value   { return v.with(OpGreater, Mask, w) }
func (v *Value) Negative() *Value       { return v.with(OpNegative, Mask) }
func (v *Value) ToFloat() *Value        { return v.with(OpConvert, Float) } // of an Int
func (v *Value) Uint() *Value           { return v.with(OpCast, Uint) }
func (v *Value) Int() *Value            { return v.with(OpCast, Int) }
func (v *Value) Float() *Value          { return v.with(OpCast, Float) }
func (v *Value) Shl(n int) *Value       { return v.shift(OpShl, Uint, n) }
func (v *Value) Shr(n int) *Value       { return v.shift(OpShr, v.Type, n) }
func (v *Value) Sar(n int) *Value       { return v.shift(OpSar, v.Type, n) }
func (v *Value) Choose(a, b any) *Value {
	x, y := v.sides(a, b)
	return v.prog.add(&Value{Op: OpChoose, Type: x.Type, Bytes: x.Bytes, Args: []*Value{v, x, y}})
}

// Beyond says of a choice that its condition does not hold for x from low to
// high, positive numbers. Portable Go asks that once for all such choices.
func (v *Value) Beyond(x *Value, low, high float64) *Value {
	v.Rare = &Range{x, low, high}
	return v
}

// sides are the operands of a choice, of which one is a value.
func (v *Value) sides(a, b any) (x, y *Value) {
	if y, ok := b.(*Value); ok {
		return y.value(a), y
	}
	if x, ok := a.(*Value); ok {
		return x, x.value(b)
	}
	like := &Value{Type: Float, Bytes: v.Bytes, prog: v.prog}
	return like.value(a), like.value(b)
}

func (v *Value) shift(op Op, t Type, n int) *Value {
	w := v.with(op, t)
	w.Bits = uint64(n)
	return w
}

// Not is the contrary of a mask.
func (v *Value) Not() *Value {
	if op, ok := negated[v.Op]; ok {
		return v.Args[0].with(op, Mask, v.Args[1])
	}
	return v.with(OpNot, Mask)
}

// Widen is a Float of 4 bytes as one of 8, Narrow the other way.
func (v *Value) Widen() *Value  { return v.resized(OpWiden, 8) }
func (v *Value) Narrow() *Value { return v.resized(OpNarrow, 4) }

func (v *Value) resized(op Op, bytes int) *Value {
	w := v.with(op, Float)
	w.Bytes = bytes
	return w
}

// Lookup is the number in a column of the row whose low three bits v has.
func (v *Value) Lookup(t *Table, column int) *Value {
	typ := Float
	if t.Types != nil {
		typ = t.Types[column]
	}
	w := v.with(OpLookup, typ)
	w.Table, w.Bits = t, uint64(column)
	return w
}

// Call is the function's result.
func (f *Function) Call(args ...*Value) *Value {
	return args[0].prog.add(&Value{Op: OpCall, Type: Float, Bytes: f.Bytes, Args: args, Func: f})
}

// Horner is the polynomial in v with the coefficients, the highest first,
// whose names are the prefix, if there is one, and the power. A 1 has no name. The lowest power
// is first.
func (v *Value) Horner(name, prefix string, first int, coefficients ...float64) *Value {
	last := len(coefficients) - 1
	at := func(i int) any {
		if prefix == "" || coefficients[i] == 1 {
			return coefficients[i]
		}
		return Const{Name: fmt.Sprint(prefix, first+last-i), Value: coefficients[i]}
	}
	p := v.value(at(0))
	for i := 1; i <= last; i++ {
		p = p.Mul(v).Add(at(i)).As(name)
	}
	return p
}
