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

// Layer is a step of an inference of one sample, measured by itself in a workspace of its
// own: what it reads lies where the call before left it.
type Layer struct {
	Path string `json:"path"`
	Name string `json:"name"`
	// Operation is what it computes, Shape that of its result, Kernel the tiles that
	// assembly has.
	Operation    string  `json:"operation"`
	Shape        string  `json:"shape"`
	Kernel       string  `json:"kernel,omitempty"`
	MultiplyAdds int     `json:"multiply_adds"`
	Median       float64 `json:"ns"`
	Min          float64 `json:"ns_min"`
	// Limit is the multiply-adds at the machine's peak, those with padding and those
	// that an algorithm saves included.
	Limit      float64 `json:"limit_ns,omitempty"`
	TimesLimit float64 `json:"times_limit,omitempty"`

	tiles map[string]string // Kernel, by path
}

// layersOf lists the steps of an inference, those of a loop as one.
func layersOf(p *plan.Plan) []Layer {
	var out []Layer
	_ = plan.Walk(len(p.Infer.Steps), p.Infer.Repeats, func(i int) error {
		out = append(out, layerOf(p, p.Infer.Steps[i]))
		return nil
	}, func(r *plan.Repeat) error {
		l := layerOf(p, p.Infer.Steps[r.First])
		for i := 1; i < r.Period; i++ {
			l.MultiplyAdds += layerOf(p, p.Infer.Steps[r.First+i]).MultiplyAdds
		}
		l.MultiplyAdds *= r.Count
		l.Operation = fmt.Sprintf("%d times %d operations", r.Count, r.Period)
		out = append(out, l)
		return nil
	})
	return out
}

func layerOf(p *plan.Plan, s *plan.Step) Layer {
	y := s.Op.Outs()[0]
	l := Layer{Name: y.Name, Shape: strings.Trim(strings.ReplaceAll(fmt.Sprint(y.Shape), " ", "×"), "[]"), tiles: map[string]string{}}
	switch o := s.Op.(type) {
	case *ir.Contract:
		l.Name, l.MultiplyAdds, l.Operation = cmp.Or(o.Layer, l.Name), o.MultiplyAdds(), "sum"
		if c := ir.ConvolutionOf(o); c != nil {
			window := fmt.Sprintf("%d×%d", c.Size(c.TapRow), c.Size(c.TapCol))
			switch {
			case c.W == nil:
				l.Operation = "pool " + window
			case c.Depthwise:
				l.Operation = "depthwise " + window
			default:
				l.Operation = fmt.Sprintf("conv %s, %d → %d", window, c.W.V.Shape[1], c.Size(c.Lane))
				if n := c.Size(c.Group); n > 1 {
					l.Operation += fmt.Sprintf(", %d groups", n)
				}
			}
		} else if l.MultiplyAdds > 0 {
			l.Operation = "product"
		}
	case *ir.Pool:
		l.Name, l.Operation = cmp.Or(o.Layer, l.Name), "max pool"
	case *ir.Map:
		l.Operation = o.Doc
	default:
		l.Operation = strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", o), "*ir."))
	}
	for _, t := range calls.Targets(p) {
		l.tiles[t.Name] = tilesOf(t, s)
	}
	return l
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
func (l *Layer) complete(m *Machine, dtype ir.DType) {
	c := Cost{Forward: l.MultiplyAdds}
	l.Kernel = l.tiles[l.Path]
	if l.Limit = m.compute(&c, dtype, Infer, 1); l.Limit > 0 {
		l.TimesLimit = l.Min / l.Limit
	}
}

// writeLayers writes the steps, where they were asked for.
func (r *Report) writeLayers(w io.Writer) {
	if len(r.Layers) == 0 {
		return
	}
	rows := []string{"\nlayer\tpath\toperation\tshape\ttiles\tmultiply-adds\tns\tmin\tlimit\t×"}
	sum, path := 0.0, r.Layers[0].Path
	total := func() {
		rows = append(rows, fmt.Sprintf("all\t%s\t\t\t\t%d\t\t%s\t\t", path, r.Cost.Forward, nanos(sum)))
		sum = 0
	}
	for _, l := range r.Layers {
		if l.Path != path {
			total()
			path = l.Path
		}
		sum += l.Min
		row := fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s", l.Name, l.Path, l.Operation, l.Shape, l.Kernel, l.MultiplyAdds, nanos(l.Median), nanos(l.Min))
		if l.Limit > 0 {
			row += fmt.Sprintf("\t%s\t%.2f", nanos(l.Limit), l.TimesLimit)
		} else {
			row += "\t\t"
		}
		rows = append(rows, row)
	}
	total()
	writeTable(w, rows)
}
