package kernel

import (
	"fmt"
	"strings"

	"github.com/nngen-go/nngen/gen/ir/expr"
)

// Mix is a run of operations that mix the elements of a sample, such as a softmax:
// element-wise ones, sums and maxima, each of the inputs and of what those before it
// gave. Its arithmetic is that of the portable functions, operation by operation.
type Mix struct {
	Name   string
	Doc    []string
	Double bool
	Size   int    // elements
	Ins    []bool // which inputs are numbers; the others have Size elements
	Stages []Stage
}

// Reduction is how a stage combines the elements.
type Reduction uint8

// A stage does something with each element, adds the elements or finds the greatest.
const (
	Each Reduction = iota
	Total
	Greatest
)

// Stage is an operation of a Mix: a program in canonical form whose leaves are values,
// the inputs and then the results of the stages. A reduction combines what it gives for
// each element.
type Stage struct {
	Reduction Reduction
	Prog      expr.Program
	In        []int
	Number    bool // the result is a number
	Chains    int  // of a sum: element i in chain i mod Chains, which are then added in halves
	Stored    bool // something beside the run reads the result
}

// Key describes the kernel.
func (m *Mix) Key() string {
	c := *m
	c.Name, c.Doc = "", nil
	return fmt.Sprintf("mix %+v", c)
}

// Numbers reports whether the value is a number.
func (m *Mix) Numbers(value int) bool {
	if value < len(m.Ins) {
		return m.Ins[value]
	}
	return m.Stages[value-len(m.Ins)].Number
}

// Last is the last stage that reads a value, −1 if none does.
func (m *Mix) Last(value int) int {
	last := -1
	for i, s := range m.Stages {
		for _, x := range s.In {
			if x == value {
				last = i
			}
		}
	}
	return last
}

// ValueName is the name of a value in formulas: x0, x1, … are the inputs, v0, v1, … the
// results of the stages.
func (m *Mix) ValueName(value int) string {
	if value < len(m.Ins) {
		return Leaf(value)
	}
	return fmt.Sprint("v", value-len(m.Ins))
}

// String is the formulas of the stages.
func (m *Mix) String() string {
	var out []string
	for i, s := range m.Stages {
		names := map[string]string{Result: m.ValueName(len(m.Ins) + i)}
		for j, x := range s.In {
			names[Leaf(j)] = m.ValueName(x)
		}
		for j, a := range s.Prog { // what is assigned before belongs to the stage
			if a.Name != Result {
				names[a.Name] = fmt.Sprintf("t%d_%d", i, j)
			}
		}
		text := s.Prog.Rename(names).String()
		if s.Reduction != Each {
			text += map[Reduction]string{Total: ", summed", Greatest: ", the greatest"}[s.Reduction]
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

// Stored is how many results are stored.
func (m *Mix) Stored() int {
	n := 0
	for _, s := range m.Stages {
		if s.Stored {
			n++
		}
	}
	return n
}

// Stored is the name of a result that is stored.
func Stored(i int) string { return fmt.Sprint("y", i) }
