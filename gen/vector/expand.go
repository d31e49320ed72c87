package vector

import (
	"fmt"
	"math"
)

// expand is the program in the operations of a set: calls written out, what
// has twice the width in halves, and what the set has no instruction for in
// other operations.
func (p *Program) expand(s *Set) *Program {
	return p.inline().split().rewrite(s.legal)
}

// rewrite copies a program. For each value and its new arguments, f makes the
// new value.
func (p *Program) rewrite(f func(q *Program, v *Value, args []*Value) *Value) *Program {
	q := &Program{}
	q.Results = q.copyOf(p, nil, f)
	return q
}

// copyOf adds a program's values and returns its results. Inputs given take the
// place of its inputs.
func (q *Program) copyOf(p *Program, inputs []*Value, f func(q *Program, v *Value, args []*Value) *Value) []*Value {
	for i, in := range p.Inputs {
		if inputs != nil {
			in.twin = inputs[i]
			continue
		}
		c := *in
		in.twin = q.input(&c)
	}
	for _, v := range p.Values {
		if v.Op != OpInput && v.Op != OpLoad {
			v.twin = f(q, v, v.twins())
		}
	}
	results := make([]*Value, len(p.Results))
	for i, r := range p.Results {
		results[i] = r.twin
	}
	return results
}

// twins are the copies of a value's arguments.
func (v *Value) twins() []*Value {
	args := make([]*Value, len(v.Args))
	for i, a := range v.Args {
		args[i] = a.twin
	}
	return args
}

// again adds a value with other arguments.
func (q *Program) again(v *Value, args []*Value) *Value {
	c := *v
	c.Args = args
	if v.Rare != nil {
		c.Rare = &Range{v.Rare.X.twin, v.Rare.Low, v.Rare.High}
	}
	return q.add(&c)
}

// Merged is the program with values that are computed alike made one.
func (p *Program) Merged() *Program {
	made := map[string]*Value{}
	return p.rewrite(func(q *Program, v *Value, args []*Value) *Value {
		key := fmt.Sprint(v.Op, v.Type, v.Bytes, v.Bits)
		for _, a := range args {
			key += fmt.Sprint(" ", a.index)
		}
		if v.Op == OpConst || v.Op == OpCall || v.Op == OpLookup {
			return q.again(v, args)
		}
		if made[key] == nil {
			made[key] = q.again(v, args)
		}
		return made[key]
	})
}

// inline writes calls out.
func (p *Program) inline() *Program {
	var f func(q *Program, v *Value, args []*Value) *Value
	f = func(q *Program, v *Value, args []*Value) *Value {
		if v.Op != OpCall {
			return q.again(v, args)
		}
		body := v.Func.Program()
		for _, w := range body.Values {
			w.Doc = ""
		}
		first := len(q.Values)
		y := q.copyOf(body, args, f)[0]
		q.Values[first].Doc = v.Doc
		return y
	}
	return p.rewrite(f)
}

// split computes values of 8 bytes in a program of 4 bytes in halves: one half
// to its end, then the other.
func (p *Program) split() *Program {
	narrowed := false
	for _, v := range p.Values {
		narrowed = narrowed || v.Op == OpNarrow
	}
	if !narrowed {
		return p
	}
	return p.rewrite(func(q *Program, v *Value, args []*Value) *Value {
		switch {
		case v.Op == OpNarrow:
			low := q.half(p, v, 0)
			return q.add(&Value{Op: OpJoin, Bytes: 4, Args: []*Value{low, q.half(p, v, 1)}})
		case v.Bytes == 8:
			return nil
		}
		return q.again(v, args)
	})
}

// half computes one half of what is narrowed.
func (q *Program) half(p *Program, narrow *Value, upper uint64) *Value {
	needed := map[*Value]bool{narrow: true}
	for i := narrow.index; i >= 0; i-- {
		if v := p.Values[i]; needed[v] && v.Op != OpWiden {
			for _, a := range v.Args {
				needed[a] = true
			}
		}
	}
	for _, v := range p.Values {
		switch {
		case !needed[v]:
		case v.Op == OpWiden:
			h := q.add(&Value{Op: OpHalf, Bytes: 4, Args: v.twins(), Bits: upper})
			v.twin = q.add(&Value{Op: OpWidened, Bytes: 8, Args: []*Value{h}})
		default:
			v.twin = q.again(v, v.twins())
		}
	}
	narrow.twin.Op = OpNarrowed
	return narrow.twin
}

