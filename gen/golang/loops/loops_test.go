package loops_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dave/jennifer/jen"
	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/loops"
	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/golang/standalone"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/runtime"
)

const batch = 5

// maker makes a program of operations by hand, and remembers what to call.
type maker struct {
	t     *testing.T
	prog  *ir.Program
	plan  *plan.Plan
	loops *loops.Loops
	m     *interp.Machine
	calls []call
}

// call is a function, the numbers that it gets by the names of its parameters, and
// where what the interpreter says lies in its result: −1 is in padding.
type call struct {
	k      *function.Func
	pass   map[string][]float32
	result string
	want   []float64
	at     func(i int) int
}

func (m *maker) value(name string, kind ir.Kind, batch bool, shape ...int) *ir.Value {
	v := &ir.Value{ID: len(m.prog.Values), Name: name, Kind: kind, DType: ir.Float32, Shape: shape, Batch: batch}
	if kind == ir.Param {
		v.Param = &ir.ParamInfo{Name: name, Shape: shape, Trained: true}
		m.prog.Params = append(m.prog.Params, v)
	}
	m.prog.Values = append(m.prog.Values, v)
	return v
}

// set gives a value random rows.
func (m *maker) set(r *rand.Rand, v *ir.Value) {
	rows := make([][]float64, map[bool]int{true: batch, false: 1}[v.Batch])
	for i := range rows {
		for range v.Size() {
			rows[i] = append(rows[i], float64(float32(r.NormFloat64())))
		}
	}
	m.m.Set(v, rows...)
}

// flat are the rows of a value, stride apart.
func (m *maker) flat(v *ir.Value, rows, stride int) []float32 {
	out := make([]float32, rows*stride)
	for b := range rows {
		for i, x := range m.m.Get(v)[b] {
			out[b*stride+i] = float32(x)
		}
	}
	return out
}

// packed is a parameter as it is stored: its panels, or their tail.
func (m *maker) packed(v *ir.Value, tail bool) []float32 {
	l := &m.plan.TensorOf(v.Param).Layout
	out := make([]float32, l.Size())
	for i, x := range m.m.Get(v)[0] {
		ins := v.Size() / v.Shape[0]
		out[l.Index(i/ins, i%ins, 0)] = float32(x)
	}
	if full := l.Full * l.Rows * 16; l.Order == plan.Panels && tail {
		return out[full:]
	}
	return out
}

// add adds a call that computes y of the first sample, or of all of them.
func (m *maker) add(k *function.Func, y *ir.Value, result string, rows, stride int, pass map[string][]float32) {
	pass[result] = make([]float32, rows*stride)
	for i := range pass[result] {
		pass[result][i] = 1e9
	}
	var want []float64
	for b := range rows {
		want = append(want, m.m.Get(y)[b]...)
	}
	m.calls = append(m.calls, call{k, pass, result, want, func(i int) int { return i/y.Size()*stride + i%y.Size() }})
}

// argument is how a program passes numbers to a parameter.
func argument(typ, from string) string {
	switch {
	case typ == "float32":
		return from + "[0]"
	case typ == "[]float32":
		return from
	case strings.HasPrefix(typ, "[][") || typ == "[]Input" || typ == "[]Output":
		one := strings.TrimPrefix(typ, "[]")
		return fmt.Sprintf("unsafe.Slice((*%s)(unsafe.Pointer(&%s[0])), len(%[2]s)*4/int(unsafe.Sizeof(*new(%[1]s))))", one, from)
	}
	return fmt.Sprintf("(%s)(unsafe.Pointer(&%s[0]))", typ, from)
}

