package golang

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/golang/library"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/schedule"
)

// kernelFunc is a generated function that does one matrix operation.
type kernelFunc struct {
	name string
	doc  []string
	// loops are those that the last line of doc stands for, and what is true of them;
	// functions that differ in names and numbers share them. remark is this one's.
	loops  []string
	remark string
	args   []arg
	body   []jen.Code
	train  bool // belongs to the training files
	// rows: the function works on all rows of a batch: fast with assembly,
	// generic in portable Go. Without the first it only serves assembly.
	rows    bool
	fast    []forTarget
	generic []jen.Code
	result  string
	// plain is the function that takes its place without assembly of its own,
	// with the same arguments; "" is a portable one of its own.
	plain string
	library.Callers
}

// arg is a parameter of a kernel and what a call passes.
type arg struct {
	name, typ string
}

// kernel returns the function of that key, making it on first use.
func (e *emitter) kernel(key, hint string, build func(k *kernelFunc)) *kernelFunc {
	if k := e.kernels[key]; k != nil {
		return k
	}
	k := &kernelFunc{name: e.Globals.Name(hint)}
	e.kernels[key] = k
	repeat := e.repeat
	e.repeat = nil
	e.For(k, func() { build(k) })
	e.repeat = repeat
	return k
}

// kernelFile prints the kernels of inference or of training.
func (e *emitter) kernelFile(train bool) (*jen.File, error) {
	byName := map[string]*kernelFunc{}
	for _, k := range e.kernels {
		if k.train == train && !k.assemblyOnly() && k.plain == "" {
			byName[k.name] = k
		}
	}
	if len(byName) == 0 {
		return nil, nil
	}
	f := e.File()
	for _, name := range source.SortedKeys(byName) {
		k := byName[name]
		for _, line := range e.comment(k) {
			f.Comment(strings.ReplaceAll(line, k.name+" ", k.portable()+" "))
		}
		body := k.body
		if k.rows {
			body = k.generic
		}
		f.Func().Id(k.portable()).Params(parameters(k.args)...).Id(k.result).Block(body...)
		f.Line()
	}
	return f, nil
}

// assemblyOnly reports whether the function exists beside assembly alone.
func (k *kernelFunc) assemblyOnly() bool { return k.rows && k.fast == nil }

// portable is the name of the kernel in portable Go.
func (k *kernelFunc) portable() string {
	switch {
	case k.plain != "":
		return k.plain
	case len(k.fast) > 0:
		return k.name + "Generic"
	}
	return k.name
}

// matrix emits the call of a dense layer or of its input gradient.
func (b *body) matrix(s *plan.Step) error {
	m := b.e.newMatrix(s)
	if m.grad && m.swapped && b.single {
		b.gradInputOne(s, m)
		return nil
	}
	k := b.e.kernel(m.key(), m.hint(b.train()), func(k *kernelFunc) {
		k.train = b.train()
		m.build(k)
	})
	args := b.matrixArgs(m, s.Stored(), func(y *ir.Value) string { return b.result(y).ptr }, b.pointer)
	w := m.whole
	inline := w != nil && calls.Inlines(b.e.Targets(), s)
	if inline {
		k, w = w.inlined(k, b.train()), nil
	}
	if s.Skip {
		if inline {
			m = m.whole
		}
		k = m.skipping(k, b.train())
	}
	b.add(b.e.id(k).Call(args...))
	if w != nil {
		b.finish(w)
	}
	return nil
}

// train reports whether the body belongs to a training step.
func (b *body) train() bool { return b.grads != "" }

// matrix describes a dense layer (Y = W·X + B), its input gradient (DX = Wᵀ·DY)
// or a convolution to the printer: outs sums, of ins terms each of those that are
// none.
type matrix struct {
	e        *emitter
	step     *plan.Step
	layer    string
	grad     bool // input gradient
	swapped  bool // the products of a sum lie side by side
	y, x     *ir.Value
	w, bias  *ir.Value
	layout   *plan.Layout
	tensor   *plan.Tensor
	outs     int
	ins      int
	stored   []*ir.Value
	extra    []*ir.Value // further operands of the epilogue
	register map[*ir.Value]bool
	// whole is the operation with its epilogue, where this one is the sums alone
	// and the epilogue follows in a pass of its own.
	whole *matrix
}

