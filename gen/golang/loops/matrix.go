package loops

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
)

// One is the function for one sample, and what has to follow it in a pass of its own.
func (m *Matrix) One(train bool) (k *function.Func, after *Matrix) {
	k = m.function(train)
	w := m.Whole
	inline := w != nil && calls.Inlines(m.e.Targets(), m.planned)
	if inline {
		k, w = w.inlined(k, train), nil
	}
	if m.planned.Skip {
		if inline {
			m = m.Whole
		}
		k = m.skipping(k, train)
	}
	return k, w
}

// function is the function of the sums for one sample.
func (m *Matrix) function(train bool) *function.Func {
	return m.e.Make(m.key(), m.hint(train), func(k *function.Func) {
		k.Train = train
		m.build(k)
	})
}

// Matrix describes a dense layer (Y = W·X + B), its input gradient (DX = Wᵀ·DY)
// or a convolution to the printer: outs sums, of ins terms each of those that are
// none.
type Matrix struct {
	e        *Loops
	Step     *plan.Step // without its epilogue where that is a pass of its own
	planned  *plan.Step
	layer    string
	Grad     bool // input gradient
	Swapped  bool // the products of a sum lie side by side
	y, X     *ir.Value
	W, Bias  *ir.Value
	layout   *plan.Layout
	Tensor   *plan.Tensor
	Outs     int
	ins      int
	Stored   []*ir.Value
	Extra    []*ir.Value // further operands of the epilogue
	register map[*ir.Value]bool
	// whole is the operation with its epilogue, where this one is the sums alone
	// and the epilogue follows in a pass of its own.
	Whole *Matrix
}

// NewMatrix describes a step to the printer.
func (e *Loops) NewMatrix(s *plan.Step) *Matrix {
	m := &Matrix{e: e, Step: s, planned: s, register: map[*ir.Value]bool{}}
	switch o := ir.Form(s.Op).(type) {
	case *ir.Dense:
		m.layer, m.y, m.X, m.W, m.Bias = o.Layer, o.Y, o.X, o.W, o.B
	case *ir.DenseGradInput:
		m.layer, m.Grad, m.y, m.X, m.W = o.Layer, true, o.DX, o.DY, o.W
	default:
		c := s.Convolution()
		m.layer, m.y, m.X = c.Layer, c.Y.V, c.X.V
		if c.W != nil {
			m.W = c.W.V
		}
		if c.Init != nil {
			m.Bias = c.Init.V
		}
	}
	if m.W != nil {
		m.Tensor = e.plan.TensorOf(m.W.Param)
		m.layout = &m.Tensor.Layout
	}
	m.Outs, m.ins = m.y.Size(), m.X.Size()
	m.Swapped = m.Grad
	if m.layout != nil && m.layout.ByInputs {
		m.Swapped = !m.Grad
	}
	m.Stored = s.Stored()
	m.register[m.y] = true
	seen := map[*ir.Value]bool{}
	for _, op := range s.Epilogue {
		for _, x := range op.In {
			if !m.register[x] && !seen[x] {
				seen[x] = true
				m.Extra = append(m.Extra, x)
			}
		}
		m.register[op.Out[0]] = true
	}
	if calls.Splits(e.Targets(), s) {
		return m.sums()
	}
	return m
}

// sums is the operation without its epilogue.
func (m *Matrix) sums() *Matrix {
	s, step, k := *m, *m.Step, *m.Step.Kernel
	k.Epilogue, step.Epilogue, step.Kernel, step.Keep = nil, nil, &k, true
	s.Step, s.Whole, s.Stored, s.Extra = &step, m, []*ir.Value{m.y}, nil
	return &s
}

// WeightFields are the fields of the weight: panels and tail.
func (m *Matrix) WeightFields() []string {
	if m.Tiled() {
		return []string{m.Tensor.Field}
	}
	if m.layout.Order == plan.Connections || m.layout.Tail == 0 || m.layout.Full == 0 {
		return []string{m.Tensor.Field}
	}
	return []string{m.Tensor.Field, m.Tensor.TailField()}
}

