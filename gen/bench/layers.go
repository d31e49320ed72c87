package bench

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/target"
)

// Layer is a call of an inference or of a training step, measured by itself in a
// workspace of its own: what it reads lies where the call before left it.
type Layer struct {
	Path  string `json:"path"`
	Mode  string `json:"mode"`
	Batch int    `json:"batch"`
	Name  string `json:"name"`
	// Operation is what it computes, Shape that of its result, Kernel the tiles that
	// assembly has.
	Operation    string  `json:"operation"`
	Shape        string  `json:"shape,omitempty"`
	Kernel       string  `json:"kernel,omitempty"`
	MultiplyAdds int     `json:"multiply_adds"` // of all samples
	Median       float64 `json:"ns"`
	Min          float64 `json:"ns_min"`
	// Limit is the multiply-adds at the machine's peak, those with padding and those
	// that an algorithm saves included, or the parameters at its bandwidth, and the
	// elementary functions as generated.
	Limit      float64 `json:"limit_ns,omitempty"`
	TimesLimit float64 `json:"times_limit,omitempty"`

	tiles     map[string]string // Kernel, by path
	read      int               // bytes of parameters
	changed   int               // of these and of optimiser states
	functions map[string]int    // elements, by function
}

// layers lists the calls of an inference, or of a training step, of a batch.
type layers struct {
	plan      *plan.Plan
	mode      string
	batch     int
	functions []*Function
	all       []Layer
}

// layersOf lists the calls of a batch. Those of training in batches are layer by layer,
// as assembly has it; without, there is one that does all.
func layersOf(p *plan.Plan, functions []*Function, mode string, batch int) []Layer {
	l := &layers{plan: p, mode: mode, batch: batch, functions: functions}
	switch train := p.Train; {
	case mode == Infer && batch == 1:
		l.phase(p.Infer)
	case mode == Infer:
		l.phase(p.InferBatch)
	case batch == 1 && train.One != nil:
		l.phase(train.One)
	default:
		l.train(train)
	}
	return l.all
}

// train lists the calls of a training step of a batch.
func (l *layers) train(t *plan.Train) {
	p := t.Gradients
	prepared := slices.ContainsFunc(p.Prepare().Steps, func(s *plan.Step) bool { return !perStep(s) })
	if prepared {
		l.add(Layer{Name: "prepare", Operation: "what all samples share"})
	}
	for n, ph := range p.Phases(plan.Samples) {
		if n > 0 {
			l.add(Layer{Name: "batch", Operation: "sums over the samples"})
		}
		l.phase(ph)
	}
	l.add(Layer{Name: "loss", Operation: "sum over the samples"})
	if t.Learn == nil {
		sum := Layer{Name: "gradients", Operation: "sums over the samples"}
		for _, s := range p.Sums().Steps {
			sum.MultiplyAdds += l.of(s).MultiplyAdds
		}
		l.add(sum)
		l.add(Layer{Name: "update", Operation: "of all parameters"})
		return
	}
	_ = plan.Walk(len(t.Learn), t.LearnRepeats, func(i int) error {
		l.add(l.learn(&t.Learn[i]))
		return nil
	}, func(r *plan.Repeat) error {
		one := l.learn(&t.Learn[r.First])
		for i := 1; i < r.Period; i++ {
			one.join(l.learn(&t.Learn[r.First+i]))
		}
		l.add(one.times(r.Count, r.Period))
		return nil
	})
}

func perStep(s *plan.Step) bool {
	m, ok := s.Op.(*ir.Map)
	return ok && m.PerStep()
}

func (l *layers) add(c Layer) {
	c.Mode, c.Batch = l.mode, l.batch
	l.all = append(l.all, c)
}

