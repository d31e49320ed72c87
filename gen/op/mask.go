package op

import (
	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// maskOf returns the layer's connections, nil if it is fully connected. It
// reports false after an error.
func maskOf(b *Builder, l *spec.Layer, out, in int) (*ir.Mask, bool) {
	group := l.Args.Group("mask")
	if group == nil {
		return nil, true
	}
	pos := l.Args["mask"].Pos
	connected := func(o, i int) bool {
		return nnrt.Uniform(uint64(group.Int("seed")), nnrt.PurposeInit, 0, uint64(o*in+i)) < group.Float("density")
	}
	if group.Has("file") {
		name := group.Text("file")
		a, err := dataset.ParseNPY(b.Net.Files[name])
		if err != nil {
			b.Errorf(group["file"].Pos, "save it with numpy.save(name, mask)", code.File+"mask: file %q: %v", name, err)
			return nil, false
		}
		if len(a.Shape) != 2 || a.Shape[0] != out || a.Shape[1] != in {
			b.Errorf(group["file"].Pos, "the shape is [units, inputs]", code.Shapes+"mask: file %q must have the shape [%d %d], got %v", name, out, in, a.Shape)
			return nil, false
		}
		connected = func(o, i int) bool { return a.Data[o*in+i] != 0 }
	}
	m := &ir.Mask{Out: out, In: in, Cols: make([][]int, out)}
	for o := range out {
		for i := range in {
			if connected(o, i) {
				m.Cols[o] = append(m.Cols[o], i)
			}
		}
	}
	if m.Count() == 0 {
		b.Errorf(pos, "raise the density", code.Range+"mask leaves no connection")
		return nil, false
	}
	return m, true
}
