package plan

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/schedule"
)

// Filters reports whether a value is stored as filters are: panels that are all
// 16 wide, one after the other.
func (p *Plan) Filters(v *ir.Value) bool {
	return v.Param != nil && !v.Batch && len(v.Param.Shape) > 2 && p.TensorOf(v.Param).Layout.Order == Panels
}

// Mapped reports whether a map over the loops says where filters lie: where steps
// that share a panel do not go on in the next.
func Mapped(o *ir.Operand, loops []ir.Loop) bool {
	_, lane := panelAndLane(o.At[0])
	low, high := lane.Range(loops)
	return o.At[0].Offset >= 0 && low >= 0 && high < schedule.Panel
}

// Place is where an element of filters lies that are mapped.
func (l *Layout) Place(o *ir.Operand) ir.Affine {
	panel, lane := panelAndLane(o.At[0])
	taps := ir.Operand{V: o.V, Dims: o.Shape()[2:], At: o.At[2:]}
	return lane.Plus(o.At[1].Plus(taps.Flat(), l.In), schedule.Panel).Plus(panel, l.Rows*schedule.Panel)
}

// panelAndLane divides the map of a filter.
func panelAndLane(n ir.Affine) (panel, lane ir.Affine) {
	panel, lane = ir.Affine{Offset: n.Offset / schedule.Panel}, ir.Affine{Offset: n.Offset % schedule.Panel}
	for i, c := range n.By {
		if c%schedule.Panel == 0 {
			panel = panel.Plus(ir.Unit(i), c/schedule.Panel)
		} else {
			lane = lane.Plus(ir.Unit(i), c)
		}
	}
	return panel, lane
}

// transposed lays out the copies of filters with filters and channels exchanged: those
// that inference reads too are parameters.
func (p *Plan) transposed() {
	tiled := tiledFilters(p.Prog)
	for _, f := range p.Prog.Funcs() {
		for _, op := range f.Ops {
			y := op.Outs()[0]
			if y.Param == nil || y.Param.Transposed == nil || p.tensorOf[y.Param] != nil {
				continue
			}
			t := &Tensor{Value: y, Layout: NewLayout(y.Param, y.DType), Field: fmt.Sprint("w", len(p.Transposed.Fields)+1), Tiled: tiled[y]}
			arena := &p.Transposed
			if t.Copied = f == p.Prog.Infer; t.Copied {
				t.Field, arena = p.tensorOf[y.Param.Transposed].Field+"t", &p.Filtered
			}
			p.tensorOf[y.Param] = t
			if t.Tiled > 0 {
				arena.addTiles(t)
			} else {
				arena.add(t)
			}
		}
	}
}

// copied reports whether an operation copies filters that are among the parameters.
func (p *Plan) copied(op ir.Op) bool {
	y := op.Outs()[0]
	return y.Param != nil && y.Param.Transposed != nil && p.TensorOf(y.Param).Copied
}
