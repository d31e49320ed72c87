package golang

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/schedule"
	"github.com/nngen-go/nngen/gen/target"
)

// rowsValue is an operand of a batched kernel.
type rowsValue struct {
	v *ir.Value
	rows
}

// rowsKernel makes the function of a matrix operation over a batch.
type rowsKernel struct {
	*matrix
	body   *body
	values []rowsValue // stored
	x      rows
	extras []rowsValue
}

func (k *rowsKernel) function() *kernelFunc {
	key := "rows " + k.key() + k.x.typ + k.x.field
	for _, v := range append(append([]rowsValue(nil), k.values...), k.extras...) {
		key += " " + v.typ + v.field
	}
	return k.e.kernel(key, k.hint(k.body.training)+" rows", func(f *kernelFunc) {
		f.train = k.body.training
		f.rows = true
		k.build(f)
	})
}

// names of the parameters of the row form.
func (k *rowsKernel) names() (stored, extra []string) {
	for i := range k.values {
		stored = append(stored, storedName(i))
	}
	for i := range k.extras {
		extra = append(extra, fmt.Sprintf("u%d", i))
	}
	return stored, extra
}

// build writes the function: assembly over all rows, or the portable kernel
// row by row.
func (k *rowsKernel) build(f *kernelFunc) {
	single := k.single()
	stored, extra := k.names()
	f.doc = []string{fmt.Sprintf("%s is %s for every row.", f.name, single.portable())}
	for i, v := range k.values {
		f.args = append(f.args, arg{stored[i], v.typ})
	}
	f.args = append(f.args, arg{"x", k.x.typ})
	wNames := k.weightNames()
	for i, t := range k.weightTypes() {
		f.args = append(f.args, arg{wNames[i], t})
	}
	f.args = append(f.args, k.scaleArg()...)
	call := func(i string) jen.Code {
		var args []string
		for j, v := range k.values {
			args = append(args, v.at(stored[j], i))
		}
		args = append(args, k.x.at("x", i))
		args = append(args, wNames...)
		for _, a := range k.scaleArg() {
			args = append(args, a.name)
		}
		if k.bias != nil {
			args = append(args, "b")
		}
		for j, v := range k.extras {
			if isNumber(v.v) {
				args = append(args, extra[j])
			} else {
				args = append(args, v.at(extra[j], i))
			}
		}
		return exprf("%s", strings.Join(args, ", "))
	}
	if k.bias != nil {
		f.args = append(f.args, arg{"b", fmt.Sprintf("*[%d][16]%s", k.e.plan.TensorOf(k.bias.Param).Layout.Full, typeName(k.e.elem))})
	}
	for i, v := range k.extras {
		typ := v.typ
		if isNumber(v.v) {
			typ = typeName(k.e.elem)
		}
		f.args = append(f.args, arg{extra[i], typ})
	}
	f.generic = append(f.bounds("x"), forRange("i", "x", jen.Id(single.portable()).Call(call("i"))))
	k.e.fast(f, func() []jen.Code {
		if k.swapped {
			return k.vectorGradInput()
		}
		var out []jen.Code
		if len(single.fast) > 0 {
			out = append(out, jen.If(exprf("len(x) == 1")).Block(k.e.id(single).Call(call("0")), jen.Return()))
		}
		return append(out, k.vectorForward()...)
	})
}

// bounds tells the compiler that all operands have as many rows as one.
func (f *kernelFunc) bounds(rows string) []jen.Code {
	var out []jen.Code
	for _, a := range f.args {
		if strings.HasPrefix(a.typ, "[]") && a.name != rows {
			out = append(out, setf(a.name, "%s[:len(%s)]", a.name, rows))
		}
	}
	return out
}

// weightNames are the parameters of the weight's panels.
func (k *rowsKernel) weightNames() []string {
	if k.layout.Full == 0 {
		return []string{"wt"}
	}
	return []string{"w", "wt"}[:len(k.weightFields())]
}

// single is the kernel of one row.
func (k *rowsKernel) single() *kernelFunc {
	train := k.body.training
	return k.e.kernel(k.key(), k.hint(train), func(f *kernelFunc) {
		f.train = train
		k.matrix.build(f)
	})
}

