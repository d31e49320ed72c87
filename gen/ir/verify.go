package ir

import "fmt"

// Verify checks the invariants every phase relies on: a value is defined once
// in a function and before it is read, shapes fit, and nothing writes an
// input, a target, a scalar or a constant.
func (p *Program) Verify() error {
	for _, f := range p.Funcs() {
		defined, parts := map[*Value]bool{}, map[*Value]*covered{}
		for i, op := range f.Ops {
			if err := checkOp(op, defined, parts); err != nil {
				return fmt.Errorf("internal error: ir: %s: op %d: %s: %w", f.Name, i, op, err)
			}
		}
		for _, r := range f.Results {
			if r.Kind == Temp && !defined[r] {
				return fmt.Errorf("internal error: ir: %s: result %s is not defined", f.Name, r)
			}
		}
	}
	for _, m := range p.Memory {
		for _, f := range []*Func{p.Infer, p.Gradients, p.Evaluate} {
			if f == nil {
				continue
			}
			if out := p.After(m, f); m.In.Kind != Stream || out == nil || m.In.Size() != out.Size() || !out.Batch {
				return fmt.Errorf("internal error: ir: the state %s has no value after %s", m.Name, f.Name)
			}
		}
	}
	return nil
}

func checkOp(op Op, defined map[*Value]bool, parts map[*Value]*covered) error {
	for _, x := range op.Ins() {
		if x == nil {
			return fmt.Errorf("missing operand")
		}
		if x.Kind == Temp && !defined[x] {
			return fmt.Errorf("%s (%s) is read before it is defined", x, x.Name)
		}
	}
	for _, y := range op.Outs() {
		if defined[y] {
			return fmt.Errorf("%s (%s) is defined twice", y, y.Name)
		}
		switch y.Kind {
		case Input, Target, Scalar, Constant, Stream:
			return fmt.Errorf("%s (%s) may not be assigned", y, y.Name)
		}
		whole := true
		if c, ok := op.(*Contract); ok {
			var err error
			if whole, err = c.cover(parts); err != nil {
				return err
			}
		}
		if whole {
			defined[y] = true
		}
	}
	return checkShapes(op)
}

func checkShapes(op Op) error {
	fits := func(ok bool) error {
		if !ok {
			return fmt.Errorf("shapes do not fit")
		}
		return nil
	}
	switch o := op.(type) {
	case *Contract:
		return o.verify()
	case *Pool:
		return o.verify()
	case *PoolGradient:
		return o.verify()
	case *RankOne:
		return fits(o.W.Shape[0] == o.DY.Size() && o.W.Shape[1] == o.X.Size() && (o.B == nil || o.B.Size() == o.DY.Size()))
	case *Map:
		for _, x := range o.In {
			if o.Out[0].Size()%x.Size() != 0 || x.Batch && !o.Out[0].Batch {
				return fits(false)
			}
		}
		for _, y := range o.Out {
			if y.Size() != o.Out[0].Size() {
				return fits(false)
			}
		}
		return nil
	case *Reduce:
		return fits(o.Y.Size() == 1 && (o.When == nil || o.When.Size() == 1 && !o.When.Batch && !o.Y.Batch))
	case *Concat:
		n := 0
		for _, x := range o.Xs {
			n += x.Size()
		}
		return fits(n == o.Y.Size())
	case *Slice:
		return fits(o.From >= 0 && o.From+o.Y.Size() <= o.X.Size())
	case *View:
		return fits(o.Y.Batch && checkView(o.Y, o.X, o.Axes, o.Offset))
	case *ViewGrad:
		return fits(o.DX.Batch && o.DY.Batch && checkView(o.DY, o.DX, o.Axes, o.Offset))
	case *ReduceAxis:
		return fits(o.Y.Batch && o.Length > 0 && o.X.Size() == o.Outer*o.Length*o.Inner && o.Y.Size() == o.Outer*o.Inner)
	case *Gather:
		return fits(o.Y.Size() == 1 && o.T.DType == Int32)
	case *OneHot:
		return fits(o.T.DType == Int32 && o.Y.Size()%o.T.Size() == 0)
	case *Random:
		return fits(o.Rate >= 0 && o.Rate < 1)
	}
	return fmt.Errorf("unexpected op %T", op)
}
