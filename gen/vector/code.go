package vector

import (
	"fmt"
	"slices"
	"strings"
)

// Register is a virtual register: a vector or a mask.
type Register struct {
	Mask bool
	// Kept says that an input's register is not given up after its last reader.
	Kept bool
}

// Instr is an instruction: its text in a set's table, what stands for the
// letters in it, and what to say about it.
type Instr struct {
	Text     string
	Args     []*Register // nil: the constant
	Constant *Constant
	Number   uint64
	Result   *Register
	Notes    []string
	// Load is the name of the input that is loaded instead, Temps are registers
	// for that.
	Load  string
	Temps []*Register
}

// Code is a program in instructions of a set.
type Code struct {
	Set     *Set
	Instrs  []*Instr
	Inputs  []*Register // not those that are loaded
	Results []*Register
}

// selection turns a program into code.
type selection struct {
	*Code
	readers map[*Value]int
	regs    map[*Value]*Register
	notes   []string
}

// Select is the program in instructions of the set, in the order of its values,
// without those that nobody reads.
func (s *Set) Select(p *Program) *Code {
	p = p.expand(s)
	c := &selection{Code: &Code{Set: s}, readers: map[*Value]int{}, regs: map[*Value]*Register{}}
	for _, r := range p.Results {
		c.read(r)
	}
	for _, v := range p.Values {
		if c.readers[v] == 0 && v.Op != OpInput {
			continue
		}
		if v.Doc != "" {
			c.notes = append(c.notes, v.Doc)
		}
		c.value(v)
	}
	for _, r := range p.Results {
		c.Results = append(c.Results, c.register(r))
	}
	return c.Code
}

func (c *selection) read(v *Value) {
	if c.readers[v]++; c.readers[v] == 1 {
		for _, a := range v.Args {
			c.read(a)
		}
	}
}

// value adds the instruction of a value.
func (c *selection) value(v *Value) {
	switch v.Op {
	case OpConst:
		return
	case OpCast:
		c.regs[v] = c.register(v.Args[0])
		return
	case OpInput:
		c.regs[v] = &Register{}
		c.Inputs = append(c.Inputs, c.regs[v])
		return
	case OpLoad:
		in := &Instr{Load: v.Name, Result: &Register{}}
		for range v.Bits {
			in.Temps = append(in.Temps, &Register{})
		}
		c.add(in)
		c.regs[v] = in.Result
		return
	}
	if v.Op == OpNegative && c.Set.Rows[v.row()] == "" {
		c.regs[v] = c.register(v.Args[0])
		return
	}
	in := &Instr{Text: c.Set.Rows[v.row()], Number: v.Bits, Result: &Register{Mask: v.Type == Mask && c.Set.Masks > 0}}
	if in.Text == "" {
		panic(fmt.Sprintf("internal error: vector: the set has no instruction for %+v", v.row()))
	}
	args := v.Args
	at := memory(in.Text)
	if commutes(v.Op) && at >= 0 && args[at].Op != OpConst && args[1-at].Op == OpConst {
		args = []*Value{args[1], args[0]}
	}
	for i, a := range args {
		if i == at && a.Op == OpConst && (c.Set.Repeats != "" || c.Set.Repeat == nil) {
			in.Constant = c.constant(a)
			in.Args = append(in.Args, nil)
			continue
		}
		in.Args = append(in.Args, c.register(a))
	}
	if v.Op == OpLookup {
		c.table(in, v)
	}
	c.add(in)
	c.regs[v] = in.Result
}

// table gives a lookup its table, in a register where the instruction wants it
// there.
func (c *selection) table(in *Instr, v *Value) {
	column := v.Table.Columns[v.Bits]
	table := &Constant{Bytes: v.Bytes}
	for len(table.Numbers)*v.Bytes < c.Set.Bytes {
		table.Numbers = append(table.Numbers, column[:]...)
	}
	if strings.Contains(in.Text, "[t]") {
		in.Constant = table
		return
	}
	load := &Instr{Text: c.Set.Load, Constant: table, Result: &Register{}}
	c.add(load)
	in.Args = append(in.Args, load.Result)
}

// register is a value's register; a constant is loaded.
func (c *selection) register(v *Value) *Register {
	if v.Op != OpConst {
		return c.regs[v]
	}
	in := &Instr{Text: c.Set.Load, Constant: c.constant(v), Result: &Register{}}
	switch {
	case v.Bits == 0:
		in.Text, in.Constant = c.Set.Clear, nil
	case c.Set.Repeat != nil:
		in.Text = c.Set.Repeat[v.Bytes]
	}
	c.add(in)
	return in.Result
}

