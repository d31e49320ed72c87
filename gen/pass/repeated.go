package pass

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
)

// Repeated lets element-wise operations read what is repeated for every place, the
// statistics of channels or their weights, where it lies, and makes one of such
// operations that follow each other: values between them are not stored, and
// computed again where several read them.
var Repeated = Pass{"repeated", func(p *ir.Program) error {
	for _, f := range p.Funcs() {
		parts := inParts(f)
		if repeat(f) || len(parts) > 0 {
			join(f, parts)
		}
	}
	return nil
}}

// inParts are the values that several contractions compute: no kernel of them applies
// what follows.
func inParts(f *ir.Func) map[*ir.Value]bool {
	parts := map[*ir.Value]bool{}
	for _, op := range f.Ops {
		if c, ok := op.(*ir.Contract); ok && c.Y.V.Batch && !c.Whole() {
			parts[c.Y.V] = true
		}
	}
	return parts
}

// repeat puts repeated values themselves in the place of their copies; it reports
// whether there are any.
func repeat(f *ir.Func) (any bool) {
	of := map[*ir.Value]*ir.Value{}
	for _, op := range f.Ops {
		switch o := op.(type) {
		case *ir.View:
			if repeats(o) {
				of[o.Y] = o.X
			}
		case *ir.Map:
			for i, x := range o.In {
				if from := of[x]; from != nil && x.Size() == o.Out[0].Size() && (o.Repeated() == 0 || o.Repeated() == from.Size()) {
					o.In[i], any = from, true
				}
			}
		}
	}
	return any
}

// repeats reports whether a view is all of a value again and again.
func repeats(o *ir.View) bool {
	if o.Offset != 0 || o.X.Kind != ir.Temp && o.X.Kind != ir.Param || o.X.Kind == ir.Temp && o.X.Param != nil || o.X.Size() == 1 || o.X.Size() == o.Y.Size() {
		return false
	}
	n := 1
	for _, a := range slices.Backward(o.Axes) {
		switch {
		case a.Size == 1:
		case n < o.X.Size() && a.Stride == n:
			n *= a.Size
		case n != o.X.Size() || a.Stride != 0:
			return false
		}
	}
	return n == o.X.Size()
}

// mostJoined is how many arrays an operation may read that is made of several.
const mostJoined = 6

// join computes values that element-wise operations alone read where they are read:
// of what is repeated, or computed in parts.
func join(f *ir.Func, parts map[*ir.Value]bool) {
	apart := func(m *ir.Map) bool {
		return m.Repeated() > 0 || slices.ContainsFunc(m.In, func(x *ir.Value) bool { return parts[x] })
	}
	made := map[*ir.Value]*ir.Map{}
	for _, op := range f.Ops {
		if m, ok := op.(*ir.Map); ok && joins(m) {
			made[m.Out[0]] = m
		}
	}
	readers := map[*ir.Value]int{}
	for _, r := range f.Results {
		delete(made, r)
	}
	for _, op := range f.Ops {
		m, ok := op.(*ir.Map)
		for _, x := range op.Ins() {
			readers[x]++
			if of := made[x]; of != nil && !(ok && joins(m) && m.Out[0].Size() == x.Size()) {
				delete(made, x)
			}
		}
	}
	for i, op := range f.Ops {
		m, ok := op.(*ir.Map)
		if !ok || !joins(m) {
			continue
		}
		for again := true; again; {
			again = false
			for _, x := range m.In {
				of := made[x]
				if of == nil || !apart(of) && !apart(m) || readers[x] > 1 && !cheap(of) {
					continue
				}
				if n := joined(m, of); n != nil {
					m, again = n, true
					break
				}
			}
		}
		if f.Ops[i] = m; made[m.Out[0]] != nil {
			made[m.Out[0]] = m
		}
	}
}

// joins reports whether an element-wise operation is one on a sample's values.
func joins(m *ir.Map) bool {
	again := func(a expr.Assign) bool { return slices.Contains(m.InNames, a.Name) }
	return len(m.Out) == 1 && m.Out[0].Batch && isPlain(m.Out[0]) && m.Out[0].Size() > 1 && !slices.ContainsFunc(m.Prog, again)
}

// cheap reports whether a program takes no longer than to store its result and read
// it again.
func cheap(m *ir.Map) bool {
	var few func(n *expr.Node) bool
	few = func(n *expr.Node) bool {
		switch n.Op {
		case expr.OpLeaf, expr.OpConst, expr.OpNeg, expr.OpAdd, expr.OpSub, expr.OpMul:
			return !slices.ContainsFunc(n.Args, func(a *expr.Node) bool { return !few(a) })
		}
		return false
	}
	return len(m.Prog) <= 3 && !slices.ContainsFunc(m.Prog, func(a expr.Assign) bool { return !few(a.X) })
}

// joined is an operation that computes an operand itself, nil where the two have
// too many.
func joined(m, of *ir.Map) *ir.Map {
	if a, b := m.Repeated(), of.Repeated(); a > 0 && b > 0 && a != b {
		return nil
	}
	n := &ir.Map{Doc: of.Doc + " to " + m.Doc, Out: m.Out, OutNames: m.OutNames}
	if first, _, ok := strings.Cut(of.Doc, " to "); ok {
		n.Doc = first + " to " + m.Doc
	}
	taken := map[string]bool{}
	for _, name := range m.InNames {
		taken[name] = true
	}
	for _, a := range m.Prog {
		taken[a.Name] = true
	}
	fresh := func(name string) string {
		for i := 2; taken[name]; i++ {
			name = fmt.Sprintf("%s%d", strings.TrimRight(name, "0123456789"), i)
		}
		taken[name] = true
		return name
	}
	before, after := map[string]string{}, map[string]string{}
	arrays := 0
	add := func(x *ir.Value, name string) {
		n.In, n.InNames = append(n.In, x), append(n.InNames, name)
		if x.Size() > 1 {
			arrays++
		}
	}
	for i, x := range m.In {
		if x != of.Out[0] {
			add(x, m.InNames[i])
		}
	}
	for i, x := range of.In {
		if at := slices.Index(n.In, x); at >= 0 {
			before[of.InNames[i]] = n.InNames[at]
			continue
		}
		before[of.InNames[i]] = fresh(of.InNames[i])
		add(x, before[of.InNames[i]])
	}
	if arrays > mostJoined {
		return nil
	}
	for _, a := range of.Prog {
		if before[a.Name] == "" {
			before[a.Name] = fresh(a.Name)
		}
	}
	for i, x := range m.In {
		if x == of.Out[0] {
			after[m.InNames[i]] = before[of.OutNames[0]]
		}
	}
	n.Prog = append(slices.Clone(of.Prog.Rename(before)), m.Prog.Rename(after)...)
	return n
}