// vectorForward calls the assembly of a dense layer, panel by panel.
func (k *rowsKernel) vectorForward() []jen.Code {
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

func (m *matrix) panelAt(l *calls.PanelLoop) panelPlace {
	if l.Tail && !l.Joined() {
		q := m.layout.Full
		return panelPlace{fmt.Sprint(q), fmt.Sprint(q * schedule.Panel), "wt"}
	}
	q := "q"
	if l.Once() {
		q = fmt.Sprint(l.From)
	}
	return panelPlace{q, times16(q), "w[" + q + "]"}
}

// overPanels repeats code for the panels of a loop.
func overPanels(l *calls.PanelLoop, code []jen.Code) []jen.Code {
	if l.Once() {
		return code
	}
	if l.From == 0 && l.Step == 1 {
		return []jen.Code{forRange("q", fmt.Sprint(l.To), code...)}
	}
	return []jen.Code{jen.For(letf("q", "%d", l.From), exprf("q < %d", l.To), exprf("q += %d", l.Step)).Block(code...)}
}

// panelCall is the call for some outputs of a panel.
func (k *rowsKernel) panelCall(r *calls.Rows, loop *calls.PanelLoop, p *calls.Panel, at panelPlace, first string, tilings *[]jen.Code, tiled map[string]bool) []jen.Code {
	kern, sums := r.Kernel(k.step.Kernel, loop, p), k.values[0]
	name := k.e.Assembly("rows "+kern.Key(), "rows "+p.String(), fmt.Sprintf("sums the products for %s outputs of every row, in tiles of rows.", p),
		func(t *target.Target, name string, doc []string) *asm.Func { return t.MatMul(name, doc, kern) })
	call := func(first, tiles string) jen.Code {
		args := []string{sums.element("y", first, plusText(at.first, p.Lane)), k.x.element("x", first, "0"), fmt.Sprintf("&%s[0][%d]", at.weights, p.Lane)}
		if loop.Joined() {
			args = append(args, "&wt[0][0]")
		}
		if k.bias != nil {
			args = append(args, fmt.Sprintf("&b[%s][%d]", at.q, p.Lane))
		}
		if kern.Scaled {
			args = append(args, fmt.Sprintf("&scale[%s][%d]", at.q, p.Lane))
		}
		if kern.Panels.Full > 1 {
			args = append(args, fmt.Sprint(k.layout.PanelBytes()))
		}
		args = append(args, fmt.Sprint(k.x.bytes()), fmt.Sprint(sums.bytes()))
		if kern.Rolled {
			args = append(args, fmt.Sprint(k.ins))
		}
		args = append(args, maskArg(p.Partial, p.Mask)...)
		return jen.Id(name).Call(exprf("%s", strings.Join(append(args, tiles), ", ")))
	}
	out := []jen.Code{call(first, k.tilesOf(tilings, tiled, p.Tiles, "m"))}
	if len(p.Tiles) > 3 {
		last := strings.TrimPrefix(first+fmt.Sprintf("+m-%d", leastTile(p.Tiles)), "0+")
		one := strings.Repeat("0, ", len(p.Tiles)-2) + "1, 0"
		out = append(out, jen.If(exprf("again%d", p.Tiles[0])).Block(call(last, one)))
	}
	return out
}

// inChunks runs code for m rows from i on, some at a time, or for all of them.
func inChunks(rows int, divided bool, code []jen.Code) []jen.Code {
	if !divided {
		return append([]jen.Code{letf("m", "len(x)")}, code...)
	}
	loop := append([]jen.Code{letf("m", "min(len(x)-i, %d)", rows)}, code...)
	return []jen.Code{jen.For(letf("i", "0"), exprf("i < len(x)"), exprf("i += %d", rows)).Block(loop...)}
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
func (k *rowsKernel) vectorGradInput() []jen.Code {
	dx := k.values[0]
	kern := k.forAssembly()
	in := calls.InputsOf(k.target(), kern, k.e.plan.Options.Batch)
	extra := -1
	if len(kern.Extras()) > 0 {
		from := kern.Extras()[0].From
		extra = slices.IndexFunc(k.extras, func(v rowsValue) bool { return v.v.String() == from })
	}
	name, first := k.inputGradient(in), firstRow(in.Divided)
	var tilings []jen.Code
	tiles := k.tilesOf(&tilings, map[string]bool{}, in.Tiles, "m")
	call := func(input, blocks string) jen.Code {
		args := []string{dx.element("y", first, input), k.x.element("x", first, "0")}
		if k.layout.Full > 0 {
			args = append(args, fmt.Sprintf("&w[0][%s][0]", input))
		}
		if k.layout.Tail > 0 {
			args = append(args, fmt.Sprintf("&wt[%s][0]", input))
		}
		if k.bias != nil {
			args = append(args, "&"+vectorAt("b", input))
		}
		if extra >= 0 {
			args = append(args, k.extras[extra].element(fmt.Sprintf("u%d", extra), first, input))
		}
		args = append(args, k.panelArgs()...)
		args = append(args, fmt.Sprint(k.x.bytes()), fmt.Sprint(dx.bytes()))
		if extra >= 0 {
			args = append(args, fmt.Sprint(k.extras[extra].bytes()))
		}
		args = append(args, maskArg(in.Partial, in.Mask)...)
		return jen.Id(name).Call(exprf("%s", strings.Join(append(args, blocks, tiles), ", ")))
	}
	return inChunks(in.Rows, in.Divided, append(tilings, k.e.inBlocks(in, k.outs, call)...))
}

// inputGradient is the assembly of a gradient of inputs.
func (m *matrix) inputGradient(in *calls.Inputs) string {
	kern := in.Kernel(m.step.Kernel)
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
func (m *matrix) gradientMask() []string {
	_, partial, mask := m.target().Last(typeName(m.e.elem), m.ins-m.layout.Full*schedule.Panel, true)
	return maskArg(partial, mask)
}

// panelArgs are the number of full panels and their distance, if there are any.
func (m *matrix) panelArgs() []string {
	l := m.layout
	if l.Full == 0 {
		return nil
	}
	return []string{fmt.Sprint(l.Full), fmt.Sprint(l.PanelBytes())}
}

// inBlocks prints the calls for blocks of inputs; the last block computes some of
// the one before again.
func (e *emitter) inBlocks(in *calls.Inputs, inputs int, call func(input, blocks string) jen.Code) []jen.Code {
	out := []jen.Code{call("0", fmt.Sprint(in.Blocks))}
	if in.PerCall < in.Blocks {
		end := in.Blocks * in.At
		each := []jen.Code{call("k", fmt.Sprintf("min(%d, (%d-k)/%d)", in.PerCall, end, in.At))}
		if in.Preempt {
			each = append(each, e.Preempt())
		}
		out = []jen.Code{jen.For(letf("k", "0"), exprf("k < %d", end), exprf("k += %d", in.PerCall*in.At)).Block(each...)}
	}
	if in.Rest {
		out = append(out, call(fmt.Sprint(inputs-in.At), "1"))
	}
	return out
}
