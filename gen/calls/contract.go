package calls

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/schedule"
)

// tileWidth is the number of results that portable loops sum side by side: so
// many additions are under way at a time, and what they share is read once. Of
// channels, which lie side by side in memory too, it is tileChannels: with a product of
// each and an operand beside the sums, more than six do not stay in 15 registers, for
// Go multiplies all of the last step before it adds. Half a panel, tilePanel, is faster
// where there are other steps beside it.
const (
	tileWidth    = 4
	tileChannels = 6
	tilePanel    = 8
)

// Tile is the loop of a contraction's result whose steps are summed side by side.
type Tile struct {
	Loop  int
	Width int // 0: one result after the other
}

// TileOf chooses the loop on which no bound depends, so that the results of a
// tile have the same terms, and on which fewest operands do; of these
// that over channels, or the longest. Every result keeps its terms in their order. A sum in several chains,
// or over connections, has one result after the other.
func TileOf(o *ir.Contract, chains int) Tile {
	best := Tile{}
	if chains > 1 || len(o.Terms) == 0 || slices.ContainsFunc(append(o.Ins(), o.Y.V), func(v *ir.Value) bool { return v.Param != nil && v.Param.Mask != nil }) {
		return best
	}
	w := o.Weight()
	pixels, worth, channels := w == nil || len(w.Param.Shape) > 2, int64(-1), tilePanel
	for t := range o.Terms {
		if StepsOf(o, &o.Terms[t]).Width < leastSteps {
			channels = tileChannels
		}
	}
	for i, l := range o.Loops {
		if l.Size == 1 || bounded(o, i) {
			continue
		}
		shared := 0
		for _, t := range o.Terms {
			for _, x := range t.Operands() {
				if x.Flat().Coefficient(i) == 0 {
					shared++
				}
			}
		}
		w, width := int64(shared)<<32+int64(l.Size), tileWidth
		if pixels && o.Y.Flat().Coefficient(i) == 1 {
			if w, width = w+1<<31, channels; l.Size >= channels {
				w += 1 << 34 // whole lines of the cache
			}
		}
		if w > worth {
			worth, best = w, Tile{Loop: i, Width: min(l.Size, width)}
		}
	}
	return best
}

// leastRun is the number of elements from which a copy of all is faster than one
// after the other.
const leastRun = 8

// Runs reports whether elements that lie side by side, as in memory of both, are
// copied as one: those along an axis of n steps.
func Runs(n, stride int) bool { return n >= leastRun && stride == 1 }

// mostWrittenOut is the number of steps of a loop that are written out: more gain nothing.
const mostWrittenOut = 8

// WrittenOut is how many steps of a loop of single elements are written out: all of a
// few, else as many as divide it.
func WrittenOut(n int) int {
	for steps := mostWrittenOut; steps > 1; steps-- {
		if n%steps == 0 {
			return steps
		}
	}
	return 1
}

// bounded reports whether an element's existence depends on a loop of the result.
func bounded(o *ir.Contract, loop int) bool {
	depends := func(a ir.Affine) bool { return a.Coefficient(loop) != 0 }
	ends := func(x *ir.Operand, loops []ir.Loop) bool {
		return slices.ContainsFunc(x.Outside(loops), func(d int) bool { return depends(x.At[d]) })
	}
	if ends(&o.Y, o.Loops) || o.Init != nil && ends(o.Init, o.Loops) {
		return true
	}
	for i := range o.Terms {
		t := &o.Terms[i]
		if slices.ContainsFunc(t.Where, depends) || slices.ContainsFunc(t.Operands(), func(x *ir.Operand) bool { return ends(x, o.All(t)) }) {
			return true
		}
	}
	return false
}

// ByPanels returns a contraction with filters in parts whose loops stay within
// their panels, as many as it takes; a filter may still be in any panel in loops
// that do not divide them.
func ByPanels(o *ir.Contract, filters func(v *ir.Value) bool) []*ir.Contract {
	if c := ir.ConvolutionOf(o); c != nil && c.CrossesPanels() {
		return byPanels(byGroups(o, c.Group, c.Lane), filters)
	}
	if c := ir.FilterGradientOf(o); c != nil && c.CrossesPanels() {
		group, lane := -1, -1
		for i, l := range o.Loops {
			switch n := o.Y.At[0].Coefficient(i); {
			case n == 0 || l.Size == 1:
			case n == 1:
				lane = i
			default:
				group = i
			}
		}
		return byPanels(byGroups(o, group, lane), filters)
	}
	own := []*ir.Operand{&o.Y}
	if o.Init != nil {
		own = append(own, o.Init)
	}
	for _, x := range own {
		if i, by, ok := crosses(x, o.Loops, filters); ok {
			return byPanels(o.Split(i, by), filters)
		}
	}
	for t := range o.Terms {
		for _, x := range o.Terms[t].Operands() {
			i, by, ok := crosses(x, o.All(&o.Terms[t]), filters)
			switch {
			case !ok:
			case i < len(o.Loops):
				return byPanels(o.Split(i, by), filters)
			default:
				return ByPanels(o.SplitSum(t, i-len(o.Loops), by), filters)
			}
		}
	}
	for i := range o.Loops {
		if o.Y.Flat().Coefficient(i) == 1 {
			o = o.Innermost(i)
			break
		}
	}
	return []*ir.Contract{o}
}

// byGroups divides a convolution, or the gradient of filters, into the filters of one group
// in one panel, by the loops over groups and the filters of one.
func byGroups(o *ir.Contract, groups, lane int) (out []*ir.Contract) {
	n := o.Loops[lane].Size
	for g := range o.Loops[groups].Size {
		group := o.Part(groups, g, 1)
		for from := 0; from < n; {
			size := min(n-from, schedule.Panel-(g*n+from)%schedule.Panel)
			out = append(out, group.Part(lane, from, size))
			from += size
		}
	}
	return out
}

func byPanels(parts []*ir.Contract, filters func(v *ir.Value) bool) (out []*ir.Contract) {
	for _, p := range parts {
		out = append(out, ByPanels(p, filters)...)
	}
	return out
}

// crosses finds the loop whose steps go from panel to panel of filters, and how
// many of them a panel has.
func crosses(o *ir.Operand, loops []ir.Loop, filters func(v *ir.Value) bool) (loop, by int, ok bool) {
	if !filters(o.V) {
		return 0, 0, false
	}
	span := 1 + o.At[0].Offset%schedule.Panel // lanes, up to the loop
	for step := 1; step < schedule.Panel; step *= 2 {
		for i, l := range loops {
			if o.At[0].Coefficient(i) != step {
				continue
			}
			if span <= step && schedule.Panel/step < l.Size {
				return i, schedule.Panel / step, true
			}
			span += step * (l.Size - 1)
		}
	}
	return 0, 0, false
}
