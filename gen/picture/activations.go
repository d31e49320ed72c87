package picture

import (
	"cmp"
	"math"
	"slices"

	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// reach is how far the graphs of activations go from zero.
const reach = 10

// Activations draws the graph of each activation and of its derivative, from
// −10 to 10, with the fields at their defaults (figure 2 of the lecture).
func Activations(t *Theme, rows []op.Activation) (*Scene, error) {
	const columns, width, height, gap = 4, 215.0, 170.0, 22.0
	lines := (len(rows) + columns - 1) / columns
	across := min(columns, len(rows))
	s := &Scene{
		Width: max(440, float64(across)*(width+gap)+gap), Height: float64(lines)*(height+gap) + gap + 32, Theme: t,
		Title: "Activations and their derivatives from −10 to 10",
	}
	y := s.Height - 14
	x := s.key(s.Width-gap, y, t.series(1), Line{Name: "derivative y′", Dashed: true})
	s.key(x, y, t.series(0), Line{Name: "activation y"})
	for i := range rows {
		c, err := activation(&rows[i])
		if err != nil {
			return nil, err
		}
		c.draw(s, Rect{gap + float64(i%columns)*(width+gap), gap + float64(i/columns)*(height+gap), width, height})
	}
	return s, nil
}

// Drawn reports whether an activation has a graph: one number for one number,
// with every field that it needs.
func Drawn(r *op.Activation) bool {
	return r.Mixing == nil && !slices.ContainsFunc(r.Params, func(p spec.Param) bool { return p.Default == nil })
}

// activation is the graph of a row.
func activation(r *op.Activation) (*chart, error) {
	args := spec.Args{}
	for _, p := range r.Params {
		args[p.Name] = spec.Arg{Value: p.Default}
	}
	y, dx := r.Programs(args)
	var kinks []float64
	if r.Kinks != nil {
		kinks = r.Kinks(args)
	}
	c := &chart{title: r.Name, x: axis{from: -reach, to: reach}, small: true}
	value := Line{}
	slope := Line{Dashed: true}
	for _, x := range abscissae(kinks) {
		leaves := map[string]float64{"x": x.X, "dy": 1}
		v, err := expr.Eval(y, expr.Float64, "y", leaves)
		if err != nil {
			return nil, err
		}
		leaves["y"] = v
		d, err := expr.Eval(dx, expr.Float64, "dx", leaves)
		if err != nil {
			return nil, err
		}
		if x.Y != 0 { // the lines break where they jump
			v, d = breakAt(value, v), breakAt(slope, d)
		}
		value.Points = append(value.Points, Point{x.X, v})
		slope.Points = append(slope.Points, Point{x.X, d})
	}
	c.lines = []Line{value, slope}
	c.fit(-reach, reach)
	return c, nil
}

// breakAt is v, or NaN where the line jumps from its last point to it.
func breakAt(l Line, v float64) float64 {
	last := l.Points[len(l.Points)-1].Y
	if math.Abs(v-last) > 0.01 {
		return math.NaN()
	}
	return v
}

// abscissae are where a function is drawn, with both sides of its kinks. Y is 1
// where the function may have jumped since the point before.
func abscissae(kinks []float64) []Point {
	const steps = 400
	const near = 1e-6
	var out []Point
	for i := range steps + 1 {
		x := -reach + 2*reach*float64(i)/steps
		if !slices.ContainsFunc(kinks, func(k float64) bool { return math.Abs(x-k) < 2*near }) {
			out = append(out, Point{X: x})
		}
	}
	for _, k := range kinks {
		out = append(out, Point{X: k - near}, Point{X: k, Y: 1}, Point{X: k + near, Y: 1})
	}
	slices.SortFunc(out, func(a, b Point) int { return cmp.Compare(a.X, b.X) })
	return out
}
