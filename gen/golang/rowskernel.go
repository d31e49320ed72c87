package golang

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/asm"
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
	tiled  map[string]bool // variables of tilesOf that are declared
}

func (k *rowsKernel) function() *kernelFunc {
	key := "rows " + k.key(k.body.training) + k.x.typ + k.x.field
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

// build writes the function: assembly over panels and all rows, or the
// portable kernel row by row.
func (k *rowsKernel) build(f *kernelFunc) {
	single := k.portable()
	stored, extra := k.names()
	f.doc = []string{fmt.Sprintf("%s is %s for n rows.", f.name, single.portable())}
	for i, v := range k.values {
		f.args = append(f.args, arg{stored[i], v.typ})
	}
	f.args = append(f.args, arg{"x", k.x.typ})
	wNames := k.weightNames()
	for i, t := range k.weightTypes() {
		f.args = append(f.args, arg{wNames[i], t})
	}
	call := make([]string, 0, 8)
	for i, v := range k.values {
		call = append(call, v.at(stored[i], "i"))
	}
	call = append(call, k.x.at("x", "i"))
	call = append(call, wNames...)
	if k.bias != nil {
		f.args = append(f.args, arg{"b", fmt.Sprintf("*[%d][16]%s", k.e.plan.TensorOf(k.bias.Param).Layout.Full, typeName(k.e.elem))})
		call = append(call, "b")
	}
	for i, v := range k.extras {
		if isNumber(v.v) {
			f.args = append(f.args, arg{extra[i], typeName(k.e.elem)})
			call = append(call, extra[i])
			continue
		}
		f.args = append(f.args, arg{extra[i], v.typ})
		call = append(call, v.at(extra[i], "i"))
	}
	if k.grad {
		f.args = append(f.args, arg{"scratch", fmt.Sprintf("*[%d][16]%s", k.e.plan.TransposedRows(), typeName(k.e.elem))})
	}
	f.args = append(f.args, arg{"n", "int"})
	f.generic = append(f.bounds(), forRange("i", "min(n, MaxBatch)", jen.Id(single.portable()).Call(exprf("%s", strings.Join(call, ", ")))))
	k.vectorRows(f)
}

// bounds tells the compiler that the slices have n rows.
func (f *kernelFunc) bounds() []jen.Code {
	var out []jen.Code
	for _, a := range f.args {
		if strings.HasPrefix(a.typ, "[]") {
			out = append(out, setf(a.name, "%s[:n]", a.name))
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

// portable is the kernel of one row.
func (k *rowsKernel) portable() *kernelFunc {
	train := k.body.training
	return k.e.kernel(k.key(train), k.hint(train), func(f *kernelFunc) {
		f.train = train
		k.matrix.build(f)
	})
}

// matMulKernel is a batched kernel of one panel.
type matMulKernel struct {
	asm.MatMul
	name string
}

func (m *matMulKernel) print(t *target.Target) *asm.Func {
	v := m.MatMul
	v.Name = m.name + strings.ToUpper(t.Name)
	v.Doc = []string{fmt.Sprintf("%s sums %d products for %d outputs of every row, in tiles of rows.", v.Name, v.Terms, v.Valid)}
	return t.MatMul(&v)
}

// gradWeightKernel is the gradient of one panel of weights.
type gradWeightKernel struct {
	asm.GradWeight
	name string
}

func (m *gradWeightKernel) print(t *target.Target) *asm.Func {
	v := m.GradWeight
	v.Name = m.name + strings.ToUpper(t.Name)
	v.Doc = []string{fmt.Sprintf("%s sums the gradients of the weights from %d inputs to %d outputs over the rows.", v.Name, v.Inputs, v.Valid)}
	return t.GradWeight(&v)
}

// vectorRows adds the assembly: per panel, and per half of it where a vector
// holds fewer outputs.
func (k *rowsKernel) vectorRows(f *kernelFunc) {
	t := target.ByName(k.e.plan.Options.Targets[0])
	sums := k.values[0]
	size := map[ir.DType]int{ir.Float32: 4, ir.Float64: 8}[k.e.elem]
	relu := len(k.step.Epilogue) == 1 && !k.stores(k.y) && isRelu(k.step.Epilogue[0])
	var fast []jen.Code
	suffix := 0
	panels := func(first, w, b string, width, valid, terms int) []jen.Code {
		var out []jen.Code
		at := t.VectorOutputs(k.e.elem == ir.Float64, k.step.Chains)
		for lane := 0; lane < valid; lane += at {
			m := &asm.MatMul{
				Double: k.e.elem == ir.Float64, Fused: k.e.prog.Mode == "fast", Terms: terms, Width: width,
				Valid: min(at, valid-lane), Chains: k.step.Chains, Bias: b != "", Relu: relu,
				XStride: k.x.stride * size, YStride: sums.stride * size, Elem: typeName(k.e.elem),
			}
			name := fmt.Sprintf("%sPanel%d", f.name, suffix)
			suffix++
			args := fmt.Sprintf("%s, %s, &%s[0][%d]", sums.element("y", plusText(first, lane)), k.x.element("x", "0"), w, lane)
			if b != "" {
				args += fmt.Sprintf(", &%s[%d]", b, lane)
			}
			tiles := t.TileRows(m.Double, m.Valid, m.Chains)
			args += ", " + k.tilesOf(&fast, tiles)
			f.extra = append(f.extra, &matMulKernel{*m, name})
			out = append(out, jen.Id(name+strings.ToUpper(t.Name)).Call(exprf("%s", args)))
		}
		return out
	}
	var loops []jen.Code
	if k.grad {
		loops = k.gradPanels(f, panels)
	} else {
		loops = k.forwardPanels(panels)
	}
	fast = append(fast, loops...)
	if !relu && len(k.step.Epilogue) > 0 {
		fast = append(append(fast, f.bounds()...), forRange("i", "min(n, MaxBatch)", k.finishRow()...))
	}
	f.fast = append(fast, jen.Return())
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

// tilesOf declares how many tiles of each number of rows cover the batch, and
// returns the variables.
func (k *rowsKernel) tilesOf(pre *[]jen.Code, tiles []int) string {
	if len(tiles) == 1 {
		return "n"
	}
	vars := fmt.Sprintf("by%d, by%d, single%d", tiles[0], tiles[1], tiles[0])
	if k.tiled[vars] {
		return vars
	}
	k.tiled[vars] = true
	*pre = append(*pre, letf(vars, "%s(n, %d, %d)", k.e.rowTiles(), tiles[0], tiles[1]))
	return vars
}

// panelPrinter prints the calls for one panel of weights.
type panelPrinter func(first, w, b string, width, valid, terms int) []jen.Code

func (k *rowsKernel) forwardPanels(panels panelPrinter) []jen.Code {
	l := k.layout
	bias := func(q string) string {
		if k.bias == nil {
			return ""
		}
		return "b[" + q + "]"
	}
	var out []jen.Code
	if l.Full > 0 {
		out = append(out, forRange("q", "w", panels("q*16", "w[q]", bias("q"), schedule.Panel, schedule.Panel, k.ins)...))
	}
	if l.Tail > 0 {
		out = append(out, panels(fmt.Sprint(l.Full*schedule.Panel), "wt", bias(fmt.Sprint(l.Full)), l.Tail, l.TailOutputs(), k.ins)...)
	}
	return out
}

// gradPanels transposes the weights of 16 inputs at a time into the scratch
// panel [outputs][16], which then is a panel of weights like any other.
func (k *rowsKernel) gradPanels(f *kernelFunc, panels panelPrinter) []jen.Code {
	l := k.layout
	block := func(first string, valid int) []jen.Code {
		var out []jen.Code
		rows := forRange("i", fmt.Sprint(valid), letf("row", "&w[q][%s]", plusIndex(first, "i")), forRange("j, v", "row", setf("scratch[q*16+j][i]", "v")))
		switch {
		case l.Full > 0 && valid == schedule.Panel && k.e.elem == ir.Float32:
			out = append(out, forRange("q", "w", jen.Id(k.transpose(f)).Call(exprf("&scratch[q*16][0], &w[q][%s][0]", first))))
		case l.Full > 0:
			out = append(out, forRange("q", "w", rows))
		}
		if l.Tail > 0 {
			out = append(out, forRange("i", fmt.Sprint(valid), letf("row", "&wt[%s]", plusIndex(first, "i")),
				forRange("j", fmt.Sprint(l.TailOutputs()), setf(fmt.Sprintf("scratch[%d+j][i]", l.Full*schedule.Panel), "row[j]"))))
		}
		return append(out, panels(first, "scratch", "", schedule.Panel, valid, k.ins)...)
	}
	var out []jen.Code
	whole := k.outs / schedule.Panel
	if whole > 0 {
		out = append(out, forStep("k", (whole-1)*schedule.Panel, schedule.Panel, block("k", schedule.Panel)...))
	}
	if rest := k.outs % schedule.Panel; rest > 0 {
		out = append(out, block(fmt.Sprint(whole*schedule.Panel), rest)...)
	}
	return out
}

// transposeKernel transposes a block of weights.
type transposeKernel struct{ name string }

func (m transposeKernel) print(t *target.Target) *asm.Func { return t.Transpose(m.name) }

// transpose is the function that transposes a block of 16×16, which the first
// kernel that needs it brings along.
func (k *rowsKernel) transpose(f *kernelFunc) string {
	name := k.e.updates["transpose"]
	if name == "" {
		name = k.e.globals.name("transpose16") + strings.ToUpper(k.e.plan.Options.Targets[0])
		k.e.updates["transpose"] = name
		f.extra = append(f.extra, transposeKernel{name})
	}
	return name
}

func plusIndex(first, i string) string {
	if first == "0" {
		return i
	}
	return first + "+" + i
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

// rowTiles is the function that divides rows into tiles.
func (e *emitter) rowTiles() string {
	e.kernel("rowTiles", "row tiles", func(f *kernelFunc) {
		f.rows = true
		f.doc = []string{f.name + " divides n rows into tiles of a, of b and of one row, as few of the last as can be."}
		f.args = []arg{{"n", "int"}, {"a", "int"}, {"b", "int"}}
		f.result = "(int, int, int)"
		f.generic = []jen.Code{
			jen.For(letf("i", "n / a"), exprf("i >= 0"), exprf("i--")).Block(
				jen.If(letf("rest", "n - i*a"), exprf("rest%%b == 0")).Block(jen.Return(exprf("i, rest / b, 0")))),
			jen.Return(exprf("n / a, n %% a / b, n %% a %% b")),
		}
	})
	return e.kernels["rowTiles"].name
}
