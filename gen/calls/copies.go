package calls

import "github.com/nngen-go/nngen/gen/ir"

// Copy is the loop of a contraction without terms whose steps are copied as one piece:
// the elements of steps Low … High−1, which lie side by side; the others are 0.
type Copy struct{ Loop, Low, High int }

// CopyOf chooses the loop, nil where elements are to be taken one by one.
func CopyOf(o *ir.Contract) *Copy {
	if len(o.Terms) > 0 || o.Init == nil || o.Init.V.Param != nil || o.Y.V.Param != nil || o.OverBatch() || o.Init.V.DType != o.Y.V.DType {
		return nil
	}
	y, x := o.Y.Flat(), o.Init.Flat()
	for i, l := range o.Loops {
		if !Runs(l.Size, y.Coefficient(i)) || x.Coefficient(i) != 1 {
			continue
		}
		c := &Copy{Loop: i, High: l.Size}
		for _, d := range o.Y.Outside(o.Loops) {
			if o.Y.At[d].Coefficient(i) != 0 {
				return nil
			}
		}
		for _, d := range o.Init.Outside(o.Loops) {
			a := o.Init.At[d]
			if a.Coefficient(i) == 0 {
				continue
			}
			for j := range o.Loops {
				if j != i && a.Coefficient(j) != 0 {
					return nil
				}
			}
			if a.Coefficient(i) != 1 {
				return nil
			}
			c.Low, c.High = max(c.Low, -a.Offset), min(c.High, o.Init.Shape()[d]-a.Offset)
		}
		if c.Low < c.High {
			return c
		}
	}
	return nil
}
