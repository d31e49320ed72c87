package golang

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/kernel"
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
		if k.grad {
			return k.vectorGradInput()
		}
		var out []jen.Code
		if len(single.fast) > 0 {
			out = append(out, jen.If(exprf("len(x) == 1")).Block(jen.Id(single.name).Call(call("0")), jen.Return()))
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

// flopsPerCall bounds the work of a call: assembly cannot be preempted, and a
// garbage collection waits for it.
const flopsPerCall = 4 << 20

// rowsPerCall is how many rows a call may take, a multiple of the tiles' sizes,
// or all of a batch.
func (k *rowsKernel) rowsPerCall(flops int, tiles []int) int {
	batch := k.e.plan.Options.Batch
	if batch*flops <= flopsPerCall {
		return batch
	}
	unit := tiles[0]
	if len(tiles) > 1 {
		for unit%tiles[1] > 0 {
			unit += tiles[0]
		}
	}
	return max(flopsPerCall/flops/unit*unit, tiles[0])
}

// leastRolled is the number of terms from which a kernel for rows takes it as
// an argument; fewer are written out.
const leastRolled = 16

// elemBytes is the size of an element.
func elemBytes(t ir.DType) int {
	return map[ir.DType]int{ir.Float32: 4, ir.Float64: 8}[t]
}

// vectorForward adds the assembly of a dense layer: per panel, and per half of
// it where a vector holds fewer outputs.
func (k *rowsKernel) vectorForward() []jen.Code {
	t := k.target()
	sums, elem := k.values[0], typeName(k.e.elem)
	base := k.forAssembly()
	base.Batch.X, base.Batch.Y, base.Rolled = k.x.stride, sums.stride, base.Terms() >= leastRolled
	l, together := k.layout, 1 // full panels in a call
	if most := t.VectorOutputs(elem, k.step.Chains); most > schedule.Panel {
		together = max(1, min(most/schedule.Panel, l.Full))
	}
	rows := k.rowsPerCall(2*k.ins*schedule.Panel*together, t.TileRows(elem, schedule.Panel*together, k.step.Chains))
	first := "0"
	if rows < k.e.plan.Options.Batch {
		first = "i"
	}
	tiled := map[string]bool{}
	var tilings, each []jen.Code
	part := func(p *kernel.Kernel, at, w, q, b string, lane int) []jen.Code {
		open := p.Open()
		room, partial, mask := t.Last(elem, p.Outputs, false)
		if t.Masks && room == t.Lanes(elem) { // one kernel for whole and partial vectors
			partial, mask = true, mask|(1<<p.Outputs-1)
		}
		open.Outputs, open.Partial = room, partial
		name := k.e.assembly("rows "+open.Key(), "rows "+calls.Outputs(room, partial),
			fmt.Sprintf("sums the products for %s outputs of every row, in tiles of rows.", calls.Outputs(room, partial)),
			func(t *target.Target, name string, doc []string) *asm.Func { return t.MatMul(name, doc, open) })
		sizes := t.TileRows(elem, p.Outputs, k.step.Chains)
		call := func(first, tiles string) jen.Code {
			args := []string{sums.element("y", first, plusText(at, lane)), k.x.element("x", first, "0"), fmt.Sprintf("&%s[0][%d]", w, lane)}
			if b != "" {
				args = append(args, fmt.Sprintf("&%s[%d]", b, lane))
			}
			if base.Scaled {
				args = append(args, fmt.Sprintf("&scale[%s][%d]", q, lane))
			}
			if p.Panels.Full > 1 {
				args = append(args, fmt.Sprint(l.PanelBytes()))
			}
			args = append(args, fmt.Sprint(k.x.bytes()), fmt.Sprint(sums.bytes()))
			if p.Rolled {
				args = append(args, fmt.Sprint(p.Terms()))
			}
			args = append(args, maskArg(partial, mask)...)
			return jen.Id(name).Call(exprf("%s", strings.Join(append(args, tiles), ", ")))
		}
		out := []jen.Code{call(first, k.tilesOf(&tilings, tiled, sizes, "m"))}
		if len(sizes) > 3 {
			last := strings.TrimPrefix(first+fmt.Sprintf("+m-%d", leastTile(sizes)), "0+")
			one := strings.Repeat("0, ", len(sizes)-2) + "1, 0"
			out = append(out, jen.If(exprf("again%d", sizes[0])).Block(call(last, one)))
		}
		return out
	}
	panel := func(at, w, q, b string, width, valid int) []jen.Code {
		var out []jen.Code
		for lane, most := 0, t.VectorOutputs(elem, k.step.Chains); lane < valid; lane += most {
			out = append(out, part(base.Panel(min(most, valid-lane), width), at, w, q, b, lane)...)
		}
		return out
	}
	bias := func(q string) string {
		if k.bias == nil {
			return ""
		}
		return "b[" + q + "]"
	}
	groups, allFlops := l.Full/together, 2*k.ins*k.outs*k.e.plan.Options.Batch
	if together > 1 {
		panels := part(base.Whole(together), "q*16", "w[q]", "q", bias("q"), 0)
		each = append(each, jen.For(letf("q", "0"), exprf("q < %d", groups*together), exprf("q += %d", together)).Block(k.e.preempting(allFlops, panels)...))
		for q := groups * together; q < l.Full; q++ {
			each = append(each, panel(fmt.Sprint(q*schedule.Panel), fmt.Sprintf("w[%d]", q), fmt.Sprint(q), bias(fmt.Sprint(q)), schedule.Panel, schedule.Panel)...)
		}
	} else if l.Full > 0 {
		panels := panel("q*16", "w[q]", "q", bias("q"), schedule.Panel, schedule.Panel)
		each = append(each, forRange("q", "w", k.e.preempting(allFlops, panels)...))
	}
	if l.Tail > 0 {
		each = append(each, panel(fmt.Sprint(l.Full*schedule.Panel), "wt", fmt.Sprint(l.Full), bias(fmt.Sprint(l.Full)), l.Tail, l.TailOutputs())...)
	}
	if l.Full == 0 && rows < k.e.plan.Options.Batch {
		each = k.e.preempting(allFlops, each)
	}
	out := inChunks(rows, k.e.plan.Options.Batch, append(tilings, each...))
	return out
}

// inChunks runs code for m rows from i on, some at a time, or for all of them.
func inChunks(rows, batch int, code []jen.Code) []jen.Code {
	if rows >= batch {
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
	t := k.target()
	dx := k.values[0]
	kern := k.forAssembly()
	extra := -1
	if len(kern.Extras()) > 0 {
		from := kern.Extras()[0].From
		extra = slices.IndexFunc(k.extras, func(v rowsValue) bool { return v.v.String() == from })
	}
	name, at := k.inputGradient(kern)
	flops := 2 * at * k.ins
	rows := k.rowsPerCall(flops, t.GradInputRows(kern.Fused))
	first := "0"
	if rows < k.e.plan.Options.Batch {
		first = "i"
	}
	var tilings []jen.Code
	tiles := k.tilesOf(&tilings, map[string]bool{}, t.GradInputRows(kern.Fused), "m")
	call := func(input, blocks string) jen.Code {
		args := []string{dx.element("y", first, input), k.x.element("x", first, "0")}
		if k.layout.Full > 0 {
			args = append(args, fmt.Sprintf("&w[0][%s][0]", input))
		}
		if k.layout.Tail > 0 {
			args = append(args, fmt.Sprintf("&wt[%s][0]", input))
		}
		if extra >= 0 {
			args = append(args, k.extras[extra].element(fmt.Sprintf("u%d", extra), first, input))
		}
		args = append(args, k.panelArgs()...)
		args = append(args, fmt.Sprint(k.x.bytes()), fmt.Sprint(dx.bytes()))
		if extra >= 0 {
			args = append(args, fmt.Sprint(k.extras[extra].bytes()))
		}
		args = append(args, k.gradientMask()...)
		return jen.Id(name).Call(exprf("%s", strings.Join(append(args, blocks, tiles), ", ")))
	}
	perCall := max(1, flopsPerCall/(flops*min(rows, k.e.plan.Options.Batch)))
	code := append(tilings, k.e.inBlocks(flops*k.outs/at*k.e.plan.Options.Batch, k.outs/at, at, perCall, call)...)
	if k.outs%at > 0 { // the last block again computes some of the one before
		code = append(code, call(fmt.Sprint(k.outs-at), "1"))
	}
	out := inChunks(rows, k.e.plan.Options.Batch, code)
	return out
}

// inputGradient is the assembly of a gradient of inputs and how many of them it
// takes at once.
func (m *matrix) inputGradient(k *kernel.Kernel) (name string, at int) {
	at = min(m.target().InputsAtOnce(typeName(m.e.elem)), m.outs)
	open := k.Open()
	room, partial, _ := m.target().Last(typeName(m.e.elem), open.Terms(), true)
	open.Outputs, open.Partial, open.Segments[0].Channels = at, partial, room
	return m.e.assembly("input gradient "+open.Key(), "inputGradient", "sums the products for blocks of inputs of every row, in tiles of rows.",
		func(t *target.Target, name string, doc []string) *asm.Func { return t.GradInput(name, doc, open) }), at
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

// inBlocks prints calls for blocks of inputs, perCall of them at a time.
func (e *emitter) inBlocks(allFlops, blocks, at, perCall int, call func(input, blocks string) jen.Code) []jen.Code {
	if perCall >= blocks {
		return []jen.Code{call("0", fmt.Sprint(blocks))}
	}
	calls := []jen.Code{call("k", fmt.Sprintf("min(%d, (%d-k)/%d)", perCall, blocks*at, at))}
	return []jen.Code{jen.For(letf("k", "0"), exprf("k < %d", blocks*at), exprf("k += %d", perCall*at)).Block(e.preempting(allFlops, calls)...)}
}
