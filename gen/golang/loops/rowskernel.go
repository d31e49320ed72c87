package loops

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/schedule"
	"github.com/nngen-go/nngen/gen/target"
)

// RowsValue is an operand of a batched kernel.
type RowsValue struct {
	V *ir.Value
	Rows
}

// RowsKernel makes the function of a matrix operation over a batch.
type RowsKernel struct {
	*Matrix
	Train  bool
	Values []RowsValue // stored
	X      Rows
	Extras []RowsValue
}

// Function is the function for a batch.
func (k *RowsKernel) Function() *function.Func {
	key := "rows " + k.key() + k.X.Typ + k.X.Field
	for _, v := range append(append([]RowsValue(nil), k.Values...), k.Extras...) {
		key += " " + v.Typ + v.Field
	}
	return k.e.Make(key, k.hint(k.Train)+" rows", func(f *function.Func) {
		f.Train = k.Train
		f.Rows = true
		k.build(f)
	})
}

// names of the parameters of the row form.
func (k *RowsKernel) names() (stored, extra []string) {
	for i := range k.Values {
		stored = append(stored, storedName(i))
	}
	for i := range k.Extras {
		extra = append(extra, fmt.Sprintf("u%d", i))
	}
	return stored, extra
}

// build writes the function: assembly over all rows, or the portable kernel
// row by row.
func (k *RowsKernel) build(f *function.Func) {
	single := k.single()
	stored, extra := k.names()
	f.Doc = []string{fmt.Sprintf("%s is %s for every row.", f.Name, single.Portable())}
	for i, v := range k.Values {
		f.Args = append(f.Args, function.Arg{Name: stored[i], Type: v.Typ})
	}
	f.Args = append(f.Args, function.Arg{Name: "x", Type: k.X.Typ})
	wNames := k.weightNames()
	for i, t := range k.weightTypes() {
		f.Args = append(f.Args, function.Arg{Name: wNames[i], Type: t})
	}
	f.Args = append(f.Args, k.scaleArg()...)
	call := func(i string) jen.Code {
		var args []string
		for j, v := range k.Values {
			args = append(args, v.At(stored[j], i))
		}
		args = append(args, k.X.At("x", i))
		args = append(args, wNames...)
		for _, a := range k.scaleArg() {
			args = append(args, a.Name)
		}
		if k.Bias != nil {
			args = append(args, "b")
		}
		for j, v := range k.Extras {
			if source.IsNumber(v.V) {
				args = append(args, extra[j])
			} else {
				args = append(args, v.At(extra[j], i))
			}
		}
		return source.Exprf("%s", strings.Join(args, ", "))
	}
	if k.Bias != nil {
		f.Args = append(f.Args, function.Arg{Name: "b", Type: fmt.Sprintf("*[%d][16]%s", k.e.plan.TensorOf(k.Bias.Param).Layout.Full, source.TypeName(k.y.DType))})
	}
	for i, v := range k.Extras {
		typ := v.Typ
		if source.IsNumber(v.V) {
			typ = source.TypeName(v.V.DType)
		}
		f.Args = append(f.Args, function.Arg{Name: extra[i], Type: typ})
	}
	f.Generic = append(f.Bounds("x"), source.ForRange("i", "x", jen.Id(single.Portable()).Call(call("i"))))
	k.e.Fast(f, func() []jen.Code {
		if k.Swapped {
			return k.vectorGradInput()
		}
		var out []jen.Code
		if len(single.Fast) > 0 {
			out = append(out, jen.If(source.Exprf("len(x) == 1")).Block(k.e.ID(single).Call(call("0")), jen.Return()))
		}
		return append(out, k.vectorForward()...)
	})
}

// weightNames are the parameters of the weight's panels.
func (k *RowsKernel) weightNames() []string {
	if k.layout.Full == 0 {
		return []string{"wt"}
	}
	return []string{"w", "wt"}[:len(k.WeightFields())]
}

// single is the kernel of one row.
func (k *RowsKernel) single() *function.Func {
	return k.Matrix.function(k.Train)
}

// vectorForward calls the assembly of a dense layer, panel by panel.
func (k *RowsKernel) vectorForward() []jen.Code {
	kern := k.forAssembly()
	r := calls.RowsOf(k.target(), kern, k.e.plan.Options.Batch)
	first := firstRow(r.Divided)
	tiled := map[string]bool{}
	var tilings, code []jen.Code
	for i := range r.Loops {
		loop := &r.Loops[i]
		at := k.panelAt(loop)
		var each []jen.Code
		for j := range loop.Calls {
			each = append(each, k.panelCall(r, loop, &loop.Calls[j], at, first, &tilings, tiled)...)
		}
		if r.Preempt && (!loop.Tail || len(r.Loops) == 1 && r.Divided) {
			each = append(each, k.e.Preempt())
		}
		code = append(code, overPanels(loop, each)...)
	}
	return inChunks(r.PerCall, r.Divided, append(tilings, code...))
}

