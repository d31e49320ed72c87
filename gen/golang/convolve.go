package golang

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
	"github.com/nngen-go/nngen/gen/target"
)

// convolve emits a convolution of one sample.
func (b *body) convolve(s *plan.Step) {
	m := b.e.newMatrix(s)
	key := fmt.Sprintf("convolve %s %d %d", m.step.Kernel.Key(), m.x.Size(), m.y.Size())
	if m.w != nil {
		key += m.layout.String()
	}
	k := b.e.kernel(key, m.hint(b.train()), func(k *kernelFunc) {
		k.train = b.training
		m.convolution(k)
	})
	args := b.matrixArgs(m, s.Stored(), func(y *ir.Value) string { return b.result(y).ptr }, b.pointer)
	if m.tiled() {
		args = append(args, exprf("%s", b.result(s.Scratch).ptr))
	}
	b.add(b.e.id(k).Call(args...))
	if m.whole != nil {
		b.finish(m.whole)
	}
}

// convolution writes the kernel: loops, or calls of assembly.
func (m *matrix) convolution(k *kernelFunc) {
	T, ptr := m.e.elem, map[*ir.Value]string{m.stored[0]: "y"}
	k.args = []arg{{"y", "*" + array(T, m.y.Size())}, {"x", "*" + array(T, m.x.Size())}}
	code := m.convolutionCalls
	switch o := m.step.Op.(type) {
	case *ir.Pool:
		k.windows(m.e, o, func(name, at string) string { return name + "[" + at + "]" })
	case *ir.Contract:
		if m.tiled() {
			m.tiledLoops(k)
			code = m.tiledCalls
		} else {
			m.convolutionLoops(k, o)
		}
	}
	for i, v := range m.extra {
		ptr[v] = fmt.Sprint("u", i)
		k.args = append(k.args, arg{ptr[v], m.operandType(v)})
	}
	if len(m.step.Epilogue) > 0 {
		k.doc = append(k.doc[:len(k.doc)-1], strings.Replace(k.doc[len(k.doc)-1], ". It does", ", and then "+m.finishDoc()+". It does", 1))
		p := &printer{matrix: m, ptr: ptr}
		k.body = append(k.body, p.finishRow("y")...)
	}
	if m.tiled() {
		size, _ := m.step.Kernel.Scratch()
		k.args = append(k.args, arg{"s", "*" + array(m.e.elem, size)})
	}
	m.e.fast(k, code)
}

// convolutionLoops are the sums in portable Go.
func (m *matrix) convolutionLoops(k *kernelFunc, o *ir.Contract) {
	T := typeName(m.e.elem)
	c := &contraction{
		b: &body{e: m.e}, o: o, chains: m.step.Chains, parts: calls.PortableParts(o, m.step.Chains, m.e.plan.Filters),
		names: map[*ir.Value]string{m.y: "y", m.x: "x"}, maps: map[*ir.Value]bool{m.w: true},
	}
	if m.w != nil {
		k.args = append(k.args, arg{"w", weightTypes(m.layout, T)[0]})
		k.body = append(k.body, let("filters", m.e.RT("Flat").Call(exprf("&w[0][0][0]"), exprf("%d", m.layout.Size()))))
		c.names[m.w] = "filters"
	}
	if m.bias != nil {
		panels := m.e.plan.TensorOf(m.bias.Param).Layout.Full
		k.args = append(k.args, arg{"b", fmt.Sprintf("*[%d][16]%s", panels, T)})
		k.body = append(k.body, let("bias", m.e.RT("Flat").Call(exprf("&b[0][0]"), exprf("%d", panels*schedule.Panel))))
		c.names[m.bias] = "bias"
	}
	k.doc = append([]string{k.name + " computes, over the loops"}, c.formula()...)
	k.doc = append(k.doc, "in which an element that does not exist makes no term. It does not allocate.")
	k.body = append(k.body, c.code()...)
}

