package golang

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
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
		stored = append(stored, map[bool]string{true: "y", false: fmt.Sprintf("y%d", i)}[i == 0])
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
	f.generic = append(f.bounds(), forRange("i", "x", jen.Id(single.portable()).Call(call("i"))))
	k.e.fast(f, func() []jen.Code {
		if k.grad {
			return k.vectorGradInput(f)
		}
		var out []jen.Code
		if len(single.fast) > 0 {
			out = append(out, jen.If(exprf("len(x) == 1")).Block(jen.Id(single.name).Call(call("0")), jen.Return()))
		}
		return append(out, k.vectorForward(f)...)
	})
}

// bounds tells the compiler that all operands have as many rows as x.
func (f *kernelFunc) bounds() []jen.Code {
	var out []jen.Code
	for _, a := range f.args {
		if strings.HasPrefix(a.typ, "[]") && a.name != "x" {
			out = append(out, setf(a.name, "%s[:len(x)]", a.name))
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

// vectorForward adds the assembly of a dense layer: per panel, and per half of
// it where a vector holds fewer outputs.
func (k *rowsKernel) vectorForward(f *kernelFunc) []jen.Code {
	t := k.target()
	sums, elem := k.values[0], typeName(k.e.elem)
	fuses := k.fusesSums()
	base := k.forAssembly()
	base.Batch.X, base.Batch.Y = k.x.stride, sums.stride
	if !fuses {
		base.Epilogue = nil
	}
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
	var tilings, calls []jen.Code
	part := func(p *kernel.Kernel, at, w, q, b string, lane int) []jen.Code {
		name := k.e.assembly("rows "+p.Key(), fmt.Sprintf("rows %dx%d", p.Terms(), p.Outputs),
			fmt.Sprintf("sums %d products for %d outputs of every row, in tiles of rows.", p.Terms(), p.Outputs),
			func(t *target.Target, name string, doc []string) *asm.Func { return t.MatMul(name, doc, p) })
		sizes := t.TileRows(elem, p.Outputs, k.step.Chains)
		call := func(first, tiles string) jen.Code {
			args := []string{sums.element("y", first, plusText(at, lane)), k.x.element("x", first, "0"), fmt.Sprintf("&%s[0][%d]", w, lane)}
			if b != "" {
				args = append(args, fmt.Sprintf("&%s[%d]", b, lane))
			}
			if base.Scaled {
				args = append(args, fmt.Sprintf("&scale[%s][%d]", q, lane))
			}
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
		each := part(base.Whole(together), "q*16", "w[q]", "q", bias("q"), 0)
		calls = append(calls, jen.For(letf("q", "0"), exprf("q < %d", groups*together), exprf("q += %d", together)).Block(k.e.preempting(allFlops, each)...))
		for q := groups * together; q < l.Full; q++ {
			calls = append(calls, panel(fmt.Sprint(q*schedule.Panel), fmt.Sprintf("w[%d]", q), fmt.Sprint(q), bias(fmt.Sprint(q)), schedule.Panel, schedule.Panel)...)
		}
	} else if l.Full > 0 {
		each := panel("q*16", "w[q]", "q", bias("q"), schedule.Panel, schedule.Panel)
		calls = append(calls, forRange("q", "w", k.e.preempting(allFlops, each)...))
	}
	if l.Tail > 0 {
		calls = append(calls, panel(fmt.Sprint(l.Full*schedule.Panel), "wt", fmt.Sprint(l.Full), bias(fmt.Sprint(l.Full)), l.Tail, l.TailOutputs())...)
	}
	if l.Full == 0 && rows < k.e.plan.Options.Batch {
		calls = k.e.preempting(allFlops, calls)
	}
	out := inChunks(rows, k.e.plan.Options.Batch, append(tilings, calls...))
	if !fuses {
		out = append(out, k.finishRows(f)...)
	}
	return append(out, jen.Return())
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
func (k *rowsKernel) vectorGradInput(f *kernelFunc) []jen.Code {
	t := k.target()
	elem := typeName(k.e.elem)
	dx := k.values[0]
	kern := k.forAssembly()
	kern.Batch.X, kern.Batch.Y = k.x.stride, dx.stride
	fuses := len(k.values) == 1 && k.last() == dx.v && t.FusesGradInput(kern) && !k.hasNumbers()
	extra := -1
	if fuses && len(kern.Extras()) > 0 {
		from := kern.Extras()[0].From
		extra = slices.IndexFunc(k.extras, func(v rowsValue) bool { return v.v.String() == from })
		kern.Epilogue = withRow(kern.Epilogue, from, k.extras[extra].stride)
	}
	if !fuses {
		kern.Epilogue = nil
	}
	name := k.e.assembly("input gradient "+kern.Key(), fmt.Sprintf("inputGradient %dx%d", k.outs, k.ins),
		"sums the products for blocks of inputs of every row, in tiles of rows.",
		func(t *target.Target, name string, doc []string) *asm.Func { return t.GradInput(name, doc, kern) })
	at := min(t.InputsAtOnce(elem), k.outs)
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
		return jen.Id(name).Call(exprf("%s", strings.Join(append(args, blocks, tiles), ", ")))
	}
	perCall := max(1, flopsPerCall/(flops*min(rows, k.e.plan.Options.Batch)))
	code := append(tilings, k.e.inBlocks(flops*k.outs/at*k.e.plan.Options.Batch, k.outs/at, at, perCall, call)...)
	if k.outs%at > 0 { // the last block again computes some of the one before
		code = append(code, call(fmt.Sprint(k.outs-at), "1"))
	}
	out := inChunks(rows, k.e.plan.Options.Batch, code)
	if !fuses {
		out = append(out, k.finishRows(f)...)
	}
	return append(out, jen.Return())
}

// inBlocks prints calls for blocks of inputs, perCall of them at a time.
func (e *emitter) inBlocks(allFlops, blocks, at, perCall int, call func(input, blocks string) jen.Code) []jen.Code {
	if perCall >= blocks {
		return []jen.Code{call("0", fmt.Sprint(blocks))}
	}
	calls := []jen.Code{call("k", fmt.Sprintf("min(%d, (%d-k)/%d)", perCall, blocks*at, at))}
	return []jen.Code{jen.For(letf("k", "0"), exprf("k < %d", blocks*at), exprf("k += %d", perCall*at)).Block(e.preempting(allFlops, calls)...)}
}

// hasNumbers reports whether the epilogue reads numbers of the step.
func (k *rowsKernel) hasNumbers() bool {
	return slices.ContainsFunc(k.extras, func(v rowsValue) bool { return isNumber(v.v) || v.v.Kind == ir.Param || v.v.Size() != k.outs })
}

// withRow gives an operand of the epilogue the distance of its rows.
func withRow(programs []kernel.Epilogue, from string, row int) []kernel.Epilogue {
	out := slices.Clone(programs)
	for i := range out {
		out[i].Operands = slices.Clone(out[i].Operands)
		for j := range out[i].Operands {
			if out[i].Operands[j].From == from {
				out[i].Operands[j].Row = row
			}
		}
	}
	return out
}

// finishRows applies the epilogue to the sums row by row.
func (k *rowsKernel) finishRows(f *kernelFunc) []jen.Code {
	if len(k.step.Epilogue) == 0 {
		return nil
	}
	return append(f.bounds(), forRange("i", "x", k.finishRow()...))
}

// finishRow applies the epilogue to the sums of row i.
func (k *rowsKernel) finishRow() []jen.Code {
	stored, extra := k.names()
	ptr := map[*ir.Value]string{}
	var out []jen.Code
	for i, v := range k.values {
		local := fmt.Sprintf("%sRow", stored[i])
		out = append(out, letf(local, "%s", v.at(stored[i], "i")))
		ptr[v.v] = local
	}
	for i, v := range k.extras {
		if isNumber(v.v) {
			ptr[v.v] = extra[i]
			continue
		}
		local := fmt.Sprintf("%sRow", extra[i])
		out = append(out, letf(local, "%s", v.at(extra[i], "i")))
		ptr[v.v] = local
	}
	p := &printer{matrix: k.matrix, ptr: ptr}
	if each := k.rowEach(ptr); each != nil {
		return append(out, each)
	}
	if k.outs == 1 {
		out = append(out, letf("s", "yRow[0]"))
		return append(out, p.epilogue("s", p.elementAt("0", 0))...)
	}
	return append(out, forRange("j, s", "yRow", p.epilogue("s", p.elementAt("j", -1))...))
}

// rowEach is the call of the element-wise kernel that finishes a row, if its
// epilogue is one operation.
func (k *rowsKernel) rowEach(ptr map[*ir.Value]string) jen.Code {
	if len(k.step.Epilogue) != 1 || k.stores(k.y) {
		return nil
	}
	o := k.step.Epilogue[0]
	each := k.e.mapKernel(o, k.outs)
	if each == nil {
		return nil
	}
	args := []jen.Code{exprf("yRow")}
	for _, x := range o.In {
		if x == k.y {
			args = append(args, exprf("yRow"))
		} else {
			args = append(args, exprf("%s", ptr[x]))
		}
	}
	return jen.Id(each.name).Call(args...)
}
