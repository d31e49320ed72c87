package x86

import (
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/kernel"
)

// fits runs a printer that may find that the registers do not suffice or an
// operation has no vector form; what it wrote is then taken back.
func (w *writer) fits(print func()) (ok bool) {
	mark := w.Mark()
	defer func() {
		if r := recover(); r != nil {
			if _, unsupported := r.(unsupported); !unsupported {
				panic(r)
			}
			w.Rewind(mark)
			ok = false
		}
	}()
	print()
	return true
}

// mapper returns a printer of scalar programs that leaves the busy registers
// alone.
func (w *writer) mapper(busy ...Y) *mapper {
	m := &mapper{writer: w, at: map[string]Y{}}
	for _, y := range busy {
		m.used[y] = true
	}
	return m
}

// epilogue applies programs to a vector of sums and returns the register of
// the result, which may be another one; the sum's is free then. load puts the
// vector of an operand from memory into a register.
func (m *mapper) epilogue(programs []kernel.Epilogue, sum Y, load func(o kernel.Operand, dst Y)) Y {
	known := map[string]Y{kernel.Sum: sum}
	result := sum
	for i, e := range programs {
		if sum := known[kernel.Sum]; i == 0 && isRelu(e.Prog, e.Operands[0].Leaf) && !readsLater(programs[1:], kernel.Sum) {
			zero := m.take()
			if !m.once {
				m.Note("max(s, 0), keeping NaN and −0")
			}
			m.clear(zero)
			m.max(sum, zero, sum)
			m.used[zero] = false
			known[e.Name] = sum
			continue
		}
		m.at = map[string]Y{}
		var owned []string
		for _, o := range e.Operands {
			y, ok := known[o.From]
			if !ok {
				y = m.take()
				load(o, y)
			}
			if !ok || !readsLater(programs[i+1:], o.From) && count(e.Operands, o.From) == 1 {
				owned = append(owned, o.Leaf)
			}
			m.at[o.Leaf] = y
		}
		m.programFreeing(e.Prog, e.Result, owned)
		result = m.at[e.Result]
		known[e.Name] = result
	}
	return result
}

// programFreeing is program with the registers of all names but the result
// given up at the end; owned leaves may be given up when they are assigned.
func (m *mapper) programFreeing(prog expr.Program, result string, owned []string) {
	m.program(prog, owned)
	keep := m.at[result]
	mine := map[string]bool{}
	for _, l := range owned {
		mine[l] = true
	}
	for _, a := range prog {
		mine[a.Name] = true
	}
	for name, y := range m.at {
		if mine[name] && y != keep {
			m.used[y] = false
		}
	}
}

func readsLater(programs []kernel.Epilogue, from string) bool {
	for _, e := range programs {
		if count(e.Operands, from) > 0 {
			return true
		}
	}
	return false
}

func count(operands []kernel.Operand, from string) int {
	n := 0
	for _, o := range operands {
		if o.From == from {
			n++
		}
	}
	return n
}

// isRelu recognises y = select(x < 0, 0, x).
func isRelu(prog expr.Program, leaf string) bool {
	x := expr.L(leaf)
	return len(prog) == 1 && prog[0].X.String() == expr.Select(expr.Less(x, expr.C(0)), expr.C(0), x).String()
}

// Fuses reports whether the epilogue of a kernel can be printed at all, with
// every register free.
func (s *ISA) Fuses(k *kernel.Kernel) bool {
	w := s.scratch(k)
	return w.fits(func() {
		w.mapper(0).epilogue(k.Epilogue, 0, func(kernel.Operand, Y) {})
	})
}
