package ir

import (
	"fmt"
	"slices"
)

// Pool is Y[h(l)] = max X[f(l,s)] over the loops s of a window, of the elements
// that exist: one outside of X does not, and where none does it is −∞. A NaN is greater
// than everything else.
type Pool struct {
	Layer  string
	Loops  []Loop // of the result
	Y, X   Operand
	Window []Loop
}

// PoolGradient is DX = 0, then for every l in order DX[f(l,s)] += DY[h(l)], where the
// maximum of X[f(l,s)] lies: the first of equals and the last of NaNs (PyTorch). DX lies
// as X does.
type PoolGradient struct {
	Layer     string
	Loops     []Loop // of the maxima
	DX, DY, X Operand
	Window    []Loop
}

// All are the loops of the result and of the window.
func (o *Pool) All() []Loop { return append(o.Loops[:len(o.Loops):len(o.Loops)], o.Window...) }

// Ins returns the value the maximum is taken of.
func (o *Pool) Ins() []*Value { return []*Value{o.X.V} }

// Outs returns the result.
func (o *Pool) Outs() []*Value { return []*Value{o.Y.V} }

// Ins returns the gradient of the maxima and what they are of.
func (o *PoolGradient) Ins() []*Value { return []*Value{o.DY.V, o.X.V} }

// Outs returns the result.
func (o *PoolGradient) Outs() []*Value { return []*Value{o.DX.V} }

// Of is the pooling that it is the gradient of, to a value that lies as DY does.
func (o *PoolGradient) Of() *Pool {
	return &Pool{Layer: o.Layer, Loops: o.Loops, Y: o.DY, X: o.X, Window: o.Window}
}

func (o *Pool) String() string {
	return fmt.Sprintf("pool %q %s%s = maximum of %s", o.Layer, o.Y.V, o.Y.text(o.Loops), o.window())
}

func (o *PoolGradient) String() string {
	return fmt.Sprintf("pool_gradient %q %s += %s%s at the maximum of %s", o.Layer, o.DX.V, o.DY.V, o.DY.text(o.Loops), o.Of().window())
}

// window is what the maximum is of.
func (o *Pool) window() string {
	all := o.All()
	text := fmt.Sprint(o.X.V, o.X.text(all))
	for _, l := range all {
		text += fmt.Sprintf(", %s<%d", l.Name, l.Size)
	}
	return text
}

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

func (o *PoolGradient) verify() error {
	same := func(a, b Affine) bool { return a.equal(b) }
	if !o.DX.V.Batch || o.DX.V.Size() != o.X.V.Size() || !slices.Equal(o.DX.Shape(), o.X.Shape()) || !slices.EqualFunc(o.DX.At, o.X.At, same) {
		return fmt.Errorf("shapes do not fit")
	}
	return o.Of().verify()
}

// PoolGradientOf returns the gradient of a pooling as the pooling, of channels side by
// side; nil of other operations.
func PoolGradientOf(op Op) *Convolution {
	g, ok := op.(*PoolGradient)
	if !ok || g.X.V.Kind == Param {
		return nil
	}
	return ConvolutionOf(g.Of())
}
