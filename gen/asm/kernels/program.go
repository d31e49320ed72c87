package kernels

import (
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/kernel"
	vec "github.com/nngen-go/nngen/gen/vector"
)

// Leaf is an input of a scalar program.
type Leaf struct {
	Name string
	Role Role
}

// Role says where an input is.
type Role uint8

// An input is an array in memory, a number for all elements in a register, or a
// vector in a register that is given up.
const (
	Array Role = iota
	Number
	Vector
)

// Compile selects the instructions of a scalar program on elements of some bytes.
// It reports false where an operation has none.
func Compile(set *vec.Set, bytes int, prog expr.Program, leaves []Leaf, results ...string) (c *vec.Code, ok bool) {
	form, names := &vec.Program{}, map[string]*vec.Value{}
	for _, l := range leaves {
		if l.Role == Array {
			names[l.Name] = form.Load(l.Name, bytes, 0)
		} else {
			names[l.Name] = form.Input(l.Name, vec.Float, bytes)
		}
	}
	if !form.Lower(prog, bytes, names) {
		return nil, false
	}
	for _, r := range results {
		form.Results = append(form.Results, names[r])
	}
	c = set.Select(form)
	i := 0
	for _, l := range leaves {
		if l.Role != Array {
			c.Inputs[i].Kept = l.Role == Number
			i++
		}
	}
	return c, true
}

// Epilogue is the code that applies programs to a vector of sums, its input;
// temps is how many registers more than its own the load of an operand takes.
// It reports false where an operation has no instructions.
func Epilogue(set *vec.Set, bytes int, programs []kernel.Epilogue, temps int) (c *vec.Code, ok bool) {
	form := &vec.Program{}
	sum := form.Input(kernel.Sum, vec.Float, bytes)
	known := map[string]*vec.Value{kernel.Sum: sum}
	result := sum
	for _, e := range programs {
		names := map[string]*vec.Value{}
		for _, o := range e.Operands {
			v := known[o.From]
			if v == nil {
				v = form.Load(o.From, bytes, temps)
			}
			names[o.Leaf] = v
		}
		if !form.Lower(e.Prog, bytes, names) {
			return nil, false
		}
		result = names[e.Result]
		known[e.Name] = result
	}
	form.Results = []*vec.Value{result}
	return set.Select(form), true
}
