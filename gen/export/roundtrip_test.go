package export

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/onnx/importer"
	"github.com/stretchr/testify/require"
)

// TestRoundTripActivations does so with every activation.
func TestRoundTripActivations(t *testing.T) {
	// What is the same function under a shorter name.
	same := strings.NewReplacer("activation=celu alpha=1 ", "activation=elu alpha=1 ", "activation=neg ", "activation=linear ")
	for _, a := range activationCases() {
		for _, dtype := range []string{"float32", "float64"} {
			t.Run(a+dtype, func(t *testing.T) {
				net := decode(t, oneSpec(dtype, "input: {shape: [5]}", "  - dense: {units: 4, activation: "+a+"}"))
				back, _ := roundTrip(t, net, 0)
				require.Equal(t, same.Replace(fmt.Sprint(layersOf(net))), same.Replace(fmt.Sprint(layersOf(back))))
			})
		}
	}
}

// TestRoundTripLayers: what reshapes and normalises may come back in other
// words, with the same results.
func TestRoundTripLayers(t *testing.T) {
	for _, c := range shapes {
		t.Run(c.layers, func(t *testing.T) {
			tolerance := 0.0
			if strings.Contains(c.layers, "normalization") || strings.Contains(c.layers, "mask") || strings.Contains(c.layers, "divide") || strings.Contains(c.layers, "avg_pool1d: {kernel_size: 3, strides: 2, dilation") {
				tolerance = 1e-6 // it becomes scale and shift; a sparse layer becomes dense; a divisor a factor
			}
			net := decode(t, oneSpec("float32", "input: {shape: [2, 3, 4]}", c.layers))
			roundTrip(t, net, tolerance)
		})
	}
}

// folds are layers that the importer puts together with their neighbours, so
// that sums are rounded in another order. Whole networks of others come back
// with the same bits.
var folds = []string{"constant", "scale_shift", "average", "subtract", "divide", "neg", "log", "exp", "batch_normalization", "layer_normalization", "transpose", "reduce_mean", "reduce_sum"}

// TestRoundTrip: random networks, exported and imported again, compute the
// same.
func TestRoundTrip(t *testing.T) {
	g := gentest.NewGenerator(11)
	exact, near := 0, 0
	for i := range 300 {
		net, err := g.Network(fmt.Sprintf("n%d", i))
		require.NoError(t, err)
		net.Codegen.Storage = "float32"
		tolerance := 0.0
		for _, o := range net.Outputs {
			if o.Normalize != nil { // it is folded into the layer before it
				tolerance = 1e-5
			}
		}
		for _, in := range net.Inputs {
			if in.Bytes { // of other numbers for every element, a layer that is folded
				tolerance = 1e-5
			}
		}
		for _, l := range net.Layers {
			// Of a sequence along the last axis, the order of what reads it changes.
			if l.Args.Has("axis") && cellGates[l.Kind].op != "" || l.Args.Has("mask") || slices.Contains(folds, l.Kind) || dilatedAverage(l) || movedBias(l) || l.Args.Bool("shared") { // one slope after another is one
				tolerance = 1e-5
			}
		}
		if _, same := roundTrip(t, net, tolerance); same {
			exact++
		} else {
			near++
		}
	}
	t.Logf("%d networks the same bit for bit, %d folded and within 1e-5", exact, near)
	require.Greater(t, exact, 90)
}

// dilatedAverage reports whether a layer is written as a convolution with ones.
func dilatedAverage(l spec.Layer) bool {
	d := l.Args.Floats("dilation")
	return strings.HasPrefix(l.Kind, "avg_pool") && d != nil && slices.Max(d) > 1
}

// movedBias reports whether a layer's bias is one number, which goes into that of its
// activation.
func movedBias(l spec.Layer) bool {
	f := l.Args.Word("activation")
	return f != nil && f.Name == "hard_sigmoid" && l.Args.Int("units") == 1
}