// legal adds a value in operations that the set has.
func (s *Set) legal(q *Program, v *Value, args []*Value) *Value {
	c := *v
	c.Args = args
	sign := int(-1 << (8*v.Bytes - 1))
	if op, ok := limits[v.Op]; ok && v.Type == Float && args[1].isLimit() {
		if c.Op = op; !s.has(&c) {
			c.Op = v.Op
		}
	}
	switch {
	case v.Op == OpCast && args[0].Op == OpConst:
		c.Op, c.Args, c.Bits = OpConst, nil, args[0].Bits
	case v.Op == OpLookup && s.Bytewise:
		c.Args = []*Value{args[0].placesOf()}
	case s.has(&c):
	case v.Op == OpNeg:
		return s.bits(q, args[0]).Xor(sign).Float()
	case v.Op == OpAbs:
		return s.bits(q, args[0]).And(^sign).Float()
	case v.Op == OpSignOf:
		return s.bits(q, args[0]).Or(s.bits(q, args[1]).And(sign)).Float()
	case v.Op == OpNot:
		ones := q.add(&Value{Op: OpConst, Type: Mask, Bytes: v.Bytes, Bits: ^uint64(0) >> (64 - 8*v.Bytes)})
		return args[0].Xor(ones)
	}
	if op, ok := swapped[c.Op]; ok {
		return s.compare(q, &c, op)
	}
	switch {
	case c.Op == OpChoose && s.full(args[0]) && isZero(args[2]):
		return s.keep(q, &c, args[0], args[1])
	case c.Op == OpChoose && s.full(args[0]) && isZero(args[1]):
		d := &Value{Op: OpDrop, Type: c.Type, Bytes: c.Bytes, Args: []*Value{args[0], args[2]}}
		if s.has(d) {
			return q.add(d)
		}
		return s.keep(q, &c, s.not(q, args[0]), args[2])
	case c.Op == OpAnd && c.Type == Mask && args[0].Op == OpNot:
		d := &Value{Op: OpAndNot, Type: Mask, Bytes: c.Bytes, Args: []*Value{args[0].Args[0], args[1]}}
		if s.has(d) {
			return q.add(d)
		}
	}
	return q.add(&c)
}

// limits are the operations on a number and one that is neither zero nor NaN.
var limits = map[Op]Op{OpMin: OpLeast, OpMax: OpMost}

// isLimit reports whether the value is a constant that is neither zero nor NaN.
func (v *Value) isLimit() bool {
	x := v.float(v.Bits)
	return v.Op == OpConst && x == x && x != 0
}

// PowerOfTwo reports whether the value is a constant that is a power of two.
func (v *Value) PowerOfTwo() bool {
	fraction, _ := math.Frexp(v.float(v.Bits))
	return v.Op == OpConst && math.Abs(fraction) == 0.5
}

// placesOf are the places of the bytes of row v in a table of eight rows of 4
// bytes, the same for all its columns.
func (v *Value) placesOf() *Value {
	if v.places == nil {
		v.places = v.with(OpPlaces, Uint)
	}
	return v.places
}

// bits are a number's bits; those of a constant are one.
func (s *Set) bits(q *Program, v *Value) *Value {
	return s.legal(q, &Value{Op: OpCast, Type: Uint, Bytes: v.Bytes}, []*Value{v})
}

// compare adds a comparison, whose operands exchanged are op: a constant comes
// second, where instructions take it from memory.
func (s *Set) compare(q *Program, c *Value, op Op) *Value {
	exchanged := &Value{Op: op, Type: Mask, Bytes: c.Bytes, Args: []*Value{c.Args[1], c.Args[0]}}
	switch {
	case s.has(exchanged) && (c.Args[0].Op == OpConst || !s.has(c)):
		return q.add(exchanged)
	case s.has(c):
		return q.add(c)
	}
	d := &Value{Op: negated[c.Op], Type: Mask, Bytes: c.Bytes, Args: c.Args}
	return s.legal(q, &Value{Op: OpNot, Type: Mask, Bytes: c.Bytes}, []*Value{s.compare(q, d, swapped[d.Op])})
}

// not is the contrary of a mask.
func (s *Set) not(q *Program, mask *Value) *Value {
	if op, ok := negated[mask.Op]; ok {
		return s.compare(q, &Value{Op: op, Type: Mask, Bytes: mask.Bytes, Args: mask.Args}, swapped[op])
	}
	return s.legal(q, &Value{Op: OpNot, Type: Mask, Bytes: mask.Bytes}, []*Value{mask})
}

// keep is a choice between a value and zero.
func (s *Set) keep(q *Program, c, mask, a *Value) *Value {
	k := &Value{Op: OpKeep, Type: c.Type, Bytes: c.Bytes, Args: []*Value{mask, a}}
	if !s.has(k) {
		k.Op, k.Args = OpChoose, append(k.Args, q.Num(0, c.Bytes))
	}
	return q.add(k)
}

// full reports whether all bits of a mask's lanes are set or none: without mask
// registers a mask of signs is the vector itself.
func (s *Set) full(mask *Value) bool {
	switch {
	case s.Masks > 0:
		return true
	case mask.Op == OpNegative:
		return s.Rows[mask.row()] != ""
	}
	for _, a := range mask.Args {
		if a.Type == Mask && !s.full(a) {
			return false
		}
	}
	return true
}

func isZero(v *Value) bool { return v.Op == OpConst && v.Bits == 0 }
