package vector

import "slices"

// Used are the registers of a set that are in use, by their numbers.
type Used [2][]bool // vectors, masks

// NewUsed are all registers of a set, free.
func (s *Set) NewUsed() Used { return Used{make([]bool, s.Vectors), make([]bool, s.Masks)} }

func (u *Used) of(r *Register) []bool {
	if r.Mask {
		return u[1]
	}
	return u[0]
}

// Clone is a copy.
func (u Used) Clone() Used {
	return Used{slices.Clone(u[0]), slices.Clone(u[1])}
}

// Take is a free vector register; it reports false where there is none.
func (u Used) Take() (number int, ok bool) { return take(u[0]) }

func take(used []bool) (number int, ok bool) {
	for i, u := range used {
		if !u {
			used[i] = true
			return i, true
		}
	}
	return 0, false
}

// Allocation is the code's physical registers.
type Allocation map[*Register]int

// Allocate gives every value of the code a register from its instruction to its
// last reader: the one that the code gave up last, or the first that is free. So
// the same code in other registers differs in their numbers alone. The inputs'
// registers are given and in use. It reports false where the registers do not
// suffice; then used is as before, else the results are in use and the inputs that
// are not kept are not.
func (c *Code) Allocate(used Used, given ...int) (a Allocation, ok bool) {
	now, left := used.Clone(), []int(nil) // left are vectors that the code gave up
	a = Allocation{}
	readers := map[*Register]int{}
	for i, r := range c.Inputs {
		a[r] = given[i]
	}
	for _, in := range c.Instrs {
		for _, r := range in.Args {
			readers[r]++
		}
	}
	for _, r := range c.Results {
		readers[r]++
	}
	free := func(r *Register) {
		if readers[r] == 0 && !r.Kept {
			now.of(r)[a[r]] = false
			if !r.Mask {
				left = append(left, a[r])
			}
		}
	}
	for _, r := range c.Inputs { // of which nobody reads
		free(r)
	}
	for _, in := range c.Instrs {
		for _, r := range in.Args {
			if readers[r]--; r != nil {
				free(r)
			}
		}
		for _, r := range append([]*Register{in.Result}, in.Temps...) {
			if a[r], ok = c.place(in, r, a, now, &left); !ok {
				return nil, false
			}
		}
		for _, r := range append([]*Register{in.Result}, in.Temps...) {
			free(r)
		}
	}
	for class := range used {
		copy(used[class], now[class])
	}
	return a, true
}

// place is the register of an instruction's result, or of what it takes beside.
func (c *Code) place(in *Instr, r *Register, a Allocation, now Used, left *[]int) (number int, ok bool) {
	if c.Set.Tied && r == in.Result {
		for _, arg := range in.Args {
			if arg != nil && arg.Mask == r.Mask && !now.of(arg)[a[arg]] {
				now.of(arg)[a[arg]] = true
				return a[arg], true
			}
		}
	}
	for ; !r.Mask && len(*left) > 0; *left = (*left)[:len(*left)-1] {
		if n := (*left)[len(*left)-1]; !now[0][n] { // else its place was taken
			now[0][n] = true
			return n, true
		}
	}
	return take(now.of(r))
}

// Printer takes printed code.
type Printer interface {
	Ins(op string, operands ...string)
	Note(format string, args ...any)
}

// Parts are the loads that the code begins with, and what follows them.
func (c *Code) Parts() (loads, rest *Code) {
	n := 0
	for n < len(c.Instrs) && c.Instrs[n].Load != "" {
		n++
	}
	first, then := *c, *c
	first.Instrs, then.Instrs = c.Instrs[:n], c.Instrs[n:]
	return &first, &then
}

// Print prints code. constant puts a constant into memory and is its operand;
// load loads an input into a register.
func (c *Code) Print(p Printer, a Allocation, constant func(Constant) string, load func(name string, dst int, temps []int)) {
	for _, in := range c.Instrs {
		for _, n := range in.Notes {
			p.Note("%s", n)
		}
		if in.Load != "" {
			temps := make([]int, len(in.Temps))
			for i, r := range in.Temps {
				temps[i] = a[r]
			}
			load(in.Load, a[in.Result], temps)
			continue
		}
		op, operands := c.Set.text(in, a, constant)
		p.Ins(op, operands...)
	}
}
