package kernel

import (
	"fmt"
	"strings"

	"github.com/nngen-go/nngen/gen/ir/expr"
)

// A key says all that a kernel computes and nothing of who asks for it: names
// that only tell operands apart are replaced by their positions. Kernels of
// equal keys are printed alike, so a package has them once.

// Key describes the kernel.
func (k *Kernel) Key() string {
	c := *k
	c.Epilogue = canonical(k.Epilogue)
	return fmt.Sprintf("kernel %+v", c)
}

// Key describes the kernel.
func (t *Tiles) Key() string {
	c := *t
	c.Epilogue = canonical(t.Epilogue)
	return fmt.Sprintf("tiles %+v", c)
}

// Key describes the kernel.
func (g *Gradient) Key() string {
	c := *g
	c.Update = nil
	key := fmt.Sprintf("gradient %+v", c)
	if g.Update != nil {
		key += " " + g.Update.Key()
	}
	return key
}

// Key describes the kernel.
func (r *RankOne) Key() string {
	c := *r
	c.Epilogue = canonical(r.Epilogue)
	return fmt.Sprintf("step %+v", c)
}

// Key describes the kernel.
func (u *Update) Key() string {
	c := *u
	c.Name, c.Doc = "", nil
	return fmt.Sprintf("update %+v", c)
}

// Key describes the kernel.
func (m *Map) Key() string {
	c := *m
	c.Name, c.Doc = "", nil
	return fmt.Sprintf("map %+v", c)
}

// canonical renames the results and operands of programs by their positions.
func canonical(programs []Epilogue) []Epilogue {
	names := map[string]string{Sum: Sum}
	name := func(old, kind string) string {
		if names[old] == "" {
			names[old] = fmt.Sprint(kind, len(names))
		}
		return names[old]
	}
	out := make([]Epilogue, len(programs))
	for i, e := range programs {
		leaves := make([]string, len(e.Operands))
		out[i] = Epilogue{Operands: make([]Operand, len(e.Operands)), Result: Result}
		for j, o := range e.Operands {
			leaves[j] = o.Leaf
			out[i].Operands[j] = Operand{Leaf: Leaf(j), From: name(o.From, "operand")}
		}
		out[i].Prog = Positional(e.Prog, leaves, e.Result)
		out[i].Name = name(e.Name, "result")
	}
	return out
}

// Result is the result of a program in canonical form, Leaf(i) its i-th leaf.
const Result = "y"

// Leaf is the name of a leaf in canonical form.
func Leaf(i int) string { return fmt.Sprint("x", i) }

// Positional is the canonical form of a program with one result: leaves, what
// is assigned and the result are named by their positions.
func Positional(p expr.Program, leaves []string, result string) expr.Program {
	names := map[string]string{result: Result}
	for i, l := range leaves {
		names[l] = Leaf(i)
	}
	for i, a := range p {
		if names[a.Name] == "" {
			names[a.Name] = fmt.Sprint("v", i)
		}
	}
	return p.Rename(names)
}

// String is the leaf with what it stands for.
func (o Operand) String() string {
	return o.Leaf + "=" + o.From
}

// String is the program with its operands: y = max(x, 0) of x=sum.
func (e Epilogue) String() string {
	operands := make([]string, len(e.Operands))
	for i, o := range e.Operands {
		operands[i] = o.String()
	}
	return fmt.Sprintf("%s: %s of %s, %s", e.Name, e.Prog, strings.Join(operands, " "), e.Result)
}