// firstRow is the first row of a call.
func firstRow(divided bool) string {
	if divided {
		return "i"
	}
	return "0"
}

// panelPlace is where the outputs of a loop over panels lie.
type panelPlace struct{ q, first, weights string }

func (m *Matrix) panelAt(l *calls.PanelLoop) panelPlace {
	if l.Tail && !l.Joined() {
		q := m.layout.Full
		return panelPlace{fmt.Sprint(q), fmt.Sprint(q * schedule.Panel), "wt"}
	}
	q := firstPanel(l)
	return panelPlace{q, times16(q), "w[" + q + "]"}
}

// firstPanel is the first full panel of a call.
func firstPanel(l *calls.PanelLoop) string {
	if l.Once() {
		return fmt.Sprint(l.From)
	}
	return "q"
}

// overPanels repeats code for the panels of a loop.
func overPanels(l *calls.PanelLoop, code []jen.Code) []jen.Code {
	if l.Once() {
		return code
	}
	if l.From == 0 && l.Step == 1 {
		return []jen.Code{source.ForRange("q", fmt.Sprint(l.To), code...)}
	}
	return []jen.Code{jen.For(source.Letf("q", "%d", l.From), source.Exprf("q < %d", l.To), source.Exprf("q += %d", l.Step)).Block(code...)}
}

// panelCall is the call for some outputs of a panel.
func (k *RowsKernel) panelCall(r *calls.Rows, loop *calls.PanelLoop, p *calls.Panel, at panelPlace, first string, tilings *[]jen.Code, tiled map[string]bool) []jen.Code {
	kern, sums := r.Kernel(k.Step.Kernel, loop, p), k.Values[0]
	name := k.e.Assembly("rows "+kern.Key(), "rows "+p.String(), fmt.Sprintf("sums the products for %s outputs of every row, in tiles of rows.", p),
		func(t *target.Target, name string, doc []string) *asm.Func { return t.MatMul(name, doc, kern) })
	call := func(first, tiles string) jen.Code {
		args := []string{sums.Element("y", first, plusText(at.first, p.Lane)), k.X.Element("x", first, "0"), fmt.Sprintf("&%s[0][%d]", at.weights, p.Lane)}
		if loop.Joined() {
			args = append(args, "&wt[0][0]")
		}
		if k.Bias != nil {
			args = append(args, fmt.Sprintf("&b[%s][%d]", at.q, p.Lane))
		}
		if kern.Scaled {
			args = append(args, fmt.Sprintf("&scale[%s][%d]", at.q, p.Lane))
		}
		if kern.Panels.Full > 1 {
			args = append(args, fmt.Sprint(k.layout.PanelBytes()))
		}
		args = append(args, fmt.Sprint(k.X.bytes()), fmt.Sprint(sums.bytes()))
		if kern.Rolled {
			args = append(args, fmt.Sprint(k.ins))
		}
		args = append(args, maskArg(p.Partial, p.Mask)...)
		return jen.Id(name).Call(source.Exprf("%s", strings.Join(append(args, tiles), ", ")))
	}
	out := []jen.Code{call(first, k.tilesOf(tilings, tiled, p.Tiles, "m"))}
	if len(p.Tiles) > 3 {
		last := strings.TrimPrefix(first+fmt.Sprintf("+m-%d", leastTile(p.Tiles)), "0+")
		one := strings.Repeat("0, ", len(p.Tiles)-2) + "1, 0"
		out = append(out, jen.If(source.Exprf("again%d", p.Tiles[0])).Block(call(last, one)))
	}
	return out
}

// inChunks runs code for m rows from i on, some at a time, or for all of them.
func inChunks(rows int, divided bool, code []jen.Code) []jen.Code {
	if !divided {
		return append([]jen.Code{source.Letf("m", "len(x)")}, code...)
	}
	loop := append([]jen.Code{source.Letf("m", "min(len(x)-i, %d)", rows)}, code...)
	return []jen.Code{jen.For(source.Letf("i", "0"), source.Exprf("i < len(x)"), source.Exprf("i += %d", rows)).Block(loop...)}
}

// plusText is the text of first+lane.
func plusText(first string, lane int) string {
	switch {
	case lane == 0:
		return first
	case first == "0":
		return fmt.Sprint(lane)
	}
	return fmt.Sprintf("%s+%d", first, lane)
}