// roundTrip exports and imports a network, compares the results of both, bit
// for bit if the tolerance is 0, and returns what was imported. The oracles
// stand for the generated code, which equals them bit for bit.
func roundTrip(t *testing.T, net *spec.Network, tolerance float64) (back *spec.Network, same bool) {
	prog, err := lower.Lower(net)
	require.NoError(t, err)
	params, inputs := randomValues(net, prog)
	model, err := Model(net, prog, params)
	require.NoError(t, err)
	result, err := importer.Import(model, importer.Options{Name: net.Name, Inference: true})
	require.NoError(t, err, "%s", net.Canonical(op.Vocabulary()))
	back = decode(t, string(result.Spec))
	back.Numeric.Mode = net.Numeric.Mode // which a graph does not have: it orders sums
	again, err := lower.Lower(back)
	require.NoError(t, err, "%s\nwas\n%s", result.Spec, net.Canonical(op.Vocabulary()))
	imported := map[string][]float64{}
	for _, one := range result.Tensors {
		imported[one.Name] = one.Data
		for i, x := range one.Data {
			if !result.Float64 { // as the weight file has it
				one.Data[i] = float64(float32(x))
			}
		}
	}
	before, after := map[string][]float64{}, map[string][]float64{} // the states, and those of what was imported
	for k, s := range prog.Memory {
		row := make([]float64, s.In.Size())
		parts := result.StateParts[strings.ReplaceAll(s.Name, ".", "_")]
		require.Len(t, parts, len(row), s.Name)
		for i, p := range parts {
			row[i] = float64(float32(math.Sin(float64(i + k))))
			for len(after[p.Name]) <= p.Index {
				after[p.Name] = append(after[p.Name], 0)
			}
			after[p.Name][p.Index] = row[i]
		}
		before[s.Name] = row
	}
	require.Len(t, after, len(again.Memory))
	same = true
	for _, fused := range []bool{true, false} {
		want, got := outputsOf(t, net, prog, params, inputs, before, fused), outputsOf(t, back, again, imported, inputs, after, fused)
		for _, out := range net.Outputs {
			require.Len(t, got[out.Name], len(want[out.Name]))
			for i, w := range want[out.Name] {
				g := got[out.Name][i]
				near := math.Abs(w-g) <= tolerance*max(1, math.Abs(w))
				equal := math.Float64bits(w) == math.Float64bits(g) || w != w && g != g
				same = same && equal
				require.True(t, equal || near, "%s[%d] is %v, not %v\n%s\nwas\n%s", out.Name, i, g, w, result.Spec, net.Canonical(op.Vocabulary()))
			}
		}
	}
	return back, same
}

// outputsOf runs the oracle.
func outputsOf(t *testing.T, net *spec.Network, prog *ir.Program, params map[string][]float64, inputs map[string][][]float64, states map[string][]float64, fused bool) map[string][]float64 {
	m := interp.NewOracle(prog, fused)
	m.Batch = batch
	for _, s := range prog.Memory {
		require.Len(t, states[s.Name], s.In.Size(), s.Name)
		m.Set(s.In, slices.Repeat([][]float64{states[s.Name]}, batch)...)
	}
	for _, p := range prog.Params {
		values, ok := params[p.Name]
		if !ok { // constants that the spec gives
			values = slices.Repeat(p.Param.Values, p.Size()/max(1, len(p.Param.Values)))
		}
		require.Len(t, values, p.Size(), p.Name)
		m.Set(p, values)
	}
	for i, in := range net.Inputs {
		require.Contains(t, inputs, in.Name)
		m.Set(prog.Inputs[i], inputs[in.Name]...)
	}
	require.NoError(t, m.Run(prog.Infer))
	outputs := map[string][]float64{}
	for _, out := range prog.Outputs {
		outputs[out.Name] = slices.Concat(m.Get(out.Value)...)
	}
	return outputs
}

// layersOf is what inference knows of a network: its layers without dropout
// and flatten of vectors, which leave no trace, and without the fields that
// training alone reads.
func layersOf(net *spec.Network) []string {
	alias := map[string]string{}
	resolve := func(name string) string {
		for alias[name] != "" {
			name = alias[name]
		}
		return name
	}
	var lines []string
	for _, l := range net.Layers {
		from := make([]string, len(l.From))
		for i, f := range l.From {
			from[i] = resolve(f)
		}
		if l.Kind == "dropout" || l.Kind == "flatten" || l.Kind == "linear" {
			alias[l.Name] = from[0]
			continue
		}
		var fields []string
		for _, name := range slices.Sorted(maps.Keys(l.Args)) {
			switch name {
			case "kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer", "trainable", "drop_connect", "mask", "gradient":
				continue
			}
			v := l.Args[name].Value
			if word, ok := v.(*spec.Named); ok {
				v = word.Name
				if word.Name != "step" {
					for _, k := range slices.Sorted(maps.Keys(word.Args)) {
						v = fmt.Sprint(v, " ", k, "=", word.Args[k].Value)
					}
				}
			}
			fields = append(fields, fmt.Sprint(name, "=", v))
		}
		if word := l.Args.Word("activation"); word != nil && strings.HasSuffix(word.Name, "softmax") { // a layer of its own
			fields[0] = "activation=linear"
			lines = append(lines, fmt.Sprintf("%s %s(%s) from %s", l.Name, l.Kind, strings.Join(fields, " "), strings.Join(from, ",")))
			l.Kind, from, fields = word.Name, []string{l.Name}, nil
			alias[l.Name], l.Name = word.Name+"1", word.Name+"1"
		}
		lines = append(lines, fmt.Sprintf("%s %s(%s) from %s", l.Name, l.Kind, strings.Join(fields, " "), strings.Join(from, ",")))
	}
	for _, out := range net.Outputs {
		lines = append(lines, out.Name+" is "+resolve(out.From))
	}
	return lines
}
