package loops

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/schedule"
	"github.com/nngen-go/nngen/gen/target"
)

// Convolved is its function.
func (m *Matrix) Convolved(training, train bool) *function.Func {
	key := fmt.Sprintf("convolve %s %d %d", m.Step.Kernel.Key(), m.X.Size(), m.y.Size())
	if m.W != nil {
		key += m.layout.String()
	}
	return m.e.Make(key, m.hint(train), func(k *function.Func) {
		k.Train = training
		m.convolution(k)
	})
}

// convolution writes the kernel: loops, or calls of assembly.
func (m *Matrix) convolution(k *function.Func) {
	ptr := map[*ir.Value]string{m.Stored[0]: "y"}
	k.Args = []function.Arg{{Name: "y", Type: "*" + source.Array(m.y.DType, m.y.Size())}, {Name: "x", Type: "*" + source.Array(m.X.DType, m.X.Size())}}
	code := m.convolutionCalls
	switch o := m.Step.Op.(type) {
	case *ir.Pool:
		m.e.windows(k, o, func(name, at string) string { return name + "[" + at + "]" })
	case *ir.Contract:
		if m.Tiled() {
			m.tiledLoops(k)
			code = m.tiledCalls
		} else {
			m.convolutionLoops(k, o)
		}
	}
	for i, v := range m.Extra {
		ptr[v] = fmt.Sprint("u", i)
		k.Args = append(k.Args, function.Arg{Name: ptr[v], Type: m.operandType(v)})
	}
	if len(m.Step.Epilogue) > 0 {
		k.Doc = append(k.Doc[:len(k.Doc)-1], strings.Replace(k.Doc[len(k.Doc)-1], ". It does", ", and then "+m.finishDoc()+". It does", 1))
		p := &printer{Matrix: m, ptr: ptr}
		k.Body = append(k.Body, p.finishRow("y")...)
	}
	if m.Tiled() {
		size, _ := m.Step.Kernel.Scratch()
		k.Args = append(k.Args, function.Arg{Name: "s", Type: "*" + source.Array(m.Step.Scratch.DType, size)})
	}
	m.e.Fast(k, code)
}

// convolutionLoops are the sums in portable Go.
func (m *Matrix) convolutionLoops(k *function.Func, o *ir.Contract) {
	T := source.TypeName(m.y.DType)
	c := &Contraction{
		e: m.e, o: o, chains: m.Step.Chains, parts: calls.PortableParts(o, m.Step.Chains, m.e.plan.Filters),
		Names: map[*ir.Value]string{m.y: "y", m.X: "x"}, maps: map[*ir.Value]bool{m.W: true},
	}
	if m.W != nil {
		k.Args = append(k.Args, function.Arg{Name: "w", Type: WeightTypes(m.layout, T)[0]})
		k.Body = append(k.Body, source.Let("filters", m.e.RT("Flat").Call(source.Exprf("&w[0][0][0]"), source.Exprf("%d", m.layout.Size()))))
		c.Names[m.W] = "filters"
	}
	if m.Bias != nil {
		panels := m.e.plan.TensorOf(m.Bias.Param).Layout.Full
		k.Args = append(k.Args, function.Arg{Name: "b", Type: fmt.Sprintf("*[%d][16]%s", panels, T)})
		k.Body = append(k.Body, source.Let("bias", m.e.RT("Flat").Call(source.Exprf("&b[0][0]"), source.Exprf("%d", panels*schedule.Panel))))
		c.Names[m.Bias] = "bias"
	}
	k.Doc = append([]string{k.Name + " computes, over the loops"}, c.formula()...)
	k.Doc = append(k.Doc, "in which an element that does not exist makes no term. It does not allocate.")
	k.Body = append(k.Body, c.code()...)
}

// convolutionCalls are the calls of assembly: of every part of a panel, for every
// group of rows.
func (m *Matrix) convolutionCalls() []jen.Code {
	c := calls.ConvolutionOf(m.target(), m.Step.Kernel)
	return m.e.partCalls(c, func(p calls.ConvolutionPart, g calls.RowGroup, q string) jen.Code {
		return m.convolutionCall(c, p, g, q)
	})
}

// partCalls are the calls of a convolution for panels q.
func (e *Loops) partCalls(c *calls.Convolution, call func(p calls.ConvolutionPart, g calls.RowGroup, q string) jen.Code) []jen.Code {
	var out []jen.Code
	for _, p := range c.Parts {
		each := func(q string) (code []jen.Code) {
			for i, g := range c.Rows {
				if c.Preempt && i > 0 {
					code = append(code, e.Preempt())
				}
				code = append(code, call(p, g, q))
			}
			return code
		}
		if p.To-p.From == p.Panels {
			out = append(out, each(fmt.Sprint(p.From))...)
			continue
		}
		code := each("q")
		if c.Preempt {
			code = append(code, e.Preempt())
		}
		if p.From == 0 && p.Panels == 1 {
			out = append(out, source.ForRange("q", fmt.Sprint(p.To), code...))
			continue
		}
		out = append(out, jen.For(source.Letf("q", "%d", p.From), source.Exprf("q < %d", p.To), source.Exprf("q += %d", p.Panels)).Block(code...))
	}
	return out
}

// convolutionCall is a call for panel q.
func (m *Matrix) convolutionCall(c *calls.Convolution, p calls.ConvolutionPart, g calls.RowGroup, q string) jen.Code {
	k := p.Kernel
	name := m.convolveAssembly(k)
	first := plus(times16(q), g.Y+p.Lane)
	x := plus(sourceOf(c.XPanels, c.XStride, q), g.X+p.X)
	args := []string{fmt.Sprintf("&y[%s]", first), fmt.Sprintf("&x[%s]", x)}
	if m.W != nil {
		args = append(args, fmt.Sprintf("&w[%s][%d][%d]", q, g.W/schedule.Panel, p.Lane))
	}
	if m.Bias != nil {
		args = append(args, fmt.Sprintf("&b[%s][%d]", q, p.Lane))
	}
	for i := range m.Extra {
		args = append(args, fmt.Sprintf("&u%d[%s]", i, first))
	}
	return jen.Id(name).Call(source.Exprf("%s, %d, %d", strings.Join(args, ", "), g.Rows, g.Taps))
}

// sourceOf is where the source of panel q lies.
func sourceOf(panels, stride int, q string) string {
	n, err := strconv.Atoi(q)
	switch {
	case err == nil:
		return fmt.Sprint(n / panels * stride)
	case stride == 0:
		return "0"
	case panels > 1:
		return fmt.Sprintf("%s/%d*%d", q, panels, stride)
	}
	return fmt.Sprintf("%s*%d", q, stride)
}

// convolveAssembly is the assembly of a convolution.
func (m *Matrix) convolveAssembly(k *kernel.Kernel) string {
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
	positions := k.Positions()
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