// key identifies what the kernel computes, so that equal layers share code.
func (m *Matrix) key() string {
	var b strings.Builder
	fmt.Fprintf(&b, "swapped=%v %s %d->%d chains=%d unrolled=%v vector=%v keep=%v bias=%v stored=%d",
		m.Swapped, m.layout, m.ins, m.Outs, m.Step.Chains, m.Step.Unrolled, m.Step.Vector, m.Step.Keep, m.Bias != nil, len(m.Stored))
	if m.layout.Order == plan.Connections {
		b.WriteString(" " + m.Tensor.Field)
	}
	index := map[*ir.Value]int{m.y: 0}
	for i, v := range m.Extra {
		index[v] = i + 1
		fmt.Fprintf(&b, " %s", m.operandType(v))
	}
	for i, op := range m.Step.Epilogue {
		index[op.Out[0]] = 100 + i
		fmt.Fprintf(&b, "; %s %s", op.Doc, op.Prog)
		for j, x := range op.In {
			fmt.Fprintf(&b, " %s=%d", op.InNames[j], index[x])
		}
		fmt.Fprintf(&b, " store=%v", m.stores(op.Out[0]))
	}
	return b.String()
}

func (m *Matrix) hint(train bool) string {
	name := source.LowerCamel(m.layer)
	switch {
	case m.Grad:
		return name + "GradInput"
	case train:
		return name + "ForwardTrain"
	}
	return name + "Forward"
}

func (m *Matrix) stores(v *ir.Value) bool {
	for _, s := range m.Stored {
		if s == v {
			return true
		}
	}
	return false
}

func (m *Matrix) operandType(v *ir.Value) string {
	switch {
	case source.IsNumber(v):
		return source.TypeName(v.DType)
	case v.Kind == ir.Param:
		return fmt.Sprintf("*[%d][16]%s", m.e.plan.TensorOf(v.Param).Layout.Full, source.TypeName(m.y.DType))
	}
	return "*" + source.Array(v.DType, v.Size())
}

// weightTypes are the Go types of the weight's fields.
func (m *Matrix) weightTypes() []string { return WeightTypes(m.layout, source.TypeName(m.layout.Elem)) }

// WeightTypes are the Go types of the fields of a weight.
func WeightTypes(l *plan.Layout, T string) []string {
	if l.Order == plan.Connections {
		return []string{fmt.Sprintf("*[%d]%s", l.Size(), T)}
	}
	var types []string
	if l.Full > 0 {
		types = append(types, fmt.Sprintf("*[%d][%d][%d]%s", l.Full, l.Rows, schedule.Panel, T))
	}
	if l.Tail > 0 {
		types = append(types, fmt.Sprintf("*[%d][%d]%s", l.In, l.Tail, T))
	}
	return types
}

// weightNames are the parameters of the weight's fields.
func weightNames(l *plan.Layout) []string {
	switch {
	case l.Order != plan.Panels || l.Tail == 0:
		return []string{"w"}
	case l.Full == 0:
		return []string{"wt"}
	}
	return []string{"w", "wt"}
}

// build writes the kernel.
func (m *Matrix) build(k *function.Func) {
	m.doc(k)
	names := m.e.Local("scale", "sq")
	ptr := map[*ir.Value]string{}
	for i, v := range m.Stored {
		hint := "y"
		if i > 0 {
			hint = fmt.Sprintf("y%d", i)
		}
		ptr[v] = names.Own(hint)
		k.Args = append(k.Args, function.Arg{Name: ptr[v], Type: "*" + source.Array(v.DType, v.Size())})
	}
	k.Args = append(k.Args, function.Arg{Name: "x", Type: "*" + source.Array(m.X.DType, m.X.Size())})
	for i, t := range m.weightTypes() {
		k.Args = append(k.Args, function.Arg{Name: []string{"w", "wt"}[i], Type: t})
	}
	if m.layout.Full == 0 && m.layout.Order == plan.Panels {
		k.Args[len(k.Args)-1].Name = "wt"
	}
	k.Args = append(k.Args, m.scaleArg()...)
	if m.Bias != nil {
		k.Args = append(k.Args, function.Arg{Name: "b", Type: fmt.Sprintf("*[%d][16]%s", m.e.plan.TensorOf(m.Bias.Param).Layout.Full, source.TypeName(m.y.DType))})
	}
	for _, v := range m.Extra {
		ptr[v] = names.Name(v.Name)
		k.Args = append(k.Args, function.Arg{Name: ptr[v], Type: m.operandType(v)})
	}
	p := &printer{Matrix: m, ptr: ptr, names: names}
	switch {
	case m.layout.Order == plan.Connections:
		p.sparse()
	case m.Step.Unrolled:
		p.unrolled()
	case m.Swapped:
		p.gradLoops()
	default:
		p.forwardLoops()
	}
	k.Body = p.out
	switch {
	case !m.Step.Vector || m.Grad && m.Swapped:
	case m.Swapped:
		m.e.Fast(k, p.gradInputFast)
	default:
		m.e.Fast(k, func() []jen.Code { return p.divide(m.forAssembly()) })
	}
}