func (e *emitter) newMatrix(s *plan.Step) *matrix {
	m := &matrix{e: e, step: s, register: map[*ir.Value]bool{}}
	switch o := ir.Form(s.Op).(type) {
	case *ir.Dense:
		m.layer, m.y, m.x, m.w, m.bias = o.Layer, o.Y, o.X, o.W, o.B
	case *ir.DenseGradInput:
		m.layer, m.grad, m.y, m.x, m.w = o.Layer, true, o.DX, o.DY, o.W
	default:
		c := s.Convolution()
		m.layer, m.y, m.x = c.Layer, c.Y.V, c.X.V
		if c.W != nil {
			m.w = c.W.V
		}
		if c.Init != nil {
			m.bias = c.Init.V
		}
	}
	if m.w != nil {
		m.tensor = e.plan.TensorOf(m.w.Param)
		m.layout = &m.tensor.Layout
	}
	m.outs, m.ins = m.y.Size(), m.x.Size()
	m.swapped = m.grad
	if m.layout != nil && m.layout.ByInputs {
		m.swapped = !m.grad
	}
	m.stored = s.Stored()
	m.register[m.y] = true
	seen := map[*ir.Value]bool{}
	for _, op := range s.Epilogue {
		for _, x := range op.In {
			if !m.register[x] && !seen[x] {
				seen[x] = true
				m.extra = append(m.extra, x)
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
func (m *matrix) sums() *matrix {
	s, step, k := *m, *m.step, *m.step.Kernel
	k.Epilogue, step.Epilogue, step.Kernel, step.Keep = nil, nil, &k, true
	s.step, s.whole, s.stored, s.extra = &step, m, []*ir.Value{m.y}, nil
	return &s
}

// weightFields are the fields of the weight: panels and tail.
func (m *matrix) weightFields() []string {
	if m.tiled() {
		return []string{m.tensor.Field}
	}
	if m.layout.Order == plan.Connections || m.layout.Tail == 0 || m.layout.Full == 0 {
		return []string{m.e.field(m.tensor, m.tensor.Field)}
	}
	return []string{m.e.field(m.tensor, m.tensor.Field), m.e.field(m.tensor, m.tensor.TailField())}
}

// key identifies what the kernel computes, so that equal layers share code.
func (m *matrix) key() string {
	var b strings.Builder
	fmt.Fprintf(&b, "swapped=%v %s %d->%d chains=%d unrolled=%v vector=%v keep=%v bias=%v stored=%d",
		m.swapped, m.layout, m.ins, m.outs, m.step.Chains, m.step.Unrolled, m.step.Vector, m.step.Keep, m.bias != nil, len(m.stored))
	if m.layout.Order == plan.Connections {
		b.WriteString(" " + m.tensor.Field)
	}
	index := map[*ir.Value]int{m.y: 0}
	for i, v := range m.extra {
		index[v] = i + 1
		fmt.Fprintf(&b, " %s", m.operandType(v))
	}
	for i, op := range m.step.Epilogue {
		index[op.Out[0]] = 100 + i
		fmt.Fprintf(&b, "; %s %s", op.Doc, op.Prog)
		for j, x := range op.In {
			fmt.Fprintf(&b, " %s=%d", op.InNames[j], index[x])
		}
		fmt.Fprintf(&b, " store=%v", m.stores(op.Out[0]))
	}
	return b.String()
}

func (m *matrix) hint(train bool) string {
	name := lowerCamel(m.layer)
	switch {
	case m.grad:
		return name + "GradInput"
	case train:
		return name + "ForwardTrain"
	}
	return name + "Forward"
}

func (m *matrix) stores(v *ir.Value) bool {
	for _, s := range m.stored {
		if s == v {
			return true
		}
	}
	return false
}

func (m *matrix) operandType(v *ir.Value) string {
	switch {
	case isNumber(v):
		return typeName(m.e.elem)
	case v.Kind == ir.Param:
		return fmt.Sprintf("*[%d][16]%s", m.e.plan.TensorOf(v.Param).Layout.Full, typeName(m.e.elem))
	}
	return "*" + array(m.e.elem, v.Size())
}

// weightTypes are the Go types of the weight's fields.
func (m *matrix) weightTypes() []string { return weightTypes(m.layout, typeName(m.layout.Elem)) }

func weightTypes(l *plan.Layout, T string) []string {
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
func (m *matrix) build(k *kernelFunc) {
	m.doc(k)
	names := m.e.Local("scale", "sq")
	ptr := map[*ir.Value]string{}
	for i, v := range m.stored {
		hint := "y"
		if i > 0 {
			hint = fmt.Sprintf("y%d", i)
		}
		ptr[v] = names.Own(hint)
		k.args = append(k.args, arg{ptr[v], "*" + array(m.e.elem, v.Size())})
	}
	k.args = append(k.args, arg{"x", "*" + array(m.e.elem, m.x.Size())})
	for i, t := range m.weightTypes() {
		k.args = append(k.args, arg{[]string{"w", "wt"}[i], t})
	}
	if m.layout.Full == 0 && m.layout.Order == plan.Panels {
		k.args[len(k.args)-1].name = "wt"
	}
	k.args = append(k.args, m.scaleArg()...)
	if m.bias != nil {
		k.args = append(k.args, arg{"b", fmt.Sprintf("*[%d][16]%s", m.e.plan.TensorOf(m.bias.Param).Layout.Full, typeName(m.e.elem))})
	}
	for _, v := range m.extra {
		ptr[v] = names.Name(v.Name)
		k.args = append(k.args, arg{ptr[v], m.operandType(v)})
	}
	p := &printer{matrix: m, ptr: ptr, names: names}
	switch {
	case m.layout.Order == plan.Connections:
		p.sparse()
	case m.step.Unrolled:
		p.unrolled()
	case m.swapped:
		p.gradLoops()
	default:
		p.forwardLoops()
	}
	k.body = p.out
	switch {
	case !m.step.Vector || m.grad && m.swapped:
	case m.swapped:
		m.e.fast(k, p.gradInputFast)
	default:
		m.e.fast(k, func() []jen.Code { return p.divide(m.forAssembly()) })
	}
}