func (c *selection) constant(v *Value) *Constant {
	numbers := []uint64{v.Bits}
	if c.Set.Repeat == nil {
		for len(numbers)*v.Bytes < c.Set.Bytes {
			numbers = append(numbers, v.Bits)
		}
	}
	return &Constant{numbers, v.Bytes}
}

func (c *selection) add(in *Instr) {
	in.Notes, c.notes = c.notes, nil
	c.Instrs = append(c.Instrs, in)
}

func commutes(op Op) bool {
	switch op {
	case OpAdd, OpMul, OpAnd, OpOr, OpXor:
		return true
	}
	return false
}

// NewCode is code without instructions, which reads some inputs.
func (s *Set) NewCode(inputs int) *Code {
	c := &Code{Set: s}
	for range inputs {
		c.Inputs = append(c.Inputs, &Register{})
	}
	return c
}

// Ins adds an instruction, written as in the set's table, and returns its
// result.
func (c *Code) Ins(text string, args ...*Register) *Register {
	in := &Instr{Text: text, Args: args, Result: &Register{}}
	c.Instrs = append(c.Instrs, in)
	return in.Result
}

// Hoist makes most of the constants that the code loads inputs, which are kept,
// and returns the code that loads them; those with the most readers come first.
func (c *Code) Hoist(most int) (loads *Code) {
	uses := map[string][]*Instr{}
	var keys []string
	for _, in := range c.Instrs {
		if in.loads(c.Set) {
			key := fmt.Sprint(in.Text, in.Constant)
			if uses[key] == nil {
				keys = append(keys, key)
			}
			uses[key] = append(uses[key], in)
		}
	}
	slices.SortStableFunc(keys, func(a, b string) int { return len(uses[b]) - len(uses[a]) })
	loads = &Code{Set: c.Set}
	for _, key := range keys[:min(most, len(keys))] {
		first := *uses[key][0]
		first.Notes, first.Result = nil, &Register{Kept: true}
		loads.Instrs, loads.Results, c.Inputs = append(loads.Instrs, &first), append(loads.Results, first.Result), append(c.Inputs, first.Result)
		for _, in := range uses[key] {
			c.replace(in, first.Result)
		}
	}
	return loads
}

// loads reports whether the instruction loads a constant, or zeros.
func (in *Instr) loads(s *Set) bool {
	return in.Load == "" && (in.Text == s.Load || in.Text == s.Clear)
}

// replace takes an instruction out of the code; r has its result.
func (c *Code) replace(in *Instr, r *Register) {
	i := slices.Index(c.Instrs, in)
	c.Instrs = slices.Delete(c.Instrs, i, i+1)
	if i < len(c.Instrs) {
		c.Instrs[i].Notes = append(in.Notes, c.Instrs[i].Notes...)
	}
	of := func(regs []*Register) {
		for i := range regs {
			if regs[i] == in.Result {
				regs[i] = r
			}
		}
	}
	of(c.Results)
	for _, other := range c.Instrs {
		of(other.Args)
	}
}

// Twice is the code for two vectors, whose instructions take turns: inputs that are
// not kept come once more behind the others, and so do the results.
func (c *Code) Twice() *Code {
	twins := map[*Register]*Register{nil: nil}
	twin := func(regs []*Register) []*Register {
		out := make([]*Register, len(regs))
		for i, r := range regs {
			if _, ok := twins[r]; !ok {
				twins[r] = &Register{Mask: r.Mask}
			}
			out[i] = twins[r]
		}
		return out
	}
	both := &Code{Set: c.Set, Inputs: slices.Clone(c.Inputs)}
	for _, r := range c.Inputs {
		if r.Kept {
			twins[r] = r
			continue
		}
		both.Inputs = append(both.Inputs, twin([]*Register{r})...)
	}
	for _, in := range c.Instrs {
		other := *in
		other.Args, other.Temps, other.Result = twin(in.Args), twin(in.Temps), twin([]*Register{in.Result})[0]
		both.Instrs = append(both.Instrs, in, &other)
	}
	both.Results = slices.Concat(c.Results, twin(c.Results))
	return both
}

// Mute drops the comments.
func (c *Code) Mute() {
	for _, in := range c.Instrs {
		in.Notes = nil
	}
}