// convolutionCalls are the calls of assembly: of every part of a panel, for every
// group of rows.
func (m *matrix) convolutionCalls() []jen.Code {
	c := calls.ConvolutionOf(m.target(), m.step.Kernel)
	var out []jen.Code
	for _, p := range c.Parts {
		each := func(q string) (code []jen.Code) {
			for i, g := range c.Rows {
				if c.Preempt && i > 0 {
					code = append(code, m.e.Preempt())
				}
				code = append(code, m.convolutionCall(p, g, q))
			}
			return code
		}
		if p.To-p.From == p.Panels {
			out = append(out, each(fmt.Sprint(p.From))...)
			continue
		}
		code := each("q")
		if c.Preempt {
			code = append(code, m.e.Preempt())
		}
		if p.From == 0 && p.Panels == 1 {
			out = append(out, forRange("q", fmt.Sprint(p.To), code...))
			continue
		}
		out = append(out, jen.For(letf("q", "%d", p.From), exprf("q < %d", p.To), exprf("q += %d", p.Panels)).Block(code...))
	}
	return out
}

// convolutionCall is a call for panel q.
func (m *matrix) convolutionCall(p calls.ConvolutionPart, g calls.RowGroup, q string) jen.Code {
	k := p.Kernel
	name := m.convolveAssembly(k)
	first := plus(times16(q), g.Y+p.Lane)
	x := fmt.Sprint(g.X)
	if k.Segments[0].Lanes {
		x = plus(times16(q), g.X+p.Lane)
	}
	args := []string{fmt.Sprintf("&y[%s]", first), fmt.Sprintf("&x[%s]", x)}
	if m.w != nil {
		args = append(args, fmt.Sprintf("&w[%s][%d][%d]", q, g.W/schedule.Panel, p.Lane))
	}
	if m.bias != nil {
		args = append(args, fmt.Sprintf("&b[%s][%d]", q, p.Lane))
	}
	for i := range m.extra {
		args = append(args, fmt.Sprintf("&u%d[%s]", i, first))
	}
	return jen.Id(name).Call(exprf("%s, %d, %d", strings.Join(args, ", "), g.Rows, g.Taps))
}

// convolveAssembly is the assembly of a convolution.
func (m *matrix) convolveAssembly(k *kernel.Kernel) string {
	return m.e.Assembly(k.Key(), convolutionHint(k), convolutionDoc(k),
		func(t *target.Target, name string, doc []string) *asm.Func { return t.Convolve(name, doc, k) })
}

// convolutionHint names the assembly.
func convolutionHint(k *kernel.Kernel) string {
	s := &k.Segments[0]
	switch {
	case k.Max:
		return fmt.Sprintf("maxima of %d", k.Outputs)
	case s.Weight == "":
		return fmt.Sprintf("sums of %d", k.Outputs)
	case s.Lanes:
		return fmt.Sprintf("convolve each of %d", k.Outputs)
	}
	return fmt.Sprintf("convolve %d to %d", s.Channels, k.Outputs)
}

// convolutionDoc says what the assembly computes.
func convolutionDoc(k *kernel.Kernel) string {
	s := &k.Segments[0]
	positions := 0
	for _, r := range k.Runs {
		positions += r.Positions
	}
	switch {
	case k.Max:
		return fmt.Sprintf("finds the greatest of up to %d elements of each of %d channels at %d positions of every row.", len(s.Taps), k.Outputs, positions)
	case s.Weight == "":
		return fmt.Sprintf("sums up to %d elements of each of %d channels at %d positions of every row.", len(s.Taps), k.Outputs, positions)
	case s.Lanes:
		return fmt.Sprintf("sums %d products of each of %d channels at %d positions of every row.", len(s.Taps), k.Outputs, positions)
	}
	return fmt.Sprintf("sums %d products for each of %d outputs at %d positions of every row.", k.Terms(), k.Outputs, positions)
}
