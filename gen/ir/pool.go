package ir

import "fmt"

// Pool is Y[h(l)] = max X[f(l,s)] over the loops s of a window, of the elements
// that exist: one outside of X does not, and where none does it is −∞. A NaN is greater
// than everything else. Place makes it where in X, row-major, the maximum lies,
// the first of equals and the last of NaNs (PyTorch), as a number.
type Pool struct {
	Layer  string
	Loops  []Loop // of the result
	Y, X   Operand
	Window []Loop
	Place  bool
}

// Scatter is DX = 0, then DX[At[i]] += DY[i] for i = 0, 1, …
type Scatter struct {
	Doc        string
	DX, DY, At *Value
}

// All are the loops of the result and of the window.
func (o *Pool) All() []Loop { return append(o.Loops[:len(o.Loops):len(o.Loops)], o.Window...) }

// Ins returns the value the maximum is taken of.
func (o *Pool) Ins() []*Value { return []*Value{o.X.V} }

// Outs returns the result.
func (o *Pool) Outs() []*Value { return []*Value{o.Y.V} }

// Ins returns the gradient and its places.
func (o *Scatter) Ins() []*Value { return []*Value{o.DY, o.At} }

// Outs returns the result.
func (o *Scatter) Outs() []*Value { return []*Value{o.DX} }

func (o *Pool) String() string {
	what := map[bool]string{true: "place of the maximum", false: "maximum"}[o.Place]
	all := o.All()
	text := fmt.Sprintf("pool %q %s%s = %s of %s%s", o.Layer, o.Y.V, o.Y.text(o.Loops), what, o.X.V, o.X.text(all))
	for _, l := range all {
		text += fmt.Sprintf(", %s<%d", l.Name, l.Size)
	}
	return text
}

func (o *Scatter) String() string { return line(o, "scatter %q (%s at %s)", o.Doc, o.DY, o.At) }

// verify checks that the maps fit.
func (o *Pool) verify() error {
	c := Contract{Loops: o.Loops, Y: o.Y, Terms: []Term{{Loops: o.Window, A: o.X}}}
	if err := c.verify(); err != nil {
		return err
	}
	if !o.Y.V.Batch || !c.Whole() {
		return fmt.Errorf("shapes do not fit")
	}
	return nil
}