func (m *maker) build() string {
	dir := m.t.TempDir()
	write := func(name, text string) {
		require.NoError(m.t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
	}
	render := func(f *jen.File) string {
		var b bytes.Buffer
		require.NoError(m.t, f.Render(&b))
		return b.String()
	}
	var code strings.Builder
	for i, c := range m.calls {
		m.loops.ID(c.k)
		var args []string
		for _, a := range c.k.Args {
			require.Contains(m.t, c.pass, a.Name, "%s has a parameter that the test does not know", c.k.Name)
			args = append(args, argument(a.Type, fmt.Sprintf("in[%d][%q]", i, a.Name)))
		}
		fmt.Fprintf(&code, "\t%s(%s)\n", c.k.Name, strings.Join(args, ", "))
	}
	files, texts := m.loops.AssemblyFiles()
	for name, f := range files {
		write(name, render(f))
	}
	for name, text := range texts {
		write(name, text)
	}
	for name, train := range map[string]bool{"generic.go": false, "train.go": true} {
		if f := m.loops.KernelFile(train); f != nil {
			write(name, render(f))
		}
	}
	if f, err := m.loops.ScalarFile(); f != nil {
		require.NoError(m.t, err)
		write("scalar.go", render(f))
	}
	copied, err := standalone.Copy(runtime.Source, m.loops.Used)
	require.NoError(m.t, err)
	write("nnrt.go", "package main\n\n"+string(copied))
	write("main.go", "package main\n\nimport (\n\"encoding/json\"\n\"os\"\n\"unsafe\"\n)\n\nvar useAVX512, useAVX2 = os.Args[1] == \"avx512\", os.Args[1] == \"avx2\"\n\n"+
		"func main() {\n\tvar in []map[string][]float32\n\tif err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {\n\t\tpanic(err)\n\t}\n"+
		code.String()+"\tjson.NewEncoder(os.Stdout).Encode(in)\n}\n")
	write("go.mod", "module loops_of_test\n\ngo 1.26\n")
	cmd := exec.Command("go", "build", "-o", "calls", ".")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off")
	out, err := cmd.CombinedOutput()
	require.NoError(m.t, err, "%s", out)
	return filepath.Join(dir, "calls")
}

// TestLoops: the functions of operations made by hand, compiled, compute what the
// interpreter does, in portable Go and with the assembly that the machine has.
func TestLoops(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	m := &maker{t: t, prog: &ir.Program{Name: "main", DType: ir.Float32, Mode: "reproducible"}}
	unit, dims := ir.Unit, func(v *ir.Value, shape []int, at ...ir.Affine) ir.Operand {
		return ir.Operand{V: v, Dims: shape, At: at}
	}
	x, w, bias := m.value("x", ir.Input, true, 20), m.value("fc.weight", ir.Param, false, 37, 20), m.value("fc.bias", ir.Param, false, 37)
	sums, y, dx := m.value("sums", ir.Temp, true, 37), m.value("y", ir.Temp, true, 37), m.value("dx", ir.Temp, true, 20)
	layer := (&ir.Dense{Layer: "fc", Y: sums, X: x, W: w, B: bias}).Contract()
	relu := &ir.Map{Doc: "relu", Prog: expr.One("y", expr.Max(expr.L("x"), expr.C(0))), In: []*ir.Value{sums}, InNames: []string{"x"}, Out: []*ir.Value{y}, OutNames: []string{"y"}}
	back := (&ir.DenseGradInput{Layer: "fc", DX: dx, DY: y, W: w}).Contract()
	m.prog.Inputs, m.prog.Outputs = []*ir.Value{x}, []ir.Output{{Name: "dx", Value: dx}}
	m.prog.Infer = &ir.Func{Name: "infer", Ops: []ir.Op{layer, relu, back}, Results: []*ir.Value{dx, y}}
	p, err := plan.New(m.prog, plan.Options{Batch: batch, Unroll: "none", Targets: []string{"avx512", "avx2"}})
	require.NoError(t, err)
	globals := source.NewNamer("main", "useAVX512", "useAVX2")
	globals.Others = map[string]bool{}
	m.plan, m.loops = p, loops.New(source.New("main", "net.yaml", "", m.prog, globals), p)
	m.m = interp.New(m.prog)
	m.m.Batch = batch
	for _, v := range []*ir.Value{x, w, bias} {
		m.set(r, v)
	}
	require.NoError(t, m.m.Run(m.prog.Infer))
	weights := func(pass map[string][]float32) map[string][]float32 {
		pass["w"], pass["wt"], pass["b"] = m.packed(w, false), m.packed(w, true), m.packed(bias, false)
		return pass
	}

	// A layer and the gradient of its inputs, of one sample and of rows.
	row := func(v *ir.Value) loops.Rows {
		n := p.RowStride(v.Size(), v.DType)
		return loops.Rows{Typ: fmt.Sprintf("[][%d]float32", n), Size: v.Size(), Stride: n, Elem: v.DType}
	}
	for i, at := range []struct{ x, y *ir.Value }{{x, y}, {y, dx}} {
		var step *plan.Step
		for _, s := range p.Infer.Steps {
			if s.Op == []ir.Op{layer, back}[i] {
				step = s
			}
		}
		a := m.loops.NewMatrix(step)
		require.Nil(t, a.Whole)
		k, after := a.One(false)
		require.Nil(t, after)
		m.add(k, at.y, "y", 1, at.y.Size(), weights(map[string][]float32{"x": m.flat(at.x, 1, at.x.Size())}))
		rows := &loops.RowsKernel{Matrix: a, X: row(at.x), Values: []loops.RowsValue{{V: at.y, Rows: row(at.y)}}}
		m.add(rows.Function(), at.y, "y", batch, row(at.y).Stride, weights(map[string][]float32{"x": m.flat(at.x, batch, row(at.x).Stride)}))
	}

	// A convolution with padding and strides of two computed values, in one chain and in
	// four; views; pooling; reductions.
	image, filter := m.value("image", ir.Temp, true, 3, 7), m.value("filter", ir.Temp, true, 2, 3, 3)
	conv := m.value("conv", ir.Temp, true, 2, 4)
	tap := ir.Affine{Offset: -1, By: []int{0, 2, 0, 1}}
	contract := &ir.Contract{
		Layer: "conv", Loops: []ir.Loop{{Name: "o", Size: 2}, {Name: "i", Size: 4}}, Y: dims(conv, nil, unit(0), unit(1)),
		Terms: []ir.Term{{Loops: []ir.Loop{{Name: "c", Size: 3}, {Name: "k", Size: 3}}, A: dims(image, nil, unit(2), tap), B: &ir.Operand{V: filter, At: []ir.Affine{unit(0), unit(2), unit(3)}}}},
	}
	view := &ir.View{Doc: "turn", Y: m.value("turned", ir.Temp, true, 4, 3), X: image, Axes: []ir.Axis{{Size: 4, Stride: 1}, {Size: 3, Stride: 7}}, Offset: 2}
	viewed := &ir.ViewGrad{Doc: "turn", DX: m.value("dimage", ir.Temp, true, 3, 7), DY: view.Y, Axes: view.Axes, Offset: 2}
	window := func(v *ir.Value) ir.Operand { return dims(v, nil, unit(0), ir.Affine{Offset: -1, By: []int{0, 2, 1}}) }
	greatest := &ir.Pool{
		Layer: "pool", Loops: []ir.Loop{{Name: "c", Size: 3}, {Name: "i", Size: 4}}, Y: dims(m.value("greatest", ir.Temp, true, 3, 4), nil, unit(0), unit(1)),
		X: window(image), Window: []ir.Loop{{Name: "k", Size: 3}},
	}
	given := &ir.PoolGradient{Layer: "pool", Loops: greatest.Loops, DX: window(m.value("dpool", ir.Temp, true, 3, 7)), DY: greatest.Y, X: greatest.X, Window: greatest.Window}
	axis := &ir.ReduceAxis{Doc: "sums", Kind: ir.Sum, Y: m.value("axis", ir.Temp, true, 7), X: image, Outer: 1, Length: 3, Inner: 7}
	arg := &ir.ReduceAxis{Doc: "best", Kind: ir.ArgMax, Y: m.value("best", ir.Temp, true, 3), X: image, Outer: 3, Length: 7, Inner: 1}
	m.set(r, image)
	m.set(r, filter)
	require.NoError(t, m.m.Run(&ir.Func{Name: "others", Ops: []ir.Op{contract, view, viewed, greatest, given, axis, arg}}))
	one := func(v *ir.Value) []float32 { return m.flat(v, 1, v.Size()) }
	for _, chains := range []int{1, 4} {
		c := m.loops.NewContraction(contract, chains, nil)
		pass := map[string][]float32{}
		for name, v := range map[string]*ir.Value{"y": conv, "x0": image, "x1": filter} {
			c.Names[v], pass[name] = name, one(v)
		}
		for _, name := range []string{"y", "x0", "x1"} {
			c.Args = append(c.Args, function.Arg{Name: name, Type: fmt.Sprintf("*[%d]float32", len(pass[name]))})
		}
		m.add(c.Function(nil, false), conv, "y", 1, conv.Size(), pass)
	}
	element := func(name, at string) string { return name + "[" + at + "]" }
	m.add(m.loops.ViewOf(view, "*[21]float32", element, false), view.Y, "y", 1, 12, map[string][]float32{"x": one(image)})
	m.add(m.loops.ViewGradient(viewed, false), viewed.DX, "dx", 1, 21, map[string][]float32{"dy": one(view.Y)})
	m.add(m.loops.PoolOf(greatest, "*[21]float32", element, false), greatest.Y.V, "y", 1, 12, map[string][]float32{"x": one(image)})
	m.add(m.loops.PoolGradientOf(given, nil, "*[21]float32", element, false), given.DX.V, "dx", 1, 21, map[string][]float32{"dy": one(given.DY.V), "x": one(image)})
	for _, o := range []*ir.ReduceAxis{axis, arg} {
		m.add(m.loops.AxisReduction(o, 1, false), o.Y, "y", 1, o.Y.Size(), map[string][]float32{"x": one(image)})
	}
	m.compare()
}

// compare runs the functions on every path and compares.
func (m *maker) compare() {
	program := m.build()
	var in []map[string][]float32
	for _, c := range m.calls {
		in = append(in, c.pass)
	}
	data, err := json.Marshal(in)
	require.NoError(m.t, err)
	flags, _ := os.ReadFile("/proc/cpuinfo")
	for path, needs := range map[string]string{"portable": "", "avx2": " avx2 ", "avx512": " avx512vl "} {
		if !bytes.Contains(flags, []byte(needs)) {
			m.t.Logf("%s: not on this machine", path)
			continue
		}
		cmd := exec.Command(program, path)
		cmd.Stdin, cmd.Stderr = bytes.NewReader(data), os.Stderr
		text, err := cmd.Output()
		require.NoError(m.t, err)
		var out []map[string][]float32
		require.NoError(m.t, json.Unmarshal(text, &out))
		for i, c := range m.calls {
			for j, want := range c.want {
				require.InDelta(m.t, want, out[i][c.result][c.at(j)], 2e-6*(1+max(want, -want)), "%s, %s, element %d", path, c.k.Name, j)
			}
		}
	}
}
