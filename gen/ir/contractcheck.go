package ir

import (
	"fmt"
	"strings"
)

// verify checks that every map fits its operand and its loops.
func (c *Contract) verify() error {
	fits := func(o *Operand, loops int) error {
		if len(o.At) != len(o.Shape()) || (&Value{Shape: o.Shape()}).Size() != o.V.Size() {
			return fmt.Errorf("%s is read in the shape %v by %d places", o.V, o.Shape(), len(o.At))
		}
		for _, a := range o.At {
			if len(a.By) > loops {
				return fmt.Errorf("a place in %s depends on more than the %d loops there are", o.V, loops)
			}
		}
		return nil
	}
	if err := fits(&c.Y, len(c.Loops)); err != nil {
		return err
	}
	if c.Init != nil {
		if err := fits(c.Init, len(c.Loops)); err != nil {
			return err
		}
	}
	for i := range c.Terms {
		t := &c.Terms[i]
		for _, o := range t.Operands() {
			if err := fits(o, len(c.Loops)+len(t.Loops)); err != nil {
				return err
			}
		}
	}
	for _, l := range c.Loops {
		if l.Size < 1 {
			return fmt.Errorf("loop %s has no steps", l.Name)
		}
	}
	return nil
}

// Exists reports whether a term has a product anywhere: a condition that fails
// for all steps of the loops leaves none.
func (c *Contract) Exists(t *Term) bool {
	loops := c.All(t)
	for _, w := range t.Where {
		if _, high := w.Range(loops); high < 0 {
			return false
		}
	}
	for _, o := range t.Operands() {
		for d, a := range o.At {
			if low, high := a.Range(loops); high < 0 || low >= o.Shape()[d] {
				return false
			}
		}
	}
	return true
}

// covered counts what the parts of a value computed so far.
type covered struct {
	places []bool
	count  int
}

// cover notes the elements of the result that the contraction computes and
// reports whether all are; one that was computed before is an error.
func (c *Contract) cover(parts map[*Value]*covered) (whole bool, err error) {
	y := c.Y.V
	if parts[y] == nil && Form(c) != any(c) {
		return true, nil // forms of dense layers compute everything
	}
	if parts[y] == nil {
		parts[y] = &covered{places: make([]bool, y.Size())}
	}
	p := parts[y]
	for _, at := range c.reached() {
		if p.places[at] {
			return false, fmt.Errorf("element %d of %s is computed twice", at, y)
		}
		p.places[at] = true
		p.count++
	}
	return p.count == y.Size(), nil
}

// String prints the contraction: what it is of a dense layer, or its loops and
// maps.
func (c *Contract) String() string {
	switch o := Form(c).(type) {
	case *Dense:
		return line(c, "dense %q (%s)", o.Layer, list(present(o.X, o.W, o.B)))
	case *DenseGradInput:
		return line(c, "dense_dx %q (%s)", o.Layer, list([]*Value{o.DY, o.W}))
	case *DenseGradWeight:
		return line(c, "dense_dw %q (%s)", o.Layer, list([]*Value{o.DY, o.X}))
	case *BatchSum:
		return line(c, "batch_sum(%s)", o.X)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "contract %q %s%s =", c.Layer, c.Y.V, c.Y.text(c.Loops))
	if c.Init != nil {
		fmt.Fprintf(&b, " %s%s", c.Init.V, c.Init.text(c.Loops))
	}
	for i := range c.Terms {
		t := &c.Terms[i]
		all := c.All(t)
		b.WriteString(" + Σ")
		for _, l := range t.Loops {
			fmt.Fprintf(&b, " %s<%d", l.Name, l.Size)
		}
		for _, o := range t.Operands() {
			fmt.Fprintf(&b, " %s%s", o.V, o.text(all))
		}
		for _, a := range t.Where {
			fmt.Fprintf(&b, " where %s ≥ 0", a.Text(all))
		}
	}
	for _, l := range c.Loops {
		fmt.Fprintf(&b, ", %s<%d", l.Name, l.Size)
	}
	if c.Algo != Auto {
		fmt.Fprintf(&b, " by %s", c.Algo)
	}
	return b.String()
}

func present(vs ...*Value) []*Value {
	var out []*Value
	for _, v := range vs {
		if v != nil {
			out = append(out, v)
		}
	}
	return out
}

func (o *Operand) text(loops []Loop) string {
	var b strings.Builder
	for _, a := range o.At {
		fmt.Fprintf(&b, "[%s]", a.Text(loops))
	}
	return b.String()
}

// Text is the map as a Go expression of the loops' names: 2*i + k - 1.
func (a Affine) Text(loops []Loop) string {
	var terms []string
	for i, c := range a.By {
		switch c {
		case 0:
		case 1:
			terms = append(terms, loops[i].Name)
		case -1:
			terms = append(terms, "-"+loops[i].Name)
		default:
			terms = append(terms, fmt.Sprintf("%d*%s", c, loops[i].Name))
		}
	}
	if a.Offset != 0 || len(terms) == 0 {
		terms = append(terms, fmt.Sprint(a.Offset))
	}
	return strings.ReplaceAll(strings.Join(terms, " + "), "+ -", "- ")
}