// phase lists its calls, those of a loop as one.
func (l *layers) phase(ph *plan.Phase) {
	mixes := calls.MixesOf(l.plan, ph)
	_ = plan.Walk(len(ph.Steps), ph.Repeats, func(i int) error {
		s := ph.Steps[i]
		if perStep(s) {
			return nil
		}
		m := mixes[s]
		switch {
		case m == nil:
			l.add(l.of(s))
		case s == m.Steps[0]:
			l.add(l.mix(m))
		}
		return nil
	}, func(r *plan.Repeat) error {
		one := l.of(ph.Steps[r.First])
		for i := 1; i < r.Period; i++ {
			one.join(l.of(ph.Steps[r.First+i]))
		}
		l.add(one.times(r.Count, r.Period))
		return nil
	})
}

// mix is the call of a run, which has the name of its last result.
func (l *layers) mix(m *calls.Mix) Layer {
	last := len(m.Steps) - 1
	one := l.of(m.Steps[last])
	for _, s := range m.Steps[:last] {
		one.join(l.of(s))
	}
	one.Operation = fmt.Sprintf("%d operations, %s", len(m.Steps), one.Operation)
	return one
}

// join adds what another call is.
func (c *Layer) join(o Layer) {
	c.MultiplyAdds, c.read, c.changed = c.MultiplyAdds+o.MultiplyAdds, c.read+o.read, c.changed+o.changed
	for name, n := range o.functions {
		c.functions[name] += n
	}
}

// times is a loop of some turns over as many operations.
func (c Layer) times(turns, operations int) Layer {
	c.MultiplyAdds, c.read, c.changed = c.MultiplyAdds*turns, c.read*turns, c.changed*turns
	for name := range c.functions {
		c.functions[name] *= turns
	}
	c.Operation = fmt.Sprintf("%d times %d operations", turns, operations)
	return c
}

// of is the call of a step.
func (l *layers) of(s *plan.Step) Layer {
	y := s.Op.Outs()[0]
	c := Layer{Name: y.Name, Shape: shapeOf(y), tiles: map[string]string{}, functions: map[string]int{}}
	switch o := s.Op.(type) {
	case *ir.Contract:
		c.Name, c.MultiplyAdds, c.Operation = cmp.Or(o.Layer, c.Name), l.batch*o.MultiplyAdds(), "sum"
		if d := ir.ConvolutionOf(o); d != nil {
			c.Operation = convolution(d, s)
		} else if c.MultiplyAdds > 0 {
			c.Operation = "product"
		}
		if _, gradient := ir.Form(o).(*ir.DenseGradInput); gradient {
			c.Operation = "gradient of inputs"
		}
	case *ir.RankOne:
		c.Name = o.Layer
		l.step(&c, o)
	case *ir.Pool:
		c.Name, c.Operation = cmp.Or(o.Layer, c.Name), "max pool"
	case *ir.PoolGradient:
		c.Name, c.Operation = cmp.Or(o.Layer, c.Name), "gradient of max pool"
	case *ir.Map:
		c.Operation = o.Doc
	default:
		c.Operation = strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", o), "*ir."))
	}
	if s.Then != nil {
		l.step(&c, s.Then)
	}
	for _, x := range s.Op.Ins() {
		if x.Kind == ir.Param && (s.Then == nil || x != s.Then.W) {
			c.read += storedBytes(x, l.bytes())
		}
	}
	for _, op := range s.Ops() {
		if m, ok := op.(*ir.Map); ok {
			if f := functionOf(l.functions, m, l.plan.Prog.DType); f != nil {
				c.functions[f.Name] += l.batch * m.Out[0].Size()
			}
		}
	}
	for _, t := range calls.Targets(l.plan) {
		c.tiles[t.Name] = tilesOf(t, s)
	}
	return c
}

func shapeOf(v *ir.Value) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(v.Shape), " ", "×"), "[]")
}

// bytes is the size of a number.
func (l *layers) bytes() int { return plan.ElemSize(l.plan.Prog.DType) }

// step adds the step of one sample on weights to a call.
func (l *layers) step(c *Layer, o *ir.RankOne) {
	c.Operation = strings.TrimPrefix(c.Operation+" and step of weights", " and ")
	c.MultiplyAdds += o.W.Size()
	c.changed += connections(o.W) * l.bytes()
}