// vectorGradInput adds the assembly of a gradient of inputs.
func (k *RowsKernel) vectorGradInput() []jen.Code {
	dx := k.Values[0]
	kern := k.forAssembly()
	in := calls.InputsOf(k.target(), kern, k.e.plan.Options.Batch)
	extra := -1
	if len(kern.Extras()) > 0 {
		from := kern.Extras()[0].From
		extra = slices.IndexFunc(k.Extras, func(v RowsValue) bool { return v.V.String() == from })
	}
	first := firstRow(in.Divided)
	var tilings []jen.Code
	tiles := k.tilesOf(&tilings, map[string]bool{}, in.Tiles, "m")
	o := gradInputOperands{
		dx: func(input string) string { return dx.Element("y", first, input) }, dy: k.X.Element("x", first, "0"),
		distances: []string{fmt.Sprint(k.X.bytes()), fmt.Sprint(dx.bytes())},
	}
	if extra >= 0 {
		u := k.Extras[extra]
		o.extra = func(input string) string { return u.Element(fmt.Sprintf("u%d", extra), first, input) }
		o.distances = append(o.distances, fmt.Sprint(u.bytes()))
	}
	return inChunks(in.Rows, in.Divided, append(tilings, k.inputGradientCalls(in, o, tiles)...))
}

// gradInputOperands are what the assembly of a gradient of inputs gets: where dx lies from
// an input on, dy, and a further operand of the epilogue if there is one, and the
// distances of their rows.
type gradInputOperands struct {
	dx, extra func(input string) string
	dy        string
	distances []string
}

// inputGradientCalls are its calls.
func (m *Matrix) inputGradientCalls(in *calls.Inputs, o gradInputOperands, tiles string) []jen.Code {
	name := m.inputGradient(in)
	return m.e.inBlocks(in, m.Outs, func(input, blocks string) jen.Code {
		args := []string{o.dx(input), o.dy}
		if m.layout.Full > 0 {
			args = append(args, fmt.Sprintf("&w[0][%s][0]", input))
		}
		if m.layout.Tail > 0 {
			args = append(args, fmt.Sprintf("&wt[%s][0]", input))
		}
		if m.Bias != nil {
			args = append(args, "&"+source.VectorAt("b", input))
		}
		if o.extra != nil {
			args = append(args, o.extra(input))
		}
		switch {
		case in.Dots && in.One:
		case in.Dots:
			args = slices.Concat(args, o.distances, []string{tiles})
		default:
			args = slices.Concat(args, m.panelArgs(), o.distances, maskArg(in.Partial, in.Mask), []string{blocks, tiles})
		}
		return jen.Id(name).Call(source.Exprf("%s", strings.Join(args, ", ")))
	})
}

// inputGradient is the assembly of a gradient of inputs.
func (m *Matrix) inputGradient(in *calls.Inputs) string {
	kern := in.Kernel(m.Step.Kernel)
	if in.Dots {
		hint, what := "dot products of rows", "computes the sums of every row, in tiles of rows."
		if in.One {
			hint, what = "dot products", "computes the sums of a row."
		}
		return m.e.Assembly(hint+" "+kern.Key(), hint, what,
			func(t *target.Target, name string, doc []string) *asm.Func { return t.Dots(name, doc, kern, in.One) })
	}
	return m.e.Assembly("input gradient "+kern.Key(), "inputGradient", "sums the products for blocks of inputs of every row, in tiles of rows.",
		func(t *target.Target, name string, doc []string) *asm.Func { return t.GradInput(name, doc, kern) })
}

// maskArg is the argument that says which lanes a partial vector has.
func maskArg(partial bool, mask int) []string {
	if !partial {
		return nil
	}
	return []string{fmt.Sprint(mask)}
}

// gradientMask is maskArg of a gradient of inputs.
func (m *Matrix) gradientMask() []string {
	_, partial, mask := m.target().Last(source.TypeName(m.y.DType), m.ins-m.layout.Full*schedule.Panel, true)
	return maskArg(partial, mask)
}

// panelArgs are the number of turns through full panels and the distance of these, if
// there are any.
func (m *Matrix) panelArgs() []string {
	l := m.layout
	if l.Full == 0 {
		return nil
	}
	return []string{fmt.Sprint(l.Full / m.Step.Kernel.PanelsInTurn()), fmt.Sprint(l.PanelBytes())}
}

// inBlocks prints the calls for blocks of inputs; the last block computes some of
// the one before again.
func (e *Loops) inBlocks(in *calls.Inputs, inputs int, call func(input, blocks string) jen.Code) []jen.Code {
	out := []jen.Code{call("0", fmt.Sprint(in.Blocks))}
	if in.PerCall < in.Blocks {
		end := in.Blocks * in.At
		each := []jen.Code{call("k", fmt.Sprintf("min(%d, (%d-k)/%d)", in.PerCall, end, in.At))}
		if in.Preempt {
			each = append(each, e.Preempt())
		}
		out = []jen.Code{jen.For(source.Letf("k", "0"), source.Exprf("k < %d", end), source.Exprf("k += %d", in.PerCall*in.At)).Block(each...)}
	}
	if in.Rest {
		out = append(out, call(fmt.Sprint(inputs-in.At), "1"))
	}
	return out
}