// learn is the call of a gradient and its update.
func (l *layers) learn(g *plan.Learn) Layer {
	w := g.Update.Out[0]
	c := Layer{Name: w.Name, Shape: shapeOf(w), Operation: "gradient and " + g.Update.Doc, functions: map[string]int{}}
	if o, ok := g.Gradient.(*ir.Contract); ok {
		c.MultiplyAdds = l.batch * o.MultiplyAdds()
	}
	c.MultiplyAdds += connections(w)
	for _, x := range g.Update.Out {
		c.changed += connections(x) * l.bytes()
	}
	return c
}

// convolution describes the operation of one.
func convolution(c *ir.Convolution, s *plan.Step) string {
	window := fmt.Sprintf("%d×%d", c.Size(c.TapRow), c.Size(c.TapCol))
	switch {
	case c.W == nil:
		return "pool " + window
	case c.Depthwise:
		return "depthwise " + window
	}
	text := fmt.Sprintf("conv %s, %d → %d", window, c.W.V.Shape[1], c.Size(c.Lane))
	if n := c.Size(c.Group); n > 1 {
		text += fmt.Sprintf(", %d groups", n)
	}
	return text
}

// tilesOf are the outputs × positions that kernels of a convolution have in registers.
func tilesOf(t *target.Target, s *plan.Step) string {
	if s.Convolution() == nil || !s.Vector {
		return ""
	}
	var tiles []string
	c, algo := calls.ConvolutionOf(t, s.Kernel), ""
	if s.Scratch != nil {
		w := calls.WinogradOf(t, s.Kernel)
		c, algo = &calls.Convolution{Parts: w.Blocks[0].Parts}, string(s.Op.(*ir.Contract).Algo)+" "
	}
	for _, p := range c.Parts {
		tiles = append(tiles, fmt.Sprintf("%d×%d", p.Kernel.Outputs, p.Kernel.Tile.Positions))
	}
	return algo + strings.Join(slices.Compact(tiles), ", ")
}

// complete fills in what follows from the machine and the path.
func (c *Layer) complete(m *Machine, dtype ir.DType) {
	c.Kernel = c.tiles[c.Path]
	b := m.at(max(c.read, c.changed))
	l := Limit{
		Compute: m.compute(&Cost{Forward: c.MultiplyAdds}, dtype, Infer, 1),
		Memory:  float64(c.read)/b.Read + float64(c.changed)/b.Update,
	}
	for name, n := range c.functions {
		l.Activations += float64(n) * m.Functions[name]
	}
	if c.Limit = l.Nanos() + l.Activations; c.Limit > 0 {
		c.TimesLimit = c.Min / c.Limit
	}
}

// writeLayers writes the calls, where they were asked for.
func (r *Report) writeLayers(w io.Writer) {
	for i := 0; i < len(r.Layers); {
		first := r.Layers[i]
		rows := []string{fmt.Sprintf("\n%s %d, %s\toperation\tshape\ttiles\tmultiply-adds\tns\tmin\tlimit\t×", first.Mode, first.Batch, first.Path)}
		sum, products := 0.0, 0
		for ; i < len(r.Layers) && r.Layers[i].with(&first); i++ {
			c := r.Layers[i]
			sum, products = sum+c.Min, products+c.MultiplyAdds
			row := fmt.Sprintf("%s\t%s\t%s\t%s\t%d\t%s\t%s", c.Name, c.Operation, c.Shape, c.Kernel, c.MultiplyAdds, nanos(c.Median), nanos(c.Min))
			if c.Limit > 0 {
				row += fmt.Sprintf("\t%s\t%.2f", nanos(c.Limit), c.TimesLimit)
			} else {
				row += "\t\t"
			}
			rows = append(rows, row)
		}
		writeTable(w, append(rows, fmt.Sprintf("all\t\t\t\t%d\t\t%s\t\t", products, nanos(sum))))
	}
}

// with reports whether both are of one call of the package.
func (c *Layer) with(o *Layer) bool {
	return c.Path == o.Path && c.Mode == o.Mode && c.Batch == o.Batch
}
